//! Accounts: the owners of zones, pools and monitors.

use crate::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

/// An owner of zones, pools and monitors. A first start creates one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    pub created_on: Timestamp,
}
