//! The bearer token of the API: given by the configuration or made at the first start, kept only as a hash.

use arc_swap::ArcSwapOption;
use model::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use store::{Secrecy, Store, StoreError};
use subtle::ConstantTimeEq as _;

/// The name under which the store keeps the token's record.
const NAME: &str = "api token";
/// Random bytes of a token that is made here.
const TOKEN_BYTES: usize = 32;

/// What may be told of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFacts {
    /// 32 hexadecimal digits; says nothing about the token.
    pub id: String,
    pub issued_on: Timestamp,
}

/// What is kept of a token.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    id: String,
    /// SHA-256, in hexadecimal digits.
    hash: String,
    issued_on: Timestamp,
}

impl Record {
    fn new(token: &str, now: Timestamp) -> Self {
        Self { id: random_hex::<16>(), hash: hash(token), issued_on: now }
    }

    /// Takes equally long whichever digit differs.
    fn fits(&self, token: &str) -> bool {
        self.hash.as_bytes().ct_eq(hash(token).as_bytes()).into()
    }
}

/// The record of the token in force, kept at hand so that no request waits for the store.
#[derive(Default)]
pub(crate) struct TokenKeeper(ArcSwapOption<Record>);

impl TokenKeeper {
    /// What the store knows.
    pub(crate) async fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let kept = store.named(NAME).await?;
        let record = kept.map(|bytes| serde_json::from_slice::<Record>(&bytes)).transpose();
        let record =
            record.map_err(|error| StoreError::Corrupt { detail: format!("the record of the {NAME}: {error}") })?;
        Ok(Self(ArcSwapOption::from(record.map(Arc::new))))
    }

    /// Sees to it that there is a token: the configured one, else the one in force, else a new one, which is returned
    /// and cannot be told again.
    pub(crate) async fn ensure(
        &self,
        store: &dyn Store,
        configured: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let current = self.0.load_full();
        match (configured.filter(|token| !token.is_empty()), current) {
            (Some(token), Some(record)) if record.fits(token) => Ok(None),
            (Some(token), _) => self.replace(store, Record::new(token, now)).await.map(|()| None),
            (None, Some(_)) => Ok(None),
            (None, None) => {
                let token = random_hex::<TOKEN_BYTES>();
                self.replace(store, Record::new(&token, now)).await?;
                Ok(Some(token))
            }
        }
    }

    async fn replace(&self, store: &dyn Store, record: Record) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(&record).map_err(|error| StoreError::Refused { detail: error.to_string() })?;
        match store.set_named(NAME, Some(bytes), Secrecy::Plain).await {
            // It holds all the same; the next start with the store itself keeps it.
            Err(StoreError::Snapshot { .. }) => tracing::warn!("the API token is not kept while the store is gone"),
            kept => kept?,
        }
        self.0.store(Some(Arc::new(record)));
        Ok(())
    }

    /// The facts of the token in force, if this is it.
    pub(crate) fn verify(&self, token: &str) -> Option<TokenFacts> {
        let record = self.0.load();
        let record = record.as_ref().filter(|record| record.fits(token))?;
        Some(TokenFacts { id: record.id.clone(), issued_on: record.issued_on })
    }
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

fn random_hex<const N: usize>() -> String {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    hex::encode(bytes)
}
