//! Whose certificates count.

use rustls::{RootCertStore, pki_types::CertificateDer, pki_types::UnixTime};
use rustls_pki_types::pem::PemObject;
use std::{
    fmt,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Whose certificates count.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Anyone's: the stream is encrypted, but who is at the other end is not known.
    Anything,
    /// Those of the public certificate authorities (the Mozilla root program's list).
    Public,
    /// Only those of these authorities.
    Anchors(Arc<TrustAnchors>),
}

/// What tells one trust from another, for filing sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum TrustKey {
    Anything,
    Public,
    Anchors(u64),
}

impl Trust {
    pub(super) fn key(&self) -> TrustKey {
        match self {
            Trust::Anything => TrustKey::Anything,
            Trust::Public => TrustKey::Public,
            Trust::Anchors(anchors) => TrustKey::Anchors(anchors.id),
        }
    }
}

/// The public certificate authorities.
pub(super) static PUBLIC: LazyLock<RootCertStore> =
    LazyLock::new(|| RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });

/// A text that should have been certificates in PEM is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTrustAnchor {
    /// Which of the texts, counted from 0.
    pub index: usize,
}

impl fmt::Display for BadTrustAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text {} of the trust store is not a certificate in PEM", self.index)
    }
}

impl std::error::Error for BadTrustAnchor {}

/// Certificate authorities that a site owner brought. Make one per trust store and keep it: TLS sessions are resumed
/// only under the same value.
pub struct TrustAnchors {
    /// Different for every value that is made.
    id: u64,
    anchors: Vec<Anchor>,
    /// All of them, for as long as none has expired.
    all: RootCertStore,
    first_expiry: u64,
}

struct Anchor {
    certificate: CertificateDer<'static>,
    /// Seconds since 1970.
    expires: u64,
}

impl TrustAnchors {
    /// The certificates in these PEM texts. A text may hold several.
    pub fn from_pems(texts: &[String]) -> Result<Self, BadTrustAnchor> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut anchors = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let before = anchors.len();
            for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
                let anchor = certificate.ok().and_then(Anchor::new).ok_or(BadTrustAnchor { index })?;
                anchors.push(anchor);
            }
            if anchors.len() == before {
                return Err(BadTrustAnchor { index });
            }
        }
        let first_expiry = anchors.iter().map(|anchor| anchor.expires).min().unwrap_or_default();
        let all = store(anchors.iter());
        Ok(Self { id: NEXT.fetch_add(1, Ordering::Relaxed), anchors, all, first_expiry })
    }

    /// Runs `look` on the authorities that have not expired; `None` when there are none.
    pub(super) fn valid_at<T>(&self, now: UnixTime, look: impl FnOnce(&RootCertStore) -> T) -> Option<T> {
        if now.as_secs() <= self.first_expiry && !self.all.is_empty() {
            return Some(look(&self.all));
        }
        let valid = store(self.anchors.iter().filter(|anchor| now.as_secs() <= anchor.expires));
        (!valid.is_empty()).then(|| look(&valid))
    }

    /// Whether this very certificate was brought.
    pub(super) fn holds(&self, certificate: &CertificateDer<'_>) -> bool {
        self.anchors.iter().any(|anchor| anchor.certificate == *certificate)
    }
}

impl Anchor {
    fn new(certificate: CertificateDer<'static>) -> Option<Self> {
        RootCertStore::empty().add(certificate.clone()).ok()?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).ok()?;
        let expires = u64::try_from(parsed.validity().not_after.timestamp()).unwrap_or_default();
        Some(Self { certificate, expires })
    }
}

fn store<'a>(anchors: impl Iterator<Item = &'a Anchor>) -> RootCertStore {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(anchors.map(|anchor| anchor.certificate.clone()));
    store
}

impl fmt::Debug for TrustAnchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustAnchors").field("id", &self.id).field("anchors", &self.anchors.len()).finish()
    }
}
