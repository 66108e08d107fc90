//! Zones: a domain, its settings, its edge certificates and its origin trust store.

use crate::{AccountId, CertificateId, Timestamp, TrustAnchorId, ZoneId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A domain that the edge serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Zone {
    pub id: ZoneId,
    pub account: AccountId,
    /// Lower-case, without a trailing dot.
    pub name: String,
    pub created_on: Timestamp,
    pub modified_on: Timestamp,
    pub settings: ZoneSettings,
}

/// The settings of a zone that the data plane obeys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ZoneSettings {
    pub ssl: SslMode,
    pub always_use_https: bool,
    /// Seconds to wait for the head of an origin's answer, 1 to 6,000; `None` means the node's `origin.read_timeout`.
    pub proxy_read_timeout: Option<u32>,
    /// Mebibytes that a request body may have.
    pub max_upload: u32,
    pub pseudo_ipv4: PseudoIpv4,
    /// True: the body of an origin's 502 or 504 is passed on as it is.
    pub origin_error_page_pass_thru: bool,
    /// The newest version of HTTP that is offered to origins, where TLS is spoken with them.
    pub origin_max_http_version: HttpVersion,
    /// False: a request for a WebSocket is refused.
    pub websockets: bool,
    /// When each setting was last changed, by its name.
    pub modified: std::collections::BTreeMap<String, Timestamp>,
}

impl Default for ZoneSettings {
    fn default() -> Self {
        Self {
            ssl: SslMode::Full,
            always_use_https: false,
            proxy_read_timeout: None,
            max_upload: 100,
            pseudo_ipv4: PseudoIpv4::Off,
            origin_error_page_pass_thru: false,
            origin_max_http_version: HttpVersion::One,
            websockets: true,
            modified: Default::default(),
        }
    }
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HttpVersion {
    #[default]
    #[serde(rename = "1")]
    One,
    #[serde(rename = "2")]
    Two,
}

impl HttpVersion {
    /// Every version.
    pub const ALL: [HttpVersion; 2] = [HttpVersion::One, HttpVersion::Two];

    /// The text form, `1` or `2`.
    pub const fn as_str(self) -> &'static str {
        match self {
            HttpVersion::One => "1",
            HttpVersion::Two => "2",
        }
    }
}

/// How the edge speaks TLS to origins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SslMode {
    /// Plain HTTP only; visitors on HTTPS are redirected to HTTP.
    Off,
    /// Plain HTTP to the origin, whatever the visitor used.
    Flexible,
    /// TLS for visitors on HTTPS; any certificate is accepted.
    #[default]
    Full,
    /// TLS for visitors on HTTPS; the certificate must be valid.
    Strict,
    /// TLS always; the certificate must be valid.
    OriginPull,
}

impl SslMode {
    /// Every mode.
    pub const ALL: [SslMode; 5] =
        [SslMode::Off, SslMode::Flexible, SslMode::Full, SslMode::Strict, SslMode::OriginPull];

    /// The text form, such as `origin_pull`.
    pub const fn as_str(self) -> &'static str {
        match self {
            SslMode::Off => "off",
            SslMode::Flexible => "flexible",
            SslMode::Full => "full",
            SslMode::Strict => "strict",
            SslMode::OriginPull => "origin_pull",
        }
    }
}

/// What an IPv6 visitor looks like to an origin that only knows IPv4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PseudoIpv4 {
    #[default]
    Off,
    AddHeader,
    OverwriteHeader,
}

impl PseudoIpv4 {
    /// Every mode.
    pub const ALL: [PseudoIpv4; 3] = [PseudoIpv4::Off, PseudoIpv4::AddHeader, PseudoIpv4::OverwriteHeader];

    /// The text form, such as `add_header`.
    pub const fn as_str(self) -> &'static str {
        match self {
            PseudoIpv4::Off => "off",
            PseudoIpv4::AddHeader => "add_header",
            PseudoIpv4::OverwriteHeader => "overwrite_header",
        }
    }
}

/// Text that must not be seen: never printed, kept only encrypted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself. Mind where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A certificate that the edge shows to visitors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    pub id: CertificateId,
    pub zone: ZoneId,
    /// The names it is served for; may start with `*.`.
    pub hosts: Vec<String>,
    pub issuer: String,
    /// Names the hash and key kind, such as `ECDSAWithSHA256`.
    pub signature: String,
    pub expires_on: Timestamp,
    pub uploaded_on: Timestamp,
    pub modified_on: Timestamp,
    /// `ubiquitous`, `optimal` or `force`, as written.
    pub bundle_method: String,
    /// Order among certificates that fit the same name; higher wins.
    pub priority: i32,
    /// The chain in PEM, leaf first.
    pub chain_pem: String,
    pub private_key_pem: Secret,
}

/// A certificate authority that a zone trusts for its origins. If a zone has one, only these count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrustAnchor {
    pub id: TrustAnchorId,
    pub zone: ZoneId,
    pub certificate_pem: String,
    pub issuer: String,
    pub signature: String,
    pub expires_on: Timestamp,
    pub uploaded_on: Timestamp,
    pub updated_on: Timestamp,
}
