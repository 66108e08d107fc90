//! The public face of the store.

mod contract;
mod fixture;
mod on_disk;
mod snapshot;
mod trouble;
