//! Blocks of compressed header fields, as one connection brings them.
#![no_main]

/// Where the entry finds the codec.
use http2::hpack;

#[path = "../../crates/http2/src/hpack/tests/entries.rs"]
mod entries;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::blocks(bytes));
