//! Documents and events to keep.

use model::{
    Account, AccountId, Certificate, CertificateId, EventOrigin, EventPool, HealthEvent, PoolId, Secret, Timestamp,
    Zone, ZoneId, ZoneSettings,
};
use std::sync::Arc;
use store::Edit;
use verdict::Reason;

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub fn account(name: &str) -> Account {
    Account { id: AccountId::random(), name: name.to_owned(), created_on: at(1) }
}

pub fn put_account(name: &str) -> Edit {
    Edit::put(account(name))
}

pub fn zone(account: &Account, name: &str) -> Zone {
    Zone {
        id: ZoneId::random(),
        account: account.id,
        name: name.to_owned(),
        created_on: at(1),
        modified_on: at(2),
        settings: ZoneSettings::default(),
    }
}

pub const PRIVATE_KEY: &str = "-----BEGIN PRIVATE KEY----- very private indeed";

pub fn certificate(zone: &Zone) -> Certificate {
    Certificate {
        id: CertificateId::random(),
        zone: zone.id,
        hosts: vec!["example.com".to_owned()],
        issuer: "nobody".to_owned(),
        signature: "ECDSAWithSHA256".to_owned(),
        expires_on: at(9),
        uploaded_on: at(1),
        modified_on: at(1),
        bundle_method: "force".to_owned(),
        priority: 0,
        chain_pem: "chain".to_owned(),
        private_key_pem: Secret::new(PRIVATE_KEY),
    }
}

/// An event of a pool at a second, with its endpoints as names and health.
pub fn event(second: i64, pool: PoolId, pool_name: &str, healthy: bool, origins: &[(&str, bool)]) -> HealthEvent {
    let origin = |(name, healthy): &(&str, bool)| EventOrigin {
        name: (*name).to_owned(),
        address: "192.0.2.1".to_owned(),
        ip: "192.0.2.1".to_owned(),
        enabled: true,
        healthy: *healthy,
        reason: (!healthy).then_some(Reason::TcpRefused),
        changed: true,
        data_centers: Vec::new(),
    };
    HealthEvent {
        id: 0,
        timestamp: at(second),
        pool: EventPool { id: pool, name: pool_name.to_owned(), healthy, changed: true, minimum_origins: 1 },
        origins: origins.iter().map(origin).map(Arc::new).collect(),
    }
}
