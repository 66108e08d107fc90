//! The catalogue as a whole: complete, consistent, linked, and in step with `docs/ERRORS.md`.

mod complete;
mod consistent;
mod page;
