//! Framing over byte slices: where an HTTP/1.1 message begins, what its head says, and where it ends; and the two things
//! that may stand before any message, a header of the PROXY protocol and the first message of a TLS handshake.
//!
//! A proxy that guesses is a proxy that can be made to disagree with the server behind it, and that disagreement is
//! request smuggling. So this room never repairs anything: a message that two readers could cut differently is refused
//! with a named problem, and what is accepted is exactly what RFC 9112 spells.
//!
//! What must hold:
//! - Nothing here does I/O, waits, reads a clock or keeps a global.
//! - No input panics. Every index into bytes from outside goes through a checked access.
//! - Heads are spans into the caller's buffer. A reused head costs no allocation for up to 32 fields.
//! - A head that arrives in pieces is read once: a parse resumes at the line where the last one stopped.
//! - A body is never buffered. A [`BodyReader`] says which bytes are content and which are framing.
//!
//! This room does not know zones, pools, rules, statuses of ours, or what happens to a message it has refused.

mod body;
mod chunk;
mod client_hello;
mod connection;
mod field;
mod framing;
mod host;
mod known;
mod limits;
mod method;
mod octet;
mod progress;
pub mod proxy_protocol;
mod request;
mod request_line;
mod response;
mod span;
mod status_line;
mod target;
mod trailer;
mod write;

pub use body::{BodyProblem, BodyReader, Step};
pub use client_hello::{ClientHello, HelloLimits, HelloProblem, parse_client_hello};
pub use connection::ConnectionOptions;
pub use field::{Field, Fields};
pub use framing::{Framing, Version};
pub use host::{BadHost, HostKind, HostName, normalize_host};
pub use known::{Known, KnownSet};
pub use limits::{BodyLimits, HeadLimits};
pub use method::Method;
pub use progress::Parsed;
pub use request::{RequestHead, RequestProblem, parse_request};
pub use response::{ResponseHead, ResponseProblem, parse_response};
pub use span::Span;
pub use target::{TargetForm, is_percent_encoding_valid};
pub use trailer::Trailers;
pub use write::{
    LAST_CHUNK, chunk_header, write_field, write_fields, write_last_chunk, write_status_line, write_status_line_as,
};
