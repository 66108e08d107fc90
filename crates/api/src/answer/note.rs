//! Notes: what a client should know about a call that succeeded. They travel in `messages[]`.

use serde::Serialize;

/// One item of `messages[]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Note {
    pub code: u32,
    pub message: String,
}

impl Note {
    /// The number of notes about members that were ignored.
    pub const IGNORED: u32 = 1100;
    /// The number of notes about values that are kept but not acted on yet.
    pub const NOT_IN_FORCE: u32 = 1101;

    /// `path` is not a member of the object.
    pub fn ignored(path: &str) -> Self {
        Self { code: Self::IGNORED, message: format!("`{path}` is not part of this object and was ignored") }
    }

    /// `path` is stored and returned, and nothing acts on it; `instead` says what happens.
    pub fn not_in_force(path: &str, instead: &str) -> Self {
        Self { code: Self::NOT_IN_FORCE, message: format!("`{path}` is stored but not in force yet: {instead}") }
    }
}
