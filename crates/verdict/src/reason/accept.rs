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
}
