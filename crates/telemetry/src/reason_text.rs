//! Keeps a reason by its stable identifier in anything that is serialized.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use verdict::Reason;

pub fn serialize<S: Serializer>(reason: &Option<Reason>, serializer: S) -> Result<S::Ok, S::Error> {
    reason.map(Reason::id).serialize(serializer)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Reason>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        None => Ok(None),
        Some(id) => Reason::from_id(&id).map(Some).ok_or_else(|| de::Error::custom("unknown reason")),
    }
}
