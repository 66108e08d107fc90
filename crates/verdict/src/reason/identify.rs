//! Finding the site that a request is for.

use super::reasons;

reasons! {
    SniUnknown "sni_unknown" {
        at Accept, by Visitor, code 403, health OtherFailure, token "http_request_denied", blames nobody,
        title "The TLS name belongs to no site here",
        cause "The name in the TLS handshake is not the one in the `Host` header, and no zone here covers it. It is \
            answered before any site's configuration is read, and not logged as a site's traffic.",
        remedy "Let the client use the site's own name in both places. For health checks by address, set the SNI \
            too.",
    }
    SniMismatch "sni_mismatch" {
        at Identify, by Visitor, code 1013, health OtherFailure, token "http_request_denied", blames nobody,
        title "TLS name and Host differ",
        cause "The TLS handshake was for one site of this edge and the request for another.",
        remedy "Switch off connection reuse across host names in the proxy or client, or use one name for both.",
    }
    HostIsAddress "host_is_address" {
        at Identify, by Visitor, code 1003, health OtherFailure, token "http_request_denied", blames nobody,
        title "The Host is an IP address",
        cause "The request asks for the edge by its address, which belongs to every site here and so to none.",
        remedy "Use the site's name, or send it along: `curl -H 'Host: NAME' http://ADDRESS/`.",
    }
    HostUnknown "host_unknown" {
        at Identify, by Configuration, code 1001, health OtherFailure, token "destination_not_found", blames nobody,
        title "No zone covers this name",
        cause "The name's DNS leads to this edge, but neither the name nor a parent of it is a zone here.",
        remedy "Create the zone with `POST /zones`, or point the name somewhere else.",
    }
    HostWithoutLoadBalancer "host_without_load_balancer" {
        at Identify, by Configuration, code 1016, health OtherFailure, token "destination_not_found", blames nobody,
        title "The zone has no load balancer of this name",
        cause "The zone exists, but no enabled load balancer in it has exactly this host name, so there is no \
            origin.",
        remedy "Create a load balancer named like the host, or enable the one that is switched off. The zone's own \
            name and `www` are two names.",
    }
    ZonePending "zone_pending" {
        at Identify, by Configuration, code 1018, health OtherFailure, token "destination_not_found", blames nobody,
        title "The zone is not active yet",
        cause "The zone was created, but its activation is not finished.",
        remedy "Look at the zone's `status` in the API and finish what it waits for.",
    }
    ZoneNotOnNode "zone_not_on_node" {
        at Identify, by Edge, code 1023, health OtherFailure, token "proxy_configuration_error", blames nobody,
        title "This node does not have the zone yet",
        cause "The zone is active in the store, but the table that this node works by is older.",
        remedy "Compare `bellwether_table_generation` in `/metrics` of this node and another. If it stays behind, \
            check this node's connection to the store.",
    }
    EdgePathUnknown "edge_path_unknown" {
        at Identify, by Visitor, code 404, health OtherFailure, token "proxy_internal_response", blames nobody,
        title "No such page of the edge",
        cause "Paths under `/cdn-cgi/` belong to the edge and never reach the origin; this one does not exist.",
        remedy "Move your own content out of `/cdn-cgi/`. What exists there: `/cdn-cgi/trace` and \
            `/cdn-cgi/error/CODE`.",
    }
    SniUnroutable "sni_unroutable" {
        at Identify, by Visitor, code none, health OtherFailure, token "destination_not_found", blames nobody,
        title "No load balancer has the TLS name of this connection",
        cause "The TCP listener chooses by the server name of TLS. The visitor named none, or one that no enabled load \
            balancer has, and the listener has no `load_balancer` to fall back to.",
        remedy "Create a load balancer with that name, or give the listener a `load_balancer` for all other names.",
    }
    TcpWithoutLoadBalancer "tcp_without_load_balancer" {
        at Identify, by Configuration, code none, health OtherFailure, token "destination_not_found", blames nobody,
        title "The TCP listener's load balancer does not exist",
        cause "The listener's `load_balancer` is not the name of an enabled load balancer in the routing table in \
            force.",
        remedy "Create or enable a load balancer of exactly this host name, or correct `load_balancer` in the `[[tcp]]` \
            table of the configuration.",
    }
    WebsocketsOff "websockets_off" {
        at Rules, by Configuration, code 403, health OtherFailure, token "http_request_denied", blames nobody,
        title "The zone does not allow WebSockets",
        cause "The request asks to open a WebSocket, and the setting `websockets` of the zone is off. No origin was \
            asked.",
        remedy "Switch it on if the site needs it: `PATCH /zones/{zone_id}/settings/websockets` with \
            `{\"value\": \"on\"}`.",
    }
}
