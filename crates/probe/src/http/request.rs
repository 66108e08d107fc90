//! The request that a probe sends.

use crate::{question::Destination, settings::ProberSettings};
use model::ProbeTarget;
use verdict::Reason;

/// How many characters of the pool's id the user agent shows.
const POOL_ID_CHARACTERS: usize = 16;

/// Whether a monitor may set this header. `Host` is set by its own rule; the others would break what a probe is: its
/// user agent is fixed (LB-64), and the framing and the connection belong to the message, not to its content.
pub fn is_header_allowed(name: &str) -> bool {
    const OURS: [&str; 9] = [
        "host",
        "user-agent",
        "connection",
        "content-length",
        "transfer-encoding",
        "expect",
        "upgrade",
        "te",
        "trailer",
    ];
    !OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours))
}

/// A request, but for where it goes.
#[derive(Clone, Debug)]
pub(super) struct Request {
    method: String,
    user_agent: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// The request that a monitor describes; an error when it could not be written as HTTP.
    pub(super) fn of(settings: &ProberSettings, target: &ProbeTarget) -> Result<Self, Reason> {
        let monitor = &target.monitor;
        let method = if monitor.method.is_empty() { "GET".to_owned() } else { monitor.method.to_ascii_uppercase() };
        let each = monitor.header.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
        let headers: Vec<_> = each
            .filter(|(name, _)| is_header_allowed(name))
            .map(|(name, value)| (name.clone(), value.trim().to_owned()))
            .collect();
        let sound = is_token(&method) && headers.iter().all(|(name, value)| is_token(name) && is_value(value));
        let pool: String = target.pool.to_string().chars().take(POOL_ID_CHARACTERS).collect();
        let user_agent = settings.user_agent.replace("{pool}", &pool);
        sound.then_some(Self { method, user_agent, headers }).ok_or(Reason::MonitorInvalid)
    }

    /// Whether the answer has no body.
    pub(super) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// Becomes the request that follows a redirect (RFC 9110 section 15.4). Another host is not shown what was meant
    /// for the first.
    pub(super) fn redirect(&mut self, status: Option<u16>, is_other_host: bool) {
        let turns_to_get = match status {
            Some(303) => self.method != "HEAD",
            Some(301 | 302) => self.method == "POST",
            _ => false,
        };
        if turns_to_get {
            self.method = "GET".to_owned();
        }
        if is_other_host {
            let secret = |name: &str| name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("cookie");
            self.headers.retain(|(name, _)| !secret(name));
        }
    }

    /// The bytes to send to `destination`.
    pub(super) fn bytes(&self, destination: &Destination) -> Vec<u8> {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nConnection: close\r\n",
            self.method, destination.path, destination.host, self.user_agent
        );
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        // A request whose method expects content says that there is none (RFC 9110 section 8.6).
        if matches!(self.method.as_str(), "POST" | "PUT" | "PATCH") {
            text.push_str("Content-Length: 0\r\n");
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// RFC 9110 section 5.5: visible characters, spaces and tabs.
fn is_value(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}
