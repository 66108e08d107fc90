//! HTTP/2 with visitors and with origins, as the other side sees it.

mod abuse;
mod bodies;
mod client;
mod frames;
mod origins;
mod requests;
mod websocket;
