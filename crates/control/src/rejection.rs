//! Why a change was not made. In every case everything is as it was.

use crate::{Kind, Reference};
use model::{Complaint, Complaints};
use store::StoreError;

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Something is wrong with the values (1002).
    #[error("{0}")]
    Invalid(Complaints),
    /// What should be changed or removed does not exist.
    #[error("there is no such object")]
    NotFound,
    /// Others still point at what should be removed (412, 1005).
    #[error("{}", still_referenced(.by))]
    Referenced { by: Vec<Reference> },
    /// A name is taken (1003).
    #[error("{0}")]
    NotUnique(Complaint),
    /// No more objects of this kind may be made (1006).
    #[error("no more than {allowed} of kind {kind} are allowed; delete one first, or raise the quota")]
    Quota { kind: Kind, allowed: usize },
    /// The store could not keep it.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// Deciding or compiling the change broke down, which is a defect of this program.
    #[error("the change could not be worked out because of a defect in this program")]
    Defect,
}

impl Rejection {
    /// The stable text form of the kind of rejection, for logs and metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Rejection::Invalid(_) => "invalid",
            Rejection::NotFound => "not_found",
            Rejection::Referenced { .. } => "referenced",
            Rejection::NotUnique(_) => "not_unique",
            Rejection::Quota { .. } => "quota",
            Rejection::Store(_) => "store",
            Rejection::Defect => "defect",
        }
    }
}

impl From<Complaints> for Rejection {
    fn from(complaints: Complaints) -> Self {
        Rejection::Invalid(complaints)
    }
}

fn still_referenced(by: &[Reference]) -> String {
    let names: Vec<String> = by
        .iter()
        .map(|reference| format!("{} {} ({})", reference.resource.kind().noun(), reference.name, reference.resource))
        .collect();
    format!("still referenced by {}; change or delete these first", names.join(", "))
}
