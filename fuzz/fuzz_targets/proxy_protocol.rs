//! Headers of the PROXY protocol, from the beginning of a connection.
#![no_main]

#[allow(dead_code, reason = "each target uses one entry")]
#[path = "../../crates/wire/tests/it/openings.rs"]
mod openings;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| openings::proxy_header(bytes));
