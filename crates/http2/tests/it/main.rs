//! The machine from outside: frames go in by hand, and what becomes of them is looked at.

mod answers;
mod joined;
mod machine;
mod rules;
mod sending;
