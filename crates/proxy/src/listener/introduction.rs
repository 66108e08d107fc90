//! The introduction: a header of the PROXY protocol with which a proxy in front says for whom it speaks.
//!
//! Only peers that are configured as proxies are asked for one, and they must send one. The header is taken off the
//! socket to the byte, so that what comes behind it (a request, or a TLS handshake) finds the socket as if it came from
//! the visitor itself.

use crate::{settings::Settings, worker::Worker};
use model::{Evidence, Failure};
use std::net::SocketAddr;
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};
use verdict::Reason;
use wire::proxy_protocol::{self, Addresses, Header, Heard, MOST_V1_BYTES, Problem};

/// Who came, and which address they came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parties {
    pub(crate) visitor: SocketAddr,
    /// The other end of the connection: the visitor, or a proxy that speaks for it.
    peer: SocketAddr,
    pub(crate) destination: SocketAddr,
}

impl Parties {
    /// Whether the visitor itself is at the other end.
    pub(crate) fn are_direct(&self) -> bool {
        self.visitor == self.peer
    }
}

/// Why nobody was introduced.
pub(crate) enum Unintroduced {
    /// The peer left without a byte, as a check of the port does.
    Left,
    Refused(Failure),
}

/// Finds out whom a connection is made for. A peer that is no configured proxy speaks for itself.
pub(crate) async fn introduce(worker: &Worker, tcp: &mut TcpStream, peer: SocketAddr) -> Result<Parties, Unintroduced> {
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    let destination = tcp.local_addr().unwrap_or(peer);
    let own = Parties { visitor: peer, peer, destination };
    let settings = &worker.settings;
    if !settings.proxy_protocol.is_due_from(peer.ip()) {
        return Ok(own);
    }
    let mut heard = Vec::new();
    let limit = settings.timeouts.proxy_header;
    let told = timeout(limit, listen(settings, tcp, peer, &mut heard)).await;
    let evidence = |heard: &[u8]| Evidence {
        remote: Some(peer),
        first_bytes: heard.iter().take(Evidence::FIRST_BYTES).copied().collect(),
        ..Evidence::default()
    };
    match told {
        Ok(Ok(told)) => Ok(told.unwrap_or(own)),
        Ok(Err(None)) if heard.is_empty() => Err(Unintroduced::Left),
        Ok(Err(problem)) => {
            let reason =
                if problem == Some(Problem::Missing) { Reason::ProxyProtocolMissing } else { Reason::ProxyProtocolBad };
            Err(Unintroduced::Refused(Failure::new(reason, evidence(&heard))))
        }
        Err(_) => {
            let reason = if heard.is_empty() { Reason::ProxyProtocolMissing } else { Reason::ProxyProtocolBad };
            let evidence = Evidence { limit: Some(limit), ..evidence(&heard) };
            Err(Unintroduced::Refused(Failure::new(reason, evidence)))
        }
    }
}

/// Takes one header off the socket. `heard` keeps what was looked at. `Ok(None)`: the proxy speaks for itself.
///
/// What is not a whole header yet belongs to it whole, so it can be taken at once and the socket falls silent until
/// more comes; what follows a header stays where it is.
///
/// # Errors
/// What is wrong with the header; `None` when the connection ended before it did.
async fn listen(
    settings: &Settings,
    tcp: &mut TcpStream,
    peer: SocketAddr,
    heard: &mut Vec<u8>,
) -> Result<Option<Parties>, Option<Problem>> {
    let mut piece = vec![0; settings.limits.proxy_header.v2_bytes.max(MOST_V1_BYTES)];
    loop {
        let taken = heard.len();
        let seen = tcp.peek(&mut piece).await.map_err(|_| None)?;
        if seen == 0 {
            return Err(None);
        }
        heard.extend_from_slice(piece.get(..seen).unwrap_or_default());
        let (length, told) = match proxy_protocol::parse(heard, &settings.limits.proxy_header) {
            Ok(Heard::Partial) => (seen, None),
            Ok(Heard::Complete(header)) => (header.len.saturating_sub(taken), Some(parties(&header, peer))),
            Err(problem) => return Err(Some(problem)),
        };
        tcp.read_exact(piece.get_mut(..length).unwrap_or_default()).await.map_err(|_| None)?;
        if let Some(told) = told {
            return Ok(told);
        }
    }
}

/// Whom the header names; `None` when the addresses of the connection itself hold.
fn parties(header: &Header<'_>, peer: SocketAddr) -> Option<Parties> {
    let visitor = header.visitor()?;
    let Addresses::Inet { destination, .. } = header.addresses else { return None };
    let plain = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    Some(Parties { visitor: plain(visitor), peer, destination: plain(destination) })
}
