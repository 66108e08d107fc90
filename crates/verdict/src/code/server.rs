//! 5xx: the origin, or the way to it, or the edge itself failed.

use super::{codes, visitor::*};

codes! {
    500 "internal_error" {
        status 500, category Edge, at Request, by Edge, made Both, retry 30,
        title "Internal error",
        cause "Something inside the edge failed while it handled this request. A 500 that the origin sent is passed \
            on instead, with the origin's own page and `OriginResponseStatus` 500.",
        remedy "Check `OriginResponseStatus` in the access record. If it is 500, read the origin's error log. If it \
            is 0, read this node's log at the same second for the error, and check its open files and free ports.",
        visitor WAIT,
    }
    501 "not_implemented" {
        status 501, category Origin, at Wait, by Visitor, made Origin, retry no,
        title "Not implemented",
        cause "The origin does not know the method or feature that the request uses.",
        remedy "Check the method for a typing mistake and use a standard one, or implement it at the origin.",
        visitor READ_ANSWER,
    }
    502 "bad_gateway" {
        status 502, category Origin, at Wait, by Origin, made Both, retry 60,
        title "Bad gateway",
        cause "The origin itself answered 502, which usually means that it is a proxy whose own server failed; or it \
            sent a compressed body that could not be decoded although it had to be; or every endpoint has as many \
            connections as its `max_connections` allows.",
        remedy "If the access record shows `OriginResponseStatus` 502, go one hop further and read the log of \
            whatever the origin forwards to. If it shows 200, switch compression off at the origin and compare. If \
            it shows 0, raise the limit or add an endpoint.",
        visitor WAIT,
    }
    503 "service_unavailable" {
        status 503, category Origin, at Steer, by Origin, made Both, retry later,
        title "Service unavailable",
        cause "The origin says that it is overloaded or in maintenance; or the edge has no enabled pool or endpoint \
            to send this host name to; or this node is shutting down.",
        remedy "`OriginResponseStatus` 503 in the access record: look at the origin's load and rate limits. 0: \
            enable a pool or an endpoint of this load balancer, or give it a fallback pool that has one.",
        visitor WAIT,
    }
    504 "gateway_timeout" {
        status 504, category Origin, at Wait, by Origin, made Both, retry 120,
        title "Gateway timeout",
        cause "The origin answered 504 itself: it is a proxy, and the server behind it took too long. When the edge \
            runs out of patience with the origin the code is 522 or 524 instead.",
        remedy "Measure the server behind the origin: raise its time or shorten its work, then compare the origin's \
            upstream timeout with both.",
        visitor WAIT,
    }
    505 "http_version_not_supported" {
        status 505, category Request, at Request, by Visitor, made Both, retry no,
        title "HTTP version not supported",
        cause "The request uses a version of HTTP that this listener, or the origin, does not speak.",
        remedy "Let the client send HTTP/1.1; if the origin answered 505, compare the version the edge uses towards \
            it.",
        visitor FIX_CLIENT,
    }
    520 "origin_unknown_response" {
        status 520, category Origin, at Wait, by Origin, made Edge, retry 60,
        title "Unknown response from the origin",
        cause "The origin accepted the connection, then closed it, reset it, or sent something that is not a usable \
            HTTP answer. Crashing applications, firewalls that cut connections, cookies that overflow the header \
            limit and a half-configured HTTP/2 are the usual sources.",
        remedy "Read the reason and the first bytes received with `bellwether explain RAY-ID`, then look for a crash \
            or a reset in the origin's log at that second.",
        visitor WAIT,
    }
    521 "origin_refused_connection" {
        status 521, category Origin, at Connect, by Origin, made Edge, retry 120,
        title "The origin refuses connections",
        cause "The endpoint's machine answered, and refused: nothing listens on that port, or a firewall rejects \
            this edge. In flexible mode port 80 is used, in full and strict modes port 443, unless the endpoint \
            names a port.",
        remedy "On the origin run `ss -ltn` and see whether the port is bound on the right address. If it is, allow \
            this edge's addresses in its firewall; if not, start the service.",
        visitor WAIT,
    }
    522 "connection_timeout" {
        status 522, category Origin, at Connect, by Origin, made Edge, retry 120,
        title "Connection timed out",
        cause "Packets to the endpoint vanish: no answer to the connection attempt within the connect timeout (19 s \
            unless set otherwise), or no acknowledgement of the request for 90 s on an open connection.",
        remedy "From this machine run `bellwether probe` with the endpoint's URL. If that times out too, look for a \
            firewall that drops, a wrong address, or an overloaded host; compare with a packet capture at the \
            origin.",
        visitor WAIT,
    }
    523 "origin_unreachable" {
        status 523, category Origin, at Connect, by Network, made Edge, retry 120,
        title "The origin is unreachable",
        cause "The network has no way to the endpoint's address: a router, or this machine's own routing table, said \
            so.",
        remedy "Check the endpoint's address for a typing mistake, then run `ip route get ADDRESS` here and a \
            traceroute from here to see which hop gives up.",
        visitor WAIT,
    }
    524 "response_timeout" {
        status 524, category Origin, at Wait, by Origin, made Edge, retry 120,
        title "The origin took too long to answer",
        cause "The origin accepted the connection and the request, then sent no headers within the read timeout (120 \
            s unless set otherwise), or stopped taking in the request body for 30 s.",
        remedy "Find what the origin does for that long. Move long jobs to a background task that the client polls, \
            or raise the zone setting `proxy_read_timeout` (1 to 6000 s).",
        visitor WAIT,
    }
    525 "tls_handshake_failed" {
        status 525, category Ssl, at Tls, by Origin, made Edge, retry no,
        title "TLS handshake with the origin failed",
        cause "The endpoint and the edge could not agree on an encrypted connection: no TLS on that port, no common \
            version or cipher, a name the server does not know, or a handshake it cut short.",
        remedy "Run `openssl s_client -connect ADDRESS:PORT -servername HOST` from this machine and read its error. \
            Install a certificate, enable TLS 1.2 or newer, or correct the port or the server name.",
        visitor TELL_OWNER,
    }
    526 "invalid_origin_certificate" {
        status 526, category Ssl, at Tls, by Origin, made Edge, retry no,
        title "Invalid certificate at the origin",
        cause "The handshake works, but the certificate is expired, self-signed, incomplete, revoked, for another \
            name, or from an issuer that is not trusted, and the zone's `ssl` mode is strict.",
        remedy "Renew the certificate with its whole chain for the right name, or upload its issuer to the zone's \
            custom trust store. Until then `ssl` mode `full` connects without checking it.",
        visitor TELL_OWNER,
    }
    527 "connector_interrupted" {
        status 527, category Origin, at Wait, by Origin, made Edge, retry no,
        title "Connector to the origin interrupted",
        cause "Reserved for a compressed-link connector between edge and origin whose connection broke; its own \
            limit towards the origin was 30 s. Bellwether does not make it today.",
        remedy "If an origin sends 527, look for such a connector in front of it, and check its log and its \
            firewall.",
        visitor WAIT,
    }
    530 "origin_not_reached" {
        status 530, category Dns, at Dns, by Configuration, made Edge, retry no,
        title "The origin could not be found",
        cause "The envelope of a more specific code that is in the body: 1016 when no address is known for the \
            origin, 1033 when a tunnel has no connector.",
        remedy "Read the number in the body, or run `bellwether explain RAY-ID`, and follow that entry.",
        visitor TELL_OWNER,
    }
}
