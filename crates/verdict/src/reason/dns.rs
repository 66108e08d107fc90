//! Resolving the endpoint's name, and judging what it resolves to.

use super::reasons;

reasons! {
    DnsNxdomain "dns_nxdomain" {
        at Dns, by Configuration, code 1016, health DnsUnknownHost, token "dns_error", blames endpoint,
        title "The endpoint's name does not exist",
        cause "The name servers say that there is no such name (NXDOMAIN).",
        remedy "Check the endpoint's address for a typing mistake, then run `dig NAME` on this machine. Create the \
            record, or use an IP address.",
    }
    DnsNodata "dns_nodata" {
        at Dns, by Configuration, code 1016, health DnsUnknownHost, token "dns_error", blames endpoint,
        title "The endpoint's name has no address",
        cause "The name exists, but has neither an A nor an AAAA record.",
        remedy "Add an A or AAAA record to the name, or point the endpoint at the name that has one.",
    }
    DnsServfail "dns_servfail" {
        at Dns, by Configuration, code 1016, health DnsUnknownHost, token "dns_error", blames endpoint,
        title "The name servers failed",
        cause "The resolver answered SERVFAIL or REFUSED: the zone's name servers are down or broken, its DNSSEC \
            does not verify, or this resolver may not ask.",
        remedy "Compare `dig NAME` with `dig +cd NAME`: if only the second works, repair DNSSEC; if neither, the \
            zone's name servers. An endpoint with a plain IP address does not depend on them.",
    }
    DnsTimeout "dns_timeout" {
        at Dns, by Network, code 1016, health DnsUnknownHost, token "dns_timeout", blames endpoint,
        title "The resolver does not answer",
        cause "No configured resolver answered within the DNS timeout.",
        remedy "Ask each resolver with `dig @RESOLVER NAME`. Let port 53 through for UDP and TCP, or configure other \
            resolvers.",
    }
    DnsChain "dns_chain" {
        at Dns, by Configuration, code 1016, health DnsUnknownHost, token "dns_error", blames endpoint,
        title "The name's aliases never end",
        cause "The CNAME records of the name form a circle, or a chain of more than 16.",
        remedy "Follow them with `dig +trace NAME`, and let the first alias point straight at the final name.",
    }
    DnsEdgeAddress "dns_edge_ip" {
        at Dns, by Configuration, code 1000, health DnsInternal, token "destination_ip_prohibited", blames endpoint,
        title "The endpoint's name leads back to this edge",
        cause "The name resolves to an address and port that this edge itself listens on: a request would come back \
            here.",
        remedy "Give the origin a name of its own that resolves to its real address, and use that in the endpoint.",
    }
    DnsDisallowedAddress "dns_disallowed_ip" {
        at Dns, by Configuration, code 1002, health DnsInternal, token "destination_ip_prohibited", blames endpoint,
        title "The endpoint's address is not allowed",
        cause "The address is loopback, unspecified or link-local, or private while private origins are switched \
            off.",
        remedy "Correct the record, or set `allow_private = true` in `[origin]` if the origin lives on a private \
            network.",
    }
    DnsReservedAddress "dns_reserved" {
        at Dns, by Configuration, code 1034, health DnsInternal, token "destination_ip_prohibited", blames endpoint,
        title "The endpoint's address is reserved",
        cause "The name resolves to an address on the list of reserved ones, such as 1.1.1.1.",
        remedy "Point the name at your own server; for a name without an origin use 192.0.2.0 or 100::.",
    }
    OriginPlaceholder "origin_placeholder" {
        at Dns, by Configuration, code 522, health TcpConnectionFailed, token "destination_ip_unroutable",
        blames endpoint,
        title "The endpoint is a placeholder",
        cause "The address is 192.0.2.0/24 or 100::, which stand for \"no origin\", and nothing else answered the \
            request.",
        remedy "Put the real address into the endpoint, or let a rule answer this path before an origin is needed.",
    }
    PoolUnresolvable "pool_unresolvable" {
        at Dns, by Configuration, code 1016, health DnsUnknownHost, token "dns_error", blames endpoint,
        title "No endpoint of the pool resolves",
        cause "Every endpoint that could be tried has a name without a usable address.",
        remedy "Run `dig` for each endpoint's name on this machine; give at least one endpoint a plain IP address.",
    }
}
