//! The accept loop: takes visitors in, turns them away when the house is full, and shakes hands where TLS is spoken.

use crate::{
    connection::{self, Connection},
    presence::{Place, Stage},
    visitor::{Socket, VisitorFacts, VisitorTls},
    worker::Worker,
};
use std::{io, net::SocketAddr, rc::Rc, time::Duration};
use telemetry::{ConnectionRefused, Listener, RefusedWhy, TlsOutcome};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Which door a visitor comes in by.
#[derive(Clone)]
pub(crate) enum Door {
    Http,
    Https(TlsAcceptor),
}

/// How long a worker pauses when the system has no file descriptor or memory left for another connection.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// Accepts visitors until `closing` is cancelled.
pub(crate) async fn accept_visitors(worker: Rc<Worker>, listener: TcpListener, door: Door, closing: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = closing.cancelled() => return,
        };
        match accepted {
            Ok((tcp, peer)) => welcome(&worker, &door, tcp, peer),
            Err(error) => stumble(&worker, &error).await,
        }
    }
}

fn welcome(worker: &Rc<Worker>, door: &Door, tcp: TcpStream, peer: SocketAddr) {
    let Some(place) = worker.presence.enter() else {
        ConnectionRefused { peer, why: RefusedWhy::Full }.emit(&worker.tally.borrow());
        return;
    };
    // Answers are written whole; waiting to fill a segment would only add latency. Failing to set it is harmless.
    let _ = tcp.set_nodelay(true);
    tokio::task::spawn_local(receive(worker.clone(), door.clone(), tcp, peer, place));
}

async fn receive(worker: Rc<Worker>, door: Door, tcp: TcpStream, peer: SocketAddr, place: Place) {
    let listener = match door {
        Door::Http => Listener::Http,
        Door::Https(_) => Listener::Https,
    };
    worker.tally.borrow().connection_opened(listener);
    let trusted = worker.settings.trusts(peer.ip().to_canonical());
    let arrived = match door {
        Door::Http => Some((Socket::Plain(tcp), None)),
        Door::Https(acceptor) => shake_hands(&worker, acceptor, tcp).await,
    };
    if let Some((socket, tls)) = arrived {
        let facts = VisitorFacts::new(peer, tls, trusted);
        connection::serve(Connection::new(worker.clone(), socket, facts, place)).await;
    }
    worker.tally.borrow().connection_closed(listener);
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
async fn stumble(worker: &Worker, error: &io::Error) {
    if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        return;
    }
    worker.tally.borrow().connection_refused(RefusedWhy::Resource);
    tracing::warn!(%error, "a visitor could not be accepted");
    if worker.presence.stage() == Stage::Open {
        tokio::time::sleep(EXHAUSTED_PAUSE).await;
    }
}
