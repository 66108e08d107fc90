//! Which certificate a visitor is shown: the site owner's for that name, else one of the local authority.

use super::LocalAuthority;
use model::{Certificate, CertificateId, SharedMap, Timestamp};
use routing::TableHandle;
use rustls::{
    crypto::aws_lc_rs::sign::any_supported_type,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The names of the certificate for visitors that send no SNI.
const NAMELESS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// How long an issued certificate is shown before it is issued anew: well inside its validity.
const REISSUE_AFTER: Duration = Duration::from_secs(30 * 24 * 3600);

/// Every certificate there is to show. Shared by the workers; used once per handshake, never per request.
pub(crate) struct Certificates {
    table: TableHandle,
    authority: LocalAuthority,
    /// How many issued certificates are kept.
    keep: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What `custom` was read from.
    source: SharedMap<CertificateId, Arc<Certificate>>,
    custom: Custom,
    issued: HashMap<String, (Instant, Arc<CertifiedKey>)>,
}

#[derive(Default)]
struct Custom {
    /// Parsed once per version of a certificate. `None`: unusable, said once in the log.
    parsed: HashMap<(CertificateId, Timestamp), Option<Arc<CertifiedKey>>>,
    by_name: HashMap<String, Arc<CertifiedKey>>,
}

impl Certificates {
    /// The certificates of this table, with the authority for all other names.
    pub(crate) fn new(table: TableHandle, authority: LocalAuthority, keep: usize) -> Self {
        Self { table, authority, keep, state: Mutex::default() }
    }

    fn find(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let mut state = self.state();
        self.follow_table(&mut state);
        let custom = name.and_then(|name| state.custom.for_name(name).cloned());
        custom.or_else(|| self.issued(&mut state, name))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow_table(&self, state: &mut State) {
        let table = self.table.load();
        if !state.source.is_same(table.certificates()) {
            state.source = table.certificates().clone();
            state.custom.rebuild(&state.source);
        }
    }

    fn issued(&self, state: &mut State, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let key = name.unwrap_or_default();
        if let Some((at, certificate)) = state.issued.get(key)
            && at.elapsed() < REISSUE_AFTER
        {
            return Some(certificate.clone());
        }
        let names = name.as_ref().map_or(&NAMELESS[..], std::slice::from_ref);
        let fresh = match self.authority.issue(names) {
            Ok(certificate) => Arc::new(certificate),
            Err(error) => {
                tracing::warn!(name, %error, "no certificate could be issued for a visitor's server name");
                return None;
            }
        };
        if state.issued.len() >= self.keep {
            // Names are a stranger's choice: rather forget all of them than let one visitor fill the memory.
            state.issued.clear();
        }
        state.issued.insert(key.to_owned(), (Instant::now(), fresh.clone()));
        Some(fresh)
    }
}

impl Custom {
    fn rebuild(&mut self, certificates: &SharedMap<CertificateId, Arc<Certificate>>) {
        let mut known = std::mem::take(&mut self.parsed);
        self.by_name.clear();
        let mut ordered: Vec<&Arc<Certificate>> = certificates.values().collect();
        // The last one to claim a name has it: higher priority, then the newer.
        ordered.sort_by_key(|certificate| (certificate.priority, certificate.uploaded_on));
        for certificate in ordered {
            let version = (certificate.id, certificate.modified_on);
            let parsed = known.remove(&version).unwrap_or_else(|| parse_or_warn(certificate));
            if let Some(key) = &parsed {
                self.by_name.extend(certificate.hosts.iter().map(|host| (host.to_ascii_lowercase(), key.clone())));
            }
            self.parsed.insert(version, parsed);
        }
    }

    /// An exact name wins over a wildcard, which stands for one label (RFC 6125 section 6.4.3).
    fn for_name(&self, name: &str) -> Option<&Arc<CertifiedKey>> {
        if self.by_name.is_empty() {
            return None;
        }
        let wildcard = || self.by_name.get(&format!("*.{}", name.split_once('.')?.1));
        self.by_name.get(name).or_else(wildcard)
    }
}

fn parse_or_warn(certificate: &Certificate) -> Option<Arc<CertifiedKey>> {
    match parse(certificate) {
        Ok(key) => Some(Arc::new(key)),
        Err(error) => {
            tracing::warn!(certificate = %certificate.id, error, "an uploaded certificate cannot be used");
            None
        }
    }
}

fn parse(certificate: &Certificate) -> Result<CertifiedKey, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.chain_pem.as_bytes()).collect();
    let chain = chain.map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from_pem_slice(certificate.private_key_pem.expose().as_bytes());
    let key = any_supported_type(&key.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
            Err("the key belongs to another certificate".into())
        }
        _ => Ok(certified),
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.find(hello.server_name())
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates(..)")
    }
}
