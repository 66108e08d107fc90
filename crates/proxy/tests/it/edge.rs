//! A running data plane for one test, with its records and stories at hand.

use crate::{
    site::{HOST, Site},
    visitor::{Response, Visitor},
};
use dial::{Dialer, DialerSettings};
use proxy::{LocalAuthority, Proxy, Settings};
use routing::TableHandle;
use serde_json::Value;
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use telemetry::{AccessLog, AccessLogSettings, AccessTarget, Story, Telemetry};

/// How long a test waits for anything before it fails.
pub const PATIENCE: Duration = Duration::from_secs(10);

pub struct Edge {
    pub proxy: Proxy,
    pub table: TableHandle,
    pub telemetry: Telemetry,
    pub authority: LocalAuthority,
    pub dialer: Dialer,
    log: PathBuf,
    _directory: tempfile::TempDir,
}

impl Edge {
    /// Serves this site with default settings on one worker.
    pub async fn start(site: &Site) -> Self {
        Self::start_with(site, |_| {}).await
    }

    /// Serves this site with some settings changed.
    pub async fn start_with(site: &Site, change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_dialing(site, DialerSettings::default(), change).await
    }

    pub async fn start_dialing(site: &Site, dialing: DialerSettings, change: impl FnOnce(&mut Settings)) -> Self {
        let directory = tempfile::tempdir().expect("a directory for the log");
        let log = directory.path().join("access.log");
        let target = AccessTarget::File(log.clone());
        let access = AccessLog::open(target, AccessLogSettings::default()).expect("a log");
        let telemetry = Telemetry { access, ..Telemetry::silent() };
        let table = TableHandle::new(routing::compile(&site.intent(), &site.health, 1));
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut settings = Settings { http: Some(local), https: Some(local), workers: 1, ..Settings::default() };
        change(&mut settings);
        let authority = LocalAuthority::generate().expect("an authority");
        let dialer = Dialer::new(dialing);
        let proxy = proxy::start(settings, table.clone(), dialer.clone(), telemetry.clone(), authority.clone())
            .expect("the data plane starts");
        Self { proxy, table, telemetry, authority, dialer, log, _directory: directory }
    }

    pub fn http(&self) -> SocketAddr {
        self.proxy.http().expect("an HTTP listener")
    }

    pub fn https(&self) -> SocketAddr {
        self.proxy.https().expect("an HTTPS listener")
    }

    /// A visitor on plain HTTP.
    pub async fn visitor(&self) -> Visitor {
        Visitor::connect(self.http()).await
    }

    /// One GET of the site over a connection of its own.
    pub async fn get(&self, path: &str) -> Response {
        self.visitor().await.get(path).await
    }

    /// The access records so far.
    pub fn records(&self) -> Vec<Value> {
        self.telemetry.access.flush();
        let text = std::fs::read_to_string(&self.log).expect("a readable log");
        text.lines().map(|line| serde_json::from_str(line).expect("a record is JSON")).collect()
    }

    /// Waits until there are at least `count` records: a record is written after its answer.
    pub async fn wait_for_records(&self, count: usize) -> Vec<Value> {
        let wait = async {
            loop {
                let records = self.records();
                if records.len() >= count {
                    return records;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the records are written in time")
    }

    /// Waits for a record of this failure.
    pub async fn wait_for_record_of(&self, reason: &str) -> Value {
        for count in 1.. {
            let records = self.wait_for_records(count).await;
            if let Some(record) = records.into_iter().find(|record| record["FailureReason"] == reason) {
                return record;
            }
        }
        unreachable!("waiting ends with a record or a panic")
    }

    /// The one record there is.
    pub async fn record(&self) -> Value {
        let mut records = self.wait_for_records(1).await;
        assert_eq!(records.len(), 1, "one request, one record: {records:#?}");
        records.remove(0)
    }

    /// The story of the request with this record.
    pub fn story(&self, record: &Value) -> Arc<Story> {
        let ray = record["RayID"].as_str().expect("a Ray ID");
        self.telemetry.stories.find(ray).expect("a story")
    }

    /// Puts another configuration in force.
    pub fn publish(&self, site: &Site) {
        let generation = self.table.load().generation + 1;
        self.table.publish(routing::compile(&site.intent(), &site.health, generation));
    }
}

/// A GET of the site's host with these further lines.
pub fn get(path: &str, lines: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{lines}\r\n")
}
