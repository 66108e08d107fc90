//! Frames of an origin, from the first behind its SETTINGS.
#![no_main]

#[allow(dead_code, unused_imports, reason = "each target uses one entry")]
mod bridge;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bridge::origin::frames(bytes));
