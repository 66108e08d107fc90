//! Sending the request, waiting for the answer, and relaying it.

use super::reasons;

reasons! {
    WriteTimeout "write_timeout" {
        at Send, by Origin, code 524, health TcpTimeout, token "connection_write_timeout", blames endpoint,
        title "The endpoint stopped taking in the request",
        cause "It acknowledges packets but no longer reads: the connection could not be written to for the write \
            timeout.",
        remedy "Look at the origin's worker that reads uploads: a full disk, a lock or a stuck filter. Raise \
            `write_timeout` only if pauses that long are meant to be.",
    }
    AckTimeout "ack_timeout" {
        at Send, by Network, code 522, health TcpTimeout, token "connection_timeout", blames endpoint,
        title "The endpoint no longer acknowledges",
        cause "The connection was open, then nothing that was sent on it was acknowledged for the ACK timeout. The \
            host vanished, or a stateful firewall forgot the connection.",
        remedy "See if the host is up. Then look for a firewall or NAT on the way whose idle time is shorter than \
            the 900 s for which connections are kept, and lengthen it.",
    }
    EmptyReply "empty_reply" {
        at Wait, by Origin, code 520, health HttpInvalidResponse, token "connection_terminated", blames endpoint,
        title "The endpoint hung up without answering",
        cause "It took the request and closed the connection properly, without one byte of an answer. Crashing \
            workers and servers that reject by closing do this.",
        remedy "Look in the origin's log at that second for a worker that died; in nginx, `return 444` does it on \
            purpose.",
    }
    ResetBeforeHeaders "reset_before_headers" {
        at Wait, by Origin, code 520, health ConnectionReset, token "connection_terminated", blames endpoint,
        title "The endpoint reset the connection",
        cause "A reset came after the request was sent and before the head of the answer was complete.",
        remedy "Look for a crashed worker, a full backlog or a filter at the origin. If it happens on reused \
            connections only, make the origin's keep-alive time longer than 900 s.",
    }
    ClosedInsideHead "closed_inside_head" {
        at Wait, by Origin, code 520, health HttpInvalidResponse, token "http_response_incomplete", blames endpoint,
        title "The answer broke off in its headers",
        cause "The connection was closed in the middle of the status line or the headers.",
        remedy "Look at the origin for a worker killed while it answered: memory limits are the usual reason.",
    }
    BadStatusLine "bad_status_line" {
        at Wait, by Origin, code 520, health HttpInvalidResponse, token "http_protocol_error", blames endpoint,
        title "The answer is not HTTP",
        cause "The first bytes are not `HTTP/1.x`; they are in the evidence. Bytes 15 03 mean that the port speaks \
            TLS; `SSH-` or `220` that it is another service.",
        remedy "Compare the first bytes with what the port should speak, then correct the endpoint's port, or the \
            zone's `ssl` mode.",
    }
    BadStatus "bad_status" {
        at Wait, by Origin, code 520, health HttpInvalidResponse, token "http_protocol_error", blames endpoint,
        title "The answer's status is impossible",
        cause "The status is not three digits between 100 and 999.",
        remedy "Find the code in the application that sets the status by hand, and let it use a real one.",
    }
    BadHeader "bad_header" {
        at Wait, by Origin, code 520, health HttpInvalidResponse, token "http_protocol_error", blames endpoint,
        title "A header of the answer is malformed",
        cause "A header line has no colon, an illegal name, a NUL or a bare CR.",
        remedy "Fetch the page from the origin with `curl -v`, find the broken line, and strip line breaks from the \
            value it is made of.",
    }
    ResponseHeadTooLarge "header_too_large" {
        at Wait, by Origin, code 520, health HttpInvalidResponse, token "http_response_header_section_size",
        blames endpoint,
        title "The answer's headers are too large",
        cause "Status line and headers together are over the limit of 128 KiB. `Set-Cookie` in a loop is the usual \
            source.",
        remedy "Count the `Set-Cookie` lines with `curl -sD- -o/dev/null`, and let the application set each only \
            once.",
    }
    BadFraming "bad_framing" {
        at Wait, by Origin, code 520, health HttpInvalidResponse, token "http_protocol_error", blames endpoint,
        title "The answer's length is ambiguous",
        cause "It carries more than one `Content-Length`, or one together with chunked encoding, or a body where its \
            status allows none, so that its end is ambiguous.",
        remedy "Let the server compute the length: remove the header that the application sets by hand.",
    }
    UnexpectedUpgrade "unexpected_upgrade" {
        at Wait, by Origin, code 520, health HttpInvalidResponse, token "http_upgrade_failed", blames endpoint,
        title "The endpoint switched protocols unasked",
        cause "It answered 101 although the request did not ask for an upgrade, or before it had the whole request, or \
            with a protocol that was not asked for, or with a `Sec-WebSocket-Accept` that does not fit the key. No \
            tunnel was opened.",
        remedy "Find out which route of the origin answers 101, and let it do so only when `Upgrade` was sent, with \
            one of the protocols named there.",
    }
    ReadTimeout "read_timeout" {
        at Wait, by Origin, code 524, health HttpTimeout, token "http_response_timeout", blames endpoint,
        title "The endpoint did not answer in time",
        cause "The connection is open and the request acknowledged, but no complete head of an answer came within \
            the read timeout. Something behind the origin is slow: a query, a lock, a call to elsewhere.",
        remedy "Find the request in the origin's log and see where its time goes. Answer long jobs with 202 and let \
            the client ask again, or raise `proxy_read_timeout`; for a probe, raise the monitor's `timeout`.",
    }
    InterimThenTimeout "interim_then_timeout" {
        at Wait, by Origin, code 522, health HttpTimeout, token "http_response_timeout", blames endpoint,
        title "The endpoint announced work and then fell silent",
        cause "It sent 102 Processing, which restarts the clock, and then neither another one nor an answer in time.",
        remedy "Let the application send 102 at least every minute while it works, and see what stopped it.",
    }
    InterimFlood "interim_flood" {
        at Wait, by Origin, code 520, health HttpInvalidResponse, token "http_protocol_error", blames endpoint,
        title "The endpoint only sends interim answers",
        cause "More interim (1xx) answers came than the edge accepts for one request, and no final one.",
        remedy "Find the loop in the application that emits 1xx, and let it end in an answer.",
    }
    OriginWantsClientCert "origin_wants_client_cert" {
        at Wait, by Configuration, code 520, health TlsHandshakeFailure, token "tls_alert_received", blames endpoint,
        title "The endpoint demands a client certificate",
        cause "With TLS 1.3 it says so only after the handshake: it took the connection, then refused it with a \
            certificate alert.",
        remedy "Make the client certificate optional at the origin for this edge's addresses (in nginx \
            `ssl_verify_client optional`); the edge has none to show.",
    }
    IdleClosed "idle_closed" {
        at Wait, by Origin, code 520, health ConnectionReset, token "connection_terminated", blames endpoint,
        title "A kept connection was closed under the request",
        cause "The request went out on a kept connection at the moment the endpoint closed it for being idle, and it \
            could not safely be sent twice.",
        remedy "Make the origin's keep-alive time longer than 900 s; in nginx that is `keepalive_timeout`.",
    }
    KeepaliveLost "tcp_keepalive_lost" {
        at Wait, by Network, code 520, health TcpTimeout, token "connection_terminated", blames endpoint,
        title "The connection died unnoticed",
        cause "Two keep-alive probes in a row went unanswered while the answer was awaited: the host or the path is \
            gone.",
        remedy "Check that the host is up; then look for a NAT or firewall on the way that drops quiet connections \
            after less than 30 s, and lengthen that.",
    }
    H2NotSpoken "h2_not_spoken" {
        at Wait, by Origin, code 520, health HttpInvalidResponse, token "http_protocol_error", blames endpoint,
        title "The endpoint agreed to HTTP/2 and does not speak it",
        cause "It chose `h2` in the handshake, then sent something else.",
        remedy "Take `h2` out of the origin's ALPN list, or enable HTTP/2 behind it as well.",
    }
    H2Error "h2_error" {
        at Wait, by Origin, code 520, health HttpInvalidResponse, token "http_protocol_error", blames endpoint,
        title "The endpoint broke off the HTTP/2 stream",
        cause "It ended the stream or the connection with a protocol error before the headers of the answer.",
        remedy "Read the origin's HTTP/2 error log; to rule HTTP/2 out, take `h2` out of the origin's ALPN list.",
    }
    H2Cancel "h2_cancel" {
        at Wait, by Origin, code 520, health HttpInvalidResponse, token "http_protocol_error", blames endpoint,
        title "The endpoint cancelled the HTTP/2 stream",
        cause "It reset the stream with CANCEL before the headers of the answer.",
        remedy "Look for a time limit or a restart of the application at the origin at that second.",
    }
    BodyTruncated "body_truncated" {
        at Body, by Origin, code 520, health ConnectionReset, token "http_response_incomplete", blames endpoint,
        title "The answer broke off in its body",
        cause "The connection ended before the announced length or the last chunk. The status had gone out, so the \
            visitor's connection was cut as well: nobody takes the part for the whole.",
        remedy "Look at the origin for a crash or a time limit while it was sending, and compare the bytes received \
            with its `Content-Length`.",
    }
    BodyReadTimeout "body_read_timeout" {
        at Body, by Origin, code 524, health HttpTimeout, token "http_response_timeout", blames endpoint,
        title "The answer stalled in its body",
        cause "The headers came, then no further byte of the body for the read timeout.",
        remedy "Let streams send something, such as a comment line, more often than `proxy_read_timeout`; else find \
            what the origin waits for.",
    }
    BadResponseChunk "bad_response_chunk" {
        at Body, by Origin, code 520, health HttpInvalidResponse, token "http_response_transfer_coding",
        blames endpoint,
        title "The answer's chunking is malformed",
        cause "A chunk size is not hexadecimal, or a chunk does not end where its size says.",
        remedy "Let the origin's server do the chunking; code that writes chunks by hand often counts characters and \
            not bytes.",
    }
    BadEncoding "bad_encoding" {
        at Body, by Origin, code 502, health HttpInvalidResponse, token "http_response_content_coding", blames endpoint,
        title "The compressed answer cannot be decoded",
        cause "`Content-Encoding` promises a compression that the bytes do not keep, and the edge had to decode \
            them.",
        remedy "Switch compression off at the origin and compare. Look for content that is compressed twice, or cut.",
    }
    ClientAbortedBody "client_aborted_body" {
        at Body, by Visitor, code 499, health OtherFailure, token "http_request_error", blames nobody,
        title "The visitor left during the answer",
        cause "The visitor closed the connection while the body was being sent.",
        remedy "Nothing is broken if they are few: people stop downloads. If they are many, compare the bytes sent \
            with the size and look for a slow origin.",
    }
    TcpIdle "tcp_idle" {
        at Body, by Nobody, code none, health OtherFailure, token "connection_read_timeout", blames nobody,
        title "A TCP connection was idle for too long",
        cause "Neither side of a relayed TCP connection sent a byte for the listener's `idle_timeout`, so it was \
            closed.",
        remedy "Where long silences are normal, as with database pools, switch on keep-alive messages in the client or \
            raise `idle_timeout` of the listener.",
    }
    ClientReadTooSlow "client_read_too_slow" {
        at Body, by Visitor, code 499, health OtherFailure, token "http_request_error", blames nobody,
        title "The visitor read its answer too slowly",
        cause "The answer was ready, but the visitor took fewer bytes than `edge.minimum_read_rate` asks for over the \
            time that was spent waiting for it.",
        remedy "Many such visitors at once hold origins and memory on purpose, which this limit exists for. If \
            visitors on very slow lines are hit, lower `edge.minimum_read_rate`; 0 switches it off.",
    }
    TunnelBroken "tunnel_broken" {
        at Body, by Origin, code none, health OtherFailure, token "connection_terminated", blames nobody,
        title "The endpoint broke off the tunnel",
        cause "Behind a 101 the connection to the endpoint was reset or died while bytes of the other protocol were \
            carried over it.",
        remedy "Look at the origin at that second for a restart or a crash. Clients of WebSocket must connect again by \
            themselves.",
    }
    TunnelVisitorSilent "tunnel_visitor_silent" {
        at Body, by Visitor, code none, health OtherFailure, token "connection_read_timeout", blames nobody,
        title "Nothing moved from the visitor through the tunnel",
        cause "For the tunnel's idle time the visitor sent no byte of the other protocol, and none of its bytes waited \
            for the endpoint. What the endpoint sends meanwhile does not count.",
        remedy "Let clients send a ping, or answer one, more often than `edge.tunnel_idle_timeout`; else raise it.",
    }
    TunnelVisitorStalled "tunnel_visitor_stalled" {
        at Body, by Visitor, code none, health OtherFailure, token "connection_write_timeout", blames nobody,
        title "The visitor took nothing out of the tunnel",
        cause "Bytes of the endpoint waited for the visitor for the tunnel's idle time, and it took none of them.",
        remedy "The client has stopped reading, or its network is gone: look there, or at what the client does with \
            each message. Raise `edge.tunnel_idle_timeout` where clients may pause for longer.",
    }
    TunnelOriginSilent "tunnel_origin_silent" {
        at Body, by Origin, code none, health OtherFailure, token "connection_read_timeout", blames nobody,
        title "Nothing moved from the endpoint through the tunnel",
        cause "For the tunnel's idle time the endpoint sent no byte of the other protocol, and none of its bytes \
            waited for the visitor. What the visitor sends meanwhile does not count.",
        remedy "Let the application ping its clients, which answers for both directions, or raise \
            `edge.tunnel_idle_timeout`.",
    }
    TunnelOriginStalled "tunnel_origin_stalled" {
        at Body, by Origin, code none, health OtherFailure, token "connection_write_timeout", blames nobody,
        title "The endpoint took nothing out of the tunnel",
        cause "Bytes of the visitor waited for the endpoint for the tunnel's idle time, and it took none of them.",
        remedy "The application has stopped reading: look at the origin at that time for a worker that hangs or is \
            overloaded. Raise `edge.tunnel_idle_timeout` where it may pause for longer.",
    }
    OriginStatus "origin_status" {
        at Wait, by Origin, code none, health NoFailures, token "proxy_internal_response", blames nobody,
        title "The origin answered with an error itself",
        cause "The edge did its part: this status, and the page, come from the origin.",
        remedy "Look the request up in the origin's log by its Ray ID (`CF-Ray` header), and follow what that log \
            says.",
    }
}
