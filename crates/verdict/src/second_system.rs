//! The error strings of the second load balancer whose users Bellwether also serves, each led back to ours.
//!
//! Operators search their logs for these strings, so `texts` keeps them to the byte, with placeholders like
//! `<client_ip>` where a value stands. What they mean, and what to do, is told in our own words.

use crate::{Code, HealthReason, Party, Phase, Reason, family::family};

/// All that is fixed about an error of the second system.
#[derive(Debug)]
pub struct LegacyErrorEntry {
    pub error: LegacyError,
    /// `E1` to `E26`.
    pub id: &'static str,
    /// What stands in its logs, to the byte; the first is the one to search for.
    pub texts: &'static [&'static str],
    pub phase: Phase,
    pub party: Party,
    /// The status that its visitors saw; `None` where no request was answered.
    pub status: Option<u16>,
    pub title: &'static str,
    pub cause: &'static str,
    pub remedy: &'static str,
    /// Our names for the same thing.
    pub reasons: &'static [Reason],
    pub health: &'static [HealthReason],
    pub codes: &'static [Code],
}

macro_rules! legacy_errors {
    ($($variant:ident {
        at $phase:ident, by $party:ident, status $status:tt,
        texts [$($text:literal),+],
        title $title:literal,
        cause $cause:literal,
        remedy $remedy:literal,
        ours reasons [$($reason:ident),*] health [$($health:ident),*] codes [$($code:literal),*] $(,)?
    })*) => {
        family! {
            /// An error of the second system, by its number in the catalogue: `E1` to `E26`.
            LegacyError told by LegacyErrorEntry (error):
            $($variant stringify!($variant) => {
                texts: &[$($text),+],
                phase: Phase::$phase,
                party: Party::$party,
                status: legacy_errors!(@status $status),
                title: $title,
                cause: $cause,
                remedy: $remedy,
                reasons: &[$(Reason::$reason),*],
                health: &[$(HealthReason::$health),*],
                codes: &[$(Code::new($code)),*],
            })*
        }
    };
    (@status none) => { None };
    (@status $status:literal) => { Some($status) };
}

impl LegacyError {
    /// The string that operators search for, with its placeholders filled in.
    ///
    /// ```
    /// use verdict::LegacyError;
    /// assert_eq!(LegacyError::E23.text(&[("client_name", "192.0.2.7")]), "Client 192.0.2.7 timed out");
    /// ```
    pub fn text(self, values: &[(&str, &str)]) -> String {
        crate::fill(self.entry().texts[0], values)
    }
}

legacy_errors! {
    E1 {
        at Wait, by Origin, status 504,
        texts [r#"lbStatusCode: "504""#, r#"backendStatusCode: """#],
        title "No answer from the backend in time",
        cause "The balancer gave up on the backend: it could not connect in time, or connected and got no headers \
            before the idle timeout. The health check passes, because it asks for less than the traffic does.",
        remedy "Compare connect time and processing time of the request. Connect: look for a filter on the way back. \
            Processing: find what the application waits for, and let the health check ask for a page that needs it \
            too.",
        ours reasons [TcpConnectTimeout, ReadTimeout] health [] codes [522, 524],
    }
    E2 {
        at Wait, by Origin, status 502,
        texts [r#"lbStatusCode: "502""#, r#"backendStatusCode: "502""#],
        title "The backend answered 502",
        cause "Equal numbers in both fields: the backend said it. It is itself a proxy, and the server behind it \
            failed.",
        remedy "Go one hop further: read the log of the backend's own upstream.",
        ours reasons [OriginStatus] health [] codes [502],
    }
    E3 {
        at Steer, by Origin, status 502,
        texts [
            "No healthy backends available in associated backend set",
            r#"lbStatusCode: "502""#,
            r#"backendStatusCode: """#
        ],
        title "No backend could be chosen",
        cause "Nothing was contacted: the health check fails everywhere, or every backend is drained or offline.",
        remedy "Look at each backend's last check result. Repair what the check asks for, or correct the check; end \
            drains that are over.",
        ours reasons [NoOrigin, PoolsExhausted] health [] codes [503],
    }
    E4 {
        at Wait, by Origin, status none,
        texts [
            r#"lbStatusCode: "500""#,
            r#"backendStatusCode: "500""#,
            r#"lbStatusCode: "504""#,
            r#"backendStatusCode: "504""#
        ],
        title "The backend answered with another 5xx",
        cause "Equal numbers in both fields: the backend said it. 500 is an error in the application; 504 means that \
            it is a proxy whose own server was too slow.",
        remedy "Find the request in the application's log at that time; for 504, in the log of what stands behind \
            it.",
        ours reasons [OriginStatus] health [] codes [500, 504],
    }
    E5 {
        at Steer, by Origin, status 502,
        texts ["Persistence selected backend <ip_address> which failed and no_fallback is selected"],
        title "The pinned backend failed",
        cause "A persistence cookie ties the visitor to one backend, that one is down, and going to another is \
            switched off.",
        remedy "Bring that backend back, or allow the fallback. Here it is `zero_downtime_failover`: `temporary` or \
            `sticky` instead of `none`.",
        ours reasons [TcpRefused, TcpConnectTimeout] health [] codes [521, 522],
    }
    E6 {
        at Request, by Visitor, status 400,
        texts ["400 bad request header or cookie too large", r#"lbStatusCode: "400""#, r#"backendStatusCode: """#],
        title "Request headers too large",
        cause "A header line is larger than the listener's buffer (8 KB unless set otherwise, 64 KB at most). No \
            backend was contacted.",
        remedy "Find the cookie that grows and cap it; raise the header buffer meanwhile.",
        ours reasons [RequestHeadTooLarge] health [] codes [1038],
    }
    E7 {
        at Wait, by Origin, status 404,
        texts [r#"lbStatusCode: "404""#, r#"backendStatusCode: "404""#],
        title "The backend answered 404",
        cause "Equal numbers in both fields: the backend was reached and has nothing under that path.",
        remedy "Request the path from the backend directly, with the same Host header; restore the page or correct \
            the link.",
        ours reasons [OriginStatus] health [] codes [404],
    }
    E8 {
        at Wait, by Origin, status 403,
        texts [r#"lbStatusCode: "403""#, r#"backendStatusCode: "403""#],
        title "The backend answered 403",
        cause "The backend was reached and refused: file permissions, a token that is missing, or a header that was \
            dropped on the way because of its size or its characters.",
        remedy "Log the headers that arrive at the backend and compare them with those sent; then check permissions.",
        ours reasons [OriginStatus] health [] codes [403],
    }
    E9 {
        at Steer, by Origin, status 502,
        texts ["No healthy backends available in associated backendSet"],
        title "No healthy backend in the set",
        cause "The set is empty, none of its backends passes its check, or every one that does is at its connection \
            limit.",
        remedy "Read which of these it is: the story lists every endpoint and why it was passed over. Repair a \
            backend, or raise `maxConnections`, which is `max_connections` here.",
        ours reasons [NoOrigin, PoolsExhausted, EndpointsFull] health [] codes [502, 503],
    }
    E10 {
        at Judge, by Origin, status 502,
        texts ["invalid statusCode", "Status code mismatch"],
        title "The check got another status",
        cause "The check path answers with a status other than the one configured.",
        remedy "Ask for the check path with `curl -i` and correct the page, the path or the expected status.",
        ours reasons [StatusMismatch, RedirectNotFollowed] health [ResponseCodeMismatch] codes [],
    }
    E11 {
        at Judge, by Origin, status 502,
        texts ["response match result: failed"],
        title "The check's pattern does not match",
        cause "The status was right, but the body does not match the configured regular expression.",
        remedy "Fetch the page and test the expression against it; remember that the page may differ without a Host \
            header.",
        ours reasons [BodyMismatch] health [ResponseBodyMismatch] codes [],
    }
    E12 {
        at Connect, by Network, status 502,
        texts ["EHOSTUNREACH", "ENETUNREACH", "ECONNREFUSED", "ECONNRESET"],
        title "The check could not connect",
        cause "The backend is unreachable, refuses, or resets the connection; the name of the system error says \
            which.",
        remedy "Refused: start the service. Unreachable: check address and routes. Reset: look for a filter or an \
            overloaded host.",
        ours reasons [NoRouteHost, NoRouteNet, TcpRefused, TcpResetConnect]
            health [NoRouteToHost, NetworkUnreachable, TcpConnectionFailed] codes [523, 521],
    }
    E13 {
        at Judge, by Origin, status none,
        texts [r#""healthStatus":"Healthy to Unhealthy""#, r#""healthStatus":"Unhealthy to Healthy""#],
        title "A backend changed its health",
        cause "Written once at every change. Many of them in an hour mean that a backend flaps.",
        remedy "Count the changes of each backend in the last hour, and look at the reason of each; a check that is \
            as slow as its timeout flaps first.",
        ours reasons [] health [NoFailures] codes [],
    }
    E14 {
        at Wait, by Origin, status 502,
        texts [r#""msg":"connect timed out","elapsed":3000}"#],
        title "The check timed out",
        cause "The backend, or something it waits for such as a database or network storage, took longer than the \
            check's timeout; `elapsed` is in milliseconds.",
        remedy "Time the check path on the backend itself; repair what is slow, or raise the timeout above it.",
        ours reasons [ReadTimeout, TcpConnectTimeout] health [HttpTimeout, TcpTimeout] codes [522, 524],
    }
    E15 {
        at Configure, by Configuration, status none,
        texts ["Not all SSL virtual listeners on port <port> have the same set of SSL protocols defined"],
        title "Listeners of one port disagree about TLS versions",
        cause "Two TLS listeners share a port and name different protocol versions, so the whole change was refused.",
        remedy "Give every TLS listener of that port the same list of versions, and send the change again.",
        ours reasons [] health [] codes [],
    }
    E16 {
        at Tls, by Origin, status none,
        texts ["(SSL: error:140770FC:SSL routines:SSL23_GET_SERVER_HELLO:unknown protocol) while SSL handshake error"],
        title "TLS was spoken to a plaintext port",
        cause "Our side began a TLS handshake, and what came back was not TLS.",
        remedy "Correct the port, or enable TLS there, or switch TLS off for this backend set.",
        ours reasons [TlsNotTls] health [TlsProtocolError] codes [525],
    }
    E17 {
        at Tls, by Origin, status 502,
        texts ["Peer <backend_ip_address> closed connection in SSL handshake"],
        title "The backend hung up during the handshake",
        cause "The backend closed the connection before the TLS handshake was complete: it does not take TLS there, \
            or its certificate is broken.",
        remedy "Try `openssl s_client -connect ADDRESS:PORT -showcerts` and read where it ends; install certificate \
            and chain.",
        ours reasons [TlsReset] health [TlsHandshakeFailure] codes [525],
    }
    E18 {
        at Accept, by Visitor, status 400,
        texts ["Client <client_ip> has SSL certificate verify error."],
        title "The client's certificate was not accepted",
        cause "The listener checks client certificates, and this one is expired, from an unknown issuer, or its \
            chain is longer than the depth allowed.",
        remedy "Check it with `openssl verify -CAfile CA CERT`. Add its issuer, raise the depth, or issue a new \
            certificate.",
        ours reasons [] health [] codes [1044],
    }
    E19 {
        at Accept, by Visitor, status 400,
        texts ["Client <client_ip> sent no required SSL certificate"],
        title "The client sent no certificate",
        cause "The listener demands a client certificate, and the client completed the handshake without one.",
        remedy "Install a certificate in the client, and check that its issuer is among those the listener asks for.",
        ours reasons [] health [] codes [1044],
    }
    E20 {
        at Tls, by Origin, status none,
        texts ["health check SSL error: <detail>"],
        title "The check failed in TLS",
        cause "The check speaks TLS where the backend does not, or the other way round.",
        remedy "Make the check's protocol that of the backend; if both speak TLS, read the detail and correct the \
            certificate.",
        ours reasons [TlsNotTls, TlsReset, TlsVersion] health [TlsProtocolError, TlsHandshakeFailure] codes [],
    }
    E21 {
        at Tls, by Origin, status 502,
        texts ["SSL host name verification failed for <host_name>"],
        title "The backend's certificate is for another name",
        cause "Backends are verified, and the certificate does not hold the expected host name.",
        remedy "Issue the certificate for that name, or set the expected name to one that it holds.",
        ours reasons [CertName] health [TlsNameMismatch] codes [526],
    }
    E22 {
        at Rules, by Configuration, status 403,
        texts ["Access for <client_ip_address> denied by HTTP ACL rule.", "forbidden by HTTP ACL rule"],
        title "An access rule keeps the client out",
        cause "The listener has an access control rule, and the client's own address is not on its list. Forwarding \
            headers do not count.",
        remedy "Add the client's address or range to the rule; behind another proxy, that proxy's address.",
        ours reasons [] health [] codes [403, 1106],
    }
    E23 {
        at Request, by Visitor, status 408,
        texts ["Client <client_name> timed out"],
        title "The client was too slow, or left",
        cause "The client stopped sending its request, or stopped reading the answer, for the idle timeout; or it \
            went away.",
        remedy "Compare the client's timeout with the balancer's: the client's should be the longer one.",
        ours reasons [RequestHeadTimeout, ClientBodyTimeout, ClientBodyTooSlow, ClientReadTooSlow, ClientGone] health [] codes [408, 499],
    }
    E24 {
        at Accept, by Visitor, status none,
        texts ["Connection to <address> was abruptly closed by"],
        title "Too many connections from one address",
        cause "The address already has as many connections open as the listener allows for one address.",
        remedy "Let the client reuse connections. If many people share that address, raise its limit.",
        ours reasons [AddressConnectionLimit, ConnectionLimit, CrowdedOut] health [] codes [429],
    }
    E25 {
        at Wait, by Origin, status 502,
        texts ["Backend <ip_address> abruptly closes connection."],
        title "The backend hung up before its answer",
        cause "The backend closed or reset the connection after the request was sent: its keep-alive time is shorter \
            than the balancer's, it is at its connection limit, or a worker died.",
        remedy "Make the backend's keep-alive time longer than the balancer's, then look in its log for crashes.",
        ours reasons [EmptyReply, ResetBeforeHeaders, IdleClosed, BodyTruncated]
            health [ConnectionReset, HttpInvalidResponse] codes [520],
    }
    E26 {
        at Steer, by Origin, status 502,
        texts ["No healthy backends available in associated backendSet"],
        title "Every healthy backend is full or gone",
        cause "As E9; here the backends pass their checks, but all of them are at their connection limit.",
        remedy "Raise `maxConnections` of the set or of single backends, or add a backend. Here they are \
            `origin_max_connections` of a pool and `max_connections` of an endpoint.",
        ours reasons [EndpointsFull, OriginQueueFull, OriginQueueTimeout, NoOrigin] health [] codes [502, 1200, 503],
    }
}
