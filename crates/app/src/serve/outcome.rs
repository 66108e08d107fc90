//! The file in the data directory that tells how the last upgrade ended; `bellwether upgrade` waits for it.

use std::{fs, io, path::Path};

/// Its name.
pub const OUTCOME: &str = "bellwether.upgrade";
/// How its line begins when a successor has taken over.
pub const DONE: &str = "done: ";

/// Another process has taken over.
pub fn done(data_dir: &Path, pid: u32) {
    write(data_dir, &format!("{DONE}process {pid} has taken over from process {}", std::process::id()));
}

/// The upgrade failed.
pub fn failed(data_dir: &Path, why: &str) {
    write(data_dir, &format!("failed: {why}"));
}

fn write(data_dir: &Path, line: &str) {
    if let Err(error) = write_whole(data_dir, line) {
        tracing::warn!(%error, "how the upgrade ended could not be written down");
    }
}

/// The whole line or nothing.
fn write_whole(data_dir: &Path, line: &str) -> io::Result<()> {
    let (path, unfinished) = (data_dir.join(OUTCOME), data_dir.join("bellwether.upgrade.new"));
    fs::write(&unfinished, format!("{line}\n"))?;
    fs::rename(unfinished, path)
}
