//! The accept loop: takes visitors in, turns them away when the house is full, and shakes hands where TLS is spoken.

use super::introduction::{self, Parties, Unintroduced};
use crate::{
    account::{self, Account},
    connection::{self, Connection},
    crowd::{Counted, Party},
    http2::{self, Transport},
    ledger::Ledger,
    presence::{Entry, Place, Stage, reached},
    ray_id::RayId,
    tcp,
    visitor::{Protocol, Socket, VisitorFacts, VisitorTls},
    worker::Worker,
};
use model::Failure;
use std::{
    io,
    net::SocketAddr,
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime},
};
use telemetry::{ConnectionRefused, Listener, RefusedWhy, TlsOutcome};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::Instant,
};
use tokio_rustls::TlsAcceptor;

/// Which door a visitor comes in by.
#[derive(Clone)]
pub(crate) enum Door {
    Http,
    Https(TlsAcceptor),
    Tcp(Arc<tcp::TcpListener>),
}

impl Door {
    const fn kind(&self) -> Listener {
        match self {
            Door::Http => Listener::Http,
            Door::Https(_) => Listener::Https,
            Door::Tcp(_) => Listener::Tcp,
        }
    }
}

/// How long a worker pauses when the system has no file descriptor or memory left for another connection. Nobody could
/// want another value: trying again at once would burn a core for nothing, and whoever waits in the kernel's queue does
/// not notice so short a pause.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// Accepts visitors until the worker's end begins; who stood at the door by then is still let in.
pub(crate) async fn accept_visitors(
    worker: Rc<Worker>,
    listener: TcpListener,
    door: Door,
    mut stage: watch::Receiver<Stage>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = reached(&mut stage, Stage::Parting) => return admit_waiting(&worker, listener, &door),
        };
        match accepted {
            Ok((tcp, peer)) => welcome(&worker, &door, tcp, peer),
            Err(error) => stumble(&worker, error).await,
        }
    }
}

/// Lets in whoever the kernel has connected to this listener already: closing it would reset them. At most as many as
/// it holds for us, so that a rush at the door keeps it open no longer than that.
fn admit_waiting(worker: &Rc<Worker>, listener: TcpListener, door: &Door) {
    let Ok(listener) = listener.into_std() else { return };
    for _ in 0..worker.settings.limits.backlog {
        let Ok((tcp, peer)) = listener.accept() else { return };
        match tcp.set_nonblocking(true).and_then(|()| TcpStream::from_std(tcp)) {
            Ok(tcp) => welcome(worker, door, tcp, peer),
            Err(error) => worker.refusals.note_shortage(&worker.tally.borrow(), error),
        }
    }
}

fn welcome(worker: &Rc<Worker>, door: &Door, tcp: TcpStream, peer: SocketAddr) {
    let refuse = |why| worker.refusals.note(&worker.tally.borrow(), peer, why);
    let party = party_of(worker, peer);
    let counted = match party.filter(|_| worker.crowd.is_limited()).map(|party| worker.crowd.admit(party)) {
        Some(None) => return refuse(RefusedWhy::AddressFull),
        Some(counted) => counted,
        None => None,
    };
    let place = match worker.presence.enter(party) {
        Entry::Room(place) => place,
        Entry::InsteadOf(place) => {
            refuse(RefusedWhy::CrowdedOut);
            place
        }
        Entry::Full => return refuse(RefusedWhy::Full),
    };
    // Answers are written whole; waiting to fill a segment would only add latency. Failing to set it is harmless.
    let _ = tcp.set_nodelay(true);
    // Spawned as it is: a future that another one wraps is held twice, once to be moved in and once to be run.
    tokio::task::spawn_local(receive(worker.clone(), door.clone(), tcp, peer, place, counted));
}

/// Whom a connection is counted for: nobody where a proxy is trusted to bring many visitors.
fn party_of(worker: &Worker, peer: SocketAddr) -> Option<Party> {
    let (settings, address) = (&worker.settings, peer.ip().to_canonical());
    let brings_many = settings.trusts(address) || settings.proxy_protocol.is_due_from(address);
    (!brings_many).then(|| Party::of(address))
}

/// Counts a visitor that a proxy has introduced, as it would be counted without the proxy. Whoever was not introduced has
/// been counted already, and a proxy that speaks for itself is not.
fn count_introduced(worker: &Worker, peer: SocketAddr, visitor: SocketAddr) -> Result<Option<Counted>, RefusedWhy> {
    let introduced = worker.crowd.is_limited() && visitor.ip() != peer.ip().to_canonical();
    match party_of(worker, visitor).filter(|_| introduced) {
        None => Ok(None),
        Some(party) => worker.crowd.admit(party).map(Some).ok_or(RefusedWhy::AddressFull),
    }
}

/// Serves a connection to its end, for as long as which it is counted.
async fn receive(
    worker: Rc<Worker>,
    door: Door,
    mut tcp: TcpStream,
    peer: SocketAddr,
    place: Place,
    _counted: Option<Counted>,
) {
    let kind = door.kind();
    worker.tally.borrow().connection_opened(kind);
    match introduction::introduce(&worker, &mut tcp, peer).await {
        Ok(parties) => match count_introduced(&worker, peer, parties.visitor) {
            Ok(_counted) => enter(&worker, door, tcp, parties, place).await,
            Err(why) => worker.refusals.note(&worker.tally.borrow(), parties.visitor, why),
        },
        Err(Unintroduced::Left) => {}
        Err(Unintroduced::Refused(failure)) => refuse(&worker, kind, peer, failure),
    }
    worker.tally.borrow().connection_closed(kind);
}

/// Takes a visitor, whose address is known by now, through its door.
async fn enter(worker: &Rc<Worker>, door: Door, tcp: TcpStream, parties: Parties, place: Place) {
    let (socket, tls) = match door {
        Door::Http => (Socket::Plain(tcp), None),
        Door::Https(acceptor) => match shake_hands(worker, acceptor, tcp).await {
            Some(shaken) => shaken,
            None => return,
        },
        Door::Tcp(listener) => {
            let session = tcp::Session { worker: worker.clone(), listener, visitor: tcp, parties, place };
            return Box::pin(tcp::serve(session)).await;
        }
    };
    let trusted = worker.settings.trusts(parties.visitor.ip());
    let mut facts = VisitorFacts::new(parties.visitor, tls, trusted);
    // To a proxy in front it says nothing about the visitor.
    facts.round_trip = parties.are_direct().then(|| socket.round_trip()).flatten();
    if socket.chose_http2() {
        facts.protocol = Protocol::Http2;
        let transport = Transport::new(socket, Vec::new(), &worker.settings);
        // Rarer than the other, and larger: kept out of the future that every connection holds.
        return Box::pin(http2::serve(worker.clone(), transport, Rc::new(facts), place)).await;
    }
    connection::serve(Connection::new(worker.clone(), socket, Rc::new(facts), place)).await;
}

/// Refuses a proxy that did not introduce whom it speaks for. There is nobody to answer to, but it is told of.
fn refuse(worker: &Worker, kind: Listener, peer: SocketAddr, failure: Failure) {
    ConnectionRefused { peer, why: RefusedWhy::ProxyProtocol }.emit(&worker.tally.borrow());
    let ray = RayId::from_number(worker.random.next());
    let mut ledger = Ledger::open(ray, SystemTime::now(), Instant::now());
    ledger.reason = Some(failure.reason);
    ledger.evidence = *failure.evidence;
    let account = Account {
        visitor: peer,
        protocol: account::TCP,
        round_trip: None,
        scheme: kind.as_str(),
        host: "",
        bytes_in: 0,
        bytes_out: 0,
    };
    account.close(worker, &ledger);
}

/// The TLS handshake, bounded in time. A failed one never becomes a request, so it is counted and not recorded. Boxed,
/// because it is large and short-lived.
async fn shake_hands(worker: &Worker, acceptor: TlsAcceptor, tcp: TcpStream) -> Option<(Socket, Option<VisitorTls>)> {
    let handshake = Box::pin(tokio::time::timeout(worker.settings.timeouts.handshake, acceptor.accept(tcp)));
    let outcome = handshake.await;
    let tally = worker.tally.borrow();
    match outcome {
        Ok(Ok(stream)) => {
            let resumed = stream.get_ref().1.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
            tally.tls(if resumed { TlsOutcome::Resumed } else { TlsOutcome::Full });
            let tls = VisitorTls::of(&stream);
            Some((Socket::Tls(Box::new(stream)), Some(tls)))
        }
        Ok(Err(error)) => {
            tally.tls(TlsOutcome::Failed);
            tracing::debug!(%error, "TLS handshake with a visitor failed");
            None
        }
        Err(_) => {
            tally.tls(TlsOutcome::TimedOut);
            None
        }
    }
}

/// A connection that was gone before it was accepted is nobody's trouble; being out of something is ours.
async fn stumble(worker: &Worker, error: io::Error) {
    if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        return;
    }
    worker.refusals.note_shortage(&worker.tally.borrow(), error);
    if worker.presence.stage() == Stage::Open {
        tokio::time::sleep(EXHAUSTED_PAUSE).await;
    }
}
