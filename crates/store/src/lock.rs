//! The lock that keeps a second process out of a data directory. The system drops it when the process ends, however.

use crate::StoreError;
use std::{
    fs::{File, TryLockError},
    path::Path,
};

/// Held for as long as the store is open.
pub(crate) struct DirectoryLock(#[expect(dead_code, reason = "held for its lock alone")] File);

impl DirectoryLock {
    /// Takes the lock file `path`, creating it if need be.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another open store holds it.
    pub(crate) fn take(path: &Path) -> Result<Self, StoreError> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|error| StoreError::NotWritable { detail: format!("{}: {error}", path.display()) })?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => {
                Err(StoreError::Io { detail: format!("locking {}: {error}", path.display()) })
            }
        }
    }
}
