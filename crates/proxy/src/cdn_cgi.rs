//! The paths below `/cdn-cgi/`, which the edge answers itself and no origin ever sees (EDGE-71, EDGE-72).

use crate::{
    answer,
    connection::{After, Connection},
    ledger::Ledger,
    respond::{self, Own},
    scratch::Scratch,
    visitor::Protocol,
};
use std::{fmt::Write as _, time::SystemTime};
use verdict::{Code, Reason};
use wire::{Known, Version};

/// A path of the edge's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EdgePath {
    /// What the edge knows of the visitor, as lines of text.
    Trace,
    /// The page of a code, for looking at.
    Error(Code),
    /// Nothing is there.
    Unknown,
}

impl EdgePath {
    /// The edge's own path that this resource (path and query) names; `None` when it is the site's.
    pub(crate) fn of(resource: &[u8]) -> Option<Self> {
        let below = resource.strip_prefix(b"/cdn-cgi")?;
        let path = below.split(|byte| *byte == b'?').next().unwrap_or_default();
        match path {
            b"/trace" => Some(EdgePath::Trace),
            b"" => Some(EdgePath::Unknown),
            _ if path.starts_with(b"/") => Some(Self::error(resource).unwrap_or(EdgePath::Unknown)),
            _ => None,
        }
    }

    fn error(resource: &[u8]) -> Option<Self> {
        let path = std::str::from_utf8(resource).ok()?.split('?').next()?;
        answer::page_asked_for(path).map(EdgePath::Error)
    }
}

/// Answers a request for one of these paths.
pub(crate) async fn serve(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    path: EdgePath,
) -> After {
    match path {
        EdgePath::Trace => {
            let own = Own {
                status: 200,
                content_type: "text/plain; charset=utf-8".into(),
                fields: TRACE_FIELDS.to_vec(),
                body: trace(connection, scratch).into_bytes(),
            };
            respond::own(connection, scratch, ledger, own).await
        }
        EdgePath::Error(code) => respond::page_of(connection, scratch, ledger, code).await,
        EdgePath::Unknown => respond::refusal(connection, scratch, ledger, Reason::EdgePathUnknown).await,
    }
}

/// A trace is about this moment and this visitor, and scripts of any site may read it.
const TRACE_FIELDS: &[u8] = b"Cache-Control: no-cache\r\nAccess-Control-Allow-Origin: *\r\nX-Frame-Options: DENY\r\n\
    X-Content-Type-Options: nosniff\r\n";

fn trace(connection: &Connection, scratch: &Scratch) -> String {
    let (facts, settings) = (&connection.facts, &connection.worker.settings);
    let (request, bytes) = (&scratch.request, scratch.inbound.head());
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let user_agent = request.value(Known::UserAgent, bytes).unwrap_or_default();
    let mut lines = String::with_capacity(320);
    let mut line = |key: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{key}={value}");
    };
    line("fl", &settings.node.name);
    line("h", request.host_name().map_or("", |host| host.as_str()));
    line("ip", &facts.ip);
    line("ts", &format!("{}.{:03}", since_epoch.as_secs(), since_epoch.subsec_millis()));
    line("visit_scheme", facts.scheme.as_str());
    line("uag", &String::from_utf8_lossy(user_agent));
    line("colo", &settings.node.data_center);
    line("sliver", "none");
    line(
        "http",
        match (facts.protocol, request.version) {
            (Protocol::Http2, _) => "http/2",
            (Protocol::Http1, Version::Http11) => "http/1.1",
            (Protocol::Http1, Version::Http10) => "http/1.0",
        },
    );
    // Countries are not looked up, and this is how an unknown one is written.
    line("loc", "XX");
    line("tls", facts.tls_version().unwrap_or("off"));
    line("sni", if facts.tls.as_ref().is_some_and(|tls| tls.sni.is_some()) { "plaintext" } else { "off" });
    line("warp", "off");
    line("gateway", "off");
    line("rbi", "off");
    line("kex", facts.tls.as_ref().map_or("none", |tls| tls.key_exchange));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_paths_are_the_edges() {
        assert_eq!(EdgePath::of(b"/cdn-cgi/trace"), Some(EdgePath::Trace));
        assert_eq!(EdgePath::of(b"/cdn-cgi/trace?x=1"), Some(EdgePath::Trace));
        assert_eq!(EdgePath::of(b"/cdn-cgi/error/522"), Some(EdgePath::Error(Code::new(522))));
        assert_eq!(EdgePath::of(b"/cdn-cgi/error/9"), Some(EdgePath::Unknown));
        assert_eq!(EdgePath::of(b"/cdn-cgi/else"), Some(EdgePath::Unknown));
        assert_eq!(EdgePath::of(b"/cdn-cgi"), Some(EdgePath::Unknown));
        assert_eq!(EdgePath::of(b"/cdn-cgis"), None);
        assert_eq!(EdgePath::of(b"/a/cdn-cgi/trace"), None);
    }
}
