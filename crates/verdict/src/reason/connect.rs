//! Opening the TCP connection to the endpoint.

use super::reasons;

reasons! {
    TcpRefused "tcp_refused" {
        at Connect, by Origin, code 521, health TcpConnectionFailed, token "connection_refused", blames endpoint,
        title "The endpoint refuses connections",
        cause "The machine answered the connection attempt with a reset: nothing listens on that port, or a firewall \
            there rejects it actively.",
        remedy "On the origin run `ss -ltnp | grep :PORT`. Nothing there: start the service. Bound to 127.0.0.1: \
            bind it to the outer address. Bound rightly: let this edge through the firewall.",
    }
    TcpResetConnect "tcp_reset_connect" {
        at Connect, by Origin, code 521, health TcpConnectionFailed, token "connection_refused", blames endpoint,
        title "The connection was reset while it was opened",
        cause "The connection came up and was reset at once, before anything could be sent. Full accept queues and \
            intrusion filters do this.",
        remedy "Look at `nstat -az TcpExtListenOverflows` on the origin, raise its backlog, and check filters that \
            act on this edge's address.",
    }
    TcpConnectTimeout "tcp_connect_timeout" {
        at Connect, by Origin, code 522, health TcpConnectionFailed, token "connection_timeout", blames endpoint,
        title "The endpoint does not answer the connection attempt",
        cause "No answer to any SYN within the connect timeout: a firewall drops them, the address is not in use, or \
            the host is too loaded to accept.",
        remedy "Run `tcpdump port PORT` on the origin while probing. SYN arrives: look at the host's firewall and \
            load. Nothing arrives: check the address and every firewall on the way.",
    }
    NoRouteHost "no_route_host" {
        at Connect, by Network, code 523, health NoRouteToHost, token "destination_ip_unroutable", blames endpoint,
        title "No route to the host",
        cause "A router, or the last network segment, reports that this host cannot be reached (EHOSTUNREACH). In \
            one's own segment: nobody answers for that address.",
        remedy "Check the address, then `ip neigh show ADDRESS` for a local one, or a traceroute for a remote one, \
            and ask the provider of the last hop.",
    }
    NoRouteNet "no_route_net" {
        at Connect, by Network, code 523, health NetworkUnreachable, token "destination_ip_unroutable", blames endpoint,
        title "No route to the network",
        cause "This machine has no route to the network of that address (ENETUNREACH). IPv6 addresses on a machine \
            without IPv6 are the usual case.",
        remedy "Run `ip route get ADDRESS`. Add the route, give the machine IPv6, or use the endpoint's IPv4 \
            address.",
    }
    ConnectProhibited "prohibited" {
        at Connect, by Network, code 523, health TcpConnectionFailed, token "destination_ip_prohibited",
        blames endpoint,
        title "The connection is prohibited",
        cause "A local policy or a firewall on the way forbids it (EACCES, EPERM, or ICMP administratively \
            prohibited).",
        remedy "List this machine's own rules with `nft list ruleset`, then ask who runs the firewall between here \
            and the endpoint to let the port through.",
    }
    EdgeResource "edge_resource" {
        at Connect, by Edge, code 500, health OtherFailure, token "proxy_internal_error", blames nobody,
        title "The edge ran out of something",
        cause "This machine has no free port, file descriptor or buffer left for one more connection. The endpoint \
            was not even tried.",
        remedy "Raise `LimitNOFILE` of the service and `net.ipv4.ip_local_port_range`, and look for connections that \
            are never reused.",
    }
}
