//! Plain values from JSON: texts, numbers, lists, maps, ids and the words of enumerations.

use super::{FromJson, Place, place::describe};
use model::{
    AccountId, AdaptiveRouting, CheckRegion, DefaultShedPolicy, EcsPreference, HealthSource, LocationMode,
    MonitorGroupId, MonitorId, MonitorKind, OriginSteeringPolicy, PoolId, SameSite, SecureCookie, SessionAffinity,
    SessionShedPolicy, StatusSet, SteeringPolicy, ZeroDowntimeFailover,
};
use serde_json::Value;
use std::{collections::BTreeMap, str::FromStr};

impl FromJson for bool {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.value.as_bool().or_else(|| place.wrong_kind("true or false"))
    }
}

impl FromJson for String {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.value.as_str().map(str::to_owned).or_else(|| place.wrong_kind("a text"))
    }
}

impl FromJson for f64 {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.value.as_f64().filter(|number| number.is_finite()).or_else(|| place.wrong_kind("a number"))
    }
}

/// A whole number. `60.0` is one: some languages write every number that way.
fn whole(value: &Value) -> Option<i64> {
    /// Up to here every whole number has its own 64-bit float.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
    })
}

macro_rules! whole_numbers {
    ($($type:ident)*) => {$(
        impl FromJson for $type {
            fn from_json(place: &Place<'_>) -> Option<Self> {
                let number = whole(place.value).and_then(|number| $type::try_from(number).ok());
                number.or_else(|| place.wrong_kind(&format!("a whole number from {} to {}", $type::MIN, $type::MAX)))
            }
        }
    )*};
}

whole_numbers!(u16 u32 i32);

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.items(T::from_json)
    }
}

impl<T: FromJson> FromJson for BTreeMap<String, T> {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        let entries = place.entries(|name, place| Some((name.to_owned(), T::from_json(place)?)))?;
        Some(entries.into_iter().collect())
    }
}

impl FromJson for BTreeMap<PoolId, f64> {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        let entries = place.entries(|name, place| {
            let Ok(pool) = name.parse::<PoolId>() else {
                place.complain(format!("`{name}` is not the id of a pool"), ID_REMEDY);
                return None;
            };
            Some((pool, f64::from_json(place)?))
        })?;
        Some(entries.into_iter().collect())
    }
}

/// An id that may be written as an empty text, which unsets it as null does.
pub(crate) struct Blankable<T>(pub Option<T>);

impl<T: FromJson> FromJson for Blankable<T> {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        if place.value.as_str() == Some("") {
            return Some(Blankable(None));
        }
        T::from_json(place).map(|value| Blankable(Some(value)))
    }
}

const ID_REMEDY: &str = "write an id of 32 lower-case hexadecimal digits, as the API gave it";

macro_rules! ids {
    ($($type:ident, $noun:literal;)*) => {$(
        impl FromJson for $type {
            fn from_json(place: &Place<'_>) -> Option<Self> {
                let id = place.value.as_str().and_then(|text| text.parse().ok());
                if id.is_none() {
                    place.complain(format!("{} is not the id of {}", describe(place.value), $noun), ID_REMEDY);
                }
                id
            }
        }
    )*};
}

ids! {
    AccountId, "an account";
    MonitorId, "a monitor";
    MonitorGroupId, "a monitor group";
    PoolId, "a pool";
}

impl FromJson for StatusSet {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        let text = String::from_json(place)?;
        if text.is_empty() {
            return Some(StatusSet::default());
        }
        match StatusSet::from_str(&text) {
            Ok(set) => Some(set),
            Err(error) => {
                place.complain(error.to_string(), "write a list such as `200,2xx,301-303`");
                None
            }
        }
    }
}

/// Reads one of the words of an enumeration.
pub(crate) fn choice<T: Copy>(place: &Place<'_>, all: &[T], word: impl Fn(T) -> &'static str) -> Option<T> {
    let text = place.value.as_str();
    let found = all.iter().copied().find(|&value| Some(word(value)) == text);
    if found.is_none() {
        let words: Vec<String> = all.iter().map(|&value| format!("`{}`", word(value))).collect();
        place.complain(format!("{} is not a known value", describe(place.value)), format!("use {}", words.join(", ")));
    }
    found
}

macro_rules! choices {
    ($($type:ident from $all:expr, by $word:expr;)*) => {$(
        impl FromJson for $type {
            fn from_json(place: &Place<'_>) -> Option<Self> {
                choice(place, $all, $word)
            }
        }
    )*};
}

choices! {
    SteeringPolicy from SteeringPolicy::ALL, by SteeringPolicy::as_str;
    EcsPreference from EcsPreference::ALL, by EcsPreference::as_str;
    LocationMode from LocationMode::ALL, by LocationMode::as_str;
    SameSite from SameSite::ALL, by SameSite::as_str;
    SecureCookie from SecureCookie::ALL, by SecureCookie::as_str;
    ZeroDowntimeFailover from ZeroDowntimeFailover::ALL, by ZeroDowntimeFailover::as_str;
    MonitorKind from &MONITOR_KINDS, by MonitorKind::as_str;
    OriginSteeringPolicy from &ORIGIN_STEERING, by OriginSteeringPolicy::as_str;
    DefaultShedPolicy from &[DefaultShedPolicy::Random, DefaultShedPolicy::Hash], by default_shed_word;
    SessionShedPolicy from &[SessionShedPolicy::Hash], by session_shed_word;
    HealthSource from &[HealthSource::Local, HealthSource::Regional, HealthSource::Global], by health_source_word;
    CheckRegion from &check_regions(), by CheckRegion::code;
}

const MONITOR_KINDS: [MonitorKind; 6] = [
    MonitorKind::Http,
    MonitorKind::Https,
    MonitorKind::Tcp,
    MonitorKind::UdpIcmp,
    MonitorKind::IcmpPing,
    MonitorKind::Smtp,
];

const ORIGIN_STEERING: [OriginSteeringPolicy; 4] = [
    OriginSteeringPolicy::Random,
    OriginSteeringPolicy::Hash,
    OriginSteeringPolicy::LeastOutstandingRequests,
    OriginSteeringPolicy::LeastConnections,
];

fn check_regions() -> Vec<CheckRegion> {
    let regions = model::Region::ALL.into_iter().map(CheckRegion::One);
    regions.chain([CheckRegion::China, CheckRegion::All]).collect()
}

/// The API's word for a policy of shedding traffic without a session.
pub(crate) const fn default_shed_word(policy: DefaultShedPolicy) -> &'static str {
    match policy {
        DefaultShedPolicy::Random => "random",
        DefaultShedPolicy::Hash => "hash",
    }
}

/// The API's word for a policy of shedding sessions.
pub(crate) const fn session_shed_word(policy: SessionShedPolicy) -> &'static str {
    match policy {
        SessionShedPolicy::Hash => "hash",
    }
}

/// The API's word for a source of health.
pub(crate) const fn health_source_word(source: HealthSource) -> &'static str {
    match source {
        HealthSource::Local => "local",
        HealthSource::Regional => "regional",
        HealthSource::Global => "global",
    }
}

impl FromJson for SessionAffinity {
    /// An empty text is accepted as `none`.
    fn from_json(place: &Place<'_>) -> Option<Self> {
        if place.value.as_str() == Some("") {
            return Some(SessionAffinity::None);
        }
        choice(place, SessionAffinity::ALL, SessionAffinity::as_str)
    }
}

impl FromJson for AdaptiveRouting {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|object| {
            let mut routing = AdaptiveRouting::default();
            object.set("failover_across_pools", &mut routing.failover_across_pools, false);
            routing
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Report, *};
    use serde_json::json;
    use std::cell::RefCell;

    fn read<T: FromJson>(value: Value) -> Result<T, Vec<String>> {
        let report = RefCell::<Report>::default();
        let read = T::from_json(&Place::body(&value, &report));
        let complaints: Vec<_> =
            report.into_inner().complaints.iter().map(|complaint| complaint.path.clone()).collect();
        read.ok_or(complaints)
    }

    #[test]
    fn whole_numbers_may_be_written_as_floats() {
        assert_eq!(read::<u32>(json!(60.0)), Ok(60));
        for wrong in [json!(60.5), json!(-1), json!(1e300), json!("60"), json!(70_000)] {
            assert!(read::<u16>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_wrong_item_of_a_list_is_named() {
        assert_eq!(read::<Vec<u16>>(json!([1, "x", 2, null])), Err(vec!["[1]".to_owned(), "[3]".to_owned()]));
    }

    #[test]
    fn a_weight_for_something_that_is_no_pool_is_named() {
        let pool = "0123456789abcdef0123456789abcdef";
        assert_eq!(
            read::<BTreeMap<PoolId, f64>>(json!({"x": 1, pool: true})),
            Err(vec![pool.to_owned(), "x".to_owned()])
        );
    }

    #[test]
    fn no_affinity_has_two_spellings() {
        assert_eq!(read::<SessionAffinity>(json!("")), Ok(SessionAffinity::None));
        assert_eq!(read::<SessionAffinity>(json!("none")), Ok(SessionAffinity::None));
        assert!(read::<SessionAffinity>(json!("random")).is_err());
    }
}
