//! Every specific thing that can go wrong, with its place in the journey and what it leads to.
//!
//! The enum only gives the names. All that is known of a reason stands once, in the file of its stage of the journey;
//! the order there is the order here, which the compiler checks.

mod accept;
mod answer;
mod connect;
mod dns;
mod edge;
mod identify;
mod judge;
mod request;
mod steer;
mod tls;

use crate::{Code, HealthReason, Party, Phase};
use std::fmt;

/// The most specific name of a failure that was observed. Each is described by its [`ReasonEntry`].
#[rustfmt::skip]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    // Taking the connection in.
    ProxyProtocolMissing, ProxyProtocolBad, HelloUnusable, ConnectionLimit, AddressConnectionLimit, CrowdedOut,
    Http2Abuse, Http2Broken, Http2RequestRefused,
    // Reading and checking the request.
    RequestHeadTimeout, RequestHeadTooLarge, BadRequestLine, BadTarget, TargetTooLong, BadRequestHeader, HostMissing,
    HostRepeated, BadHost, LengthAndChunked, LengthConflict, BadLength, BadTransferEncoding, BadChunk,
    UnsupportedVersion, ConnectMethod, RequestBodyTooLarge, ClientBodyTimeout, ClientGone, ConnectingIpForged,
    ForwardedForTooLong, ForwardedForRepeated, LoopDetected, ClientBodyTooSlow,
    // Finding the site.
    SniUnknown, SniMismatch, HostIsAddress, HostUnknown, HostWithoutLoadBalancer, ZonePending, ZoneNotOnNode,
    EdgePathUnknown, SniUnroutable, TcpWithoutLoadBalancer, WebsocketsOff,
    // Choosing where to send it.
    PoolsExhausted, NoOrigin, EndpointsFull, OriginQueueFull, OriginQueueTimeout, RetryBudgetSpent,
    // Resolving the endpoint's name.
    DnsNxdomain, DnsNodata, DnsServfail, DnsTimeout, DnsChain, DnsEdgeAddress, DnsDisallowedAddress,
    DnsReservedAddress, OriginPlaceholder, PoolUnresolvable,
    // Opening the connection.
    TcpRefused, TcpResetConnect, TcpConnectTimeout, NoRouteHost, NoRouteNet, ConnectProhibited, EdgeResource,
    // The TLS handshake.
    TlsNoCipher, TlsVersion, TlsSni, TlsAlert, TlsClientCert, TlsReset, TlsNotTls, TlsNoCert, TlsMisbehaved,
    TlsTimeout, CertExpired, CertNotYetValid, CertSelfSigned, CertUntrusted, CertChain, CertName, CertRevoked,
    CertInvalid, TrustStoreEmpty,
    // Sending the request, and waiting for the answer.
    WriteTimeout, AckTimeout, EmptyReply, ResetBeforeHeaders, ClosedInsideHead, BadStatusLine, BadStatus, BadHeader,
    ResponseHeadTooLarge, BadFraming, UnexpectedUpgrade, ReadTimeout, InterimThenTimeout, InterimFlood,
    OriginWantsClientCert, IdleClosed, KeepaliveLost, H2NotSpoken, H2Error, H2Cancel,
    // Relaying the body. The status has gone out by then; the code is what the record carries.
    BodyTruncated, BodyReadTimeout, BadResponseChunk, BadEncoding, ClientAbortedBody, TcpIdle, ClientReadTooSlow,
    // Carrying the bytes of another protocol, behind a 101.
    TunnelBroken, TunnelVisitorSilent, TunnelVisitorStalled, TunnelOriginSilent, TunnelOriginStalled,
    // What an origin said itself, passed on.
    OriginStatus,
    // Judging the answer to a probe.
    StatusMismatch, RedirectNotFollowed, TooManyRedirects, BodyMismatch, MonitorInvalid, ProberOffline,
    // The edge itself, and what fits nowhere else.
    EdgeInternal, EdgeShuttingDown, Other,
}

const FAMILIES: &[&[ReasonEntry]] = &[
    accept::ENTRIES,
    request::ENTRIES,
    identify::ENTRIES,
    steer::ENTRIES,
    dns::ENTRIES,
    connect::ENTRIES,
    tls::ENTRIES,
    answer::ENTRIES,
    judge::ENTRIES,
    edge::ENTRIES,
];

/// All that is fixed about a reason.
#[derive(Debug)]
pub struct ReasonEntry {
    pub reason: Reason,
    /// The stable identifier, such as `tcp_refused`: used in logs, metrics, the API and `explain`.
    pub id: &'static str,
    pub phase: Phase,
    pub party: Party,
    /// The code that a visitor is shown; `None` where no visitor ever sees it.
    pub code: Option<Code>,
    /// How a health check that ends this way is spelled.
    pub health: HealthReason,
    /// The error type of the `Proxy-Status` header (RFC 9209 section 2.3).
    pub proxy_status: &'static str,
    /// Whether it speaks against the endpoint's health.
    pub counts_against_endpoint: bool,
    pub title: &'static str,
    pub cause: &'static str,
    pub remedy: &'static str,
}

impl Reason {
    /// Every reason, in the order of the journey.
    pub const ALL: &'static [Reason] = &ALL;

    /// What the catalogue says of this reason.
    pub const fn entry(self) -> &'static ReasonEntry {
        let mut rest = self as usize;
        let mut family = 0;
        while rest >= FAMILIES[family].len() {
            rest -= FAMILIES[family].len();
            family += 1;
        }
        &FAMILIES[family][rest]
    }

    /// The stable identifier, such as `tcp_refused`: used in logs, metrics, the API and `explain`.
    pub const fn id(self) -> &'static str {
        self.entry().id
    }

    /// Where in the journey it happens.
    pub const fn phase(self) -> Phase {
        self.entry().phase
    }

    /// Whose side it is on.
    pub const fn party(self) -> Party {
        self.entry().party
    }

    /// The code that a visitor is shown when a request ends this way; `None` where no visitor ever sees it.
    pub const fn code(self) -> Option<Code> {
        self.entry().code
    }

    /// How a health check that ends this way is spelled.
    pub const fn health(self) -> HealthReason {
        self.entry().health
    }

    /// The error type for the `Proxy-Status` header (RFC 9209 section 2.3).
    pub const fn proxy_status(self) -> &'static str {
        self.entry().proxy_status
    }

    /// Whether it speaks against the endpoint's health: false where the endpoint is not to blame.
    pub const fn counts_against_endpoint(self) -> bool {
        self.entry().counts_against_endpoint
    }

    /// One line that says what happened.
    pub const fn title(self) -> &'static str {
        self.entry().title
    }

    /// What stands behind it.
    pub const fn cause(self) -> &'static str {
        self.entry().cause
    }

    /// What the site owner can do.
    pub const fn remedy(self) -> &'static str {
        self.entry().remedy
    }

    /// The reason with this identifier.
    pub fn from_id(id: &str) -> Option<Reason> {
        Reason::ALL.iter().copied().find(|reason| reason.id() == id)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

const COUNT: usize = Reason::Other as usize + 1;

/// Every reason, gathered from the families. Building it proves that the tables are complete and in the enum's order.
const ALL: [Reason; COUNT] = {
    let mut all = [Reason::Other; COUNT];
    let mut next = 0;
    let mut family = 0;
    while family < FAMILIES.len() {
        let mut row = 0;
        while row < FAMILIES[family].len() {
            let reason = FAMILIES[family][row].reason;
            assert!(reason as usize == next, "a reason's entry is not where the enum has it");
            all[next] = reason;
            next += 1;
            row += 1;
        }
        family += 1;
    }
    assert!(next == COUNT, "a reason has no entry");
    all
};

/// Writes the reasons of one stage. `code` is `none` where no visitor sees it; `blames` says whether it counts against
/// the endpoint's health.
macro_rules! reasons {
    ($($reason:ident $id:literal {
        at $phase:ident, by $party:ident, code $code:tt, health $health:ident, token $token:literal,
        blames $blames:ident,
        title $title:literal,
        cause $cause:literal,
        remedy $remedy:literal $(,)?
    })*) => {
        pub(super) const ENTRIES: &[$crate::ReasonEntry] = &[$($crate::ReasonEntry {
            reason: $crate::Reason::$reason,
            id: $id,
            phase: $crate::Phase::$phase,
            party: $crate::Party::$party,
            code: reasons!(@code $code),
            health: $crate::HealthReason::$health,
            proxy_status: $token,
            counts_against_endpoint: reasons!(@blames $blames),
            title: $title,
            cause: $cause,
            remedy: $remedy,
        },)*];
    };
    (@code none) => { None };
    (@code $number:literal) => { Some($crate::Code::new($number)) };
    (@blames endpoint) => { true };
    (@blames nobody) => { false };
}
use reasons;
