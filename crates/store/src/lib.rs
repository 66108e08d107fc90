//! The store: what was asked for and what happened, kept behind one trait.
//!
//! Intent is kept as typed documents; every accepted change gets the next revision in the same transaction that writes
//! it, so a revision always names one complete state. Beside the documents live a bounded log of health events, the
//! last known health, and a few small named values.
//!
//! What must hold:
//! - An acknowledged commit is on disk: it survives the death of the process and of the machine.
//! - A commit applies whole or not at all, and every failure is a [`StoreError`] that says which.
//! - One process owns a data directory; a second one is refused, not trusted to behave.
//! - Private keys and secret values never reach the disk in the clear.
//!
//! The store knows neither HTTP nor routing, and judges no value: what comes in has been checked.

mod contract;
mod error;
mod lock;
mod object;
mod seal;
mod sqlite;
mod watch;

pub use contract::{Answer, Change, Contents, EventFilter, Secrecy, Store};
pub use error::StoreError;
pub use object::{Edit, Kind, Object, ObjectId};
pub use sqlite::{SqliteOptions, SqliteStore};
pub use watch::Watch;
