//! Evidence: what was really seen when an endpoint was contacted, kept beside the reason it led to.

use crate::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use verdict::Reason;

/// How long each phase of reaching an endpoint took. `None` where the phase did not happen (a reused connection has
/// neither DNS, connect nor TLS; a failed one has nothing after the failure).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    pub dns: Option<Duration>,
    pub connect: Option<Duration>,
    pub tls: Option<Duration>,
    /// From the request having been sent to the first byte of the answer.
    pub first_byte: Option<Duration>,
    /// From the start to the end, whatever the end was.
    pub total: Option<Duration>,
}

/// What a certificate said of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateFacts {
    pub subject: String,
    pub issuer: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// DNS names and addresses of the subject alternative name, in the certificate's order.
    pub names: Vec<String>,
}

/// What was seen. Every member is an observation; none is a guess.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The address that was contacted.
    pub remote: Option<SocketAddr>,
    /// What the name resolved to.
    pub resolved: Vec<IpAddr>,
    /// The `errno` of the failing system call.
    pub errno: Option<i32>,
    /// The TLS alert that the peer sent, by its number (RFC 8446 section 6).
    pub alert: Option<u8>,
    /// The server name that our ClientHello carried.
    pub sni: Option<String>,
    /// The certificate that the peer showed, when it was the trouble.
    pub certificate: Option<CertificateFacts>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// The `Location` of a redirect.
    pub location: Option<String>,
    /// The first bytes of what came, at most [`Evidence::FIRST_BYTES`].
    #[serde(with = "hex_bytes")]
    pub first_bytes: Vec<u8>,
    /// How many bytes of the answer were read.
    pub bytes_read: u64,
    /// The limit or timer that ran out, when one did.
    pub limit: Option<Duration>,
}

impl Evidence {
    /// How many of the first bytes of an answer are kept.
    pub const FIRST_BYTES: usize = 64;
}

/// A failure: what it is called, and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    #[serde(with = "reason_id")]
    pub reason: Reason,
    pub evidence: Box<Evidence>,
}

impl Failure {
    /// A failure with the evidence for it.
    pub fn new(reason: Reason, evidence: Evidence) -> Self {
        Self { reason, evidence: Box::new(evidence) }
    }
}

pub(crate) mod reason_id {
    //! A reason is kept by its stable identifier.
    use super::*;

    pub fn serialize<S: Serializer>(reason: &Reason, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(reason.id())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Reason, D::Error> {
        let id = String::deserialize(deserializer)?;
        Reason::from_id(&id).ok_or_else(|| de::Error::custom("unknown reason"))
    }
}

pub(crate) mod reason_id_option {
    //! Like `reason_id`, for a reason that may be absent.
    use super::*;

    pub fn serialize<S: Serializer>(reason: &Option<Reason>, serializer: S) -> Result<S::Ok, S::Error> {
        reason.map(Reason::id).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Reason>, D::Error> {
        match Option::<String>::deserialize(deserializer)? {
            None => Ok(None),
            Some(id) => Reason::from_id(&id).map(Some).ok_or_else(|| de::Error::custom("unknown reason")),
        }
    }
}

mod hex_bytes {
    //! Bytes are kept as hexadecimal digits.
    use super::*;

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
