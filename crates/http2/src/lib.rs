//! HTTP/2 (RFC 9113) and its header compression (RFC 7541) as a machine without sockets and without a clock: bytes of the
//! peer's go in, bytes for the peer come out, and time is an argument.
//!
//! What must hold:
//! - No input panics, and no input makes this side keep more than its settings say: windows bound content, the list size
//!   bounds heads, and frames that carry neither are counted.
//! - A body that was not complete never looks complete.
//! - What the protocol calls malformed and only it can see (frames, windows, the order of things) is refused here. What
//!   a head says is not judged: pseudo-fields and fields are the caller's, who knows what HTTP/1.1 makes of them.
//!
//! This room does not know sockets, tasks, HTTP/1.1, records or reasons of ours.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod budget;
mod code;
mod connection;
mod frame;
mod heads;
pub mod hpack;
mod receive;
mod send;
mod settings;
mod streams;

pub use code::ErrorCode;
pub use connection::{Connection, Lost};
pub use frame::PREFACE;
pub use heads::{is_field, is_name, is_of_connection, is_value};
pub use receive::{Broken, Received};
pub use send::{HeadWriter, Inbox};
pub use settings::{Settings, Side};
pub use streams::{Answer, Key};

/// What has happened on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A request has come. Its fields are [`Connection::fields`] until more is taken in.
    Request {
        /// The stream, which is the caller's to release.
        key: Key,
        /// Nothing comes behind it.
        ends: bool,
    },
    /// A request was refused, because the peer has too many under way.
    TooMany,
    /// The peer has given a stream up.
    Reset(Key),
}
