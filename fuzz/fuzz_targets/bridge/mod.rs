//! The bridge between HTTP/2 and HTTP/1.1, out of the very files of the proxy that it consists of, with what must hold
//! on it for every input. The rest of the proxy, and all that it depends on, is left out, so that this builds in a
//! minute; what stands around the bridge is played by the corpus over real sockets.

#[path = "../../../crates/proxy/src/http2/inflow.rs"]
mod inflow;
#[path = "../../../crates/proxy/src/http2/link.rs"]
mod link;
#[path = "../../../crates/proxy/src/http2/origin_head.rs"]
mod origin_head;
#[path = "../../../crates/proxy/src/http2/outflow.rs"]
mod outflow;
#[path = "../../../crates/proxy/src/http2/request_head.rs"]
mod request_head;

mod account;
pub mod cookies;
mod cuts;
pub mod head;
pub mod origin;
mod peer;
mod stream;
mod told;
pub mod visitor;
