//! The end of a connection that carried no requests, relayed or refused: exactly one access record, one count, and a
//! story where there is something to tell. What `record` does for requests.

use crate::{ledger::Ledger, record, story, worker::Worker};
use jiff::Timestamp;
use std::{net::SocketAddr, time::Duration};
use telemetry::{AccessRecord, ConnectionTally, Story};

/// What is known of the connection beside its ledger.
pub(crate) struct Account<'a> {
    pub(crate) visitor: SocketAddr,
    /// What stands where a request has its protocol: what the connection speaks, as far as we speak it too.
    pub(crate) protocol: &'static str,
    /// How long a packet to the visitor and back took; `None` when nobody can say.
    pub(crate) round_trip: Option<Duration>,
    /// `http`, `https` or `tcp`: what the listener is for.
    pub(crate) scheme: &'static str,
    /// The host that the connection was for, as far as it is known.
    pub(crate) host: &'a str,
    /// Bytes from the visitor that were read, and bytes that were written to it.
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

/// What a connection speaks that nobody looks into.
pub(crate) const TCP: &str = "TCP";

impl Account<'_> {
    /// Closes the ledger of the connection.
    pub(crate) fn close(&self, worker: &Worker, ledger: &Ledger<'_>) {
        let took = ledger.started.elapsed();
        self.tally(worker, ledger);
        self.log(worker, ledger, took);
        if ledger.reason.is_some() || worker.sampler.borrow_mut().should_sample() {
            worker.telemetry.stories.record(self.tell(worker, ledger, took));
        }
    }

    fn tally(&self, worker: &Worker, ledger: &Ledger<'_>) {
        let mut tally = worker.tally.borrow_mut();
        tally.connection(&ConnectionTally {
            reason: ledger.reason,
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            attempts: ledger.attempts.len() as u32,
            retry_refused: ledger.retry_refused.is_some(),
        });
        for attempt in &ledger.attempts {
            let (pool, endpoint) = (attempt.choice.pool, attempt.choice.endpoint);
            tally.endpoint(pool.id, endpoint.uid, &pool.name, &endpoint.name, attempt.failure.is_none());
        }
    }

    fn log(&self, worker: &Worker, ledger: &Ledger<'_>, took: Duration) {
        let mut access = worker.access.borrow_mut();
        if !access.is_on() {
            return;
        }
        let at = Timestamp::try_from(ledger.at).unwrap_or_default();
        let mut record = AccessRecord {
            ray_id: ledger.ray.as_str(),
            zone_name: ledger.zone.map_or("", |zone| &*zone.name),
            edge_colo_code: &worker.settings.node.data_center,
            client_ip: Some(self.visitor.ip()),
            client_src_port: self.visitor.port(),
            client_tcp_rtt: self.round_trip,
            client_ssl_protocol: "none",
            client_ssl_cipher: "NONE",
            client_request_scheme: self.scheme,
            client_request_host: self.host.as_bytes(),
            client_request_protocol: self.protocol,
            client_request_bytes: self.bytes_in,
            edge_start: at,
            edge_end: at.checked_add(took).unwrap_or(at),
            edge_response_bytes: self.bytes_out,
            reason: ledger.reason,
            attempts: ledger.attempts.len() as u32,
            retry_refused: ledger.retry_refused,
            load_balancer_name: ledger.route.map_or("", |route| &*route.name),
            table_generation: ledger.generation,
            ..AccessRecord::default()
        };
        if let Some(attempt) = ledger.attempts.last() {
            record::tell_attempt(&mut record, attempt);
        }
        access.log(&record);
    }

    fn tell(&self, worker: &Worker, ledger: &Ledger<'_>, took: Duration) -> Story {
        Story {
            client: Some(self.visitor),
            scheme: self.scheme.to_owned(),
            method: self.protocol.to_owned(),
            host: self.host.to_owned(),
            response_bytes: self.bytes_out,
            ..story::of_ledger(worker, ledger, took)
        }
    }
}
