//! Starting: what the store holds becomes the first intent and the remembered health.

use crate::{Options, Rejection, apply, clock::Ticker, slot};
use health::Machine;
use model::{Account, AccountId, HealthEvent, Intent, Timestamp};
use routing::Table;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::{Edit, StoreError};

/// What a writer goes on from.
pub(crate) struct Start {
    pub(crate) ticker: Ticker,
    pub(crate) intent: Arc<Intent>,
    pub(crate) machine: Machine,
    /// What reconciling the remembered health with the intent changed.
    pub(crate) events: Vec<HealthEvent>,
    /// The first table, and how long compiling it took.
    pub(crate) table: Table,
    pub(crate) compile: Duration,
}

impl Start {
    /// Loads everything, and creates the first account where there is none.
    pub(crate) async fn load(options: &Options) -> Result<Self, StoreError> {
        let mut ticker = Ticker::new(options.clock.clone());
        let contents = options.store.load().await?;
        let mut intent = Intent { revision: contents.revision, ..Intent::default() };
        contents.objects.into_iter().for_each(|object| slot::put(&mut intent, object));
        if intent.accounts.is_empty() {
            intent = first_account(options, &intent, ticker.next()).await?;
        }
        let mut machine = Machine::new(options.quorum);
        machine.restore(options.store.load_health().await?);
        let events = machine.reconcile(&intent, ticker.next());
        let started = Instant::now();
        let generation = options.tables.load().generation + 1;
        let table = routing::compile(&intent, &machine.snapshot(), generation);
        let compile = started.elapsed();
        Ok(Self { ticker, intent: Arc::new(intent), machine, events, table, compile })
    }
}

async fn first_account(options: &Options, intent: &Intent, now: Timestamp) -> Result<Intent, StoreError> {
    let account = Account { id: AccountId::random(), name: options.account_name.clone(), created_on: now };
    let next = apply::apply(intent, vec![Edit::put(account)], now).map_err(|rejection| match rejection {
        Rejection::Store(error) => error,
        other => StoreError::Refused { detail: other.to_string() },
    })?;
    options.store.commit(intent.revision, next.edits).await?;
    Ok(next.intent)
}
