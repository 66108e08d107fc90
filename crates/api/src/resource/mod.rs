//! What the kinds of object have in common: where they are found, and how they are read from a body, kept, shown,
//! listed and deleted.
//!
//! A kind implements [`Resource`]: what its body says, how it is shown, what it belongs to. Everything else is written
//! once, here: the verbs, and with [`Collection`] the operations that lead to them. A body is read inside the writer,
//! over the newest stored value, so two amendments at once never undo each other.

mod collection;
mod home;
mod identity;
mod verbs;
mod write;

pub(crate) use collection::Collection;
pub(crate) use home::Home;
pub(crate) use identity::{Id, Identity};
pub(crate) use verbs::{at_home, of_path};
pub(crate) use write::read_over;

use crate::{
    answer::{Note, Paging},
    json::Object as Body,
    server::Call,
};
use control::Object;
use model::{Intent, SharedMap};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A kind of object that the API reads and shows.
pub(crate) trait Resource: Clone + Send + Sync + Into<Object> + 'static {
    type Id: Id;
    /// What it belongs to.
    type Home: Home;
    type View: Serialize + ToSchema;
    /// As it is called in a sentence, behind `a` and with an `s` for many.
    const NOUN: &'static str;
    /// The name of its id in paths.
    const PART: &'static str;
    /// What a list shows when the query names no window.
    const PAGING: Paging = Paging::Everything;
    /// The query parameters by which [`Resource::fits`] tells objects apart.
    const FILTERS: &'static [&'static str] = &[];
    /// What a deletion answers with.
    const FAREWELL: Farewell = Farewell::Id;

    /// All of the kind, wherever they belong.
    fn kept(intent: &Intent) -> &SharedMap<Self::Id, Arc<Self>>;
    /// What stays the same as long as it exists.
    fn identity(&self) -> Identity<Self>;
    /// What people call it. Empty when it was given no name.
    fn name(&self) -> &str;
    /// One of which nothing has been said.
    fn blank(identity: Identity<Self>) -> Self;
    /// Reads a body over `self`; `before` is the stored one.
    fn read(&mut self, body: &Body<'_>, before: Option<&Self>);
    /// As it goes out.
    fn view(&self, intent: &Intent) -> Self::View;
    /// What of it nothing acts on yet.
    fn notes(&self) -> Vec<Note> {
        Vec::new()
    }
    /// Whether a list shows it, by the query of the call.
    fn fits(&self, _call: &Call) -> bool {
        true
    }
}

/// What a deletion answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// The id alone.
    Id,
    /// The object as it last was.
    Object,
}
