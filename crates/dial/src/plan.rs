//! What the caller wants dialed, and how long each phase may take.

use crate::Trust;
use std::time::Duration;
use tokio::time::Instant;

/// One endpoint to reach.
#[derive(Clone, Debug)]
pub struct DialPlan<'a> {
    /// An IPv4 or IPv6 address (brackets are allowed) or a host name.
    pub address: &'a str,
    /// 1 to 65,535.
    pub port: u16,
    /// True: the name is looked up now, whatever is remembered. For probes.
    pub fresh: bool,
    /// For the TCP connection, all addresses together. While several addresses are left, each gets an equal share of
    /// what remains.
    pub connect_timeout: Duration,
    /// When everything must be over, DNS, TCP and TLS together; the phase it strikes in names the failure.
    pub deadline: Option<Instant>,
    /// TCP keep-alive; `None` for none.
    pub keepalive: Option<KeepAlive>,
    /// How long sent bytes may stay unacknowledged (`TCP_USER_TIMEOUT`); `None` for the system's default.
    pub ack_timeout: Option<Duration>,
    /// The TLS handshake; `None` for a plain stream.
    pub tls: Option<TlsPlan<'a>>,
}

impl<'a> DialPlan<'a> {
    /// A plain stream to `address` and `port`, with the timers of the edge reference: connect 19 s, keep-alive 30 s and
    /// 15 s with two misses, acknowledgement 90 s.
    pub fn new(address: &'a str, port: u16) -> Self {
        Self {
            address,
            port,
            fresh: false,
            connect_timeout: Duration::from_secs(19),
            deadline: None,
            keepalive: Some(KeepAlive::default()),
            ack_timeout: Some(Duration::from_secs(90)),
            tls: None,
        }
    }
}

/// When the kernel asks a silent peer whether it is still there.
///
/// Where the plan also sets `ack_timeout`, Linux counts no misses: unanswered questions end the connection once that
/// time has passed (tcp(7), `TCP_USER_TIMEOUT`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// Silence before the first question. Default: 30 s.
    pub idle: Duration,
    /// Between two questions. Default: 15 s.
    pub interval: Duration,
    /// Unanswered questions that end the connection. Default: 2.
    pub misses: u32,
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self { idle: Duration::from_secs(30), interval: Duration::from_secs(15), misses: 2 }
    }
}

/// How to speak TLS once the TCP connection is open.
#[derive(Clone, Debug)]
pub struct TlsPlan<'a> {
    /// The name for the ClientHello. `None` sends none; an address or an impossible name is never sent either
    /// (RFC 6066 section 3).
    pub server_name: Option<&'a str>,
    /// The certificate must be for one of these, host names or addresses. Not looked at under [`Trust::Anything`].
    pub names: &'a [&'a str],
    /// Whose certificates count.
    pub trust: Trust,
    /// For the handshake alone.
    pub timeout: Duration,
    /// Protocols to offer by ALPN, best first; empty offers none.
    pub alpn: &'a [&'a [u8]],
    /// Whether an earlier session may be resumed. False makes the peer show its certificate again: probes want that.
    pub resume: bool,
}

impl<'a> TlsPlan<'a> {
    /// A handshake that may take 10 s and may resume, with `server_name` both sent and expected.
    pub fn new(server_name: Option<&'a str>, names: &'a [&'a str], trust: Trust) -> Self {
        Self { server_name, names, trust, timeout: Duration::from_secs(10), alpn: &[], resume: true }
    }
}
