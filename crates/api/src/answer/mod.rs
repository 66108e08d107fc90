//! What goes back: the envelope around a result, the failures, and the pages of a list.

mod envelope;
mod failure;
mod note;
mod paging;
mod scalar;

pub(crate) use envelope::{Answer, failure_body};
pub(crate) use failure::{Failure, Outcome};
pub(crate) use note::Note;
pub(crate) use paging::{Paging, Window};
pub(crate) use scalar::{Number, stamp};
