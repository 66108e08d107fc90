//! Chunked bodies, from either side.
#![no_main]

#[allow(dead_code, reason = "each target uses one entry")]
#[path = "../../crates/wire/tests/it/entries.rs"]
mod entries;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::chunked_body(bytes));
