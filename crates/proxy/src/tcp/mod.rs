//! TCP listeners: a connection is relayed, untouched, to one endpoint of a load balancer.
//!
//! The journey of a connection has the stages of a request's, each once: identify (by the listener's setting, or by the
//! server name of TLS), steer, connect (and once more elsewhere, as long as nothing was relayed), introduce, relay,
//! record. All bytes of a connection go to one endpoint (`OCI-19`). The zone's settings for requests do not apply: TLS
//! is not taken off and not put on.

mod connect;
mod identify;
mod relay;
mod settings;

pub use settings::{BalancerChoice, ProxyProtocolOut, TcpListener};

use crate::{
    account::{self, Account},
    cut_off::Carried,
    ledger::Ledger,
    listener::Parties,
    presence::Place,
    ray_id::RayId,
    round_trip::round_trip,
    worker::Worker,
};
use connect::Connected;
use dial::Stream;
use identify::Greeting;
use model::{Evidence, Failure};
use relay::Relay;
use routing::{Route, Table};
use std::{rc::Rc, sync::Arc, time::SystemTime};
use tokio::{net::TcpStream, time::Instant};
use verdict::Reason;
use wire::proxy_protocol::{self, Introduction};

/// A visitor's connection to a TCP listener.
pub(crate) struct Session {
    pub(crate) worker: Rc<Worker>,
    pub(crate) listener: Arc<TcpListener>,
    pub(crate) visitor: TcpStream,
    pub(crate) parties: Parties,
    pub(crate) place: Place,
}

/// Serves a connection to its end.
pub(crate) async fn serve(mut session: Session) {
    session.place.carries(Carried::Tcp);
    let (at, started) = (SystemTime::now(), Instant::now());
    let mut greeting = Greeting::default();
    let greeted = identify::greet(&mut session, &mut greeting).await;
    let mut relay = Relay::default();
    let mut route = None;
    let (mut ledger, connected) = {
        // A visitor may take its time to greet; it is steered by the table of today.
        let table = session.worker.pin();
        let mut ledger = Ledger::open(RayId::from_number(session.worker.random.next()), at, started);
        ledger.generation = table.generation;
        let connected = match greeted {
            Ok(()) => connect(&mut session, &mut ledger, &table, &greeting).await,
            Err(failure) => Err(failure),
        };
        match connected {
            Ok((own, connected)) => (ledger.borrowed_from(route.insert(own)), connected),
            Err(failure) => return close(&session, &mut ledger, &greeting, &relay, Err(failure)),
        }
    };
    // The connection may last for days, and many tables may come and go meanwhile: it holds its route alone.
    let ended = carry(&mut session, &mut ledger, &mut greeting, &mut relay, connected).await;
    close(&session, &mut ledger, &greeting, &relay, ended);
}

/// Steers the connection and connects it to an endpoint. Gives the route, to be held, with the connection.
async fn connect<'t>(
    session: &mut Session,
    ledger: &mut Ledger<'t>,
    table: &'t Table,
    greeting: &Greeting,
) -> Result<(Arc<Route>, Connected), Failure> {
    let route = identify::route(table, &session.listener, greeting)?;
    ledger.route = Some(route);
    ledger.zone = Some(&route.zone);
    let connected = connect::run(session, ledger, route).await?;
    Ok((route.clone(), connected))
}

async fn carry(
    session: &mut Session,
    ledger: &mut Ledger<'_>,
    greeting: &mut Greeting,
    relay: &mut Relay,
    mut connected: Connected,
) -> Result<(), Failure> {
    relay.begin(introduction(session, greeting), greeting.take_bytes());
    let ended = relay.run(session, &mut connected.stream).await;
    settle(ledger, relay);
    if ended.is_err() {
        abort(session, &connected.stream);
    }
    ended
}

fn close(session: &Session, ledger: &mut Ledger<'_>, greeting: &Greeting, relay: &Relay, ended: Result<(), Failure>) {
    if let Err(failure) = ended {
        ledger.reason = Some(failure.reason);
        ledger.evidence = *failure.evidence;
    }
    let account = Account {
        visitor: session.parties.visitor,
        protocol: account::TCP,
        round_trip: session.parties.are_direct().then(|| round_trip(&session.visitor)).flatten(),
        scheme: "tcp",
        host: greeting.host(&session.listener),
        bytes_in: relay.up(),
        bytes_out: relay.down(),
    };
    account.close(&session.worker, ledger);
}

/// The header that tells the endpoint who the visitor is: the first thing that it receives (`OCI-64`).
fn introduction(session: &Session, greeting: &Greeting) -> Vec<u8> {
    let Parties { visitor, destination, .. } = session.parties;
    let parties = Some((visitor, destination));
    let mut header = Vec::new();
    match session.listener.proxy_protocol_out {
        ProxyProtocolOut::Off => {}
        ProxyProtocolOut::V1 => proxy_protocol::write_v1(parties, &mut header),
        ProxyProtocolOut::V2 => {
            let authority = greeting.server_name().map(str::as_bytes);
            let told = Introduction { parties, authority, ..Introduction::default() };
            // A host name always fits.
            let _ = proxy_protocol::write_v2(&told, &mut header);
        }
    }
    header
}

/// Notes in the last attempt what the endpoint gave.
fn settle(ledger: &mut Ledger<'_>, relay: &Relay) {
    if let Some(attempt) = ledger.attempt() {
        attempt.bytes = relay.down();
        attempt.timings.total = Some(attempt.began.elapsed());
    }
}

/// Lets both sides see that the connection broke off: a close in good order would say that all was sent.
fn abort(session: &Session, upstream: &Stream) {
    for tcp in [&session.visitor, upstream.tcp()] {
        // It only decides how the end looks; failing to set it leaves an ordinary close.
        let _ = socket2::SockRef::from(tcp).set_linger(Some(std::time::Duration::ZERO));
    }
}

/// A failure with nothing to show for it.
fn plain(reason: Reason) -> Failure {
    Failure::new(reason, Evidence::default())
}
