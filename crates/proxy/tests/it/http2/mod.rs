//! HTTP/2 with visitors and with origins, as the other side sees it.

mod abuse;
mod bodies;
pub mod client;
mod frames;
mod modern;
mod origin_dials;
mod origin_faults;
mod origins;
mod requests;
mod websocket;
