//! TLS with visitors: which certificate is shown, and the handshake itself.

mod authority;
mod certificates;

pub use authority::{AuthorityError, LocalAuthority};
pub(crate) use certificates::Certificates;

use rustls::ServerConfig;
use std::sync::Arc;

/// How TLS is spoken with visitors: 1.2 and 1.3, HTTP/1.1 and, where `http2` says so, HTTP/2 by ALPN, sessions resumed by tickets that every worker reads.
pub(crate) fn server_config(certificates: Certificates, http2: bool) -> Result<Arc<ServerConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certificates));
    if http2 {
        config.alpn_protocols.push(crate::http2::ALPN.to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
    Ok(Arc::new(config))
}
