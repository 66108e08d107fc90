//! The TLS handshake with an endpoint.

mod certificate;
mod failure;
mod peers;
mod socket;
mod trust;
mod verifier;

pub(crate) use peers::Peers;
pub use socket::Socket;
pub use trust::{BadTrustAnchor, Trust, TrustAnchors};

use crate::{TlsFacts, TlsPlan};
use failure::Shaking;
use model::{Evidence, Failure};
use rustls::{
    ClientConnection, HandshakeKind,
    pki_types::{DnsName, ServerName},
};
use std::{net::SocketAddr, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};
use verdict::Reason;

/// Shakes hands over `tcp` within `limit`.
pub(crate) async fn handshake(
    peers: &Peers,
    tcp: TcpStream,
    remote: SocketAddr,
    plan: &TlsPlan<'_>,
    limit: Duration,
) -> Result<TlsStream<Socket>, Failure> {
    let name = plan.server_name.and_then(|name| DnsName::try_from(name.to_owned()).ok());
    let sni = name.as_ref().map(|name| name.as_ref().to_owned());
    let config = peers.config(plan, sni.is_some(), remote);
    // Without a name to send, the session still needs something to be filed under: the address.
    let filed_under = name.map_or(ServerName::IpAddress(remote.ip().into()), ServerName::DnsName);
    let connect = TlsConnector::from(config).connect(filed_under, Socket::recording(tcp));
    let mut shaking = Shaking::new(connect);
    let evidence = Evidence { remote: Some(remote), sni, ..Evidence::default() };
    match timeout(limit, &mut shaking).await {
        Ok(Ok(mut stream)) => {
            stream.get_mut().0.stop_recording();
            Ok(stream)
        }
        Ok(Err((error, socket))) => Err(failure::classify(&error, shaking.asked(), socket, evidence)),
        Err(_) => Err(Failure::new(Reason::TlsTimeout, Evidence { limit: Some(limit), ..evidence })),
    }
}

/// What a finished handshake agreed on.
pub(crate) fn facts(session: &ClientConnection) -> TlsFacts {
    TlsFacts {
        version: session.protocol_version().and_then(|version| version.as_str()).map_or("unknown", version_text),
        cipher: session.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or("unknown"),
        resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
    }
}

/// The usual spelling of a version.
fn version_text(version: &'static str) -> &'static str {
    match version {
        "TLSv1_2" => "TLSv1.2",
        "TLSv1_3" => "TLSv1.3",
        other => other,
    }
}
