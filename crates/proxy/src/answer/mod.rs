//! The answer that the edge makes itself, when it cannot pass on one of an origin.
//!
//! Pure: what is known of the failure goes in, a status, a body and header values come out. All that is said of a
//! failure comes from the catalogue; here it is only laid out, as a page, as JSON or as Markdown, whichever the request
//! asks for (`EDGE-72` to `EDGE-75`). This module knows neither sockets nor the request beyond its `Accept` header.
//!
//! Host name and address come from strangers: each format escapes them in its own way.

mod bare;
mod diagram;
mod html;
mod markdown;
mod negotiate;
mod problem;
mod proxy_status;
mod wording;

pub use bare::bare_forbidden;
pub use negotiate::Format;
pub use proxy_status::proxy_status;

use model::Timestamp;
use std::net::IpAddr;
use verdict::{Code, Reason};

/// What is known when the edge has to answer for itself.
#[derive(Clone, Copy, Debug)]
pub struct EdgeAnswer<'a> {
    pub code: Code,
    /// What was observed, when something was: the page is then as specific as the observation.
    pub reason: Option<Reason>,
    /// A status in place of the one that belongs to the code.
    pub status: Option<u16>,
    /// The 16 hexadecimal digits.
    pub ray_id: &'a str,
    /// The host that was asked for, as it came; empty when the request named none.
    pub host: &'a str,
    pub at: Timestamp,
    pub client: Option<IpAddr>,
    /// The three letters of the node's data center.
    pub data_center: &'a str,
    /// The edge's own name, as in the `Server` header.
    pub server_name: &'a str,
    /// Where the request was being sent, for `Proxy-Status`; `None` keeps it from strangers.
    pub next_hop: Option<&'a str>,
    /// Seconds, in place of those that belong to the code.
    pub retry_after: Option<u32>,
    /// The value of the `Accept` header, several lines joined by commas.
    pub accept: Option<&'a [u8]>,
}

/// The answer, ready to be framed. For HEAD the same, with the body left out when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: Vec<u8>,
    /// Seconds for the `Retry-After` header.
    pub retry_after: Option<u32>,
    /// The value of the `Proxy-Status` header (RFC 9209); `None` where nothing may be said.
    pub proxy_status: Option<String>,
}

impl EdgeAnswer<'_> {
    /// The answer in the format that the request prefers.
    pub fn compose(&self) -> Answer {
        let format = Format::preferred(self.accept);
        let wording = wording::Wording::of(self);
        let body = match format {
            Format::Html => html::page(self, &wording),
            Format::Json | Format::Problem => problem::json(self, &wording),
            Format::Markdown => markdown::page(self, &wording),
        };
        Answer {
            status: wording.status,
            content_type: format.content_type(),
            body: body.into_bytes(),
            retry_after: wording.retry_after,
            proxy_status: Some(proxy_status(self.server_name, wording.token, wording.observed, self.next_hop)),
        }
    }
}

/// The path below which the edge shows what each error looks like.
pub const ERROR_PAGES: &str = "/cdn-cgi/error/";

/// Every code that has a page, ascending within each family of the catalogue.
pub fn pages() -> impl Iterator<Item = Code> {
    Code::entries().filter(|entry| entry.has_page()).map(|entry| entry.code)
}

/// The code whose page this path asks for; `None` when it is no such path, or no code has that number.
pub fn page_asked_for(path: &str) -> Option<Code> {
    let digits = path.strip_prefix(ERROR_PAGES)?;
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let code = Code::new(digits.parse().ok().filter(|_| is_number)?);
    code.entry().filter(|entry| entry.has_page()).map(|entry| entry.code)
}

#[cfg(test)]
mod tests;
