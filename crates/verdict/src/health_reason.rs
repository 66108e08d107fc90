//! The vocabulary of health events: one spelling per way a health check can end.

use crate::{Party, Phase, family::family};
use std::fmt;

/// All that is fixed about a health reason.
#[derive(Debug)]
pub struct HealthReasonEntry {
    pub reason: HealthReason,
    /// The stable identifier, such as `tls_name_mismatch`.
    pub id: &'static str,
    /// The spelling on the wire, such as `TLS name mismatch error`.
    pub spelling: &'static str,
    pub phase: Phase,
    pub party: Party,
    pub cause: &'static str,
    pub remedy: &'static str,
}

macro_rules! health_reasons {
    ($($variant:ident $id:literal $spelling:literal {
        at $phase:ident, by $party:ident,
        cause $cause:literal,
        remedy $remedy:literal $(,)?
    })*) => {
        family! {
            /// Why a health check passed or failed, as health events and pool health spell it.
            HealthReason told by HealthReasonEntry (reason):
            $($variant $id => {
                spelling: $spelling,
                phase: Phase::$phase,
                party: Party::$party,
                cause: $cause,
                remedy: $remedy,
            })*
        }
    };
}

impl HealthReason {
    /// The spelling on the wire, such as `TLS name mismatch error`.
    pub const fn as_str(self) -> &'static str {
        self.entry().spelling
    }
}

impl fmt::Display for HealthReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

health_reasons! {
    NoFailures "no_failures" "No failures" {
        at Judge, by Nobody,
        cause "The last check passed.",
        remedy "Nothing needs doing. If visitors still see errors, read one of their requests with `bellwether \
            explain RAY-ID`: the monitor may be probing something else than they use.",
    }
    TcpConnectionFailed "tcp_connection_failed" "TCP connection failed" {
        at Connect, by Origin,
        cause "No TCP connection to the endpoint could be opened: it was refused, or the attempt was never answered. \
            A stopped service, a wrong port and a firewall are the usual reasons.",
        remedy "Run `bellwether probe URL` on the machine of the prober that failed. Refused: start the service on \
            that port. Timed out: let the prober's address through every firewall on the way.",
    }
    TcpTimeout "tcp_timeout" "TCP timeout" {
        at Send, by Network,
        cause "The connection was open, but data sent on it was never acknowledged, however often it was sent again.",
        remedy "Capture at the endpoint with `tcpdump port PORT` and see whether the data arrives and the \
            acknowledgement leaves. Only large packets missing: lower the MTU.",
    }
    HttpTimeout "http_timeout" "HTTP timeout occurred" {
        at Wait, by Origin,
        cause "The endpoint did not give a complete HTTP answer within the monitor's `timeout`. A timeout of a \
            second or two catches pages that are merely slow.",
        remedy "Time the page with `curl -w '%{time_starttransfer}'`. Raise `timeout` above its slowest ordinary \
            answer, or probe a page that needs no database.",
    }
    HttpInvalidResponse "http_invalid_response" "HTTP invalid response" {
        at Wait, by Origin,
        cause "What came is not a proper HTTP answer: nothing at all, garbage, broken headers or broken chunks. An \
            overloaded or crashed application behind a gateway is the usual reason.",
        remedy "Look at the first bytes in the observation's evidence, then in the endpoint's log for a crash at \
            that second.",
    }
    ResponseCodeMismatch "response_code_mismatch" "Response code mismatch error" {
        at Judge, by Origin,
        cause "The status of the answer is not in the monitor's `expected_codes`. A probe over HTTP of a server that \
            redirects to HTTPS sees 301, 302 or 303.",
        remedy "Read the status in the event. For a redirect make the monitor `https` or set `follow_redirects`; \
            otherwise repair the page or correct `expected_codes`.",
    }
    ResponseBodyMismatch "response_body_mismatch" "Response body mismatch error" {
        at Judge, by Origin,
        cause "`expected_body` does not occur in the first 10 KB of the answer. Upper and lower case do not matter.",
        remedy "Search the page: `curl -s URL | head -c 10240 | grep -i TEXT`. Bring the text into the first 10 KB, \
            or expect one that is there.",
    }
    TlsUntrustedCertificate "tls_untrusted_certificate" "TLS untrusted certificate error" {
        at Tls, by Origin,
        cause "The certificate cannot be trusted: no known authority stands behind it, it is self-signed, its chain \
            is incomplete, or its time is over; and the monitor's `allow_insecure` is off.",
        remedy "Install a valid certificate with its whole chain. To go on probing meanwhile, set `allow_insecure` \
            on the monitor.",
    }
    TlsNameMismatch "tls_name_mismatch" "TLS name mismatch error" {
        at Tls, by Origin,
        cause "The certificate does not hold the host name that the probe asked for, which is the `Host` in the \
            monitor's `header`, else the endpoint's own.",
        remedy "Compare the names in the event's evidence with the monitor's `header`, and correct that, or issue \
            the certificate for the name.",
    }
    TlsProtocolError "tls_protocol_error" "TLS protocol error" {
        at Tls, by Origin,
        cause "The endpoint does not speak TLS on that port, or only a version that is too old.",
        remedy "Try `openssl s_client -connect ADDRESS:PORT`. Correct the port, enable TLS 1.2 or newer, or make the \
            monitor's type `http`.",
    }
    TlsUnrecognizedName "tls_unrecognized_name" "TLS unrecognized name error" {
        at Tls, by Origin,
        cause "The endpoint does not know the server name of the probe, or wants one and got none: without a host \
            header no name is sent.",
        remedy "Set `Host` in the monitor's `header` to a name that the endpoint serves.",
    }
    TlsHandshakeFailure "tls_handshake_failure" "TLS handshake failure" {
        at Tls, by Origin,
        cause "The handshake failed in another way: no cipher in common, a client certificate demanded, or the \
            connection cut in the middle of it.",
        remedy "Read the alert number in the event's evidence and the endpoint's TLS log. A client certificate \
            demanded: exempt the prober. No cipher: enable an ECDHE suite.",
    }
    NoRouteToHost "no_route_to_host" "No route to host error" {
        at Connect, by Network,
        cause "The network reports that this address cannot be reached: nobody has it, or a provider on the way has \
            trouble.",
        remedy "Check the address first. If it is right, run a traceroute from the prober and take the last hop to \
            its provider.",
    }
    NetworkUnreachable "network_unreachable" "Network unreachable" {
        at Connect, by Network,
        cause "The prober's machine has no route to the network of that address. An IPv6 address probed from a \
            machine without IPv6 looks like this.",
        remedy "Run `ip route get ADDRESS` on the prober; add the route, or correct the address or the DNS record it \
            came from.",
    }
    DnsUnknownHost "dns_unknown_host" "DNS unknown host" {
        at Dns, by Configuration,
        cause "The endpoint's name leads to no address: it does not exist, has no A or AAAA record, or its name \
            servers do not answer.",
        remedy "Run `dig NAME` on the prober. Create or repair the record, or give the endpoint an IP address.",
    }
    DnsInternal "dns_internal" "DNS internal" {
        at Dns, by Configuration,
        cause "The endpoint's name leads back to this edge, or to an address that may not be probed. No probe is \
            made.",
        remedy "Give the origin a name that resolves to its own address. For private addresses see `allow_private`.",
    }
    ConnectionReset "connection_reset_by_peer" "Connection reset by peer" {
        at Wait, by Origin,
        cause "The endpoint reset the connection while its answer was awaited or received. High load and crashing \
            workers do this, and filters that dislike the probe.",
        remedy "Look at the endpoint's load and log at that second; allow the prober's user agent in any filter.",
    }
    MonitorConfigError "monitor_config_error" "Monitor config error" {
        at Configure, by Configuration,
        cause "The monitor's settings do not make a valid check, so the pool is not probed at all.",
        remedy "Read the monitor through the API, correct it, and try it with a preview before it counts.",
    }
    OtherFailure "other_failure" "Other failure" {
        at Connect, by Origin,
        cause "The check failed in a way that fits none of the other names.",
        remedy "Read the precise reason and the evidence beside it: `bellwether explain REASON` tells what they \
            mean.",
    }
}
