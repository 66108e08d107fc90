//! HTTP/2, on both sides, by one idea: a bridge.
//!
//! Every stream of a visitor is a virtual connection that carries one HTTP/1.1 request and its answer. What a visitor
//! asks becomes the canonical bytes of a request, and the bytes of the answer become frames. So admission, steering,
//! relaying, error pages, records and stories are the same code for both versions, and what `wire` refuses cannot be
//! smuggled in by way of the other version. The way to origins is the same bridge, crossed from the other end.
//!
//! What must hold:
//! - A byte of the peer's is taken from the connection only when the other side has room for it: flow control reaches
//!   from one end to the other, and a stream never holds more than a window.
//! - What HTTP/2 calls malformed never becomes a request.
//! - Whatever a peer can make large or many has a bound.
//! - A body that breaks off never looks complete: the stream is reset.
//!
//! Frames, header compression and windows are those of the room `http2`; sockets, tasks, times and what everything means
//! are here.

mod attendants;
mod greeting;
mod head_list;
mod inflow;
mod link;
mod origin_connection;
mod origin_head;
mod origin_stream;
mod outflow;
mod request_head;
mod settings;
mod streams;
mod transport;
mod turned_away;
mod visitor_connection;
mod visitor_stream;

pub(crate) use attendants::Attendants;
pub(crate) use origin_connection::{OriginConnection, OriginFault, Told};
pub(crate) use origin_stream::OriginStream;
pub use request_head::{Asked, Body, Malformed, Request, write_request_head};
pub use settings::{Http2, OriginHttp2};
pub(crate) use transport::Transport;
pub(crate) use visitor_connection::serve;
pub(crate) use visitor_stream::VisitorStream;

/// What every HTTP/2 connection begins with, up to the end of what looks like a head of HTTP/1.1 (RFC 9113 section
/// 3.4).
pub(crate) const PREFACE_HEAD: &[u8] = b"PRI * HTTP/2.0\r\n";

/// What ALPN calls HTTP/2.
pub(crate) const ALPN: &[u8] = b"h2";
