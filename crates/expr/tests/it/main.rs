//! The language through its public face.

mod complaints;
mod entry;
mod language;
mod page;
mod properties;
mod request;
