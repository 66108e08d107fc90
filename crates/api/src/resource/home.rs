//! What objects belong to: an account, a zone, or either.

use crate::{answer::Failure, server::Call};
use model::{AccountId, Intent, Scope, ZoneId};

/// What objects belong to. A path names one.
pub(crate) trait Home: Copy + PartialEq + Send + 'static {
    /// The one that the path of a call names.
    ///
    /// # Errors
    /// [`Failure::NoObject`] when it does not exist.
    fn of_call(call: &Call, intent: &Intent) -> Result<Self, Failure>;
}

impl Home for AccountId {
    fn of_call(call: &Call, intent: &Intent) -> Result<Self, Failure> {
        call.account(intent)
    }
}

impl Home for ZoneId {
    fn of_call(call: &Call, intent: &Intent) -> Result<Self, Failure> {
        call.zone(intent).map(|zone| zone.id)
    }
}

impl Home for Scope {
    fn of_call(call: &Call, intent: &Intent) -> Result<Self, Failure> {
        call.scope(intent)
    }
}
