//! `bellwether probe URL`: one probe by the very code that serves monitors, told with every timing and the verdict.

use crate::{FAILED, UNUSABLE, args::ProbeArgs};
use dial::{Dialer, DialerSettings};
use model::{
    AccountId, Endpoint, Evidence, Monitor, MonitorId, MonitorKind, Observation, Outcome, PoolId, ProbeTarget, Region,
    StatusSet, Timestamp,
};
use probe::{Prober, ProberSettings, is_header_allowed};
use std::{collections::BTreeMap, process::ExitCode, sync::Arc};

/// Probes once and tells what was seen.
pub async fn command(args: ProbeArgs) -> anyhow::Result<ExitCode> {
    let target = match target(&args) {
        Ok(target) => target,
        Err(problem) => {
            eprintln!("{problem}");
            return Ok(ExitCode::from(UNUSABLE));
        }
    };
    let settings = ProberSettings::new("LCL", Region::WesternNorthAmerica, Dialer::new(DialerSettings::default()));
    let observation = Prober::new(settings).probe(&target, 0).await;
    Ok(tell(&args, &observation))
}

fn tell(args: &ProbeArgs, observation: &Observation) -> ExitCode {
    match args.url.starts_with("tcp://") {
        true => println!("{}", args.url),
        false => println!("{} {}", args.method, args.url),
    }
    let Evidence { remote, .. } = observation.evidence;
    if let Some(remote) = remote {
        println!("  contacted {remote}");
    }
    if let Some(timings) = telemetry::tell_timings(&observation.timings) {
        println!("  {timings}");
    }
    for fact in telemetry::tell_evidence(&observation.evidence) {
        println!("  {fact}");
    }
    match observation.outcome {
        Outcome::Pass => {
            println!("\nPASS");
            ExitCode::SUCCESS
        }
        Outcome::Fail(reason) => {
            print!("\nFAIL ({})\n{}", reason.health(), telemetry::tell_verdict(reason));
            ExitCode::from(FAILED)
        }
        Outcome::Inconclusive(reason) => {
            print!("\nINCONCLUSIVE: this machine may itself be the cause\n{}", telemetry::tell_verdict(reason));
            ExitCode::from(FAILED)
        }
    }
}

/// Where a probe goes, from its URL.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    kind: MonitorKind,
    host: String,
    port: u16,
    path: String,
}

/// Reads a URL; what is wrong with it is told with a way out.
fn place(url: &str) -> Result<Place, String> {
    let way_out = "write it as http://HOST/PATH, https://HOST/PATH or tcp://HOST:PORT";
    let (scheme, rest) = url.split_once("://").ok_or_else(|| format!("`{url}` has no scheme; {way_out}"))?;
    let kind = match scheme {
        "http" => MonitorKind::Http,
        "https" => MonitorKind::Https,
        "tcp" => MonitorKind::Tcp,
        _ => return Err(format!("`{scheme}` cannot be probed; {way_out}")),
    };
    let (authority, path) = match rest.find(['/', '?']) {
        Some(end) if rest[end..].starts_with('?') => (&rest[..end], format!("/{}", &rest[end..])),
        Some(end) => (&rest[..end], rest[end..].to_owned()),
        None => (rest, "/".to_owned()),
    };
    let (host, port) = match (authority.rsplit_once(':'), authority.ends_with(']')) {
        (Some((host, port)), false) => (host, port.parse().map_err(|_| format!("`{port}` is not a port; {way_out}"))?),
        _ => (authority, 0),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    match (kind, port) {
        _ if host.is_empty() => Err(format!("`{url}` has no host; {way_out}")),
        (MonitorKind::Tcp, 0) => Err(format!("`{url}` has no port; {way_out}")),
        (kind, port) => Ok(Place { kind, host, port, path }),
    }
}

fn headers(args: &ProbeArgs) -> Result<BTreeMap<String, Vec<String>>, String> {
    let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in &args.header {
        let (name, value) = line.split_once(':').ok_or_else(|| format!("`{line}` is not `Name: value`"))?;
        if !is_header_allowed(name.trim()) {
            return Err(format!("the header `{}` is set by the prober itself; leave it out", name.trim()));
        }
        headers.entry(name.trim().to_owned()).or_default().push(value.trim().to_owned());
    }
    if let Some(host) = &args.host {
        headers.insert("Host".to_owned(), vec![host.clone()]);
    }
    Ok(headers)
}

fn target(args: &ProbeArgs) -> Result<ProbeTarget, String> {
    let Place { kind, host, port, path } = place(&args.url)?;
    let expected_codes: StatusSet = args.expect.parse().map_err(|error| format!("--expect: {error}"))?;
    let now = Timestamp::now();
    let monitor = Monitor {
        kind,
        method: if kind.is_http() { args.method.clone() } else { "connection_established".to_owned() },
        path,
        port,
        header: headers(args)?,
        expected_codes,
        expected_body: args.expect_body.clone(),
        follow_redirects: args.follow,
        allow_insecure: args.insecure,
        timeout: args.timeout,
        retries: 0,
        ..Monitor::blank(MonitorId::from_bytes([0; 16]), AccountId::from_bytes([0; 16]), now)
    };
    let endpoint = Endpoint { name: host.clone(), port, ..Endpoint::at(host) };
    let (monitor, endpoint) = (Arc::new(monitor), Arc::new(endpoint));
    Ok(ProbeTarget { pool: PoolId::from_bytes([0; 16]), monitor, endpoint, simulated_zone: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let read = |url: &str| place(url).map(|place| (place.kind.as_str(), place.host, place.port, place.path));
        let is = |kind, host: &str, port, path: &str| Ok((kind, host.to_owned(), port, path.to_owned()));
        assert_eq!(read("http://example.test"), is("http", "example.test", 0, "/"));
        assert_eq!(read("https://example.test:8443/a?b=c:d"), is("https", "example.test", 8443, "/a?b=c:d"));
        assert_eq!(read("http://[::1]:80/x"), is("http", "::1", 80, "/x"));
        assert_eq!(read("http://[::1]"), is("http", "::1", 0, "/"));
        assert_eq!(read("http://example.test?q"), is("http", "example.test", 0, "/?q"));
        assert_eq!(read("tcp://10.0.0.1:5432"), is("tcp", "10.0.0.1", 5432, "/"));
    }

    #[test]
    fn a_url_that_cannot_be_probed_is_told_why() {
        for url in
            ["example.test", "ftp://example.test", "http://", "tcp://example.test", "http://a:b/", "http://a:70000/"]
        {
            let problem = place(url).expect_err(url);
            assert!(problem.contains("tcp://HOST:PORT"), "{problem}");
        }
    }
}
