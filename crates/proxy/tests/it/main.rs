//! The data plane as a visitor and an origin see it: real sockets on both sides, timers scaled down.

mod edge;
mod framing;
mod site;
mod visitor;
