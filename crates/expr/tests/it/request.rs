//! A request as tests write it down.

use expr::{Enough, Facts, Items, Number, Text, arguments};
use std::net::IpAddr;

/// What an expression can ask of a request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    pub host: &'static str,
    pub uri: &'static str,
    pub version: &'static str,
    /// Names in lower case.
    pub headers: Vec<(&'static str, &'static [u8])>,
    pub address: IpAddr,
    pub second: i64,
}

/// A GET for a page of a blog.
pub fn blog() -> Request {
    Request {
        method: "GET",
        host: "www.example.com",
        uri: "/blog/Post-1.html?page=2&tag=b&tag=A&empty",
        version: "HTTP/1.1",
        headers: vec![
            ("host", b"www.example.com"),
            ("cookie", b"session=abc; theme=dark"),
            ("accept", b"text/html"),
            ("accept", b"image/PNG"),
            ("x-bytes", b"a\xffb"),
        ],
        address: "198.51.100.7".parse().expect("an address"),
        second: 1_700_000_000,
    }
}

impl Request {
    fn header(&self, name: &str) -> &[u8] {
        self.headers.iter().find(|(known, _)| *known == name).map_or(&[], |(_, value)| value)
    }

    fn query(&self) -> &'static str {
        self.uri.split_once('?').map_or("", |(_, query)| query)
    }
}

impl Facts for Request {
    fn text(&self, field: Text) -> &[u8] {
        match field {
            Text::LoadBalancerName => b"*.example.com",
            Text::LoadBalancerRegion => b"WEU",
            Text::Cookie => self.header("cookie"),
            Text::Host => self.host.as_bytes(),
            Text::Referer => self.header("referer"),
            Text::Method => self.method.as_bytes(),
            Text::Uri => self.uri.as_bytes(),
            Text::Path => self.uri.split('?').next().unwrap_or_default().as_bytes(),
            Text::Query => self.query().as_bytes(),
            Text::Version => self.version.as_bytes(),
        }
    }

    fn number(&self, Number::TimestampSec: Number) -> i64 {
        self.second
    }

    fn address(&self) -> IpAddr {
        self.address
    }

    fn each(&self, items: Items<'_>, take: &mut dyn FnMut(&[u8]) -> Enough) {
        let mut all: Vec<&[u8]> = Vec::new();
        match items {
            Items::Header(name) => all.extend(self.headers.iter().filter(|(known, _)| *known == name).map(|(_, v)| *v)),
            Items::Argument(name) => {
                all.extend(
                    arguments(self.query().as_bytes()).filter(|(known, _)| *known == name.as_bytes()).map(|(_, v)| v),
                );
            }
            Items::ArgumentNames => all.extend(arguments(self.query().as_bytes()).map(|(name, _)| name)),
            Items::ArgumentValues => all.extend(arguments(self.query().as_bytes()).map(|(_, value)| value)),
        }
        let _ = all.into_iter().find(|item| take(item) == Enough::Yes);
    }
}
