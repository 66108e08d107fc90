//! The heads that go out: the visitor's request as the origin gets it, and the origin's answer as the visitor gets it
//! (EDGE-14 to 16, EDGE-65 to 70).

use crate::{
    pseudo_ipv4,
    ray_id::RayId,
    settings::{Settings, Underscores},
    upgrade::Offer,
    visitor::{Scheme, VisitorFacts},
};
use model::PseudoIpv4;
use std::net::IpAddr;
use wire::{
    Field, Framing, Known, KnownSet, RequestHead, ResponseHead, Version, write_field, write_fields,
    write_status_line_as,
};

/// Fields of a request that never travel as they came: they are made anew, or dropped.
const REMADE: KnownSet = KnownSet::of(&[
    Known::Host,
    Known::ContentLength,
    Known::AcceptEncoding,
    Known::XForwardedFor,
    Known::XForwardedProto,
    Known::CdnLoop,
    Known::CfConnectingIp,
    Known::CfConnectingIpv6,
    Known::CfPseudoIpv4,
    Known::CfIpCountry,
    Known::CfVisitor,
    Known::CfRay,
    Known::XRealIp,
    Known::Expect,
]);

/// Fields of an answer that never travel as they came.
const WITHHELD: KnownSet = KnownSet::of(&[
    Known::Server,
    Known::ContentLength,
    Known::CfRay,
    Known::CacheTag,
    Known::XAccelBuffering,
    Known::XAccelCharset,
    Known::XAccelLimitRate,
    Known::XAccelRedirect,
]);

/// What the head of a proxied request is made from.
pub(crate) struct RequestParts<'a> {
    pub(crate) head: &'a RequestHead,
    /// The bytes that `head` points into.
    pub(crate) bytes: &'a [u8],
    pub(crate) visitor: &'a VisitorFacts,
    pub(crate) settings: &'a Settings,
    pub(crate) ray: RayId,
    /// The host that the origin is asked for.
    pub(crate) host: &'a [u8],
    pub(crate) pseudo_ipv4: PseudoIpv4,
    /// The upgrade that travels, if one does.
    pub(crate) upgrade: Option<Offer<'a>>,
}

impl RequestParts<'_> {
    /// Appends the whole head, blank line included.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.head.method.of(self.bytes));
        out.push(b' ');
        self.head.write_resource(self.bytes, out);
        out.extend_from_slice(b" HTTP/1.1\r\nHost: ");
        out.extend_from_slice(self.host);
        out.extend_from_slice(b"\r\n");
        match &self.upgrade {
            None => out.extend_from_slice(b"Connection: Keep-Alive\r\n"),
            Some(offer) => offer.write(out),
        }
        self.write_visitor(out);
        self.write_ray(out);
        self.write_loop(out);
        self.write_encoding(out);
        write_fields(self.bytes, self.head.fields.iter().filter(|field| self.travels(field)), out);
        if self.head.version == Version::Http11 {
            // An expectation means nothing in HTTP/1.0 (RFC 9110 section 10.1.1).
            self.copy(Known::Expect, b"Expect", out);
        }
        write_request_framing(self.head.framing, out);
        out.extend_from_slice(b"\r\n");
    }

    fn travels(&self, field: &Field) -> bool {
        let told_apart = !field.has_underscore() || self.settings.underscores == Underscores::Keep;
        !REMADE.contains(field.known) && !field.is_hop_by_hop() && !field.is_droppable() && told_apart
    }

    /// Who asks, and by which way.
    fn write_visitor(&self, out: &mut Vec<u8>) {
        let (seen_as, real_ipv6) = self.seen_as();
        match seen_as {
            None => write_field(b"CF-Connecting-IP", self.visitor.ip.as_bytes(), out),
            Some(pseudo) => write_field(b"CF-Connecting-IP", pseudo.to_string().as_bytes(), out),
        }
        if real_ipv6 {
            write_field(b"CF-Connecting-IPv6", self.visitor.ip.as_bytes(), out);
        }
        if let (PseudoIpv4::AddHeader, IpAddr::V6(address)) = (self.pseudo_ipv4, self.visitor.peer.ip()) {
            write_field(b"CF-Pseudo-IPv4", pseudo_ipv4::of(address).to_string().as_bytes(), out);
        }
        self.write_forwarded_for(out);
        out.extend_from_slice(match self.visitor.scheme {
            Scheme::Http => b"X-Forwarded-Proto: http\r\nCF-Visitor: {\"scheme\":\"http\"}\r\n".as_slice(),
            Scheme::Https => b"X-Forwarded-Proto: https\r\nCF-Visitor: {\"scheme\":\"https\"}\r\n".as_slice(),
        });
    }

    /// The address that stands in for the visitor's, and whether the real one is then told apart.
    fn seen_as(&self) -> (Option<std::net::Ipv4Addr>, bool) {
        match (self.pseudo_ipv4, self.visitor.peer.ip()) {
            (PseudoIpv4::OverwriteHeader, IpAddr::V6(address)) => (Some(pseudo_ipv4::of(address)), true),
            _ => (None, false),
        }
    }

    fn write_forwarded_for(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"X-Forwarded-For: ");
        if self.head.has(Known::XForwardedFor) {
            for field in self.head.fields.iter().filter(|field| field.known == Known::XForwardedFor) {
                out.extend_from_slice(field.value.of(self.bytes));
                out.extend_from_slice(b", ");
            }
        }
        out.extend_from_slice(self.visitor.ip.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    fn write_ray(&self, out: &mut Vec<u8>) {
        write_ray(self.ray, &self.settings.node.data_center, out);
    }

    fn write_loop(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"CDN-Loop: ");
        if self.head.has(Known::CdnLoop) {
            for field in self.head.fields.iter().filter(|field| field.known == Known::CdnLoop) {
                out.extend_from_slice(field.value.of(self.bytes));
                out.extend_from_slice(b", ");
            }
        }
        out.extend_from_slice(self.settings.loop_id.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    /// What the origin may compress with. Bodies are passed on as they come, so a visitor that reads neither coding,
    /// or only one of the two, must not be sent the other.
    fn write_encoding(&self, out: &mut Vec<u8>) {
        let Some(wished) = self.head.value(Known::AcceptEncoding, self.bytes) else { return };
        match (accepts(wished, b"br"), accepts(wished, b"gzip")) {
            (false, true) => out.extend_from_slice(b"Accept-Encoding: gzip\r\n"),
            (false, false) if only_identity(wished) => out.extend_from_slice(b"Accept-Encoding: identity\r\n"),
            _ => out.extend_from_slice(b"Accept-Encoding: br, gzip\r\n"),
        }
    }

    fn copy(&self, known: Known, name: &[u8], out: &mut Vec<u8>) {
        if let Some(value) = self.head.value(known, self.bytes) {
            write_field(name, value, out);
        }
    }
}

/// Whether a list of codings names this one without refusing it (`;q=0`).
fn accepts(list: &[u8], coding: &[u8]) -> bool {
    elements(list).any(|(name, refused)| name.eq_ignore_ascii_case(coding) && !refused)
}

/// Whether a list of codings accepts nothing but the plain body.
fn only_identity(list: &[u8]) -> bool {
    elements(list).all(|(name, refused)| refused || name.is_empty() || name.eq_ignore_ascii_case(b"identity"))
}

/// The codings of a list, each with whether its weight is zero.
fn elements(list: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    list.split(|byte| *byte == b',').map(|element| {
        let mut parts = element.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let name = parts.next().unwrap_or_default();
        (name, parts.any(|weight| matches!(weight, b"q=0" | b"q=0." | b"q=0.0" | b"q=0.00" | b"q=0.000")))
    })
}

fn write_request_framing(framing: Framing, out: &mut Vec<u8>) {
    match framing {
        Framing::Length(length) => write_content_length(length, out),
        Framing::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        Framing::None | Framing::UntilClose => {}
    }
}

/// Appends `Content-Length`.
pub(crate) fn write_content_length(length: u64, out: &mut Vec<u8>) {
    write_field(b"Content-Length", itoa::Buffer::new().format(length).as_bytes(), out);
}

/// Appends `CF-RAY`: the Ray ID with the data center behind it.
pub(crate) fn write_ray(ray: RayId, data_center: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"CF-RAY: ");
    out.extend_from_slice(ray.as_str().as_bytes());
    out.push(b'-');
    out.extend_from_slice(data_center.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Appends the status line and the fields of an origin's answer that travel on, without framing and blank line.
pub(crate) fn write_answer_fields(head: &ResponseHead, bytes: &[u8], out: &mut Vec<u8>) {
    write_status_line_as(Version::Http11, head.status, head.reason.of(bytes), out);
    let travels = |field: &&Field| !WITHHELD.contains(field.known) && !field.is_hop_by_hop();
    write_fields(bytes, head.fields.iter().filter(travels), out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    fn forwarded(request: &str, peer: &str, pseudo_ipv4: PseudoIpv4) -> String {
        let mut head = RequestHead::default();
        wire::parse_request(&mut head, request.as_bytes(), &wire::HeadLimits::default()).expect("a good head");
        let peer: SocketAddr = peer.parse().expect("an address");
        let visitor = VisitorFacts::new(peer, None, false);
        let settings = Settings::default();
        let parts = RequestParts {
            head: &head,
            bytes: request.as_bytes(),
            visitor: &visitor,
            settings: &settings,
            ray: RayId::from_number(1),
            host: b"www.example.com",
            pseudo_ipv4,
            upgrade: None,
        };
        let mut out = Vec::new();
        parts.write(&mut out);
        String::from_utf8(out).expect("text")
    }

    fn plain(fields: &str) -> String {
        let request = format!("GET /a?b HTTP/1.1\r\nHost: www.example.com\r\n{fields}\r\n");
        forwarded(&request, "203.0.113.7:5000", PseudoIpv4::Off)
    }

    // EDGE-66: the peer is appended to what came.
    #[test]
    fn the_visitor_is_told_in_every_form() {
        let head = plain("X-Forwarded-For: 198.51.100.1, 198.51.100.2\r\nX-Forwarded-Proto: https\r\n");
        assert!(head.starts_with("GET /a?b HTTP/1.1\r\nHost: www.example.com\r\n"));
        assert!(head.contains("\r\nCF-Connecting-IP: 203.0.113.7\r\n"));
        assert!(head.contains("\r\nX-Forwarded-For: 198.51.100.1, 198.51.100.2, 203.0.113.7\r\n"));
        assert!(head.contains("\r\nX-Forwarded-Proto: http\r\n"));
        assert!(head.contains("\r\nCF-Visitor: {\"scheme\":\"http\"}\r\n"));
        assert!(head.contains("\r\nCF-RAY: 0000000000000001-LCL\r\n"));
        assert!(head.ends_with("\r\n\r\n"));
    }

    // EDGE-10, EDGE-15: names with a dot do not travel, and neither do fields of one connection.
    #[test]
    fn what_must_not_travel_does_not() {
        let head =
            plain("A.B: 1\r\nX_Y: 2\r\nX-Real-IP: 3\r\nConnection: close, X-Hop\r\nX-Hop: 4\r\nTE: trailers\r\n");
        for name in ["A.B", "X_Y", "X-Real-IP", "X-Hop", "TE", "close"] {
            assert!(!head.contains(name), "{name} in {head}");
        }
        assert!(head.contains("\r\nConnection: Keep-Alive\r\n"));
    }

    // EDGE-16: what the origin may compress with is ours to say, but never more than the visitor can read.
    #[test]
    fn the_codings_are_those_that_the_visitor_reads() {
        assert!(plain("Accept-Encoding: deflate\r\n").contains("\r\nAccept-Encoding: br, gzip\r\n"));
        assert!(plain("Accept-Encoding: gzip, deflate, br, zstd\r\n").contains("\r\nAccept-Encoding: br, gzip\r\n"));
        assert!(plain("Accept-Encoding: gzip, deflate\r\n").contains("\r\nAccept-Encoding: gzip\r\n"));
        assert!(plain("Accept-Encoding: gzip, br;q=0\r\n").contains("\r\nAccept-Encoding: gzip\r\n"));
        assert!(plain("Accept-Encoding: identity\r\n").contains("\r\nAccept-Encoding: identity\r\n"));
        assert!(!plain("").contains("Accept-Encoding"));
    }

    #[test]
    fn loops_leave_a_mark() {
        assert!(plain("").contains("\r\nCDN-Loop: bellwether\r\n"));
        assert!(plain("CDN-Loop: other\r\n").contains("\r\nCDN-Loop: other, bellwether\r\n"));
    }

    // EDGE-68: an IPv6 visitor gets the same class E address every time.
    #[test]
    fn an_ipv6_visitor_can_look_like_an_ipv4_one() {
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let added = forwarded(request, "[2001:db8::7]:5000", PseudoIpv4::AddHeader);
        assert!(added.contains("\r\nCF-Connecting-IP: 2001:db8::7\r\n"));
        assert!(added.contains("\r\nCF-Pseudo-IPv4: 2"));
        let overwritten = forwarded(request, "[2001:db8::7]:5000", PseudoIpv4::OverwriteHeader);
        assert!(overwritten.contains("\r\nCF-Connecting-IPv6: 2001:db8::7\r\n"));
        assert!(!overwritten.contains("CF-Pseudo-IPv4"));
        assert!(overwritten.contains("\r\nCF-Connecting-IP: 2"));
    }
}
