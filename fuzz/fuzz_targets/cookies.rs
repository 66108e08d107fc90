//! Values of `Cookie` and `Set-Cookie`, one in each line.
#![no_main]

#[allow(dead_code, unused_imports, reason = "each target uses one entry")]
mod bridge;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bridge::cookies::lines(bytes));
