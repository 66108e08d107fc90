//! What happens when the disk or another program gets in the way: a clear error, and nothing half applied.

use crate::fixture::{account, put_account};
use rusqlite::Connection;
use std::{fs, path::Path, time::Duration};
use store::{Contents, Edit, SqliteOptions, SqliteStore, Store, StoreError};

fn open(directory: &Path) -> SqliteStore {
    let options = SqliteOptions { busy_timeout: Duration::from_millis(20), ..SqliteOptions::new(directory) };
    SqliteStore::open(&options).unwrap()
}

#[tokio::test]
async fn a_database_locked_by_another_program_refuses_the_change_and_recovers() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let other = Connection::open(directory.path().join("bellwether.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(store.commit(0, vec![put_account("one")]).await, Err(StoreError::Locked));
    assert_eq!(store.load().await, Ok(Contents::default()));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(store.commit(0, vec![put_account("one")]).await, Ok(1));
}

/// Needs the right to mount a small disk; without it, only the limit on the size is tested, by the contract.
#[tokio::test]
async fn a_full_disk_refuses_the_change_and_recovers_when_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let Some(_mount) = SmallDisk::mount(directory.path(), 512) else {
        eprintln!("not allowed to mount a small disk here: nothing was tested");
        return;
    };
    let store = open(directory.path());
    store.commit(0, vec![put_account("first")]).await.unwrap();
    let ballast = directory.path().join("ballast");
    fill(&ballast);
    let mut revision = 1;
    // What still fits into the pages that there are is taken; then the disk is full.
    let error = loop {
        let big = model::Account { name: "x".repeat(30_000), ..account("big") };
        match store.commit(revision, vec![put_account("small"), Edit::put(big)]).await {
            Ok(next) => revision = next,
            Err(error) => break error,
        }
    };
    assert_eq!(error, StoreError::Full);
    let contents = store.load().await.unwrap();
    assert_eq!((contents.revision, contents.objects.len() as u64), (revision, 2 * revision - 1));
    fs::remove_file(&ballast).unwrap();
    assert_eq!(store.commit(revision, vec![put_account("last")]).await, Ok(revision + 1));
}

fn fill(path: &Path) {
    let full = fs::write(path, vec![0; 16 << 20]);
    assert_eq!(full.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
}

/// A tmpfs of some KiB, where the test may mount one.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(path: &Path, kibibytes: u32) -> Option<Self> {
        let size = format!("size={kibibytes}k");
        let mounted = std::process::Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(path).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(path.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).output();
    }
}
