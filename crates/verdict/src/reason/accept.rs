//! Taking the connection in, before any request.

use super::reasons;

reasons! {
    ProxyProtocolMissing "proxy_protocol_missing" {
        at Accept, by Configuration, code none, health OtherFailure, token "proxy_configuration_error", blames nobody,
        title "A trusted proxy sent no PROXY protocol header",
        cause "The peer's address lies in `edge.proxy_protocol_from`, so its connections must begin with a header of \
            the PROXY protocol. This one began with something else, or with nothing at all for too long.",
        remedy "Switch the PROXY protocol on in the proxy in front (`send-proxy-v2`, `proxy_protocol on`), or take its \
            address out of `edge.proxy_protocol_from`, so that it counts as an ordinary visitor.",
    }
    ProxyProtocolBad "proxy_protocol_bad" {
        at Accept, by Visitor, code none, health OtherFailure, token "proxy_configuration_error", blames nobody,
        title "The PROXY protocol header is malformed",
        cause "A trusted proxy began a header of the PROXY protocol that breaks its grammar, is too long, has a wrong \
            checksum or does not end in time. Which address it speaks for cannot be known.",
        remedy "Compare the first bytes in the story with the specification, and update the proxy in front. Where its \
            extensions are longer than allowed, raise `edge.proxy_protocol_bytes`.",
    }
    HelloUnusable "hello_unusable" {
        at Accept, by Visitor, code none, health OtherFailure, token "tls_protocol_error", blames nobody,
        title "The connection did not begin with a TLS hello",
        cause "The TCP listener passes TLS on by its server name, and what came first is not a client's hello: it is \
            another protocol, malformed, larger than allowed, or did not arrive in time.",
        remedy "Let the client speak TLS on this port from its first byte. For protocols that begin in clear text \
            (STARTTLS), use a listener without `tls_passthrough`.",
    }
    ConnectionLimit "connection_limit" {
        at Accept, by Visitor, code none, health OtherFailure, token "connection_limit_reached", blames nobody,
        title "The worker has no room for another connection",
        cause "The worker holds `edge.connections` connections. The newcomer's address holds as many of them as any \
            other, or none of the others is at rest, so the newcomer was turned away.",
        remedy "Look in the log line for the address that holds the most connections. If it is an attack, set \
            `edge.connections_per_address`; if they are visitors, raise `edge.connections` or add a node.",
    }
    AddressConnectionLimit "address_connection_limit" {
        at Accept, by Visitor, code none, health OtherFailure, token "connection_limit_reached", blames nobody,
        title "Too many connections from one address",
        cause "The address, or the IPv6 network of 64 bits that it lies in, has `edge.connections_per_address` \
            connections open on this node; one more was closed as soon as it was accepted.",
        remedy "Let the client reuse connections. If many people share the address, raise the limit, or put the proxy \
            that they come through into `edge.trusted_proxies`, which are not counted.",
    }
    CrowdedOut "crowded_out" {
        at Accept, by Visitor, code 503, health OtherFailure, token "connection_limit_reached", blames nobody,
        title "The connection had to make room",
        cause "The worker was full, a visitor came from an address with fewer connections, and this connection, at \
            rest or still without a whole request, belonged to the address that held the most.",
        remedy "Let the client keep fewer connections open. If visitors are hit, raise `edge.connections` or add a \
            node.",
    }
    Http2Abuse "http2_abuse" {
        at Accept, by Visitor, code none, health OtherFailure, token "http_protocol_error", blames nobody,
        title "The HTTP/2 connection cost more than it may",
        cause "Over one connection came more given-up requests, malformed requests or frames of no use than allowed, a \
            head without end, or new requests long after it was told to leave. It was ended with ENHANCE_YOUR_CALM.",
        remedy "If it is an attack, nothing is left to do. If it is a client of yours, look for requests that it \
            cancels all the time; the bounds are `edge.http2_resets`, `edge.http2_faults` and \
            `edge.http2_control_frames`.",
    }
    Http2Broken "http2_broken" {
        at Accept, by Visitor, code none, health OtherFailure, token "http_protocol_error", blames nobody,
        title "The visitor broke the HTTP/2 protocol",
        cause "What came over the connection is not HTTP/2 as RFC 9113 and RFC 7541 define it: frames, windows, or \
            the compression of fields. The connection was ended with the code of the error.",
        remedy "Look for a faulty client or a damaged proxy in front; the log at debug level names the rule.",
    }
    Http2RequestRefused "http2_request_refused" {
        at Accept, by Visitor, code none, health OtherFailure, token "http_request_error", blames nobody,
        title "One HTTP/2 request too many at a time",
        cause "It came while `edge.http2_streams` others were under way on its connection. Its stream was refused \
            (REFUSED_STREAM) before anybody looked at the request, so the client may send it again.",
        remedy "Let the client keep to the number of streams that our SETTINGS name, or raise `edge.http2_streams`.",
    }
}
