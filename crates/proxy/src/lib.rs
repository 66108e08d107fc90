//! The data plane: takes visitors in, finds the endpoint for each request, and brings the answer back; and when that
//! fails, answers itself and says why.
//!
//! One worker per core: a thread with its own sockets, its own connections to origins and its own buffers. On the way
//! of a request nothing is shared between workers but one pointer to the routing table, and nothing is locked, unless
//! `origin_connections` or a limit of the endpoint bounds what all of them together ask of it.
//!
//! What must hold:
//! - A request pins one generation of the table and lives by it to its end.
//! - No body is ever held whole; whoever is slow slows the other side down.
//! - Strangers' bytes never panic, and what is ambiguous is refused before an origin sees it.
//! - Nothing is retried once the visitor has bytes, nor when an origin may have acted on a request that must not be
//!   acted on twice.
//! - Every request, also a malformed, refused or aborted one, ends in exactly one access record; so does every TCP
//!   connection that is relayed.
//!
//! This room must never know configuration text, the management API, storage, or how health is decided.

mod account;
mod admit;
pub mod answer;
mod buffer;
mod cdn_cgi;
mod classify;
mod clock;
mod conduit;
mod connect;
mod connection;
mod crowd;
mod cut_off;
mod deadline;
mod exchange;
mod headers;
pub mod http2;
mod journey;
mod ledger;
mod lending;
mod linger;
mod listener;
mod outgoing;
mod pace;
mod presence;
mod pseudo_ipv4;
mod ray_id;
mod record;
mod redirect;
mod relay;
mod respond;
mod retry_budget;
mod room;
mod round_trip;
mod rules;
mod scratch;
mod server;
mod settings;
mod story;
mod tcp;
mod tls;
mod tunnel;
mod unread;
mod upgrade;
mod upload;
mod upstream;
mod visitor;
mod watch;
mod worker;

pub use cut_off::CutOff;
pub use http2::{Http2, OriginHttp2};
pub use listener::Listeners;
pub use pace::MinimumRate;
pub use ray_id::RayId;
pub use retry_budget::RetryAllowance;
pub use server::{Proxy, StartError, start, start_on};
pub use settings::{Limits, Node, ProxyProtocol, PublicPorts, Settings, Timeouts, Underscores};
pub use tcp::{BalancerChoice, ProxyProtocolOut, TcpListener};
pub use tls::{AuthorityError, LocalAuthority};
pub use upgrade::Upgrades;
