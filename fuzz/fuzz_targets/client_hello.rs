//! First messages of TLS, for connections that are passed on by server name.
#![no_main]

#[allow(dead_code, reason = "each target uses one entry")]
#[path = "../../crates/wire/tests/it/openings.rs"]
mod openings;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| openings::client_hello(bytes));
