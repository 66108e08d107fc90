//! 1xxx about names and addresses: which site is meant, where its origin is, and whether the edge may go there.

use super::{codes, visitor::*};

codes! {
    1000 "prohibited_address" {
        status 403, category Config, at Identify, by Configuration, made Edge, retry no,
        title "The request would come back to the edge",
        cause "The endpoint's address is this edge itself, or the request has already passed through it, or it \
            carries forwarding headers that only the edge may set: `CF-Connecting-IP`, a second `X-Forwarded-For` \
            line, or one longer than 100 characters.",
        remedy "Give the endpoint the address of the real server. If another proxy stands in front of this edge, let \
            it redirect instead of forwarding, or stop it from adding these headers.",
        visitor "If a proxy or browser extension adds forwarding headers, switch it off; otherwise tell the site's \
            owner.",
    }
    1001 "host_not_configured" {
        status 409, category Dns, at Identify, by Configuration, made Edge, retry no,
        title "No site under this name",
        cause "The host name points at this edge, but no zone here covers it: the zone was never added, was removed, \
            or an outside name was pointed here by CNAME.",
        remedy "Create the zone for this name, or correct the DNS record that leads here. `GET /zones` of the API \
            shows which names are known.",
        visitor "Check the address for a typing mistake. If it is right, tell the site's owner.",
    }
    1002 "restricted_address" {
        status 403, category Config, at Dns, by Configuration, made Edge, retry no,
        title "The origin's address is not allowed",
        cause "The endpoint's name resolves to an address the edge must not contact: loopback, unspecified, \
            link-local, or a private range while private origins are switched off.",
        remedy "Correct the record so that it names the origin's own address. If the origin really is private, set \
            `allow_private = true` in the `[origin]` section.",
        visitor TELL_OWNER,
    }
    1003 "direct_address_access" {
        status 403, category Config, at Identify, by Visitor, made Edge, retry no,
        title "The edge was asked for by address",
        cause "The Host header is an IP address, so it does not say which of the sites here is meant.",
        remedy "Use the site's host name. To test before DNS is in place: `curl --resolve NAME:PORT:ADDRESS \
            https://NAME/`.",
        visitor "Enter the site's name instead of a number.",
    }
    1004 "host_not_serving" {
        status 403, category Config, at Identify, by Configuration, made Edge, retry 120,
        title "This host serves no web traffic",
        cause "The zone is known, but this name is not served: it was switched off, its change has not reached every \
            node yet (about five minutes at most), or its record points at the edge itself.",
        remedy "Wait five minutes. If it stays, check that the load balancer of this name exists and is enabled.",
        visitor WAIT,
    }
    1013 "host_sni_mismatch" {
        status 403, category Config, at Identify, by Visitor, made Edge, retry no,
        title "Two different names for one request",
        cause "The name in the TLS handshake (SNI) and the Host header belong to two different sites.",
        remedy "Let the client use one name for both. Proxies that reuse a TLS connection for another host are the \
            usual source: turn that reuse off, and compare with `curl -v`.",
        visitor "Close the browser's windows for this site and open it afresh; switch off software that inspects \
            encrypted traffic.",
    }
    1014 "cross_account_alias" {
        status 403, category Config, at Identify, by Configuration, made Edge, retry no,
        title "Alias into another account",
        cause "The name is an alias (CNAME) for a name in a zone of another account, and that zone has not agreed to \
            it; or the zone is held or suspended.",
        remedy "Let the owner of the target zone add this host name there, or point the alias at a name in your own \
            account.",
        visitor TELL_OWNER,
    }
    1016 "origin_dns_error" {
        status 530, category Dns, at Dns, by Configuration, made Edge, retry no,
        title "The origin's name does not resolve",
        cause "The site is known, but no address is known for its origin: the endpoint's name has no A or AAAA \
            record, its name servers do not answer, or every pool of the load balancer, the fallback pool included, \
            is without a usable endpoint.",
        remedy "Run `dig NAME A` and `dig NAME AAAA` on this machine for each endpoint. Repair the record, and give \
            the fallback pool one endpoint with a plain IP address, so that a DNS outage cannot empty it.",
        visitor TELL_OWNER,
    }
    1018 "host_not_ready" {
        status 409, category Config, at Identify, by Configuration, made Edge, retry no,
        title "The site is not ready yet",
        cause "The zone exists but is not active: it was created moments ago, or its activation is still pending.",
        remedy "Look at the zone's `status` in the API. Wait for `active`, which takes minutes; if it stays \
            `pending`, check the name server records of the domain.",
        visitor WAIT,
    }
    1023 "host_not_distributed" {
        status 503, category Config, at Identify, by Edge, made Edge, retry no,
        title "The site has not reached this node",
        cause "The zone is active, but this node's routing table does not hold it yet.",
        remedy "Compare `bellwether_table_generation` in this node's `/metrics` with another node's. If it lags for \
            more than a few minutes, check the node's connection to the store.",
        visitor WAIT,
    }
    1033 "tunnel_unconnected" {
        status 530, category Config, at Steer, by Origin, made Edge, retry 120,
        title "No tunnel connector is connected",
        cause "This name is served through a tunnel, and no connector of that tunnel is connected to the edge.",
        remedy "On the origin's side check that the connector runs and can reach the edge, then restart it and read \
            its first log lines.",
        visitor WAIT,
    }
    1034 "reserved_address" {
        status 403, category Config, at Dns, by Configuration, made Edge, retry no,
        title "The origin's address is reserved",
        cause "The endpoint's name resolves to an address reserved for a public service of a network operator, such \
            as 1.1.1.1, which cannot be anybody's origin.",
        remedy "Point the record at a server you own. For a name that only rules or scripts answer, use the \
            placeholders 192.0.2.0 or 100::.",
        visitor TELL_OWNER,
    }
    1043 "zone_configuration_invalid" {
        status 403, category Config, at Identify, by Configuration, made Edge, retry no,
        title "The zone's configuration cannot be used",
        cause "Settings of the zone contradict each other, so that no request can be served by them.",
        remedy "Read the zone's settings through the API, and undo the newest change.",
        visitor TELL_OWNER,
    }
    1047 "origin_configuration_invalid" {
        status 403, category Config, at Steer, by Configuration, made Edge, retry no,
        title "The origin's configuration cannot be used",
        cause "What is configured for the origin of this name cannot be turned into a connection.",
        remedy "Read the endpoint's address, port and host header through the API, and correct the one that does not \
            fit.",
        visitor TELL_OWNER,
    }
    1049 "host_configuration_missing" {
        status 403, category Config, at Identify, by Configuration, made Edge, retry no,
        title "The configuration of this name is incomplete",
        cause "The name belongs to a zone, but a part of what is needed to serve it is missing.",
        remedy "Give the name a load balancer with a default pool and a fallback pool, then try again.",
        visitor TELL_OWNER,
    }
}
