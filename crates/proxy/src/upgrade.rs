//! Upgrades to another protocol over HTTP/1.1 (RFC 9110 section 7.8, RFC 6455): what of a request's wish travels to the
//! origin, and which 101 grants it. Pure.
//!
//! A tunnel carries bytes that nobody reads, so it must never open by accident: a request that only looks like an
//! upgrade, together with an edge that does not look at the answer, is a way to smuggle requests past every rule. So
//! only protocols that are allowed by name are offered, and only an answer that proves that the origin has understood
//! the offer is a grant.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wire::{ConnectionOptions, Fields, Framing, Known, Method, RequestHead, ResponseHead, Version, write_field};

/// The protocols that visitors may switch to. Default `websocket` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrades(Vec<String>);

impl Upgrades {
    /// Allows every protocol that does not carry HTTP again.
    pub const ANY: &'static str = "*";

    /// Allows these protocols, by name or by name and version, in any case; `*` is any. `None` when one of them is not
    /// the name of a protocol, or carries HTTP again and so is never allowed.
    pub fn new(protocols: impl IntoIterator<Item = impl Into<String>>) -> Option<Self> {
        let protocols: Vec<String> = protocols.into_iter().map(Into::into).collect();
        let usable = |name: &String| is_protocol(name.as_bytes()) && !carries_http(name.as_bytes());
        protocols.iter().all(usable).then_some(Self(protocols))
    }

    /// The protocols, as they were given.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Whether a WebSocket may be opened.
    pub(crate) fn allow_websocket(&self) -> bool {
        self.allow(WEBSOCKET.as_bytes())
    }

    fn allow(&self, protocol: &[u8]) -> bool {
        let named = |name: &String| name == Self::ANY || name.as_bytes().eq_ignore_ascii_case(protocol);
        !carries_http(protocol) && self.0.iter().any(named)
    }
}

impl Default for Upgrades {
    fn default() -> Self {
        Self(vec![WEBSOCKET.to_owned()])
    }
}

const WEBSOCKET: &str = "websocket";

/// What a server proves with that it knows WebSocket (RFC 6455 section 1.3).
const WEBSOCKET_GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The bytes of a key before they are encoded (RFC 6455 section 4.1).
const WEBSOCKET_KEY: usize = 16;

/// The upgrade that a request asks for, as far as it may have it.
#[derive(Clone, Copy)]
pub(crate) struct Offer<'a> {
    head: &'a RequestHead,
    bytes: &'a [u8],
    allowed: &'a Upgrades,
    /// The key of a request that can open a WebSocket. Looked for once, however often a stranger names the protocol.
    key: Option<&'a [u8]>,
}

impl<'a> Offer<'a> {
    /// What this request asks for; `None` when it asks for nothing that it may have, and is an ordinary request then.
    /// `bytes` are what `head` points into.
    pub(crate) fn of(head: &'a RequestHead, bytes: &'a [u8], allowed: &'a Upgrades) -> Option<Self> {
        let offer = head.upgrade.then(|| Self { head, bytes, allowed, key: websocket_key(head, bytes) })?;
        offer.protocols().next().is_some().then_some(offer)
    }

    /// The protocols offered to the origin, in the visitor's order.
    fn protocols(&self) -> impl Iterator<Item = &'a [u8]> {
        let Self { head, bytes, allowed, key } = *self;
        let fits = move |protocol: &&[u8]| !is_websocket(protocol) || key.is_some();
        elements(&head.fields, bytes, Known::Upgrade).filter(|name| allowed.allow(name)).filter(fits)
    }

    /// Appends the fields that make it an upgrade.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"Connection: Upgrade\r\nUpgrade: ");
        for (number, protocol) in self.protocols().enumerate() {
            out.extend_from_slice(if number == 0 { b"" } else { b", " });
            out.extend_from_slice(protocol);
        }
        out.extend_from_slice(b"\r\n");
    }

    /// The protocol that this 101 grants; `None` when it is no answer to this offer. `bytes` are what `answer` points
    /// into.
    pub(crate) fn granted<'b>(&self, answer: &ResponseHead, bytes: &'b [u8]) -> Option<&'b [u8]> {
        if answer.version != Version::Http11 || !says_upgrade(&answer.fields, bytes) {
            return None;
        }
        let mut protocols = elements(&answer.fields, bytes, Known::Upgrade);
        let (protocol, None) = (protocols.next()?, protocols.next()) else { return None };
        if !self.protocols().any(|offered| offered.eq_ignore_ascii_case(protocol)) {
            return None;
        }
        if is_websocket(protocol) {
            let accept = only(&answer.fields, bytes, b"sec-websocket-accept")?;
            return (accept == websocket_accept(self.key?).as_bytes()).then_some(protocol);
        }
        Some(protocol)
    }
}

/// The protocol that a granted 101 names.
pub(crate) fn protocol<'b>(answer: &ResponseHead, bytes: &'b [u8]) -> &'b [u8] {
    elements(&answer.fields, bytes, Known::Upgrade).next().unwrap_or_default()
}

/// Whether a request asks for a WebSocket, among others perhaps and in whatever form. `bytes` are what `head` points into.
pub(crate) fn asks_for_websocket(head: &RequestHead, bytes: &[u8]) -> bool {
    let name = |protocol: &'_ [u8]| protocol.split(|byte| *byte == b'/').next().is_some_and(is_websocket);
    head.upgrade && elements(&head.fields, bytes, Known::Upgrade).any(name)
}

/// A protocol over which whole requests would travel unseen: HTTP under any name, and TLS, which would carry it.
fn carries_http(protocol: &[u8]) -> bool {
    let name = protocol.split(|byte| *byte == b'/').next().unwrap_or_default();
    [&b"h2c"[..], b"h2", b"http", b"tls"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn is_websocket(protocol: &[u8]) -> bool {
    protocol.eq_ignore_ascii_case(WEBSOCKET.as_bytes())
}

/// Whether this is `name` or `name/version` (RFC 9110 section 7.8).
fn is_protocol(text: &[u8]) -> bool {
    let is_token_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let mut parts = text.split(|byte| *byte == b'/');
    let is_token = |part: &[u8]| !part.is_empty() && part.iter().all(is_token_byte);
    parts.by_ref().take(2).all(is_token) && parts.next().is_none()
}

/// The protocols of every field of this name.
fn elements<'b>(fields: &Fields, bytes: &'b [u8], known: Known) -> impl Iterator<Item = &'b [u8]> {
    let lines = fields.iter().filter(move |field| field.known == known).map(move |field| field.value.of(bytes));
    let protocols = lines.flat_map(|line| line.split(|byte| *byte == b',').map(<[u8]>::trim_ascii));
    protocols.filter(|protocol| is_protocol(protocol))
}

fn says_upgrade(fields: &Fields, bytes: &[u8]) -> bool {
    let lines = fields.iter().filter(|field| field.known == Known::Connection);
    lines
        .flat_map(|field| ConnectionOptions::new(field.value.of(bytes)))
        .any(|option| option.eq_ignore_ascii_case(b"upgrade"))
}

/// The value of the one end-to-end field of this name.
fn only<'b>(fields: &Fields, bytes: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    let mut found = fields.iter().filter(|field| field.name.of(bytes).eq_ignore_ascii_case(name));
    let (field, None) = (found.next()?, found.next()) else { return None };
    (!field.is_hop_by_hop()).then(|| field.value.of(bytes))
}

/// The key of a request that can open a WebSocket: a GET without a body, with one key of the right length.
fn websocket_key<'b>(head: &RequestHead, bytes: &'b [u8]) -> Option<&'b [u8]> {
    if head.verb != Method::Get || head.framing != Framing::None {
        return None;
    }
    let key = only(&head.fields, bytes, b"sec-websocket-key")?;
    let decoded = BASE64.decode(key).ok()?;
    (decoded.len() == WEBSOCKET_KEY).then_some(key)
}

/// Appends the fields that ask for a WebSocket, with a key of our own: HTTP/2 has none (RFC 8441 section 5).
///
/// # Errors
/// When the system gives no random bytes.
pub(crate) fn write_websocket_request(out: &mut Vec<u8>) -> Result<(), getrandom::Error> {
    let mut key = [0; WEBSOCKET_KEY];
    getrandom::fill(&mut key)?;
    out.extend_from_slice(b"Connection: Upgrade\r\nUpgrade: websocket\r\n");
    write_field(b"Sec-WebSocket-Key", BASE64.encode(key).as_bytes(), out);
    Ok(())
}

/// Whether this field belongs to the handshake of WebSocket over HTTP/1.1 alone.
pub(crate) fn is_of_websocket_key(name: &[u8]) -> bool {
    [&b"sec-websocket-key"[..], b"sec-websocket-accept"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// What a server that knows WebSocket answers to this key (RFC 6455 section 4.2.2).
fn websocket_accept(key: &[u8]) -> String {
    BASE64.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key, WEBSOCKET_GUID].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{HeadLimits, parse_request, parse_response};

    const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const ACCEPT: &str = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

    /// What travels to the origin for a request with these lines.
    fn offered(allowed: &[&str], lines: &str) -> String {
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
        let mut head = RequestHead::default();
        parse_request(&mut head, request.as_bytes(), &HeadLimits::default()).expect("a good head");
        let allowed = Upgrades::new(allowed.iter().copied()).expect("names of protocols");
        let mut out = Vec::new();
        if let Some(offer) = Offer::of(&head, request.as_bytes(), &allowed) {
            offer.write(&mut out);
        }
        String::from_utf8(out).expect("text")
    }

    /// Whether a 101 with these lines grants an upgrade to a request with those.
    fn grants(request: &str, answer: &str) -> bool {
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n{request}\r\n");
        let mut head = RequestHead::default();
        parse_request(&mut head, request.as_bytes(), &HeadLimits::default()).expect("a good head");
        let allowed = Upgrades::new([Upgrades::ANY]).expect("names of protocols");
        let answer = format!("HTTP/1.1 101 Switching Protocols\r\n{answer}\r\n");
        let mut response = ResponseHead::default();
        parse_response(&mut response, answer.as_bytes(), &HeadLimits::default(), false).expect("a good head");
        let offer = Offer::of(&head, request.as_bytes(), &allowed).expect("an offer");
        offer.granted(&response, answer.as_bytes()).is_some()
    }

    #[test]
    fn only_what_is_allowed_is_offered() {
        let both = format!("Connection: Upgrade\r\nUpgrade: x/1, WebSocket\r\n{KEY}");
        assert_eq!(offered(&["websocket"], &both), "Connection: Upgrade\r\nUpgrade: WebSocket\r\n");
        assert_eq!(offered(&["*"], &both), "Connection: Upgrade\r\nUpgrade: x/1, WebSocket\r\n");
        assert_eq!(offered(&["X/1"], &both), "Connection: Upgrade\r\nUpgrade: x/1\r\n");
        assert_eq!(offered(&[], &both), "");
    }

    #[test]
    fn http_in_http_is_never_offered() {
        for name in ["h2c", "H2C", "HTTP/2.0", "TLS/1.0", "h2"] {
            assert_eq!(offered(&["*"], &format!("Connection: upgrade\r\nUpgrade: {name}\r\n")), "", "{name}");
            assert_eq!(Upgrades::new([name]), None, "{name}");
        }
        assert_eq!(Upgrades::new(["web socket"]), None);
        assert_eq!(Upgrades::new(["a/b/c"]), None);
    }

    #[test]
    fn a_wish_that_is_not_listed_or_not_whole_is_none() {
        assert_eq!(offered(&["*"], &format!("Upgrade: websocket\r\n{KEY}")), "", "Connection does not list it");
        for lines in [
            "",
            "Sec-WebSocket-Key: short\r\n",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            "Connection: Sec-WebSocket-Key\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            "Content-Length: 1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        ] {
            assert_eq!(
                offered(&["*"], &format!("Connection: upgrade\r\nUpgrade: websocket\r\n{lines}")),
                "",
                "{lines}"
            );
        }
    }

    #[test]
    fn a_websocket_is_granted_by_the_answer_to_its_key_alone() {
        let asked = format!("Upgrade: websocket\r\n{KEY}");
        let granted = format!("Connection: Upgrade\r\nUpgrade: WebSocket\r\n{ACCEPT}");
        assert!(grants(&asked, &granted));
        for wrong in [
            "Connection: Upgrade\r\nUpgrade: websocket\r\n".to_owned(),
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n"
                .into(),
            format!("{granted}{ACCEPT}"),
            format!("Upgrade: websocket\r\n{ACCEPT}"),
            format!("Connection: Upgrade\r\n{ACCEPT}"),
            format!("Connection: Upgrade\r\nUpgrade: x\r\n{ACCEPT}"),
            format!("Connection: Upgrade\r\nUpgrade: x, websocket\r\n{ACCEPT}"),
        ] {
            assert!(!grants(&asked, &wrong), "{wrong}");
        }
    }

    #[test]
    fn another_protocol_is_granted_by_its_name() {
        assert!(grants("Upgrade: x/1, y\r\n", "Connection: upgrade\r\nUpgrade: Y\r\n"));
        assert!(!grants("Upgrade: x/1, y\r\n", "Connection: upgrade\r\nUpgrade: x/2\r\n"));
    }
}
