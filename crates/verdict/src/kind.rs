//! What sort of thing a numbered code is: its category, who makes it, and whether trying again can help.

use std::fmt;

/// The category that the structured error body carries as `error_category`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// The visitor's request itself.
    Request,
    /// The server behind the edge.
    Origin,
    /// Bellwether itself.
    Edge,
    /// TLS between the edge and the origin.
    Ssl,
    /// A decision of the site owner to keep someone out.
    AccessDenied,
    /// Too many requests.
    RateLimit,
    /// A name that does not lead to an address.
    Dns,
    /// The configuration of the site.
    Config,
    /// TLS between the visitor and the edge.
    Tls,
    /// A legal order.
    Legal,
    /// A script that runs at the edge.
    Worker,
    /// A rule that rewrites the request.
    Rewrite,
    /// A snippet that runs at the edge.
    Snippet,
    /// Something the edge does not speak.
    Unsupported,
    /// Items of lists and bulk redirects in the management API.
    List,
}

impl Category {
    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Category::Request => "request",
            Category::Origin => "origin",
            Category::Edge => "edge",
            Category::Ssl => "ssl",
            Category::AccessDenied => "access_denied",
            Category::RateLimit => "rate_limit",
            Category::Dns => "dns",
            Category::Config => "config",
            Category::Tls => "tls",
            Category::Legal => "legal",
            Category::Worker => "worker",
            Category::Rewrite => "rewrite",
            Category::Snippet => "snippet",
            Category::Unsupported => "unsupported",
            Category::List => "list",
        }
    }

    /// The `Proxy-Status` error type (RFC 9209 section 2.3) for a code of this category that no specific reason
    /// explains.
    pub const fn proxy_status(self) -> &'static str {
        match self {
            Category::Request | Category::Tls => "http_request_error",
            Category::AccessDenied | Category::RateLimit | Category::Legal => "http_request_denied",
            Category::Dns => "dns_error",
            Category::Ssl => "tls_protocol_error",
            Category::Origin => "http_protocol_error",
            Category::Config | Category::Rewrite | Category::List => "proxy_configuration_error",
            Category::Edge | Category::Worker | Category::Snippet | Category::Unsupported => "proxy_internal_error",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who writes a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Maker {
    /// The edge makes it; an origin that sends the same number is passed on and counted as the origin's.
    Edge,
    /// The edge never makes it and passes it on from the origin.
    Origin,
    /// Both do; the access record tells them apart (`OriginResponseStatus` is 0 when the edge made it).
    Both,
    /// Only the management API answers it; no visitor ever sees it.
    Api,
    /// Only the access record carries it; nothing was sent.
    Record,
}

impl Maker {
    /// Who makes it, for a reader of the catalogue.
    pub const fn as_str(self) -> &'static str {
        match self {
            Maker::Edge => "the edge",
            Maker::Origin => "the origin only; the edge passes it on",
            Maker::Both => "the origin, whose answer is passed on, or the edge",
            Maker::Api => "the management API only",
            Maker::Record => "nobody: only the access record carries it",
        }
    }
}

/// Whether the same request may succeed when it is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Not before somebody changes something.
    No,
    /// Perhaps, with no particular wait.
    Later,
    /// Perhaps, after this many seconds (what `Retry-After` carries).
    After(u32),
}

impl Retry {
    /// Whether trying again can help at all.
    pub const fn is_possible(self) -> bool {
        !matches!(self, Retry::No)
    }

    /// Seconds to wait before trying again, where a fixed wait is advised.
    pub const fn seconds(self) -> Option<u32> {
        match self {
            Retry::After(seconds) => Some(seconds),
            Retry::No | Retry::Later => None,
        }
    }
}
