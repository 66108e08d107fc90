//! What is special about a store in a file: it stays, it is guarded, and it gives no secret away.

use crate::fixture::{PRIVATE_KEY, account, certificate, put_account, zone};
use rusqlite::Connection;
use std::{fs, path::Path};
use store::{Edit, Secrecy, SqliteOptions, SqliteStore, Store, StoreError};

fn open(directory: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(&SqliteOptions::new(directory))
}

#[tokio::test]
async fn everything_is_there_again_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let account = account("one");
    let zone = zone(&account, "example.com");
    let certificate = certificate(&zone);
    let before = {
        let store = open(directory.path()).unwrap();
        store.commit(0, vec![Edit::put(account), Edit::put(zone), Edit::put(certificate)]).await.unwrap();
        store.set_named("authority", Some(b"secret".to_vec()), Secrecy::Sealed).await.unwrap();
        store.load().await.unwrap()
    };
    let store = open(directory.path()).unwrap();
    assert_eq!(store.load().await.unwrap(), before);
    assert_eq!(store.named("authority").await, Ok(Some(b"secret".to_vec())));
    assert_eq!(*store.newest().borrow(), 1);
}

#[tokio::test]
async fn a_second_opener_is_refused_until_the_first_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path()).unwrap();
    assert!(matches!(open(directory.path()), Err(StoreError::InUse { .. })));
    assert_eq!(first.commit(0, vec![put_account("one")]).await, Ok(1));
    drop(first);
    assert_eq!(open(directory.path()).unwrap().load().await.unwrap().revision, 1);
}

#[tokio::test]
async fn a_closed_store_gives_its_directory_free_although_it_is_held() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path()).unwrap();
    assert_eq!(first.commit(0, vec![put_account("one")]).await, Ok(1));
    first.close().await;
    assert_eq!(open(directory.path()).unwrap().load().await.unwrap().revision, 1);
    assert_eq!(first.load().await, Err(StoreError::Closed));
    first.close().await;
}

#[tokio::test]
async fn no_secret_is_on_the_disk_in_the_clear() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    let zone = zone(&account("one"), "example.com");
    store.commit(0, vec![Edit::put(certificate(&zone))]).await.unwrap();
    store.set_named("authority", Some(PRIVATE_KEY.into()), Secrecy::Sealed).await.unwrap();
    let holds = |text: &str| {
        let files = fs::read_dir(directory.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        files.into_iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    assert!(holds("ECDSAWithSHA256"), "the certificate was written");
    assert!(!holds("very private indeed"), "its key was not");
}

#[tokio::test]
async fn a_database_without_its_key_is_not_opened_nor_given_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()).unwrap());
    let key = directory.path().join("secret.key");
    let right = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert!(matches!(open(directory.path()), Err(StoreError::SecretKey { path, .. }) if path == key));
    assert!(!key.exists());
    fs::write(&key, [7; 32]).unwrap();
    assert!(matches!(open(directory.path()), Err(StoreError::SecretKey { path, .. }) if path == key));
    fs::write(&key, right).unwrap();
    assert!(open(directory.path()).is_ok());
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()).unwrap());
    let path = directory.path().join("bellwether.db");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(open(directory.path()), Err(StoreError::Newer { found: 99, .. })));
}

#[test]
fn a_file_that_is_no_database_is_called_damaged() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("bellwether.db"), "certainly not a database, whatever its name says".repeat(100))
        .unwrap();
    assert!(matches!(open(directory.path()), Err(StoreError::Corrupt { .. })));
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let account = account("one");
    let store = open(directory.path()).unwrap();
    store.commit(0, vec![Edit::put(account.clone())]).await.unwrap();
    drop(store);
    let path = directory.path().join("bellwether.db");
    Connection::open(&path).unwrap().execute("UPDATE documents SET body = '{}'", []).unwrap();
    let Err(StoreError::Corrupt { detail }) = open(directory.path()).unwrap().load().await else {
        panic!("the document was read");
    };
    assert!(detail.contains(&account.id.to_string()), "{detail}");
}
