//! What SQLite says, in the words of the store.

use crate::StoreError;
use rusqlite::{Error, ErrorCode};
use std::fmt::Display;

/// The store's error for one of SQLite's.
pub(super) fn store(error: Error) -> StoreError {
    let detail = error.to_string();
    let Error::SqliteFailure(failure, _) = &error else {
        return StoreError::Refused { detail };
    };
    match failure.code {
        ErrorCode::DiskFull => StoreError::Full,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Locked,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt { detail },
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => StoreError::NotWritable { detail },
        ErrorCode::SystemIoFailure => StoreError::Io { detail },
        _ => StoreError::Refused { detail },
    }
}

/// The error for a row that does not hold what was once written to it.
pub(super) fn damaged(what: impl Display, problem: impl Display) -> StoreError {
    StoreError::Corrupt { detail: format!("{what}: {problem}") }
}
