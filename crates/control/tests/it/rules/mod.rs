//! The rules that values must satisfy, kind by kind: what is accepted, what is not, and where the complaint points.

mod certificate;
mod load_balancer;
mod monitor;
mod pool;
mod zone;

pub use certificate::trust_anchor;
