//! Why a store could not do what it was asked. In every case nothing was half applied.

use std::path::PathBuf;

/// Why a store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process owns the data directory.
    #[error("{} is in use by another process; stop it, or start with another data directory", path.display())]
    InUse { path: PathBuf },
    /// No space is left, or a quota is used up.
    #[error("the disk that holds the store is full; free some space and repeat the change")]
    Full,
    /// Something else held the database for longer than the busy timeout.
    #[error("the database is locked by another program; close it and repeat the change")]
    Locked,
    /// What is on disk is not what was written.
    #[error("the database is damaged: {detail}; restore it from a backup")]
    Corrupt { detail: String },
    /// The file or its directory may not be written.
    #[error("the store may not be written: {detail}; give its owner write access")]
    NotWritable { detail: String },
    /// The file could not be read or written.
    #[error("the store cannot be reached: {detail}")]
    Io { detail: String },
    /// The database was written by a newer version of this program.
    #[error(
        "the database has schema version {found}, this program knows versions up to {known}; start a newer program"
    )]
    Newer { found: u32, known: u32 },
    /// The key that sealed the secrets is missing or is another one.
    #[error("the key file {} {problem}; put back the file that belongs to this database", path.display())]
    SecretKey { path: PathBuf, problem: &'static str },
    /// The state moved on since the caller looked.
    #[error("the state is at revision {actual}, the change was made for revision {expected}")]
    Conflict { expected: u64, actual: u64 },
    /// The changes after this revision are no longer kept: list everything again and watch from there.
    #[error("the changes after revision {after} are gone, the oldest kept ones come after revision {oldest}")]
    Compacted { after: u64, oldest: u64 },
    /// The database is not there, although there is a snapshot of it.
    #[error(
        "the database {} is gone, although there is a snapshot of it; put the database back, or remove the snapshot to \
         begin anew",
        path.display()
    )]
    Missing { path: PathBuf },
    /// This store is a snapshot, because the database could not be opened. It takes no changes.
    #[error("the database could not be opened, and a snapshot stands in for it: {why}")]
    Snapshot { why: String },
    /// The store has been shut down.
    #[error("the store has been shut down")]
    Closed,
    /// Anything else that the database said.
    #[error("the database refused: {detail}")]
    Refused { detail: String },
}
