//! `bellwether explain`: an entry of the catalogue, or the story of one request.

use crate::{FAILED, args::ExplainArgs, local_call::Api, serve::SOCKET};
use anyhow::{Context, bail};
use hyper::{Method, StatusCode};
use serde_json::Value;
use std::process::ExitCode;

/// The width that entries are written to.
const WIDTH: usize = 100;

/// Explains whatever it is handed.
pub async fn command(args: ExplainArgs) -> anyhow::Result<ExitCode> {
    let what = args.what.join(" ");
    match ray_id(&what) {
        Some(ray) => tell_story(ray, &args).await,
        None => Ok(tell_entries(&what)),
    }
}

/// The hexadecimal digits of a Ray ID, with or without the data center behind it.
fn ray_id(text: &str) -> Option<&str> {
    let (digits, data_center) = text.split_once('-').unwrap_or((text, ""));
    let is_ray = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_place = data_center.is_empty() || data_center.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_ray && is_place).then_some(digits)
}

fn tell_entries(what: &str) -> ExitCode {
    let entries = verdict::lookup(what);
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 {
            println!();
        }
        print!("{}", entry.render(WIDTH));
    }
    if !entries.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("There is no entry for `{what}`.");
    let near = verdict::suggestions(what);
    if near.is_empty() {
        eprintln!(
            "Ask for a code (522), a reason (tcp_refused), a line from a log, or a Ray ID (16 hexadecimal digits)."
        );
    } else {
        eprintln!("Did you mean {}?", near.join(", "));
    }
    ExitCode::from(FAILED)
}

async fn tell_story(ray: &str, args: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let api = match &args.api {
        Some(url) => Api::at_url(url, &std::env::var("BELLWETHER_API_TOKEN").unwrap_or_default())?,
        None => Api::Socket(args.data_dir.join(SOCKET)),
    };
    let found = api.call(Method::GET, &format!("/bellwether/stories/{ray}"), None).await;
    let (status, answer) = found.context(
        "a story is told by the server that served the request: name its data directory with --data-dir, or its API \
         with --api",
    )?;
    match status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => {
            eprintln!("{api} does not know the request {ray}.");
            eprintln!(
                "Kept are recent failures and a sample of successes (the settings story.*); older ones are in the \
                 access log: grep for the Ray ID there."
            );
            return Ok(ExitCode::from(FAILED));
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => {
            bail!("{api} does not accept the token; put it into BELLWETHER_API_TOKEN")
        }
        other => bail!("{api} answered {other}"),
    }
    let story = answer.get("result").context("the answer has no result")?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(story)?);
    } else {
        print!("{}", story.get("text").and_then(Value::as_str).context("the answer has no text")?);
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ray_id_is_told_from_a_word() {
        assert_eq!(ray_id("230b030023ae2822"), Some("230b030023ae2822"));
        assert_eq!(ray_id("230b030023ae2822-LCL"), Some("230b030023ae2822"));
        for word in ["522", "tcp_refused", "230b030023ae282", "230b030023ae2822-1", "tls handshake failure", ""] {
            assert_eq!(ray_id(word), None, "{word}");
        }
    }
}
