//! The end of every request: exactly one access record, one count, and a story where there is something to tell.

use crate::{
    connection::Connection,
    ledger::{Attempt, Ledger},
    rules,
    scratch::Scratch,
    story,
    visitor::Protocol,
};
use jiff::Timestamp;
use std::time::Duration;
use telemetry::{AccessRecord, RequestTally};
use tokio::time::Instant;
use verdict::Reason;
use wire::{Known, RequestHead};

/// Closes the ledger of a request. The story comes before the record: who has read the record can ask for the story.
pub(crate) fn close(connection: &Connection, scratch: &Scratch, ledger: &Ledger<'_>) {
    let took = ledger.started.elapsed();
    tally(connection, scratch, ledger, took);
    let keep = ledger.reason.is_some() || connection.worker.sampler.borrow_mut().should_sample();
    if keep {
        connection.worker.telemetry.stories.record(story::tell(connection, scratch, ledger, took));
    }
    if ledger.reason != Some(Reason::SniUnknown) {
        log(connection, scratch, ledger, took, Some(&scratch.request));
    }
}

/// Closes the ledger of what never became a request: there is no head to read from.
pub(crate) fn close_unparsed(connection: &Connection, scratch: &Scratch, ledger: &Ledger<'_>) {
    let took = ledger.started.elapsed();
    tally(connection, scratch, ledger, took);
    connection.worker.telemetry.stories.record(story::tell_unparsed(connection, ledger, took));
    log(connection, scratch, ledger, took, None);
}

fn tally(connection: &Connection, scratch: &Scratch, ledger: &Ledger<'_>, took: Duration) {
    let mut tally = connection.worker.tally.borrow_mut();
    let last = ledger.attempts.last();
    tally.request(&RequestTally {
        status: ledger.given.status,
        reason: ledger.reason,
        duration: took,
        origin_first_byte: last.and_then(|attempt| attempt.timings.first_byte),
        bytes_in: scratch.inbound.head().len() as u64 + ledger.body_in,
        bytes_out: ledger.given.bytes,
        attempts: ledger.attempts.len() as u32,
        retry_refused: ledger.retry_refused.is_some(),
    });
    for attempt in &ledger.attempts {
        let (pool, endpoint) = (attempt.choice.pool, attempt.choice.endpoint);
        tally.endpoint(pool.id, endpoint.uid, &pool.name, &endpoint.name, attempt.status.is_some());
    }
}

fn log(connection: &Connection, scratch: &Scratch, ledger: &Ledger<'_>, took: Duration, head: Option<&RequestHead>) {
    let mut access = connection.worker.access.borrow_mut();
    if !access.is_on() {
        return;
    }
    let (facts, settings) = (&connection.facts, &connection.worker.settings);
    let at = Timestamp::try_from(ledger.at).unwrap_or_default();
    let mut record = AccessRecord {
        ray_id: ledger.ray.as_str(),
        zone_name: ledger.zone.map_or("", |zone| &*zone.name),
        edge_colo_code: &settings.node.data_center,
        client_ip: Some(facts.peer.ip()),
        client_src_port: facts.peer.port(),
        client_tcp_rtt: facts.round_trip,
        client_ssl_protocol: facts.tls_version().unwrap_or("none"),
        client_ssl_cipher: facts.tls.as_ref().map_or("NONE", |tls| tls.cipher),
        client_request_scheme: facts.scheme.as_str(),
        client_request_bytes: scratch.inbound.head().len() as u64 + ledger.body_in,
        edge_start: at,
        edge_end: at.checked_add(took).unwrap_or(at),
        edge_response_status: ledger.given.status,
        edge_response_bytes: ledger.given.bytes,
        edge_response_body_bytes: ledger.given.body_bytes,
        edge_response_content_type: ledger.given.content_type.as_deref().unwrap_or_default().as_bytes(),
        edge_time_to_first_byte: since(ledger.started, ledger.given.first_byte),
        edge_error_code: ledger.given.code,
        edge_error_type: error_type(ledger.given.code),
        reason: ledger.reason,
        attempts: ledger.attempts.len() as u32,
        retry_refused: ledger.retry_refused,
        load_balancer_name: ledger.route.map_or("", |route| &*route.name),
        steered_by: if ledger.is_answered_by_rule() { rules::FIXED_RESPONSE } else { "" },
        table_generation: ledger.generation,
        ..AccessRecord::default()
    };
    if let Some(head) = head {
        tell_request(&mut record, facts.protocol, head, scratch.inbound.head());
    }
    tell_origin(&mut record, scratch, ledger);
    access.log(&record);
}

fn tell_request<'a>(record: &mut AccessRecord<'a>, protocol: Protocol, head: &'a RequestHead, bytes: &'a [u8]) {
    let uri = head.resource.of(bytes);
    record.client_request_method = head.method.of(bytes);
    record.client_request_host = head.host_name().map_or(&[][..], |host| host.as_str().as_bytes());
    record.client_request_uri = uri;
    record.client_request_path = uri.split(|byte| *byte == b'?').next().unwrap_or_default();
    record.client_request_protocol = protocol.version_of(head.version);
    record.client_request_referer = head.value(Known::Referer, bytes).unwrap_or_default();
    record.client_request_user_agent = head.value(Known::UserAgent, bytes).unwrap_or_default();
    record.client_x_requested_with = head.value(Known::XRequestedWith, bytes).unwrap_or_default();
    record.edge_request_host = record.client_request_host;
}

fn tell_origin<'a>(record: &mut AccessRecord<'a>, scratch: &'a Scratch, ledger: &'a Ledger<'_>) {
    let Some(attempt) = ledger.attempts.last() else { return };
    tell_attempt(record, attempt);
    let Some(status) = attempt.status else { return };
    record.origin_response_status = status;
    record.origin_response_header_receive = attempt.timings.first_byte;
    record.origin_response_duration = attempt
        .timings
        .total
        .zip(since(attempt.began, attempt.answered))
        .map(|(total, until_answer)| total.saturating_sub(until_answer));
    let (head, bytes) = (&scratch.response, scratch.answer.head());
    record.origin_response_http_expires = head.value(Known::Expires, bytes).unwrap_or_default();
    record.origin_response_http_last_modified = head.value(Known::LastModified, bytes).unwrap_or_default();
    if ledger.given.content_type.is_none() {
        record.edge_response_content_type = head.value(Known::ContentType, bytes).unwrap_or_default();
    }
}

/// Where an attempt went, and how the way there was.
pub(crate) fn tell_attempt<'a>(record: &mut AccessRecord<'a>, attempt: &'a Attempt<'_>) {
    let endpoint = attempt.choice.endpoint;
    record.pool_name = &attempt.choice.pool.name;
    record.origin_name = &endpoint.name;
    record.steered_by = attempt.choice.why.as_str();
    record.retried_because = attempt.retried_because;
    record.edge_server_ip = attempt.local;
    record.origin_ip = attempt.remote.map(|remote| remote.ip());
    record.origin_port = attempt.remote.map_or(0, |remote| remote.port());
    record.origin_ssl_protocol = attempt.tls_version.unwrap_or_default();
    record.origin_timings = attempt.timings;
    record.origin_connection_reused = attempt.reused;
    record.origin_request_header_send = attempt.send_took();
    record.origin_response_bytes = attempt.bytes;
    if let Some(host) = &endpoint.host {
        record.edge_request_host = host.as_bytes();
    }
}

fn since(start: Instant, end: Option<Instant>) -> Option<Duration> {
    end.map(|end| end.saturating_duration_since(start))
}

/// The kind of page that a code belongs to, as records name it.
const fn error_type(code: u16) -> &'static str {
    match code {
        500..=599 => "5xx",
        1000..=1999 => "1xxx",
        _ => "",
    }
}
