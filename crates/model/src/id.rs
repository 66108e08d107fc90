//! Identifiers: 16 random bytes, written as 32 lower-case hexadecimal digits.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// The text is not 32 lower-case hexadecimal digits, so no object can have this id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseIdError;

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id is 32 lower-case hexadecimal digits")
    }
}

impl std::error::Error for ParseIdError {}

fn parse(text: &str) -> Result<[u8; 16], ParseIdError> {
    let mut bytes = [0; 16];
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(ParseIdError);
    }
    hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseIdError)?;
    Ok(bytes)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// A fresh random id.
            ///
            /// # Panics
            /// When the operating system has no randomness to give.
            pub fn random() -> Self {
                let mut bytes = [0; 16];
                getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
                Self(bytes)
            }

            /// The id with these bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The bytes of the id.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for byte in self.0 {
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// Names an account.
    AccountId;
    /// Names a zone.
    ZoneId;
    /// Names a monitor.
    MonitorId;
    /// Names a monitor group.
    MonitorGroupId;
    /// Names a pool.
    PoolId;
    /// Names a load balancer.
    LoadBalancerId;
    /// Names a custom edge certificate.
    CertificateId;
    /// Names a certificate authority of a zone's custom origin trust store.
    TrustAnchorId;
    /// Names a preview.
    PreviewId;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_survives_its_text(bytes: [u8; 16]) {
            let id = PoolId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<PoolId>(), Ok(id));
            prop_assert_eq!(id.to_string().len(), 32);
        }
    }

    #[test]
    fn only_32_lower_case_digits_are_an_id() {
        for bad in ["", "abc", "ABCDEF00000000000000000000000000", "zz000000000000000000000000000000"] {
            assert_eq!(bad.parse::<PoolId>(), Err(ParseIdError), "{bad}");
        }
    }
}
