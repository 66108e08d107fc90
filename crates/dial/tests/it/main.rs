//! Dialing real sockets that misbehave, and what is said of them.

mod dns;
mod idle;
mod runtimes;
mod support;
mod tcp;
mod tls;
