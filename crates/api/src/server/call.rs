//! A call as a handler sees it: let in, with its path taken apart and its body read.

use super::Query;
use crate::{
    ApiState,
    answer::Failure,
    json::{self},
};
use axum::body::Bytes;
use control::{Control, TokenFacts};
use model::{AccountId, Intent, Scope, Zone};
use serde_json::Value;
use std::{str::FromStr, sync::Arc};

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Whoever can open the local socket.
    Local,
    /// The holder of the token.
    Token(TokenFacts),
}

/// A call that was let in.
pub(crate) struct Call {
    pub state: ApiState,
    pub caller: Caller,
    pub(super) path: Vec<(String, String)>,
    pub query: Query,
    pub(super) body: Bytes,
}

impl Call {
    /// The control plane.
    pub fn control(&self) -> &Control {
        &self.state.control
    }

    /// Everything that is wanted, now.
    pub fn intent(&self) -> Arc<Intent> {
        self.control().intent()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`Failure::NotJson`].
    pub fn json(&self) -> Result<Value, Failure> {
        json::parse(&self.body, self.state.settings.depth_limit).map_err(Failure::NotJson)
    }

    /// A part of the path, by the name it has in the table of operations.
    pub fn part(&self, name: &str) -> Option<&str> {
        self.path.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// An id from the path. A text that cannot be an id names nothing that exists.
    ///
    /// # Errors
    /// [`Failure::NoObject`].
    pub fn id<T: FromStr>(&self, name: &str, noun: &'static str) -> Result<T, Failure> {
        let text = self.part(name).unwrap_or_default();
        text.parse().map_err(|_| Failure::NoObject { noun, id: text.to_owned() })
    }

    /// The account of the path, or the default account where the path names none.
    ///
    /// # Errors
    /// [`Failure::NoObject`] when there is no such account.
    pub fn account(&self, intent: &Intent) -> Result<AccountId, Failure> {
        let Some(text) = self.part("account_id") else { return default_account(intent) };
        let known = text.parse().ok().filter(|id| intent.accounts.contains_key(id));
        known.ok_or_else(|| Failure::NoObject { noun: "account", id: text.to_owned() })
    }

    /// The zone of the path.
    ///
    /// # Errors
    /// [`Failure::NoObject`] when there is no such zone.
    pub fn zone(&self, intent: &Intent) -> Result<Arc<Zone>, Failure> {
        let id = self.id("zone_id", "zone")?;
        let known = intent.zones.get(&id).cloned();
        known.ok_or_else(|| Failure::NoObject { noun: "zone", id: id.to_string() })
    }

    /// What the call works in: the zone of the path, else its account, else the default account.
    ///
    /// # Errors
    /// [`Failure::NoObject`] when there is no such zone or account.
    pub fn scope(&self, intent: &Intent) -> Result<Scope, Failure> {
        match self.part("zone_id") {
            Some(_) => self.zone(intent).map(|zone| Scope::Zone(zone.id)),
            None => self.account(intent).map(Scope::Account),
        }
    }
}

/// The account that was there first: paths below `/user` mean it.
fn default_account(intent: &Intent) -> Result<AccountId, Failure> {
    let first = intent.accounts.values().min_by_key(|account| (account.created_on, account.id));
    first.map(|account| account.id).ok_or(Failure::Internal)
}
