//! 1xxx that keep a request out: bans, limits, legal orders, and what the visitor's TLS or headers cannot do.

use super::{codes, visitor::*};

codes! {
    1005 "network_banned" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Your network is not allowed",
        cause "An IP access rule of the site blocks the autonomous system (ASN) that the visitor's address belongs \
            to.",
        remedy "Find the event by its Ray ID. Remove the rule for that ASN, or allow the visitor's address with a \
            more specific rule.",
        visitor ASK_ACCESS,
    }
    1006 "address_banned" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Your address is not allowed",
        cause "An IP access rule of the site blocks exactly this address.",
        remedy "Find the event by its Ray ID, and delete the rule for this address if the block is no longer wanted.",
        visitor ASK_ACCESS,
    }
    1007 "address_range_banned" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Your address range is not allowed",
        cause "An IP access rule of the site blocks a range that contains the visitor's address.",
        remedy "Find the event by its Ray ID. Narrow the range, or allow the single address, which takes precedence.",
        visitor ASK_ACCESS,
    }
    1008 "address_banned_by_account" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Your address is not allowed here",
        cause "An IP access rule of the whole account, not of this one site, blocks the visitor's address.",
        remedy "Look among the account's rules rather than the zone's, and remove the address there.",
        visitor ASK_ACCESS,
    }
    1009 "country_banned" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Your country or region is not allowed",
        cause "An IP access rule of the site blocks the country that the visitor's address is registered in.",
        remedy "If this visitor should get in, allow the address, which takes precedence over its country; or lift \
            the rule for the country.",
        visitor ASK_ACCESS,
    }
    1010 "browser_signature_banned" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Your browser is not allowed",
        cause "The browser integrity check or a user agent rule took the request for an unwanted client, by its \
            headers.",
        remedy "If the client is yours, give it an ordinary `User-Agent`. If visitors are hit, turn the integrity \
            check off for this path.",
        visitor "Update your browser and switch off extensions that change its identification; then tell the site's \
            owner.",
    }
    1011 "hotlink_denied" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Embedding is not allowed",
        cause "Hotlink protection refuses images that are requested from a page of another site (by the `Referer` \
            header).",
        remedy "To allow embedding, exempt the path, or turn hotlink protection off for it.",
        visitor "Open the image from the site it belongs to.",
    }
    1012 "malicious_network" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Your network looks harmful",
        cause "The site refuses addresses from which harmful traffic was seen, and the visitor's is one of them.",
        remedy "If you trust this visitor, allow the address. If many are hit, lower the security level.",
        visitor "Scan your devices for malware; if they are clean, ask the site's owner to allow your address.",
    }
    1015 "rate_limited" {
        status 429, category RateLimit, at Rules, by Visitor, made Edge, retry 30,
        title "Too many requests",
        cause "A rate limiting rule of the site counted more requests from this client than it allows.",
        remedy "If real visitors are hit, raise the threshold or lengthen the period: a limit per second also hits \
            ordinary page loads, ten seconds is kinder.",
        visitor SLOW_DOWN,
    }
    1017 "client_tls_rejected" {
        status 403, category Tls, at Accept, by Visitor, made Edge, retry no,
        title "Your TLS is not accepted",
        cause "The visitor's TLS version, cipher or certificate is below what this site demands.",
        remedy "Lower `min_tls_version` only if such clients must be served; otherwise let the client be updated.",
        visitor UPDATE_CLIENT,
    }
    1020 "rule_blocked" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Blocked by a rule of the site",
        cause "A firewall or custom rule of the site matched this request and blocks it.",
        remedy "Search the security events for the Ray ID; the event names the rule. Narrow its expression, or \
            exempt this visitor.",
        visitor ASK_ACCESS,
    }
    1025 "request_quota_used_up" {
        status 429, category RateLimit, at Rules, by Configuration, made Edge, retry no,
        title "The site's request quota is used up",
        cause "The scripts of this site have used all the requests that their plan grants.",
        remedy "Raise the quota, or let the requests that need no script bypass it.",
        visitor TELL_OWNER,
    }
    1026 "legal_restriction" {
        status 451, category Legal, at Rules, by Configuration, made Edge, retry no,
        title "Withheld for legal reasons",
        cause "A legal demand keeps this resource from being served.",
        remedy "Read the demand on file for this name, and answer it or have it lifted.",
        visitor "The edge cannot lift this. Ask the site's owner which demand stands behind it.",
    }
    1027 "daily_quota_used_up" {
        status 429, category RateLimit, at Rules, by Configuration, made Edge, retry no,
        title "The site's daily quota is used up",
        cause "The scripts of this site have used all the requests of the day.",
        remedy "Raise the daily limit, or wait for the new day (UTC).",
        visitor TELL_OWNER,
    }
    1028 "client_tls_version" {
        status 403, category Tls, at Accept, by Visitor, made Edge, retry no,
        title "Your TLS version is too old",
        cause "The visitor offers no TLS version that this site accepts.",
        remedy "Let the client be updated, or lower `min_tls_version` if it cannot be.",
        visitor UPDATE_CLIENT,
    }
    1029 "client_tls_cipher" {
        status 403, category Tls, at Accept, by Visitor, made Edge, retry no,
        title "No cipher in common with your client",
        cause "The visitor offers no cipher suite that this site accepts.",
        remedy "Let the client be updated, or add a suite that both sides know.",
        visitor UPDATE_CLIENT,
    }
    1038 "request_headers_too_large" {
        status 400, category Request, at Request, by Visitor, made Edge, retry 60,
        title "Request headers too large",
        cause "The head of the request, request line and all header fields together, is over the edge's limit (128 \
            KiB unless set otherwise). Cookies are nearly always the bulk of it.",
        remedy "List the cookies that the site sets and cap those that grow with use; then raise the head limit only \
            if the application needs it.",
        visitor "Clear this site's cookies and reload.",
    }
    1039 "legal_restriction_regional" {
        status 451, category Legal, at Rules, by Configuration, made Edge, retry no,
        title "Withheld in your region for legal reasons",
        cause "A legal demand keeps this resource from being served where the visitor is.",
        remedy "Read the demand on file for this name and region, and answer it or have it lifted.",
        visitor "The edge cannot lift this. Ask the site's owner which demand stands behind it.",
    }
    1044 "client_certificate_rejected" {
        status 403, category Tls, at Accept, by Visitor, made Edge, retry no,
        title "Your client certificate is not accepted",
        cause "The site demands a client certificate, and the one presented is missing, expired, revoked or from an \
            issuer it does not trust.",
        remedy "Issue the client a certificate from the authority this site trusts, or add its issuer.",
        visitor "Choose another certificate, or ask the site's owner for a valid one.",
    }
    1045 "unsupported_protocol" {
        status 403, category Unsupported, at Request, by Visitor, made Edge, retry no,
        title "This protocol is not supported here",
        cause "The request needs a protocol feature that is not available for this site.",
        remedy "Use plain HTTP/1.1 or HTTP/2 requests, or switch the feature on for the zone if there is a setting \
            for it.",
        visitor FIX_CLIENT,
    }
    1106 "zone_lockdown" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Only certain addresses are let in",
        cause "A lockdown rule names the only addresses that may use this path, and the visitor's is not among them.",
        remedy "Add the address to the lockdown rule of this path.",
        visitor ASK_ACCESS,
    }
    1107 "access_denied_1107" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Access denied (1107)",
        cause "An access setting of the site keeps this request out. The number is reserved; no rule of Bellwether \
            makes it.",
        remedy "Find the event by its Ray ID, and change the access setting it names.",
        visitor ASK_ACCESS,
    }
    1108 "access_denied_1108" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Access denied (1108)",
        cause "An access setting of the site keeps this visitor out. The number is reserved; no rule of Bellwether \
            makes it.",
        remedy "Find the event by its Ray ID, and change the access setting it names.",
        visitor ASK_ACCESS,
    }
    1109 "access_denied_1109" {
        status 403, category AccessDenied, at Rules, by Configuration, made Edge, retry no,
        title "Access denied (1109)",
        cause "An access setting of the account keeps this visitor out. The number is reserved; no rule of \
            Bellwether makes it.",
        remedy "Find the event by its Ray ID, and change the access setting it names.",
        visitor ASK_ACCESS,
    }
    1200 "origin_queue_full" {
        status 429, category RateLimit, at Steer, by Origin, made Edge, retry 60,
        title "Too many requests wait for the origin",
        cause "This node already holds as many requests waiting for the origin as it may, because the origin accepts \
            them more slowly than they come.",
        remedy "Add an endpoint, or let the origin accept connections faster; a cache in front of it takes off load \
            too.",
        visitor SLOW_DOWN,
    }
}
