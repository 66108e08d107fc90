//! The file of the access log. It does not fill the machine's memory with what nobody reads again.
//!
//! What is written to a file stays in the kernel's page cache until memory runs short. A log writes gigabytes that way:
//! it displaces what others need, and every page of it is memory that was not used lately, which is slow to touch (on a
//! virtual machine it may have to be asked of the host). So after every [`AccessLogSettings::cache_bytes`] the kernel is
//! told that the end of the file will not be needed: it starts writing the new pages out and gives those back that it
//! wrote since the last time, and the next lines go into the same memory. A reader that follows the log finds about that
//! much of its end in memory: from half of it to a little more than twice as much.
//!
//! Starting to write out takes the core for as long as there is much to start with, and a worker on the same core waits
//! that long; and the less memory the lines go round in, the more of it the processor's caches hold. Both speak for
//! little at a time. Less than a mebibyte makes more work of the many small writes than it saves.
//!
//! [`AccessLogSettings::cache_bytes`]: super::AccessLogSettings::cache_bytes

use rustix::fs::{Advice, fadvise};
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    num::NonZeroU64,
    path::Path,
};

/// A file that lines are appended to.
pub(super) struct LogFile {
    file: File,
    /// Bytes between two hints to the kernel; `None` gives none.
    cached: Option<NonZeroU64>,
    /// Bytes written since the last hint.
    fresh: u64,
}

impl LogFile {
    /// Opens a file for appending and creates it when it is missing. Only a file on a disk has pages to give back: for
    /// a pipe or a device `cached` is of no effect.
    pub fn open(path: &Path, cached: usize) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let on_disk = file.metadata()?.is_file();
        Ok(Self { file, cached: NonZeroU64::new(cached as u64).filter(|_| on_disk), fresh: 0 })
    }

    /// Appends all of `bytes`.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.fresh += bytes.len() as u64;
        if let Some(cached) = self.cached.filter(|cached| self.fresh >= cached.get()) {
            self.give_back(cached);
        }
        Ok(())
    }

    /// Hints that what was written lately, and what was being written out at the last hint, is not needed. A hint that
    /// the file system does not take costs nothing but memory.
    fn give_back(&mut self, cached: NonZeroU64) {
        // The length is asked for, since whoever rotates the log may have cut the file short.
        let end = self.file.metadata().map_or(0, |metadata| metadata.len());
        let length = self.fresh.saturating_add(cached.get().saturating_mul(2)).min(end);
        if let Some(length) = NonZeroU64::new(length) {
            let _ = fadvise(&self.file, end - length.get(), Some(length), Advice::DontNeed);
        }
        self.fresh = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_byte_arrives_whatever_is_given_back() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("access.log");
        for cached in [0, 1, 10_000] {
            let mut file = LogFile::open(&path, cached).expect("open");
            for _ in 0..100 {
                file.write(&[b'x'; 999]).expect("written");
            }
        }
        assert_eq!(fs::read(&path).expect("the log"), vec![b'x'; 3 * 100 * 999]);
    }

    #[test]
    fn a_file_that_was_cut_short_is_written_on() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("access.log");
        let mut file = LogFile::open(&path, 1).expect("open");
        file.write(b"before\n").expect("written");
        fs::write(&path, b"").expect("cut short");
        file.write(b"after\n").expect("written");
        assert_eq!(fs::read(&path).expect("the log"), b"after\n");
    }

    #[test]
    fn a_device_is_written_to_as_well() {
        let mut file = LogFile::open(Path::new("/dev/null"), 1).expect("open");
        file.write(b"line\n").expect("written");
        assert_eq!(file.cached, None);
    }
}
