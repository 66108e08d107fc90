//! The TLS configurations in use, each with the sessions of one peer.
//!
//! A session can be resumed only under the configuration it came from, and only with the very server that gave it:
//! endpoints that share a host name do not share session keys. So there is one configuration per peer, and the ones
//! that are not used for long make room.

use super::{failure::NoCertificateToShow, trust::TrustKey, verifier::Verifier};
use crate::TlsPlan;
use rustls::{
    ClientConfig,
    client::Resumption,
    crypto::{CryptoProvider, aws_lc_rs},
};
use std::{
    collections::HashMap,
    mem,
    net::SocketAddr,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// How many sessions of one peer are kept; each is good for one resumption in TLS 1.3.
const SESSIONS_PER_PEER: usize = 8;

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(aws_lc_rs::default_provider()));
static NO_CERTIFICATE: LazyLock<Arc<NoCertificateToShow>> = LazyLock::new(|| Arc::new(NoCertificateToShow));

/// What a configuration is filed under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    trust: TrustKey,
    names: Vec<Box<str>>,
    server_name: Option<Box<str>>,
    alpn: Vec<Vec<u8>>,
    remote: SocketAddr,
}

/// The configurations, in two halves: those used lately and those used before. When the first half is full it becomes
/// the second, and what the second held and nobody asked for is dropped.
#[derive(Debug)]
pub(crate) struct Peers {
    half: usize,
    configs: Mutex<Halves>,
}

#[derive(Debug, Default)]
struct Halves {
    lately: HashMap<Key, Arc<ClientConfig>>,
    before: HashMap<Key, Arc<ClientConfig>>,
}

impl Peers {
    /// Keeps at most `most` configurations.
    pub(crate) fn new(most: usize) -> Self {
        Self { half: (most / 2).max(1), configs: Mutex::default() }
    }

    /// The configuration for a plan. Without resumption it is made for this one handshake.
    pub(super) fn config(&self, plan: &TlsPlan<'_>, send_name: bool, remote: SocketAddr) -> Arc<ClientConfig> {
        let names = plan.names.iter().map(|name| Box::from(*name)).collect();
        let alpn: Vec<Vec<u8>> = plan.alpn.iter().map(|protocol| protocol.to_vec()).collect();
        if !plan.resume {
            return Arc::new(make(plan, names, alpn, send_name, Resumption::disabled()));
        }
        let server_name = plan.server_name.filter(|_| send_name).map(Box::from);
        let key = Key { trust: plan.trust.key(), names, server_name, alpn, remote };
        let mut halves = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = halves.lately.get(&key) {
            return config.clone();
        }
        let config = halves.before.remove(&key).unwrap_or_else(|| {
            let sessions = Resumption::in_memory_sessions(SESSIONS_PER_PEER);
            Arc::new(make(plan, key.names.clone(), key.alpn.clone(), send_name, sessions))
        });
        if halves.lately.len() >= self.half {
            halves.before = mem::take(&mut halves.lately);
        }
        halves.lately.insert(key, config.clone());
        config
    }
}

fn make(
    plan: &TlsPlan<'_>,
    names: Vec<Box<str>>,
    alpn: Vec<Vec<u8>>,
    send_name: bool,
    resumption: Resumption,
) -> ClientConfig {
    let algorithms = PROVIDER.signature_verification_algorithms;
    let verifier = Arc::new(Verifier { trust: plan.trust.clone(), names, algorithms });
    let mut config = ClientConfig::builder_with_provider(PROVIDER.clone())
        .with_safe_default_protocol_versions()
        .expect("the provider supports the default versions")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(NO_CERTIFICATE.clone());
    config.alpn_protocols = alpn;
    config.enable_sni = send_name;
    config.resumption = resumption;
    config
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trust;

    fn config(peers: &Peers, port: u16, resume: bool) -> Arc<ClientConfig> {
        let plan = TlsPlan { resume, ..TlsPlan::new(Some("a.example"), &["a.example"], Trust::Public) };
        peers.config(&plan, true, SocketAddr::from(([127, 0, 0, 1], port)))
    }

    #[test]
    fn one_peer_keeps_its_configuration_and_another_gets_its_own() {
        let peers = Peers::new(8);
        assert!(Arc::ptr_eq(&config(&peers, 1, true), &config(&peers, 1, true)));
        assert!(!Arc::ptr_eq(&config(&peers, 1, true), &config(&peers, 2, true)));
        assert!(!Arc::ptr_eq(&config(&peers, 1, false), &config(&peers, 1, false)));
    }

    #[test]
    fn what_is_used_stays_and_what_is_not_makes_room() {
        let peers = Peers::new(8);
        let used = config(&peers, 1, true);
        for port in 100..200 {
            config(&peers, port, true);
            assert!(Arc::ptr_eq(&used, &config(&peers, 1, true)));
        }
        let halves = peers.configs.lock().unwrap();
        assert!(halves.lately.len() + halves.before.len() <= 8);
    }
}
