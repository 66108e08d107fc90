//! Sealing: secrets are kept encrypted with AES-256-GCM under a key that lives in a file of its own.
//!
//! A copy of the database alone gives no secret away. Every sealed value is bound to its place (the id of its document
//! or its name), so that one cannot be moved to another place, and carries its own random nonce.

use crate::StoreError;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    rand,
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

const KEY_LEN: usize = 32;
/// Names the form, so that a later one can be told apart.
const PREFIX: &str = "sealed:1:";

/// The key that secrets are sealed with.
pub(crate) struct Seal(RandomizedNonceKey);

/// The text is not sealed, was sealed with another key or for another place, or was tampered with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unsealable;

impl Seal {
    /// A key that is gone with the process.
    pub(crate) fn ephemeral() -> Self {
        Self::new(&fresh_key())
    }

    /// The key in `path`.
    ///
    /// # Errors
    /// [`StoreError::SecretKey`] when the file is missing or no key.
    pub(crate) fn read(path: &Path) -> Result<Self, StoreError> {
        let problem = |problem| StoreError::SecretKey { path: path.to_owned(), problem };
        let bytes = fs::read(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => problem("is missing"),
            _ => problem("cannot be read"),
        })?;
        let key: [u8; KEY_LEN] = bytes.try_into().map_err(|_| problem("does not hold a key of 32 bytes"))?;
        Ok(Self::new(&key))
    }

    /// The key in `path`, made if there is none. Only the owner may read the file. The caller holds the directory's
    /// lock.
    ///
    /// # Errors
    /// [`StoreError::SecretKey`] when the file is no key; [`StoreError::NotWritable`] when it cannot be made.
    pub(crate) fn read_or_create(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            write_key(path)
                .map_err(|error| StoreError::NotWritable { detail: format!("{}: {error}", path.display()) })?;
        }
        Self::read(path)
    }

    fn new(key: &[u8; KEY_LEN]) -> Self {
        Self(RandomizedNonceKey::new(&AES_256_GCM, key).expect("a key of 32 bytes fits AES-256-GCM"))
    }

    /// Encrypts `plain` for `place`.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> String {
        let mut text = plain.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(place.as_bytes()), &mut text)
            .expect("a secret is far shorter than the limit of the cipher");
        let mut bytes = nonce.as_ref().to_vec();
        bytes.append(&mut text);
        format!("{PREFIX}{}", STANDARD_NO_PAD.encode(bytes))
    }

    /// Decrypts what was sealed for `place`.
    pub(crate) fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, Unsealable> {
        let encoded = sealed.strip_prefix(PREFIX).ok_or(Unsealable)?;
        let mut bytes = STANDARD_NO_PAD.decode(encoded).map_err(|_| Unsealable)?;
        let (nonce, text) = bytes.split_at_mut_checked(NONCE_LEN).ok_or(Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let plain = self.0.open_in_place(nonce, Aad::from(place.as_bytes()), text).map_err(|_| Unsealable)?;
        Ok(plain.to_vec())
    }
}

/// Writes a fresh key under another name first: a half-written key file would block every later start.
fn write_key(path: &Path) -> std::io::Result<()> {
    let draft = path.with_extension("key.new");
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(&fresh_key())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

fn fresh_key() -> [u8; KEY_LEN] {
    let mut key = [0; KEY_LEN];
    rand::fill(&mut key).expect("the operating system gives random bytes");
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_the_right_key_and_place_open_a_secret() {
        let seal = Seal::ephemeral();
        let sealed = seal.seal("certificate 1", b"private");
        assert_eq!(seal.open("certificate 1", &sealed).as_deref(), Ok(b"private".as_slice()));
        assert_eq!(seal.open("certificate 2", &sealed), Err(Unsealable));
        assert_eq!(Seal::ephemeral().open("certificate 1", &sealed), Err(Unsealable));
        for torn in ["", "private", "sealed:1:", "sealed:1:AAAA", &sealed[..sealed.len() - 4]] {
            assert_eq!(seal.open("certificate 1", torn), Err(Unsealable), "{torn}");
        }
    }

    #[test]
    fn equal_secrets_look_different() {
        let seal = Seal::ephemeral();
        assert_ne!(seal.seal("a", b"same"), seal.seal("a", b"same"));
    }

    #[test]
    fn the_key_file_is_for_its_owner_alone_and_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret.key");
        let sealed = Seal::read_or_create(&path).unwrap().seal("a", b"secret");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Seal::read_or_create(&path).unwrap().open("a", &sealed).as_deref(), Ok(b"secret".as_slice()));
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret.key");
        fs::write(&path, "short").unwrap();
        assert!(matches!(Seal::read_or_create(&path), Err(StoreError::SecretKey { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"short");
    }
}
