//! Reading and checking the visitor's request.

use super::reasons;

reasons! {
    RequestHeadTimeout "request_head_timeout" {
        at Request, by Visitor, code 408, health OtherFailure, token "http_request_error", blames nobody,
        title "The request head did not arrive in time",
        cause "The visitor opened a connection and then sent the request line and headers too slowly, or not at all.",
        remedy "One such visitor is a bad line; many at once are a slow flood, which this timer exists for. Count \
            them by address in the access log before you raise the timer.",
    }
    RequestHeadTooLarge "request_head_too_large" {
        at Request, by Visitor, code 1038, health OtherFailure, token "http_request_error", blames nobody,
        title "The request head is too large",
        cause "Request line and headers together are over the head limit, or there are more header fields than \
            allowed.",
        remedy "Look at the cookies the site sets: one that grows with each visit is the usual source. Cap it, and \
            ask affected visitors to clear it.",
    }
    BadRequestLine "bad_request_line" {
        at Request, by Visitor, code 400, health OtherFailure, token "http_request_error", blames nobody,
        title "The request line is not HTTP",
        cause "The first line is not `METHOD TARGET HTTP/1.x`. Port scanners, and TLS spoken to the plain HTTP port, \
            look like this.",
        remedy "If the first byte is 0x16, the client speaks TLS: send it to the HTTPS port. Otherwise correct the \
            client.",
    }
    BadTarget "bad_target" {
        at Request, by Visitor, code 400, health OtherFailure, token "http_request_error", blames nobody,
        title "The request target is malformed",
        cause "The path or query holds a space, a control byte, a fragment or a broken percent-encoding.",
        remedy "Percent-encode the address before it is sent; most HTTP libraries do so when given the parts \
            separately.",
    }
    TargetTooLong "target_too_long" {
        at Request, by Visitor, code 414, health OtherFailure, token "http_request_error", blames nobody,
        title "The request target is too long",
        cause "Path and query together are over the target limit.",
        remedy "Look for a redirect that appends to its own address. If the length is intended, send the data in a \
            body.",
    }
    BadRequestHeader "bad_request_header" {
        at Request, by Visitor, code 400, health OtherFailure, token "http_request_error", blames nobody,
        title "A request header is malformed",
        cause "A header line has no colon, an illegal name, a NUL or bare CR, or is folded over two lines.",
        remedy "Strip line breaks from values before they become headers; see with `curl -v` which header it is.",
    }
    HostMissing "host_missing" {
        at Request, by Visitor, code 400, health OtherFailure, token "http_request_error", blames nobody,
        title "The request names no host",
        cause "An HTTP/1.1 request came without a `Host` header, so the site it is for is unknown.",
        remedy "Let the client send `Host`. Hand-written health checks of other balancers are the usual source.",
    }
    HostRepeated "host_repeated" {
        at Request, by Visitor, code 400, health OtherFailure, token "http_request_error", blames nobody,
        title "The request names two hosts",
        cause "More than one `Host` header came, and servers would disagree about which one counts.",
        remedy "Find the proxy that adds a second `Host` instead of replacing the first, and let it replace.",
    }
    BadHost "bad_host" {
        at Request, by Visitor, code 400, health OtherFailure, token "http_request_error", blames nobody,
        title "The host name is malformed",
        cause "The `Host` header is not a host name or address with an optional port.",
        remedy "Send the bare name: no scheme, no path, no spaces; write international names in their `xn--` form.",
    }
    LengthAndChunked "length_and_chunked" {
        at Request, by Visitor, code 400, health OtherFailure, token "http_request_error", blames nobody,
        title "The body has two lengths",
        cause "The request carries both `Content-Length` and `Transfer-Encoding: chunked`. Servers that trust \
            different ones can be made to see different requests, so it is refused.",
        remedy "Drop `Content-Length` from chunked requests in the client or proxy. From strangers, treat it as an \
            attack and look at what else that address sent.",
    }
    LengthConflict "length_conflict" {
        at Request, by Visitor, code 400, health OtherFailure, token "http_request_error", blames nobody,
        title "The body's length is given more than once",
        cause "More than one `Content-Length` came with one request, as separate headers or as a list. Servers that \
            pick different ones see different requests.",
        remedy "Find the proxy that adds a second `Content-Length` after changing the body, and let it replace the \
            first.",
    }
    BadLength "bad_length" {
        at Request, by Visitor, code 400, health OtherFailure, token "http_request_error", blames nobody,
        title "The body's length is not a number",
        cause "`Content-Length` is not a plain decimal number, or too large for one.",
        remedy "Let the HTTP library of the client set `Content-Length` rather than the code above it.",
    }
    BadTransferEncoding "bad_transfer_encoding" {
        at Request, by Visitor, code 400, health OtherFailure, token "http_request_error", blames nobody,
        title "The transfer encoding cannot be used",
        cause "`Transfer-Encoding` holds something other than a single final `chunked`, or came with HTTP/1.0.",
        remedy "Send `chunked` alone; compress with `Content-Encoding` instead.",
    }
    BadChunk "bad_chunk" {
        at Request, by Visitor, code 400, health OtherFailure, token "http_request_error", blames nobody,
        title "The chunked body is malformed",
        cause "A chunk size is not hexadecimal, or a chunk does not end where its size says.",
        remedy "Let the HTTP library do the chunking; a wrong size usually comes from counting characters and not \
            bytes.",
    }
    UnsupportedVersion "unsupported_version" {
        at Request, by Visitor, code 505, health OtherFailure, token "http_request_error", blames nobody,
        title "The HTTP version is not spoken here",
        cause "The request line names a version other than HTTP/1.0 and HTTP/1.1.",
        remedy "Let the client use HTTP/1.1 on this listener.",
    }
    ConnectMethod "connect_method" {
        at Request, by Visitor, code 400, health OtherFailure, token "http_request_denied", blames nobody,
        title "CONNECT is refused",
        cause "The client took the edge for a forward proxy and asked it to open a tunnel.",
        remedy "Remove the edge from the client's proxy settings. From strangers it is a search for open proxies; \
            there is nothing to do.",
    }
    RequestBodyTooLarge "request_body_too_large" {
        at Request, by Visitor, code 413, health OtherFailure, token "http_request_error", blames nobody,
        title "The upload is over the limit",
        cause "The declared length, or what has arrived of a chunked body, is over the zone's `max_upload`.",
        remedy "Raise `max_upload` of the zone if such uploads are wanted, or have the client send them in parts.",
    }
    ClientBodyTimeout "client_body_timeout" {
        at Request, by Visitor, code 408, health OtherFailure, token "http_request_error", blames nobody,
        title "The upload stalled",
        cause "The visitor stopped sending the body before its end, and stayed silent for the body timer.",
        remedy "Compare the bytes received in the access record with the declared length. If visitors on slow lines \
            are hit, raise the body timer.",
    }
    ClientGone "client_gone" {
        at Request, by Visitor, code 499, health OtherFailure, token "http_request_error", blames nobody,
        title "The visitor left before the answer",
        cause "The visitor closed the connection while the edge was still waiting for the origin, or reading the \
            request.",
        remedy "Read how long the origin had been at work by then: `bellwether explain RAY-ID` shows it. Shorten \
            that, or raise the client's timeout above it.",
    }
    ConnectingIpForged "connecting_ip_forged" {
        at Request, by Visitor, code 1000, health OtherFailure, token "http_request_denied", blames nobody,
        title "The request claims a visitor address",
        cause "The request came in with `CF-Connecting-IP`, which only the edge sets, so that origins can rely on \
            it.",
        remedy "If another proxy of yours stands in front, remove the header there. From strangers it is a forgery; \
            leave it refused.",
    }
    ForwardedForTooLong "forwarded_for_too_long" {
        at Request, by Visitor, code 1000, health OtherFailure, token "http_request_denied", blames nobody,
        title "The forwarding history is too long",
        cause "`X-Forwarded-For` is longer than 100 characters, which happens when a request runs in circles between \
            proxies.",
        remedy "Follow the addresses in the header to find the loop, or let the proxy in front reset the header.",
    }
    ForwardedForRepeated "forwarded_for_repeated" {
        at Request, by Visitor, code 1000, health OtherFailure, token "http_request_denied", blames nobody,
        title "The forwarding history came twice",
        cause "The request has two `X-Forwarded-For` headers, and origins would disagree about which one to believe.",
        remedy "Let the proxy in front append to the existing header instead of adding a second.",
    }
    LoopDetected "loop_detected" {
        at Request, by Configuration, code 1000, health OtherFailure, token "proxy_loop_detected", blames nobody,
        title "The request runs in a circle",
        cause "`CDN-Loop` shows that this request has passed through this edge before: an endpoint's address leads \
            back here, or a server behind it forwards back.",
        remedy "Give the endpoint the address of the final server, and let servers behind the edge redirect rather \
            than proxy to names that lead here.",
    }
    ClientBodyTooSlow "client_body_too_slow" {
        at Request, by Visitor, code 408, health OtherFailure, token "http_request_error", blames nobody,
        title "The upload was too slow",
        cause "The visitor kept sending its body, but fewer bytes than `edge.minimum_body_rate` asks for over the time \
            that was spent waiting for them.",
        remedy "Many such uploads at once are a slow flood, which this limit exists for. If visitors on very slow \
            lines are hit, lower `edge.minimum_body_rate`; 0 switches it off.",
    }
}
