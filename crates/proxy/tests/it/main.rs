//! The data plane as a visitor and an origin see it: real sockets on both sides, timers scaled down.

mod admission;
mod connection_limits;
mod edge;
mod failover;
mod failures;
mod framing;
mod headers;
mod held;
mod hostile;
mod http2;
mod https;
mod keep_alive;
mod lifecycle;
mod limits;
mod origin_tls;
mod overload;
mod own_answers;
mod proxy_protocol;
mod records;
mod rules;
mod site;
mod slow_origins;
mod steering;
mod tcp;
mod tunnel;
mod visitor;
