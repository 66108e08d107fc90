//! 4xx: the request was not accepted, by the edge or by the origin.

use super::{codes, visitor::*};

codes! {
    400 "bad_request" {
        status 400, category Request, at Request, by Visitor, made Both, retry no,
        title "Bad request",
        cause "The request is not well-formed HTTP: the request line, the target, the Host header or the framing of \
            the body breaks the rules. Ambiguous requests are refused, never repaired, because two servers that read \
            one request differently can be tricked into serving the wrong visitor.",
        remedy "Read the reason beside this code: it names the rule that was broken. Compare what the client sends \
            with `curl -v`, and correct the client or the proxy in front of it.",
        visitor FIX_CLIENT,
    }
    401 "unauthorized" {
        status 401, category AccessDenied, at Wait, by Visitor, made Origin, retry no,
        title "Credentials required",
        cause "The origin asks for credentials that the request did not carry, or refused those it carried.",
        remedy "Check the `WWW-Authenticate` header of the answer against what the client sends in `Authorization`; \
            the edge passes both unchanged.",
        visitor "Sign in again. If you are signed in, clear this site's cookies and retry.",
    }
    402 "payment_required" {
        status 402, category AccessDenied, at Wait, by Origin, made Origin, retry no,
        title "Payment required",
        cause "The origin answered 402. The status is reserved and each site gives it a meaning of its own.",
        remedy "Find in the origin's application which condition answers 402, and settle it there.",
        visitor READ_ANSWER,
    }
    403 "forbidden" {
        status 403, category AccessDenied, at Rules, by Configuration, made Both, retry no,
        title "Access denied",
        cause "A rule of the site, or the origin, does not let this request through. When the edge answered before \
            it knew the site, the name in the TLS handshake belongs to no site here and the page is bare.",
        remedy "Look the Ray ID up with `bellwether explain`. `OriginResponseStatus` 0 in the access record means \
            the edge refused: change the rule that it names. 403 there means the origin refused: read the origin's \
            log.",
        visitor ASK_ACCESS,
    }
    404 "not_found" {
        status 404, category Origin, at Wait, by Origin, made Both, retry no,
        title "Not found",
        cause "The origin has nothing under this path. The edge answers 404 itself only under its own `/cdn-cgi/` \
            prefix; for a host name it does not know it answers 1001 or 1003.",
        remedy "Request the same path from the origin directly. If that works, compare the Host header and any path \
            rewriting; if not, restore the page or correct the link.",
        visitor "Check the address for a typing mistake, or start from the site's front page.",
    }
    405 "method_not_allowed" {
        status 405, category Origin, at Wait, by Origin, made Origin, retry no,
        title "Method not allowed",
        cause "The origin does not accept this method for this path. Its `Allow` header lists those it does.",
        remedy "Use a method from the `Allow` header, or permit this one in the origin's routing.",
        visitor READ_ANSWER,
    }
    406 "not_acceptable" {
        status 406, category Origin, at Wait, by Origin, made Origin, retry no,
        title "Not acceptable",
        cause "The origin has no representation that fits the request's `Accept` headers.",
        remedy "Widen the client's `Accept` headers, or let the origin fall back to a default representation.",
        visitor READ_ANSWER,
    }
    407 "proxy_authentication_required" {
        status 407, category Origin, at Wait, by Origin, made Origin, retry no,
        title "Proxy authentication required",
        cause "Another proxy on the way to the origin wants credentials of its own.",
        remedy "Find the proxy by the answer's `Proxy-Authenticate` header, and either give it credentials or take \
            the origin out from behind it.",
        visitor READ_ANSWER,
    }
    408 "request_timeout" {
        status 408, category Request, at Request, by Visitor, made Both, retry later,
        title "Request not received in time",
        cause "The head of the request, or its body, stopped arriving before it was complete, and the timer ran out.",
        remedy "Look for a client that stalls or a slow uplink. Where slow uploads are expected, raise the head and \
            body timers of the edge; where they are not, leave them: they are what bounds a slow flood.",
        visitor "Check your connection and send the request again; a wired network helps with large uploads.",
    }
    409 "conflict" {
        status 409, category Origin, at Wait, by Origin, made Both, retry no,
        title "Conflict",
        cause "The origin found the request at odds with the current state of the resource. As the status of an edge \
            page it accompanies 1001 and 1018, whose number is in the body.",
        remedy "If the body names 1001 or 1018, read that entry. Otherwise fetch the resource again, merge, and \
            resend.",
        visitor "Reload the page to see its current state, then repeat your change.",
    }
    410 "gone" {
        status 410, category Origin, at Wait, by Origin, made Origin, retry no,
        title "Gone",
        cause "The origin says that this resource was removed on purpose.",
        remedy "Remove links to it. If it should exist, restore it at the origin and purge any cached copy of the \
            410.",
        visitor "Start from the site's front page; this address will not come back.",
    }
    411 "length_required" {
        status 411, category Origin, at Wait, by Origin, made Origin, retry no,
        title "Length required",
        cause "The origin does not accept a body without `Content-Length`. The edge itself accepts chunked bodies \
            and passes them on chunked.",
        remedy "Send `Content-Length`, or let the origin accept chunked request bodies.",
        visitor FIX_CLIENT,
    }
    412 "precondition_failed" {
        status 412, category Request, at Wait, by Visitor, made Both, retry no,
        title "Precondition failed",
        cause "`If-Match` or `If-Unmodified-Since` does not hold for the current version of the resource.",
        remedy "Fetch the resource again, take its new `ETag` or `Last-Modified`, and repeat the request with that.",
        visitor "Reload the page, then repeat your change on the fresh copy.",
    }
    413 "payload_too_large" {
        status 413, category Request, at Request, by Visitor, made Both, retry no,
        title "Upload too large",
        cause "The body is larger than this site accepts. A declared length is checked before any endpoint is \
            contacted; a chunked body is cut off when it crosses the limit.",
        remedy "Raise the zone setting `max_upload`, or split the upload into parts. If the access record shows \
            `OriginResponseStatus` 413, the limit is the origin's: raise it there.",
        visitor "Send a smaller file, or split it.",
    }
    414 "uri_too_long" {
        status 414, category Request, at Request, by Visitor, made Both, retry no,
        title "Address too long",
        cause "The request target, path and query together, is longer than the edge accepts (32,768 bytes unless set \
            otherwise).",
        remedy "Move the data from the query into a request body, or look for a redirect that appends to its own \
            target.",
        visitor "Shorten the address, or start again from the site's front page.",
    }
    415 "unsupported_media_type" {
        status 415, category Origin, at Wait, by Visitor, made Origin, retry no,
        title "Unsupported media type",
        cause "The origin does not understand the body's `Content-Type` or `Content-Encoding`.",
        remedy "Send a type the origin accepts, or teach the origin this one.",
        visitor READ_ANSWER,
    }
    416 "range_not_satisfiable" {
        status 416, category Request, at Wait, by Visitor, made Both, retry no,
        title "Range not satisfiable",
        cause "The requested byte range lies outside the file. `Content-Range: bytes */SIZE` in the answer gives its \
            size.",
        remedy "Request a range inside the size given, or drop the `Range` header. After a file changed, also drop \
            ranges remembered for the old one.",
        visitor "Discard the partial download and start it again.",
    }
    417 "expectation_failed" {
        status 417, category Origin, at Wait, by Origin, made Origin, retry no,
        title "Expectation failed",
        cause "The origin cannot meet the request's `Expect` header, which the edge forwards as it came.",
        remedy "Let the client drop `Expect: 100-continue`, or let the origin support it.",
        visitor FIX_CLIENT,
    }
    421 "misdirected_request" {
        status 421, category Origin, at Wait, by Origin, made Origin, retry later,
        title "Misdirected request",
        cause "The origin was asked, on a connection opened for one host name, for another that it does not serve \
            there.",
        remedy "Give each host name its own certificate or address at the origin, or serve both names on that \
            listener; then compare the endpoint's `Host` header override.",
        visitor "Reload: a new connection usually settles it.",
    }
    422 "unprocessable_content" {
        status 422, category Origin, at Wait, by Visitor, made Origin, retry no,
        title "Unprocessable content",
        cause "The origin understood the syntax of the body but not what it asks for.",
        remedy "Read the origin's answer for the field it rejects, and correct it in the request.",
        visitor READ_ANSWER,
    }
    423 "locked" {
        status 423, category Origin, at Wait, by Origin, made Origin, retry later,
        title "Locked",
        cause "The resource is locked at the origin by someone else.",
        remedy "Wait for the lock to be released, or release it at the origin.",
        visitor READ_ANSWER,
    }
    424 "failed_dependency" {
        status 424, category Origin, at Wait, by Origin, made Origin, retry no,
        title "Failed dependency",
        cause "A step that this request depends on failed at the origin.",
        remedy "Find the earlier step in the origin's answer or log, and repair that one first.",
        visitor READ_ANSWER,
    }
    425 "too_early" {
        status 425, category Origin, at Wait, by Origin, made Origin, retry later,
        title "Too early",
        cause "The origin does not take a request that came as TLS early data, because early data can be replayed.",
        remedy "Send the request again after the handshake is complete, or switch early data off at the listener \
            that received it.",
        visitor "Reload the page.",
    }
    426 "upgrade_required" {
        status 426, category Origin, at Wait, by Origin, made Origin, retry no,
        title "Upgrade required",
        cause "The origin only answers on another protocol, which its `Upgrade` header names.",
        remedy "Use the protocol that the `Upgrade` header names, or let the origin also answer HTTP/1.1.",
        visitor FIX_CLIENT,
    }
    427 "unassigned_427" {
        status 427, category Origin, at Wait, by Origin, made Origin, retry no,
        title "Status 427",
        cause "The origin answered 427, a status without an agreed meaning.",
        remedy "Search the origin's application for the place that answers 427, and give it a status that clients \
            know.",
        visitor READ_ANSWER,
    }
    428 "precondition_required" {
        status 428, category Origin, at Wait, by Visitor, made Origin, retry no,
        title "Precondition required",
        cause "The origin accepts this change only with `If-Match` or `If-Unmodified-Since`, so that no one \
            overwrites another's work.",
        remedy "Fetch the resource, then send the change with `If-Match` and its `ETag`.",
        visitor READ_ANSWER,
    }
    429 "too_many_requests" {
        status 429, category RateLimit, at Rules, by Visitor, made Both, retry later,
        title "Too many requests",
        cause "More requests came from this client than a limit allows: a rate limiting rule (1015), a queue that is \
            full (1200), a quota (1025, 1027), or a limit of the origin's own.",
        remedy "Read the number in the body to see which limit it was. Spread the requests out, or raise that limit.",
        visitor SLOW_DOWN,
    }
    431 "request_header_fields_too_large" {
        status 431, category Origin, at Wait, by Visitor, made Origin, retry no,
        title "Request headers too large",
        cause "The origin accepts less header data than the request carries; cookies are nearly always the bulk of \
            it. When the edge's own limit is crossed the answer is 400 with 1038.",
        remedy "Find which cookie grows, cap it in the application, and raise the origin's header buffer meanwhile.",
        visitor "Clear this site's cookies and reload.",
    }
    451 "unavailable_for_legal_reasons" {
        status 451, category Legal, at Wait, by Configuration, made Both, retry no,
        title "Unavailable for legal reasons",
        cause "The resource is withheld because of a legal demand.",
        remedy "Read the demand named in the answer's `Link: rel=blocked-by` or body, and take it up with whoever \
            made it.",
        visitor READ_ANSWER,
    }
    499 "client_closed_request" {
        status 499, category Request, at Request, by Visitor, made Record, retry no,
        title "The visitor left before the answer",
        cause "The visitor closed the connection before the head of the answer was written. Nothing could be sent; \
            the access record keeps the request under this number.",
        remedy "Look at the origin's response time in the same record: visitors leave when they wait. If it is \
            short, raise the timeout of the client; if it is long, read the story with `bellwether explain RAY-ID`.",
        visitor "Wait a little longer before giving up, or raise your client's timeout.",
    }
}
