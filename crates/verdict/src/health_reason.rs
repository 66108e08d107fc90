//! The vocabulary of health events: one spelling per way a health check can end.

macro_rules! health_reasons {
    ($($(#[$doc:meta])* $variant:ident, $id:literal, $spelling:literal;)*) => {
        /// Why a health check passed or failed, as health events and pool health spell it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum HealthReason { $($(#[$doc])* $variant,)* }

        impl HealthReason {
            /// Every health reason, in the order of the catalogue.
            pub const ALL: &'static [HealthReason] = &[$(HealthReason::$variant,)*];

            /// The stable identifier, such as `tls_name_mismatch`.
            pub const fn id(self) -> &'static str {
                match self { $(HealthReason::$variant => $id,)* }
            }

            /// The spelling on the wire, such as `TLS name mismatch error`.
            pub const fn as_str(self) -> &'static str {
                match self { $(HealthReason::$variant => $spelling,)* }
            }
        }
    };
}

health_reasons! {
    NoFailures, "no_failures", "No failures";
    TcpConnectionFailed, "tcp_connection_failed", "TCP connection failed";
    TcpTimeout, "tcp_timeout", "TCP timeout";
    HttpTimeout, "http_timeout", "HTTP timeout occurred";
    HttpInvalidResponse, "http_invalid_response", "HTTP invalid response";
    ResponseCodeMismatch, "response_code_mismatch", "Response code mismatch error";
    ResponseBodyMismatch, "response_body_mismatch", "Response body mismatch error";
    TlsUntrustedCertificate, "tls_untrusted_certificate", "TLS untrusted certificate error";
    TlsNameMismatch, "tls_name_mismatch", "TLS name mismatch error";
    TlsProtocolError, "tls_protocol_error", "TLS protocol error";
    TlsUnrecognizedName, "tls_unrecognized_name", "TLS unrecognized name error";
    TlsHandshakeFailure, "tls_handshake_failure", "TLS handshake failure";
    NoRouteToHost, "no_route_to_host", "No route to host error";
    NetworkUnreachable, "network_unreachable", "Network unreachable";
    DnsUnknownHost, "dns_unknown_host", "DNS unknown host";
    DnsInternal, "dns_internal", "DNS internal";
    ConnectionReset, "connection_reset_by_peer", "Connection reset by peer";
    MonitorConfigError, "monitor_config_error", "Monitor config error";
    OtherFailure, "other_failure", "Other failure";
}

impl std::fmt::Display for HealthReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
