//! The public face of the crate: tables by rule, properties over generated and random input, and a corpus of whole
//! messages with the outcome that each must have.

mod body;
mod client_hello;
mod corpus;
mod entries;
mod host;
mod mutation;
mod names;
mod openings;
mod outcome;
mod pieces;
mod proxy_protocol;
mod request;
mod response;
mod round_trip;
mod write;
