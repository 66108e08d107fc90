//! The API as its clients see it: the whole router, on a real control plane with a store in memory.

mod bench;
mod certificates;
mod envelope;
mod gate;
mod health;
mod listener;
mod load_balancers;
mod monitors;
mod openapi;
mod pools;
mod property;
mod questions;
mod references;
mod zones;
