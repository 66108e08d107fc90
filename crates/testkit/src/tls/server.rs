//! A server's side of TLS.

use super::{Authority, Identity};
use crate::Record;
use rustls::{
    RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::{CryptoProvider, aws_lc_rs},
    server::{Acceptor, WebPkiClientVerifier},
    version::{TLS12, TLS13},
};
use std::sync::Arc;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

/// How a server speaks TLS.
#[derive(Clone, Debug)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
}

impl ServerTls {
    /// Shows this identity, in TLS 1.2 or 1.3.
    pub fn new(identity: &Identity) -> Self {
        Self::build(identity, &[&TLS12, &TLS13], None)
    }

    /// The same, in TLS 1.2 only.
    pub fn tls12_only(identity: &Identity) -> Self {
        Self::build(identity, &[&TLS12], None)
    }

    /// The same in TLS 1.3 only.
    pub fn tls13_only(identity: &Identity) -> Self {
        Self::build(identity, &[&TLS13], None)
    }

    /// Demands a client certificate of `authority`. In TLS 1.2 the handshake fails without; in TLS 1.3 the client
    /// learns of it only after its handshake.
    pub fn demanding_client_certificate(identity: &Identity, authority: &Authority, tls12: bool) -> Self {
        let versions: &[_] = if tls12 { &[&TLS12] } else { &[&TLS13] };
        Self::build(identity, versions, Some(authority))
    }

    fn build(identity: &Identity, versions: &[&'static SupportedProtocolVersion], clients: Option<&Authority>) -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .expect("TLS versions");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => builder.with_client_cert_verifier(client_verifier(authority, provider)),
        };
        let config = builder.with_single_cert(identity.chain.clone(), identity.key.clone_key()).expect("an identity");
        Self { config: Arc::new(config) }
    }

    /// Shakes hands, noting the server name that was asked for. `None` when the handshake fails; the client has been
    /// told by then.
    pub(crate) async fn accept(&self, tcp: TcpStream, names: &Record<Option<String>>) -> Option<TlsStream<TcpStream>> {
        let start = LazyConfigAcceptor::new(Acceptor::default(), tcp).await.ok()?;
        names.push(start.client_hello().server_name().map(str::to_owned));
        match start.into_stream(self.config.clone()).into_fallible().await {
            Ok(stream) => Some(stream),
            Err((_, mut tcp)) => {
                let _ = tcp.shutdown().await;
                None
            }
        }
    }
}

fn client_verifier(
    authority: &Authority,
    provider: Arc<CryptoProvider>,
) -> Arc<dyn rustls::server::danger::ClientCertVerifier> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.root_der()).expect("a root");
    WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().expect("a verifier")
}
