//! Certificates and their keys.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer,
    KeyPair, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Validity {
    /// From 1975 to 4096.
    #[default]
    Always,
    /// Until the end of 1999.
    Expired,
    /// From 4000 on.
    NotYet,
}

/// A chain to show and the key for its first certificate.
#[derive(Debug)]
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
    /// The chain in PEM.
    pub chain_pem: String,
    pub key_pem: String,
}

impl Identity {
    /// A certificate that signed itself, for `names` (host names or addresses).
    pub fn self_signed(names: &[&str]) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = params(names, Validity::Always).self_signed(&key).expect("a certificate");
        Self::new(&[&certificate], &key)
    }

    /// A certificate that signed itself and calls itself an authority, as the `openssl` command makes them.
    pub fn self_signed_authority(names: &[&str], validity: Validity) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = params(names, validity);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self::new(&[&params.self_signed(&key).expect("a certificate")], &key)
    }

    fn new(chain: &[&Certificate], key: &KeyPair) -> Self {
        Self {
            chain: chain.iter().map(|certificate| certificate.der().clone()).collect(),
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            chain_pem: chain.iter().map(|certificate| certificate.pem()).collect(),
            key_pem: key.serialize_pem(),
        }
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self {
            chain: self.chain.clone(),
            key: self.key.clone_key(),
            chain_pem: self.chain_pem.clone(),
            key_pem: self.key_pem.clone(),
        }
    }
}

/// A certificate authority of a test: a root, with an intermediate below it that signs.
pub struct Authority {
    root: Certificate,
    intermediate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// An authority whose names begin with `name`.
    pub fn new(name: &str) -> Self {
        Self::with_root(name, Validity::Always)
    }

    /// An authority whose root certificate has expired; the rest of it is valid.
    pub fn expired(name: &str) -> Self {
        Self::with_root(name, Validity::Expired)
    }

    fn with_root(name: &str, validity: Validity) -> Self {
        let root_key = KeyPair::generate().expect("a key");
        let root_params = authority_params(&format!("{name} root"), validity);
        let root = root_params.self_signed(&root_key).expect("a root");
        let root_issuer = Issuer::new(root_params, root_key);
        let key = KeyPair::generate().expect("a key");
        let params = authority_params(&format!("{name} intermediate"), Validity::Always);
        let intermediate = params.signed_by(&key, &root_issuer).expect("an intermediate");
        Self { root, intermediate, issuer: Issuer::new(params, key) }
    }

    /// The root in PEM, for a trust store.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// The root, for a trust store.
    pub fn root_der(&self) -> CertificateDer<'static> {
        self.root.der().clone()
    }

    /// A certificate for `names`, shown with its intermediate.
    pub fn issue(&self, names: &[&str]) -> Identity {
        self.issue_valid(names, Validity::Always)
    }

    /// The same with a validity of its own.
    pub fn issue_valid(&self, names: &[&str], validity: Validity) -> Identity {
        let (certificate, key) = self.sign(params(names, validity));
        Identity::new(&[&certificate, &self.intermediate], &key)
    }

    /// A certificate that names its host only in the common name of its subject, as old ones do.
    pub fn issue_by_common_name(&self, name: &str) -> Identity {
        let mut params = params(&[], Validity::Always);
        params.distinguished_name = common_name(name);
        let (certificate, key) = self.sign(params);
        Identity::new(&[&certificate, &self.intermediate], &key)
    }

    /// A certificate that is shown without its intermediate.
    pub fn issue_leaf_only(&self, names: &[&str]) -> Identity {
        let (certificate, key) = self.sign(params(names, Validity::Always));
        Identity::new(&[&certificate], &key)
    }

    fn sign(&self, mut params: CertificateParams) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        params.custom_extensions.push(where_the_issuer_is());
        (params.signed_by(&key, &self.issuer).expect("a certificate"), key)
    }
}

fn params(names: &[&str], validity: Validity) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names.clone()).expect("names for a certificate");
    params.distinguished_name = common_name(names.first().map_or("nameless", String::as_str));
    set_validity(&mut params, validity);
    params
}

fn authority_params(name: &str, validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    set_validity(&mut params, validity);
    params
}

fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn set_validity(params: &mut CertificateParams, validity: Validity) {
    match validity {
        Validity::Always => {}
        Validity::Expired => params.not_after = date_time_ymd(1999, 12, 31),
        Validity::NotYet => params.not_before = date_time_ymd(4000, 1, 1),
    }
}

/// The authority information access extension (RFC 5280 section 4.2.2.1) that certificates of public authorities
/// carry: the issuer's certificate is at `http://ca.test/i.crt`.
fn where_the_issuer_is() -> CustomExtension {
    let url = b"http://ca.test/i.crt";
    let method = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02];
    let location = [&[0x86, url.len() as u8], &url[..]].concat();
    let description = sequence(&[&method[..], &location].concat());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], sequence(&description))
}

fn sequence(content: &[u8]) -> Vec<u8> {
    [&[0x30, u8::try_from(content.len()).expect("short content")], content].concat()
}
