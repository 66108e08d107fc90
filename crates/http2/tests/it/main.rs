//! The machine from outside: frames go in by hand, and what becomes of them is looked at.

mod answers;
mod machine;
mod rules;
