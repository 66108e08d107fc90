//! HTTP/2 (RFC 9113) and its header compression (RFC 7541) as a machine without sockets and without a clock: bytes go
//! in, bytes come out, and time is an argument.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod hpack;
