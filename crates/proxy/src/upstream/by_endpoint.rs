//! A map by the identity of an endpoint, which is a good hash already and need not be hashed again.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// Values by [`routing::RouteEndpoint::uid`].
pub(super) type ByEndpoint<T> = HashMap<u64, T, BuildHasherDefault<Itself>>;

/// Takes the key for its own hash.
#[derive(Default)]
pub(super) struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, uid: u64) {
        self.0 = uid;
    }

    /// Keys of this map are written in one piece; any other would still be told apart.
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }
}
