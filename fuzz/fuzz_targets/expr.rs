//! Conditions of rules: read, compiled, printed, read again and asked.
#![no_main]

#[path = "../../crates/expr/tests/it/entry.rs"]
mod entry;
#[path = "../../crates/expr/tests/it/request.rs"]
mod request;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::condition(bytes));
