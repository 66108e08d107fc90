//! The journey of one request, stage by stage. Each stage may end it; all of them lead to the one record at the end.

use crate::{
    admit::{self, Admission, Admitted},
    cdn_cgi, classify,
    classify::{Next, Progress},
    connect,
    connection::{After, Arrival, Connection},
    exchange::Exchange,
    http2::Told,
    ledger::Ledger,
    ray_id::RayId,
    record, redirect, relay, respond,
    retry_budget::has_a_price,
    room::Asker,
    rules,
    scratch::Scratch,
    tunnel,
    upload::Upload,
    upstream::{Target, Upstream},
};
use model::{Evidence, Failure};
use routing::{Choice, ClientFacts, Plan, Route, Table};
use std::sync::Arc;
use tokio::time::Instant;
use verdict::Reason;

/// Where the way of a request has led.
enum Way {
    /// To an answer.
    Answered(After),
    /// To a tunnel over this connection, which is still to be opened.
    Tunnel(Arc<Route>, Box<Upstream>),
}

impl From<After> for Way {
    fn from(after: After) -> Self {
        Way::Answered(after)
    }
}

/// Takes a request, whose head is complete, to its end.
pub(crate) async fn run(connection: &mut Connection, scratch: &mut Scratch, arrival: Arrival) -> After {
    let route;
    let (mut ledger, upstream) = {
        // The generation is pinned here; the request lives by it to its end.
        let table = connection.worker.pin();
        let ray = RayId::from_number(connection.worker.random.next());
        let mut ledger = Ledger::open(ray, arrival.at, arrival.started);
        ledger.generation = table.generation;
        match travel(connection, scratch, &mut ledger, &table).await {
            Way::Answered(after) => {
                record::close(connection, scratch, &ledger);
                return after;
            }
            Way::Tunnel(own, upstream) => {
                route = own;
                (Box::new(ledger.borrowed_from(&route)), upstream)
            }
        }
    };
    // A tunnel may last for days, and many tables may come and go meanwhile: it holds its route alone. It is rare and
    // holds much, so it is kept out of the future that every connection holds.
    let after = Box::pin(tunnel::run(connection, scratch, &mut ledger, *upstream)).await;
    record::close(connection, scratch, &ledger);
    after
}

async fn travel<'t>(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'t>,
    table: &'t Table,
) -> Way {
    let admission = Admission {
        head: &scratch.request,
        bytes: scratch.inbound.head(),
        visitor: &connection.facts,
        settings: &connection.worker.settings,
    };
    match admission.decide(table) {
        Ok(Admitted::Forward(route)) => {
            ledger.route = Some(route);
            ledger.zone = Some(&route.zone);
            forward(connection, scratch, ledger, route).await
        }
        Ok(Admitted::Own(path)) => cdn_cgi::serve(connection, scratch, ledger, path).await.into(),
        Ok(Admitted::Redirect(scheme)) => redirect::answer(connection, scratch, ledger, scheme).await.into(),
        Err(refused) => {
            ledger.zone = refused.zone;
            respond::refusal(connection, scratch, ledger, refused.reason).await.into()
        }
    }
}

/// Asks the rules, steers the request, tries an endpoint and, where that can do no harm, one more; then relays the answer.
async fn forward<'t>(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'t>,
    route: &'t Arc<Route>,
) -> Way {
    let worker = connection.worker.clone();
    let client = ClientFacts { ip: connection.facts.peer.ip() };
    let mut plan = Plan::from(route);
    if route.has_rules() {
        if let Some(answer) = rules::ask(connection, scratch, ledger, route) {
            return rules::answer(connection, scratch, ledger, answer).await.into();
        }
        plan = route.plan(&ledger.applied);
    }
    let asker = Asker { worker: &worker, plan, client, seed: worker.random.next() };
    let mut choice = match asker.choose() {
        Ok(choice) => choice,
        Err(reason) => return respond::refusal(connection, scratch, ledger, reason).await.into(),
    };
    worker.retries.deposit();
    let window = worker.settings.limits.upload_window;
    let mut upload = Upload::new(&scratch.request, &scratch.inbound, admit::upload_limit(&route.zone), window);
    let mut past = Progress { idempotent: scratch.request.verb.is_idempotent(), ..Progress::default() };
    loop {
        let failure = match attempt(connection, scratch, ledger, &choice, &mut upload, &mut past).await {
            Ok(upstream) if scratch.response.switches_protocol() => {
                return Way::Tunnel(route.clone(), Box::new(upstream));
            }
            Ok(upstream) => return relay::run(connection, scratch, ledger, upstream, &mut upload).await.into(),
            Err(failure) => failure,
        };
        if failure.reason == Reason::EndpointsFull {
            match turned_away(ledger, &asker, &choice, &mut past) {
                Ok(other) => choice = other,
                Err(failure) => return respond::failure(connection, scratch, ledger, failure, &upload).await.into(),
            }
            continue;
        }
        ledger.fail_attempt(&failure);
        past.replayable = upload.rewind(&mut scratch.inbound);
        let next = classify::next(failure.reason, past);
        let again = match next {
            Next::FreshConnection => Some(choice),
            Next::OtherEndpoint => asker.failover(&choice),
            Next::GiveUp => None,
        };
        match again.filter(|_| !has_a_price(failure.reason) || is_affordable(connection, ledger)) {
            Some(again) => {
                past.refreshed |= next == Next::FreshConnection;
                past.failed_over |= next == Next::OtherEndpoint;
                choice = again;
            }
            None => return respond::failure(connection, scratch, ledger, failure, &upload).await.into(),
        }
    }
}

/// What is done when the last place at an endpoint was taken after it had been chosen: another endpoint is, as if the
/// first had been full before. A second attempt is not worth that; there the first failure stands.
fn turned_away<'t>(
    ledger: &mut Ledger<'t>,
    asker: &Asker<'_, 't>,
    full: &Choice<'t>,
    past: &mut Progress,
) -> Result<Choice<'t>, Failure> {
    ledger.withdraw_attempt();
    if let Some(failure) = ledger.attempts.last().and_then(|attempt| attempt.failure.clone()) {
        return Err(failure);
    }
    past.turned_away += 1;
    let other = match past.turned_away {
        ..=TURNED_AWAY => asker.instead_of(full),
        _ => Err(Reason::EndpointsFull),
    };
    other.map_err(|reason| Failure::new(reason, Evidence::default()))
}

/// How often a request may lose the last place at an endpoint to another before it counts as finding none. Each time
/// somebody else was faster between a look and a step that nothing lies between; losing that race eight times in a row
/// means that there is no room, and no value here would find any.
const TURNED_AWAY: u32 = 8;

/// Whether the node's budget has a retry left; else that is noted.
fn is_affordable(connection: &Connection, ledger: &mut Ledger<'_>) -> bool {
    let affordable = connection.worker.retries.withdraw(Instant::now());
    if !affordable {
        ledger.retry_refused = Some(Reason::RetryBudgetSpent);
    }
    affordable
}

/// One attempt at one endpoint, up to the complete head of its answer.
async fn attempt<'t>(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'t>,
    choice: &Choice<'t>,
    upload: &mut Upload,
    past: &mut Progress,
) -> Result<Upstream, Failure> {
    let began = if ledger.attempts.is_empty() { ledger.started } else { Instant::now() };
    ledger.begin_attempt(*choice, began);
    let (Some(zone), Some(host)) = (ledger.zone, scratch.request.host_name().cloned()) else {
        return Err(Failure::new(Reason::EdgeInternal, Evidence::default()));
    };
    (past.reused, past.answer_began, past.told) = (false, false, Told::Nothing);
    let mut target = Target::new(choice, zone, connection.facts.scheme, host.as_str());
    if let Some(tls) = target.tls.as_mut().filter(|_| scratch.request.upgrade) {
        // Upgrades belong to HTTP/1.1.
        tls.http2 = false;
    }
    let mut upstream = connect::run(connection, scratch, ledger, zone, &target, past.refreshed).await?;
    past.reused = upstream.reused;
    let mut exchange = Exchange::begin(connection, scratch, ledger, zone, &target, &mut upstream, upload);
    let ended = exchange.run().await;
    past.answer_began = exchange.answer_began();
    past.told = exchange.told();
    past.visitor_has_bytes |= exchange.visitor_has_bytes();
    ended.map(|()| upstream)
}
