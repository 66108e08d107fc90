//! Which process is in charge of a data directory: a file with its number, locked for as long as it is.

use anyhow::{Context, bail};
use rustix::process::Pid;
use std::{
    fs::{File, TryLockError},
    os::unix::fs::FileExt,
    path::Path,
};

const NAME: &str = "bellwether.pid";

/// Held by the process in charge.
#[derive(Debug)]
pub struct PidFile(#[expect(dead_code, reason = "held for its lock alone")] File);

impl PidFile {
    /// Says that this process is in charge. The store must be open: its lock decides who may be.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn take(data_dir: &Path) -> anyhow::Result<PidFile> {
        let path = data_dir.join(NAME);
        let file = open(&path).with_context(|| format!("cannot write {}", path.display()))?;
        file.lock()?;
        // Of one length whatever the number is, so that nobody reads a part of it, or of the one before.
        file.write_all_at(format!("{:<10}\n", std::process::id()).as_bytes(), 0)?;
        Ok(PidFile(file))
    }
}

/// The process in charge of a data directory.
///
/// # Errors
/// When there is none.
pub fn in_charge(data_dir: &Path) -> anyhow::Result<Pid> {
    let path = data_dir.join(NAME);
    let nobody = || format!("no server runs on {}", data_dir.display());
    let file = File::open(&path).with_context(nobody)?;
    // A number that nobody vouches for may be anybody's by now.
    if !matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        bail!(nobody());
    }
    let number = std::fs::read_to_string(&path)?;
    number.trim().parse().ok().and_then(Pid::from_raw).with_context(nobody)
}

fn open(path: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(path)
}
