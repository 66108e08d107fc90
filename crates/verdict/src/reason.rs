//! Every specific thing that can go wrong, with its place in the journey and what it leads to.

use crate::{Code, HealthReason, Party, Phase};

macro_rules! reasons {
    ($($variant:ident, $id:literal, $phase:ident, $party:ident, $code:literal, $health:ident, $token:literal, $counts:literal;)*) => {
        /// The most specific name of a failure that was observed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($variant,)* }

        impl Reason {
            /// Every reason, in the order of the journey.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)*];

            /// The stable identifier, such as `tcp_refused`: used in logs, metrics, the API and `explain`.
            pub const fn id(self) -> &'static str {
                match self { $(Reason::$variant => $id,)* }
            }

            /// Where in the journey it happens.
            pub const fn phase(self) -> Phase {
                match self { $(Reason::$variant => Phase::$phase,)* }
            }

            /// Whose side it is on.
            pub const fn party(self) -> Party {
                match self { $(Reason::$variant => Party::$party,)* }
            }

            /// The code that a visitor is shown when a request ends this way; `None` where no visitor ever sees it.
            pub const fn code(self) -> Option<Code> {
                match self { $(Reason::$variant => match $code { 0 => None, n => Some(Code::new(n)) },)* }
            }

            /// How a health check that ends this way is spelled.
            pub const fn health(self) -> HealthReason {
                match self { $(Reason::$variant => HealthReason::$health,)* }
            }

            /// The error type for the `Proxy-Status` header (RFC 9209 section 2.3).
            pub const fn proxy_status(self) -> &'static str {
                match self { $(Reason::$variant => $token,)* }
            }

            /// Whether it speaks against the endpoint's health: false where the endpoint is not to blame.
            pub const fn counts_against_endpoint(self) -> bool {
                match self { $(Reason::$variant => $counts,)* }
            }
        }
    };
}

reasons! {
    // Reading and checking the request.
    RequestHeadTimeout, "request_head_timeout", Request, Visitor, 408, OtherFailure, "http_request_error", false;
    RequestHeadTooLarge, "request_head_too_large", Request, Visitor, 1038, OtherFailure, "http_request_error", false;
    BadRequestLine, "bad_request_line", Request, Visitor, 400, OtherFailure, "http_request_error", false;
    BadTarget, "bad_target", Request, Visitor, 400, OtherFailure, "http_request_error", false;
    TargetTooLong, "target_too_long", Request, Visitor, 414, OtherFailure, "http_request_error", false;
    BadRequestHeader, "bad_request_header", Request, Visitor, 400, OtherFailure, "http_request_error", false;
    HostMissing, "host_missing", Request, Visitor, 400, OtherFailure, "http_request_error", false;
    HostRepeated, "host_repeated", Request, Visitor, 400, OtherFailure, "http_request_error", false;
    BadHost, "bad_host", Request, Visitor, 400, OtherFailure, "http_request_error", false;
    LengthAndChunked, "length_and_chunked", Request, Visitor, 400, OtherFailure, "http_request_error", false;
    LengthConflict, "length_conflict", Request, Visitor, 400, OtherFailure, "http_request_error", false;
    BadLength, "bad_length", Request, Visitor, 400, OtherFailure, "http_request_error", false;
    BadTransferEncoding, "bad_transfer_encoding", Request, Visitor, 400, OtherFailure, "http_request_error", false;
    BadChunk, "bad_chunk", Request, Visitor, 400, OtherFailure, "http_request_error", false;
    UnsupportedVersion, "unsupported_version", Request, Visitor, 505, OtherFailure, "http_request_error", false;
    ConnectMethod, "connect_method", Request, Visitor, 400, OtherFailure, "http_request_denied", false;
    RequestBodyTooLarge, "request_body_too_large", Request, Visitor, 413, OtherFailure, "http_request_error", false;
    ClientBodyTimeout, "client_body_timeout", Request, Visitor, 408, OtherFailure, "http_request_error", false;
    ClientGone, "client_gone", Request, Visitor, 499, OtherFailure, "http_request_error", false;
    ConnectingIpForged, "connecting_ip_forged", Request, Visitor, 1000, OtherFailure, "http_request_denied", false;
    ForwardedForTooLong, "forwarded_for_too_long", Request, Visitor, 1000, OtherFailure, "http_request_denied", false;
    ForwardedForRepeated, "forwarded_for_repeated", Request, Visitor, 1000, OtherFailure, "http_request_denied", false;
    LoopDetected, "loop_detected", Request, Configuration, 1000, OtherFailure, "proxy_loop_detected", false;
    // Finding the site.
    SniUnknown, "sni_unknown", Accept, Visitor, 403, OtherFailure, "http_request_denied", false;
    SniMismatch, "sni_mismatch", Identify, Visitor, 1013, OtherFailure, "http_request_denied", false;
    HostIsAddress, "host_is_address", Identify, Visitor, 1003, OtherFailure, "http_request_denied", false;
    HostUnknown, "host_unknown", Identify, Configuration, 1001, OtherFailure, "destination_not_found", false;
    HostWithoutLoadBalancer, "host_without_load_balancer", Identify, Configuration, 1016, OtherFailure, "destination_not_found", false;
    ZonePending, "zone_pending", Identify, Configuration, 1018, OtherFailure, "destination_not_found", false;
    ZoneNotOnNode, "zone_not_on_node", Identify, Edge, 1023, OtherFailure, "proxy_configuration_error", false;
    EdgePathUnknown, "edge_path_unknown", Identify, Visitor, 404, OtherFailure, "proxy_internal_response", false;
    // Choosing where to send it.
    PoolsExhausted, "pools_exhausted", Steer, Configuration, 1016, OtherFailure, "destination_unavailable", false;
    NoOrigin, "no_origin", Steer, Configuration, 503, OtherFailure, "destination_unavailable", false;
    OriginQueueFull, "origin_queue_full", Steer, Origin, 1200, OtherFailure, "connection_limit_reached", false;
    // Resolving the endpoint's name.
    DnsNxdomain, "dns_nxdomain", Dns, Configuration, 1016, DnsUnknownHost, "dns_error", true;
    DnsNodata, "dns_nodata", Dns, Configuration, 1016, DnsUnknownHost, "dns_error", true;
    DnsServfail, "dns_servfail", Dns, Configuration, 1016, DnsUnknownHost, "dns_error", true;
    DnsTimeout, "dns_timeout", Dns, Network, 1016, DnsUnknownHost, "dns_timeout", true;
    DnsChain, "dns_chain", Dns, Configuration, 1016, DnsUnknownHost, "dns_error", true;
    DnsEdgeAddress, "dns_edge_ip", Dns, Configuration, 1000, DnsInternal, "destination_ip_prohibited", true;
    DnsDisallowedAddress, "dns_disallowed_ip", Dns, Configuration, 1002, DnsInternal, "destination_ip_prohibited", true;
    DnsReservedAddress, "dns_reserved", Dns, Configuration, 1034, DnsInternal, "destination_ip_prohibited", true;
    OriginPlaceholder, "origin_placeholder", Dns, Configuration, 522, TcpConnectionFailed, "destination_ip_unroutable", true;
    PoolUnresolvable, "pool_unresolvable", Dns, Configuration, 1016, DnsUnknownHost, "dns_error", true;
    // Opening the connection.
    TcpRefused, "tcp_refused", Connect, Origin, 521, TcpConnectionFailed, "connection_refused", true;
    TcpResetConnect, "tcp_reset_connect", Connect, Origin, 521, TcpConnectionFailed, "connection_refused", true;
    TcpConnectTimeout, "tcp_connect_timeout", Connect, Origin, 522, TcpConnectionFailed, "connection_timeout", true;
    NoRouteHost, "no_route_host", Connect, Network, 523, NoRouteToHost, "destination_ip_unroutable", true;
    NoRouteNet, "no_route_net", Connect, Network, 523, NetworkUnreachable, "destination_ip_unroutable", true;
    ConnectProhibited, "prohibited", Connect, Network, 523, TcpConnectionFailed, "destination_ip_prohibited", true;
    EdgeResource, "edge_resource", Connect, Edge, 500, OtherFailure, "proxy_internal_error", false;
    // The TLS handshake.
    TlsNoCipher, "tls_no_cipher", Tls, Origin, 525, TlsHandshakeFailure, "tls_alert_received", true;
    TlsVersion, "tls_version", Tls, Origin, 525, TlsProtocolError, "tls_protocol_error", true;
    TlsSni, "tls_sni", Tls, Origin, 525, TlsUnrecognizedName, "tls_alert_received", true;
    TlsAlert, "tls_alert", Tls, Origin, 525, TlsHandshakeFailure, "tls_alert_received", true;
    TlsClientCert, "tls_client_cert", Tls, Configuration, 525, TlsHandshakeFailure, "tls_alert_received", true;
    TlsReset, "tls_reset", Tls, Origin, 525, TlsHandshakeFailure, "connection_terminated", true;
    TlsNotTls, "tls_not_tls", Tls, Origin, 525, TlsProtocolError, "tls_protocol_error", true;
    TlsNoCert, "tls_no_cert", Tls, Origin, 525, TlsHandshakeFailure, "tls_protocol_error", true;
    TlsMisbehaved, "tls_misbehaved", Tls, Origin, 525, TlsHandshakeFailure, "tls_protocol_error", true;
    TlsTimeout, "tls_timeout", Tls, Origin, 525, TlsHandshakeFailure, "connection_timeout", true;
    CertExpired, "cert_expired", Tls, Origin, 526, TlsUntrustedCertificate, "tls_certificate_error", true;
    CertNotYetValid, "cert_not_yet_valid", Tls, Origin, 526, TlsUntrustedCertificate, "tls_certificate_error", true;
    CertSelfSigned, "cert_self_signed", Tls, Origin, 526, TlsUntrustedCertificate, "tls_certificate_error", true;
    CertUntrusted, "cert_untrusted", Tls, Origin, 526, TlsUntrustedCertificate, "tls_certificate_error", true;
    CertChain, "cert_chain", Tls, Origin, 526, TlsUntrustedCertificate, "tls_certificate_error", true;
    CertName, "cert_name", Tls, Origin, 526, TlsNameMismatch, "tls_certificate_error", true;
    CertRevoked, "cert_revoked", Tls, Origin, 526, TlsUntrustedCertificate, "tls_certificate_error", true;
    CertInvalid, "cert_invalid", Tls, Origin, 526, TlsUntrustedCertificate, "tls_certificate_error", true;
    TrustStoreEmpty, "trust_store_empty", Tls, Configuration, 526, TlsUntrustedCertificate, "tls_certificate_error", true;
    // Sending the request.
    WriteTimeout, "write_timeout", Send, Origin, 524, TcpTimeout, "connection_write_timeout", true;
    AckTimeout, "ack_timeout", Send, Network, 522, TcpTimeout, "connection_timeout", true;
    // Waiting for the head of the answer.
    EmptyReply, "empty_reply", Wait, Origin, 520, HttpInvalidResponse, "connection_terminated", true;
    ResetBeforeHeaders, "reset_before_headers", Wait, Origin, 520, ConnectionReset, "connection_terminated", true;
    ClosedInsideHead, "closed_inside_head", Wait, Origin, 520, HttpInvalidResponse, "http_response_incomplete", true;
    BadStatusLine, "bad_status_line", Wait, Origin, 520, HttpInvalidResponse, "http_protocol_error", true;
    BadStatus, "bad_status", Wait, Origin, 520, HttpInvalidResponse, "http_protocol_error", true;
    BadHeader, "bad_header", Wait, Origin, 520, HttpInvalidResponse, "http_protocol_error", true;
    ResponseHeadTooLarge, "header_too_large", Wait, Origin, 520, HttpInvalidResponse, "http_response_header_section_size", true;
    BadFraming, "bad_framing", Wait, Origin, 520, HttpInvalidResponse, "http_protocol_error", true;
    UnexpectedUpgrade, "unexpected_upgrade", Wait, Origin, 520, HttpInvalidResponse, "http_upgrade_failed", true;
    ReadTimeout, "read_timeout", Wait, Origin, 524, HttpTimeout, "http_response_timeout", true;
    InterimThenTimeout, "interim_then_timeout", Wait, Origin, 522, HttpTimeout, "http_response_timeout", true;
    InterimFlood, "interim_flood", Wait, Origin, 520, HttpInvalidResponse, "http_protocol_error", true;
    OriginWantsClientCert, "origin_wants_client_cert", Wait, Configuration, 520, TlsHandshakeFailure, "tls_alert_received", true;
    IdleClosed, "idle_closed", Wait, Origin, 520, ConnectionReset, "connection_terminated", true;
    KeepaliveLost, "tcp_keepalive_lost", Wait, Network, 520, TcpTimeout, "connection_terminated", true;
    H2NotSpoken, "h2_not_spoken", Wait, Origin, 520, HttpInvalidResponse, "http_protocol_error", true;
    H2Error, "h2_error", Wait, Origin, 520, HttpInvalidResponse, "http_protocol_error", true;
    H2Cancel, "h2_cancel", Wait, Origin, 520, HttpInvalidResponse, "http_protocol_error", true;
    // Relaying the body. The status has gone out by then; the code is what the record carries.
    BodyTruncated, "body_truncated", Body, Origin, 520, ConnectionReset, "http_response_incomplete", true;
    BodyReadTimeout, "body_read_timeout", Body, Origin, 524, HttpTimeout, "http_response_timeout", true;
    BadResponseChunk, "bad_response_chunk", Body, Origin, 520, HttpInvalidResponse, "http_response_transfer_coding", true;
    BadEncoding, "bad_encoding", Body, Origin, 502, HttpInvalidResponse, "http_response_content_coding", true;
    ClientAbortedBody, "client_aborted_body", Body, Visitor, 499, OtherFailure, "http_request_error", false;
    // What an origin said itself, passed on.
    OriginStatus, "origin_status", Wait, Origin, 0, NoFailures, "proxy_internal_response", false;
    // Judging the answer to a probe.
    StatusMismatch, "status_mismatch", Judge, Origin, 0, ResponseCodeMismatch, "http_protocol_error", true;
    RedirectNotFollowed, "redirect_not_followed", Judge, Configuration, 0, ResponseCodeMismatch, "http_protocol_error", true;
    TooManyRedirects, "too_many_redirects", Judge, Origin, 0, ResponseCodeMismatch, "http_protocol_error", true;
    BodyMismatch, "body_mismatch", Judge, Origin, 0, ResponseBodyMismatch, "http_protocol_error", true;
    MonitorInvalid, "monitor_invalid", Configure, Configuration, 0, MonitorConfigError, "proxy_configuration_error", false;
    ProberOffline, "prober_offline", Connect, Prober, 0, OtherFailure, "proxy_internal_error", false;
    // The edge itself.
    EdgeInternal, "edge_internal", Request, Edge, 500, OtherFailure, "proxy_internal_error", false;
    EdgeShuttingDown, "edge_shutting_down", Request, Edge, 503, OtherFailure, "proxy_internal_error", false;
    Other, "other", Connect, Origin, 520, OtherFailure, "proxy_internal_error", true;
}

impl Reason {
    /// The reason with this identifier.
    pub fn from_id(id: &str) -> Option<Reason> {
        Reason::ALL.iter().copied().find(|reason| reason.id() == id)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}
