//! The binary as its users meet it: commands, exit codes, and a server under traffic.

mod check;
mod command;
mod corpus;
mod demo;
mod durability;
mod explain;
mod failover;
mod http2;
mod memory;
mod misbehaviour;
mod probe;
mod reload;
mod restart;
mod server;
mod store_gone;
