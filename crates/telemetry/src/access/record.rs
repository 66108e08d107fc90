//! One request, as the access log tells it.

use super::json::Member;
use model::{Timestamp, Timings};
use std::{net::IpAddr, time::Duration};
use verdict::Reason;

/// One request, borrowed from whoever served it. The JSON names are those of the `http_requests` dataset
/// (the access log schema of the edge reference), with our own after them.
///
/// Byte slices hold what a stranger sent, in any encoding. A line holds what there is to say: a member whose text is
/// empty, whose number is 0 or which did not happen is left out, but for those that identify a request and tell how it
/// ended, which are always there. Every byte of a line is formatted, copied and written once per request.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccessRecord<'a> {
    /// The 16 hexadecimal digits, without the data center.
    pub ray_id: &'a str,
    pub zone_name: &'a str,
    /// The three letters of the data center.
    pub edge_colo_code: &'a str,

    pub client_ip: Option<IpAddr>,
    pub client_src_port: u16,
    /// The smoothed round-trip time of the kernel, from when the visitor's connection came in (behind the handshake, with
    /// TLS); for a relayed connection, from when it ended. `None` when a proxy speaks for the visitor: that one's round
    /// trip says nothing about the visitor's.
    pub client_tcp_rtt: Option<Duration>,
    /// `none` for plain HTTP.
    pub client_ssl_protocol: &'a str,
    /// `NONE` for plain HTTP.
    pub client_ssl_cipher: &'a str,

    pub client_request_method: &'a [u8],
    /// `http` or `https`.
    pub client_request_scheme: &'a str,
    pub client_request_host: &'a [u8],
    /// The path without the query.
    pub client_request_path: &'a [u8],
    /// The path with the query.
    pub client_request_uri: &'a [u8],
    /// Such as `HTTP/1.1`.
    pub client_request_protocol: &'a str,
    pub client_request_referer: &'a [u8],
    pub client_request_user_agent: &'a [u8],
    /// Bytes of head and body that were read.
    pub client_request_bytes: u64,
    pub client_x_requested_with: &'a [u8],

    pub edge_start: Timestamp,
    pub edge_end: Timestamp,
    /// From the request having been read to the first byte of the answer having been written.
    pub edge_time_to_first_byte: Option<Duration>,
    /// What was written to the visitor; 499 when the visitor left before that.
    pub edge_response_status: u16,
    /// Bytes of head and body that were written.
    pub edge_response_bytes: u64,
    pub edge_response_body_bytes: u64,
    pub edge_response_content_type: &'a [u8],
    /// The host that the origin was asked for.
    pub edge_request_host: &'a [u8],
    /// Our own address on the connection to the origin; `None` when the origin was not asked.
    pub edge_server_ip: Option<IpAddr>,

    /// `None` when no connection was attempted.
    pub origin_ip: Option<IpAddr>,
    pub origin_port: u16,
    /// 0: no answer from the origin; the edge made the answer.
    pub origin_response_status: u16,
    pub origin_response_bytes: u64,
    /// Empty for plain HTTP.
    pub origin_ssl_protocol: &'a str,
    /// DNS, connect and TLS of the last attempt; zero on a reused connection.
    pub origin_timings: Timings,
    pub origin_request_header_send: Option<Duration>,
    pub origin_response_header_receive: Option<Duration>,
    /// From the first to the last byte of the origin's answer.
    pub origin_response_duration: Option<Duration>,
    pub origin_response_http_expires: &'a [u8],
    pub origin_response_http_last_modified: &'a [u8],

    /// The code in the body of an answer that the edge made; 0 for any other answer.
    pub edge_error_code: u16,
    /// `5xx`, `1xxx` or empty.
    pub edge_error_type: &'a str,
    /// What failed; gives `FailureReason`, `FailureParty` and `FailurePhase`.
    pub reason: Option<Reason>,
    /// How many times an endpoint was tried.
    pub attempts: u32,
    /// Why the last attempt but one failed, when there was another after it.
    pub retried_because: Option<Reason>,
    /// Why a further attempt that would have been harmless was not made.
    pub retry_refused: Option<Reason>,
    pub load_balancer_name: &'a str,
    pub pool_name: &'a str,
    pub origin_name: &'a str,
    /// Why this endpoint: the text form of the steering decision; or `fixed_response`, when a rule answered.
    pub steered_by: &'a str,
    /// Whether the last attempt went over a connection that had been used before.
    pub origin_connection_reused: bool,
    /// The routing table that the request was served by.
    pub table_generation: u64,
}

/// Writes members one after another, those marked `maybe` only when they have something to say.
macro_rules! members {
    ($out:ident, $first:literal: $first_value:expr, $($name:literal $($when:ident)?: $value:expr,)*) => {
        $out.extend_from_slice(concat!("{\"", $first, "\":").as_bytes());
        $first_value.write($out);
        $(
            let value = $value;
            if members!(@applies value $($when)?) {
                $out.extend_from_slice(concat!(",\"", $name, "\":").as_bytes());
                value.write($out);
            }
        )*
        $out.push(b'}');
    };
    (@applies $value:ident) => { true };
    (@applies $value:ident maybe) => { !$value.is_nothing() };
}

impl AccessRecord<'_> {
    /// Appends the record as one JSON object, without a line end. Allocates only when `out` has to grow.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let (reason, party, phase) = match self.reason {
            Some(reason) => (reason.id(), reason.party().as_str(), reason.phase().as_str()),
            None => ("", "", ""),
        };
        members!(out,
            "RayID": self.ray_id,
            "ZoneName" maybe: self.zone_name,
            "EdgeColoCode": self.edge_colo_code,
            "ClientIP": self.client_ip,
            "ClientSrcPort": self.client_src_port,
            "ClientTCPRTTMs" maybe: self.client_tcp_rtt,
            "ClientSSLProtocol" maybe: self.client_ssl_protocol,
            "ClientSSLCipher" maybe: self.client_ssl_cipher,
            "ClientRequestMethod": self.client_request_method,
            "ClientRequestScheme": self.client_request_scheme,
            "ClientRequestHost": self.client_request_host,
            "ClientRequestPath": self.client_request_path,
            "ClientRequestURI": self.client_request_uri,
            "ClientRequestProtocol": self.client_request_protocol,
            "ClientRequestReferer" maybe: self.client_request_referer,
            "ClientRequestUserAgent" maybe: self.client_request_user_agent,
            "ClientRequestBytes": self.client_request_bytes,
            "ClientRequestSource": "eyeball",
            "ClientXRequestedWith" maybe: self.client_x_requested_with,
            "EdgeStartTimestamp": self.edge_start,
            "EdgeEndTimestamp": self.edge_end,
            "EdgeTimeToFirstByteMs" maybe: self.edge_time_to_first_byte,
            "EdgeResponseStatus": self.edge_response_status,
            "EdgeResponseBytes": self.edge_response_bytes,
            "EdgeResponseBodyBytes": self.edge_response_body_bytes,
            "EdgeResponseContentType" maybe: self.edge_response_content_type,
            "EdgeRequestHost" maybe: self.edge_request_host,
            "EdgeServerIP" maybe: self.edge_server_ip,
            "OriginIP" maybe: self.origin_ip,
            "OriginPort" maybe: self.origin_port,
            "OriginResponseStatus": self.origin_response_status,
            "OriginResponseBytes" maybe: self.origin_response_bytes,
            "OriginSSLProtocol" maybe: self.origin_ssl_protocol,
            "OriginDNSResponseTimeMs" maybe: self.origin_timings.dns,
            "OriginTCPHandshakeDurationMs" maybe: self.origin_timings.connect,
            "OriginTLSHandshakeDurationMs" maybe: self.origin_timings.tls,
            "OriginRequestHeaderSendDurationMs" maybe: self.origin_request_header_send,
            "OriginResponseHeaderReceiveDurationMs" maybe: self.origin_response_header_receive,
            "OriginResponseDurationMs" maybe: self.origin_response_duration,
            "OriginResponseHTTPExpires" maybe: self.origin_response_http_expires,
            "OriginResponseHTTPLastModified" maybe: self.origin_response_http_last_modified,
            "EdgeErrorCode": self.edge_error_code,
            "EdgeErrorType" maybe: self.edge_error_type,
            "FailureReason" maybe: reason,
            "FailureParty" maybe: party,
            "FailurePhase" maybe: phase,
            "Attempts": self.attempts,
            "RetriedBecause" maybe: self.retried_because.map_or("", Reason::id),
            "RetryRefused" maybe: self.retry_refused.map_or("", Reason::id),
            "LoadBalancerName" maybe: self.load_balancer_name,
            "PoolName" maybe: self.pool_name,
            "OriginName" maybe: self.origin_name,
            "SteeredBy" maybe: self.steered_by,
            "OriginConnectionReused" maybe: self.origin_connection_reused,
            "TableGeneration": self.table_generation,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn parsed(record: &AccessRecord<'_>) -> Value {
        let mut out = Vec::new();
        record.write_json(&mut out);
        serde_json::from_slice(&out).expect("valid JSON")
    }

    fn example() -> AccessRecord<'static> {
        AccessRecord {
            ray_id: "230b030023ae2822",
            zone_name: "example.com",
            edge_colo_code: "LCL",
            client_ip: Some("203.0.113.7".parse().expect("an address")),
            client_src_port: 50_312,
            client_tcp_rtt: Some(Duration::from_micros(12_250)),
            client_ssl_protocol: "TLSv1.3",
            client_ssl_cipher: "AEAD-AES128-GCM-SHA256",
            client_request_method: b"GET",
            client_request_scheme: "https",
            client_request_host: b"www.example.com",
            client_request_path: b"/a \"b\"",
            client_request_uri: b"/a \"b\"?c=\xff",
            client_request_protocol: "HTTP/1.1",
            client_request_referer: b"",
            client_request_user_agent: b"curl/8.5.0",
            client_request_bytes: 120,
            client_x_requested_with: b"",
            edge_start: "2026-03-01T09:30:00Z".parse().expect("a moment"),
            edge_end: "2026-03-01T09:30:00.004321Z".parse().expect("a moment"),
            edge_time_to_first_byte: Some(Duration::from_micros(4100)),
            edge_response_status: 521,
            edge_response_bytes: 900,
            edge_response_body_bytes: 640,
            edge_response_content_type: b"application/problem+json",
            edge_request_host: b"www.example.com",
            edge_server_ip: Some("2001:db8::1".parse().expect("an address")),
            origin_ip: Some("198.51.100.9".parse().expect("an address")),
            origin_port: 8443,
            origin_timings: Timings { connect: Some(Duration::from_micros(800)), ..Timings::default() },
            edge_error_code: 521,
            edge_error_type: "5xx",
            reason: Some(Reason::TcpRefused),
            attempts: 2,
            retried_because: Some(Reason::TcpRefused),
            load_balancer_name: "www.example.com",
            pool_name: "primary",
            origin_name: "app-1",
            steered_by: "random",
            table_generation: 7,
            ..AccessRecord::default()
        }
    }

    /// The members, their order and their form are a contract with whoever reads the log.
    #[test]
    fn the_golden_record() {
        let mut out = Vec::new();
        example().write_json(&mut out);
        out.push(b'\n');
        let golden = include_str!("../../tests/golden/access_record.json");
        assert_eq!(String::from_utf8(out).expect("UTF-8"), golden);
    }

    #[test]
    fn what_identifies_a_request_and_its_end_is_always_there() {
        let nothing = parsed(&AccessRecord::default());
        for name in ["RayID", "ClientIP", "ClientRequestHost", "ClientRequestURI", "EdgeStartTimestamp"] {
            assert!(nothing.get(name).is_some(), "{name} is missing in {nothing}");
        }
        for name in ["EdgeResponseStatus", "OriginResponseStatus", "EdgeErrorCode", "Attempts"] {
            assert_eq!(nothing[name], 0, "{name} in {nothing}");
        }
    }

    #[test]
    fn what_did_not_happen_is_left_out() {
        let quiet = AccessRecord { origin_timings: Timings::default(), reason: None, ..example() };
        let value = parsed(&quiet);
        for name in ["ClientRequestReferer", "OriginTCPHandshakeDurationMs", "FailureReason", "OriginConnectionReused"]
        {
            assert!(value.get(name).is_none(), "{name} has nothing to say in {value}");
        }
        assert_eq!(value["OriginPort"], 8443);
    }

    #[test]
    fn a_failure_names_its_party_and_phase() {
        let record = AccessRecord { reason: Some(Reason::CertExpired), ..AccessRecord::default() };
        let value = parsed(&record);
        assert_eq!(value["FailureReason"], "cert_expired");
        assert_eq!(value["FailureParty"], "origin");
        assert_eq!(value["FailurePhase"], "tls");
    }

    proptest! {
        #[test]
        fn whatever_a_visitor_sends_the_line_is_json(
            method: Vec<u8>, host: Vec<u8>, path: Vec<u8>, referer: Vec<u8>, agent: Vec<u8>, bytes: u64, status: u16,
        ) {
            let record = AccessRecord {
                client_request_method: &method,
                client_request_host: &host,
                client_request_path: &path,
                client_request_uri: &path,
                client_request_referer: &referer,
                client_request_user_agent: &agent,
                client_request_bytes: bytes,
                edge_response_status: status,
                ..AccessRecord::default()
            };
            let value = parsed(&record);
            prop_assert_eq!(value["ClientRequestMethod"].as_str(), Some(&*String::from_utf8_lossy(&method)));
            prop_assert_eq!(value["ClientRequestHost"].as_str(), Some(&*String::from_utf8_lossy(&host)));
            prop_assert_eq!(value["ClientRequestPath"].as_str(), Some(&*String::from_utf8_lossy(&path)));
            prop_assert_eq!(value["ClientRequestReferer"].as_str().unwrap_or_default(), &*String::from_utf8_lossy(&referer));
            prop_assert_eq!(value["ClientRequestUserAgent"].as_str().unwrap_or_default(), &*String::from_utf8_lossy(&agent));
            prop_assert_eq!(&value["ClientRequestBytes"], bytes);
            prop_assert_eq!(&value["EdgeResponseStatus"], status);
        }
    }
}
