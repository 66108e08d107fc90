//! Answers that the edge makes itself: refusals, failures, pages that stand in for an origin's.

use crate::{
    answer::{self, Answer, EdgeAnswer},
    classify,
    connection::{After, Connection},
    headers::{write_content_length, write_ray},
    ledger::Ledger,
    relay::write_connection,
    scratch::Scratch,
    upload::Upload,
};
use model::{Failure, Timestamp};
use std::{borrow::Cow, time::SystemTime};
use tokio::time::Instant;
use verdict::{Code, Reason};
use wire::{Framing, Known, Method, RequestHead, Version, write_field, write_status_line};

/// An answer of the edge's own.
pub(crate) struct Own {
    pub(crate) status: u16,
    pub(crate) content_type: Cow<'static, str>,
    /// Whole lines, each with its end.
    pub(crate) fields: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

/// Refuses a request before anything was done for it.
pub(crate) async fn refusal(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    reason: Reason,
) -> After {
    ledger.reason = Some(reason);
    let own = explain(connection, scratch, ledger, reason);
    self::own(connection, scratch, ledger, own).await
}

/// Answers a request whose attempts have failed.
pub(crate) async fn failure(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    failure: Failure,
    upload: &Upload,
) -> After {
    ledger.reason = Some(failure.reason);
    if failure.reason == Reason::ClientGone {
        ledger.given.status = 499;
        return After::Abort;
    }
    let own = explain(connection, scratch, ledger, failure.reason);
    let persists = upload.is_complete();
    send(connection, scratch, ledger, own, persists).await
}

/// Puts our page in the place of an origin's 502 or 504.
pub(crate) async fn in_place_of_origin(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    status: u16,
    upload: &Upload,
) -> After {
    let own = page(connection, scratch, ledger, Code::new(status), Some(Reason::OriginStatus));
    send(connection, scratch, ledger, own, upload.is_complete()).await
}

/// Shows the page of a code to whoever asks for it.
pub(crate) async fn page_of(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    code: Code,
) -> After {
    let own = page(connection, scratch, ledger, code, None);
    self::own(connection, scratch, ledger, own).await
}

/// Answers what never became a request, where there is still somebody to answer. The connection ends: nobody knows
/// where the next request would begin.
pub(crate) async fn unparsed(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    reason: Reason,
) -> After {
    ledger.reason = Some(reason);
    if matches!(reason, Reason::ClientGone | Reason::EdgeShuttingDown) {
        ledger.given.status = 499;
        return After::Abort;
    }
    scratch.request.reset();
    scratch.request.version = Version::Http11;
    scratch.request.verb = Method::Get;
    let own = explain(connection, scratch, ledger, reason);
    send(connection, scratch, ledger, own, false).await
}

/// Sends an answer to a request whose body, if it has one, is not wanted.
pub(crate) async fn own(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    own: Own,
) -> After {
    let bodyless = matches!(scratch.request.framing, Framing::None | Framing::Length(0));
    send(connection, scratch, ledger, own, bodyless).await
}

/// What is shown for a reason.
fn explain(connection: &Connection, scratch: &Scratch, ledger: &mut Ledger<'_>, reason: Reason) -> Own {
    if reason == Reason::SniUnknown {
        return Own::of(answer::bare_forbidden());
    }
    page(connection, scratch, ledger, classify::shown(reason).code, Some(reason))
}

/// The page of a code, in the format that the visitor prefers.
fn page(
    connection: &Connection,
    scratch: &Scratch,
    ledger: &mut Ledger<'_>,
    code: Code,
    reason: Option<Reason>,
) -> Own {
    let settings = &connection.worker.settings;
    let accept = accepted(&scratch.request, scratch.inbound.head());
    let answer = EdgeAnswer {
        code,
        reason,
        status: None,
        ray_id: ledger.ray.as_str(),
        host: scratch.request.host_name().map_or("", |host| host.as_str()),
        at: Timestamp::try_from(ledger.at).unwrap_or_default(),
        client: Some(connection.facts.peer.ip()),
        data_center: &settings.node.data_center,
        server_name: &settings.server_name,
        next_hop: None,
        retry_after: None,
        accept: accept.as_deref(),
    };
    ledger.given.code = code.number();
    Own::of(answer.compose())
}

/// What the visitor accepts, all lines together.
fn accepted(head: &RequestHead, bytes: &[u8]) -> Option<Vec<u8>> {
    if !head.has(Known::Accept) {
        return None;
    }
    let lines = head.fields.iter().filter(|field| field.known == Known::Accept);
    let lines: Vec<&[u8]> = lines.map(|field| field.value.of(bytes)).collect();
    Some(lines.join(&b","[..]))
}

impl Own {
    fn of(answer: Answer) -> Self {
        let mut fields = Vec::new();
        if let Some(seconds) = answer.retry_after {
            write_field(b"Retry-After", itoa::Buffer::new().format(seconds).as_bytes(), &mut fields);
        }
        if let Some(status) = answer.proxy_status {
            write_field(b"Proxy-Status", status.as_bytes(), &mut fields);
        }
        Self { status: answer.status, content_type: answer.content_type.into(), fields, body: answer.body }
    }
}

async fn send(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    own: Own,
    request_complete: bool,
) -> After {
    let Scratch { request, to_visitor, .. } = scratch;
    let persists = request.keep_alive && request_complete && connection.may_continue();
    to_visitor.clear();
    let out = &mut to_visitor.bytes;
    let settings = &connection.worker.settings;
    write_status_line(own.status, out);
    connection.worker.clock.write_date(SystemTime::now(), out);
    // What has no content must not say how much there is of it (RFC 9110 section 8.6).
    let has_content = !matches!(own.status, 204 | 304);
    if has_content {
        write_field(b"Content-Type", own.content_type.as_bytes(), out);
        write_content_length(own.body.len() as u64, out);
    }
    write_field(b"Server", settings.server_name.as_bytes(), out);
    write_ray(ledger.ray, &settings.node.data_center, out);
    out.extend_from_slice(&own.fields);
    write_connection(request.version, persists, out);
    out.extend_from_slice(b"\r\n");
    let given = &mut ledger.given;
    if has_content && request.verb != Method::Head {
        out.extend_from_slice(&own.body);
        given.body_bytes = own.body.len() as u64;
    }
    given.bytes += out.len() as u64;
    given.status = own.status;
    given.content_type = has_content.then_some(own.content_type);
    given.first_byte = Some(Instant::now());
    match connection.send(to_visitor).await {
        Ok(()) if persists => After::KeepAlive,
        Ok(()) => After::Close,
        Err(reason) => {
            ledger.reason.get_or_insert(reason);
            After::Abort
        }
    }
}
