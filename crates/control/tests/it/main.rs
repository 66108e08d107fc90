//! The public face of the control plane.

mod changes;
mod concurrency;
mod fixture;
mod health;
mod lookup;
mod plan;
mod preview;
mod properties;
mod restart;
mod rules;
mod token;
mod trouble;
