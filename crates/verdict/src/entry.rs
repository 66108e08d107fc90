//! One view of all families: what any entry of the catalogue has to say, wherever it is kept.
//!
//! Links are stated once, on one side (a reason names its code; an error of the second system names its counterparts),
//! and followed here in both directions.

use crate::{
    ApiError, ApiErrorEntry, Category, Code, CodeEntry, HealthReason, HealthReasonEntry, LegacyError, LegacyErrorEntry,
    Maker, Party, Phase, Reason, ReasonEntry, UpgradeFailure, UpgradeFailureEntry,
};

/// The families of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Numbered codes on pages and in the API of lists.
    Code,
    /// What was observed.
    Reason,
    /// How health events spell it.
    Health,
    /// Refusals of the management API.
    Api,
    /// Why a server did not hand over to a new process.
    Upgrade,
    /// Errors of the second system.
    Legacy,
}

impl Family {
    /// What an entry of this family is called, in the singular.
    pub const fn as_str(self) -> &'static str {
        match self {
            Family::Code => "code",
            Family::Reason => "reason",
            Family::Health => "health reason",
            Family::Api => "API error",
            Family::Upgrade => "upgrade failure",
            Family::Legacy => "second-system error",
        }
    }
}

/// An entry of the catalogue, seen the same way whatever its family. Members that a family does not have are `None` or
/// empty.
#[derive(Clone, Debug)]
pub struct Entry {
    pub family: Family,
    /// Stable and unique in the whole catalogue: `522`, `tcp_refused`, `tls_name_mismatch`, `api_not_unique`, `E7`.
    pub id: &'static str,
    pub title: &'static str,
    /// As it stands on the wire or in a log, placeholders included.
    pub texts: Vec<&'static str>,
    pub phase: Phase,
    pub party: Party,
    /// The HTTP status on the wire.
    pub status: Option<u16>,
    /// The number in the body.
    pub code: Option<u32>,
    pub cause: &'static str,
    /// What the site owner, or the API's user, can do.
    pub remedy: &'static str,
    /// What the visitor can do.
    pub visitor: Option<&'static str>,
    /// `error_name` of the structured body.
    pub name: Option<&'static str>,
    pub category: Option<Category>,
    pub maker: Option<Maker>,
    /// The error type of `Proxy-Status` (RFC 9209 section 2.3).
    pub proxy_status: Option<&'static str>,
    pub retryable: Option<bool>,
    /// Seconds, as `Retry-After` carries them.
    pub retry_after: Option<u32>,
    pub counts_against_endpoint: Option<bool>,
    pub owner_action_required: Option<bool>,
    /// The identifiers of related entries, each once.
    pub see: Vec<&'static str>,
}

impl Entry {
    /// The whole catalogue, family by family.
    pub fn all() -> Vec<Entry> {
        let codes = Code::entries().map(Entry::from);
        let reasons = Reason::ALL.iter().map(|reason| Entry::from(reason.entry()));
        let health = HealthReason::ALL.iter().map(|reason| Entry::from(reason.entry()));
        let api = ApiError::ALL.iter().map(|error| Entry::from(error.entry()));
        let legacy = LegacyError::ALL.iter().map(|error| Entry::from(error.entry()));
        let upgrades = UpgradeFailure::ALL.iter().map(|failure| Entry::from(failure.entry()));
        codes.chain(reasons).chain(health).chain(api).chain(upgrades).chain(legacy).collect()
    }

    fn new(family: Family, id: &'static str, title: &'static str, cause: &'static str, remedy: &'static str) -> Entry {
        Entry {
            family,
            id,
            title,
            texts: Vec::new(),
            phase: Phase::Request,
            party: Party::Nobody,
            status: None,
            code: None,
            cause,
            remedy,
            visitor: None,
            name: None,
            category: None,
            maker: None,
            proxy_status: None,
            retryable: None,
            retry_after: None,
            counts_against_endpoint: None,
            owner_action_required: None,
            see: Vec::new(),
        }
    }

    /// What a code adds to an entry that leads to it.
    fn with_code(self, code: &CodeEntry) -> Entry {
        Entry {
            status: Some(code.status),
            code: Some(code.code.number().into()),
            visitor: Some(code.visitor),
            name: Some(code.name),
            category: Some(code.category),
            retryable: Some(code.is_retryable()),
            retry_after: code.retry_after(),
            owner_action_required: Some(code.owner_action_required()),
            ..self
        }
    }
}

impl CodeEntry {
    /// The reasons that lead to this code.
    pub fn reasons(&self) -> impl Iterator<Item = Reason> {
        let code = self.code;
        Reason::ALL.iter().copied().filter(move |reason| reason.code() == Some(code))
    }

    /// The error type of `Proxy-Status` when no reason is known: the one that most of the reasons behind the code have,
    /// else that of its category.
    pub fn proxy_status(&self) -> &'static str {
        let tokens = || self.reasons().map(Reason::proxy_status);
        let votes = |token: &str| tokens().filter(|other| *other == token).count();
        // The first of the most frequent: `max_by_key` would give the last.
        let most = tokens().map(votes).max().unwrap_or(0);
        tokens().find(|token| votes(token) == most).unwrap_or(self.category.proxy_status())
    }

    /// Whether it speaks against the endpoint's health; `None` where that depends on the reason, or there is none.
    pub fn counts_against_endpoint(&self) -> Option<bool> {
        unanimous(self.reasons().map(Reason::counts_against_endpoint))
    }
}

impl From<&CodeEntry> for Entry {
    fn from(code: &CodeEntry) -> Entry {
        let pages = Code::entries().filter(|other| other.has_page() && other.code != code.code && code.has_page());
        let envelopes = pages.filter(|other| other.status == code.code.number() || other.code.number() == code.status);
        let namesakes = ApiError::ALL.iter().filter(|api| api.code() == u32::from(code.code.number()));
        let see = code
            .reasons()
            .map(Reason::id)
            .chain(envelopes.map(|other| other.id))
            .chain(namesakes.map(|api| api.id()))
            .chain(legacy_with(|legacy| legacy.codes.contains(&code.code)));
        Entry {
            phase: code.phase,
            party: code.party,
            maker: Some(code.maker),
            proxy_status: Some(code.proxy_status()).filter(|_| matches!(code.maker, Maker::Edge | Maker::Both)),
            counts_against_endpoint: code.counts_against_endpoint(),
            see: once(see),
            ..Entry::new(Family::Code, code.id, code.title, code.cause, code.remedy).with_code(code)
        }
    }
}

impl From<&ReasonEntry> for Entry {
    fn from(reason: &ReasonEntry) -> Entry {
        let code = reason.code.and_then(Code::entry);
        let see = code
            .map(|code| code.id)
            .into_iter()
            .chain([reason.health.id()])
            .chain(legacy_with(|legacy| legacy.reasons.contains(&reason.reason)));
        let entry = Entry::new(Family::Reason, reason.id, reason.title, reason.cause, reason.remedy);
        Entry {
            phase: reason.phase,
            party: reason.party,
            proxy_status: Some(reason.proxy_status),
            counts_against_endpoint: Some(reason.counts_against_endpoint),
            see: once(see),
            ..match code {
                Some(code) => entry.with_code(code),
                None => entry,
            }
        }
    }
}

impl From<&HealthReasonEntry> for Entry {
    fn from(health: &HealthReasonEntry) -> Entry {
        let reasons = Reason::ALL.iter().filter(|reason| reason.health() == health.reason);
        let see = reasons.map(|reason| reason.id()).chain(legacy_with(|legacy| legacy.health.contains(&health.reason)));
        Entry {
            texts: vec![health.spelling],
            phase: health.phase,
            party: health.party,
            see: once(see),
            ..Entry::new(Family::Health, health.id, health.spelling, health.cause, health.remedy)
        }
    }
}

impl From<&ApiErrorEntry> for Entry {
    fn from(api: &ApiErrorEntry) -> Entry {
        let namesakes = Code::entries().filter(|code| u32::from(code.code.number()) == api.code);
        Entry {
            texts: vec![api.message],
            phase: Phase::Configure,
            party: api.party,
            status: Some(api.status),
            code: Some(api.code),
            see: once(namesakes.map(|code| code.id)),
            ..Entry::new(Family::Api, api.id, api.title, api.cause, api.remedy)
        }
    }
}

impl From<&UpgradeFailureEntry> for Entry {
    fn from(upgrade: &UpgradeFailureEntry) -> Entry {
        Entry {
            texts: vec![upgrade.message],
            phase: Phase::Configure,
            party: upgrade.party,
            ..Entry::new(Family::Upgrade, upgrade.id, upgrade.title, upgrade.cause, upgrade.remedy)
        }
    }
}

impl From<&LegacyErrorEntry> for Entry {
    fn from(legacy: &LegacyErrorEntry) -> Entry {
        let codes = legacy.codes.iter().filter_map(|code| code.entry()).map(|code| code.id);
        let reasons = legacy.reasons.iter().map(|reason| reason.id());
        let health = legacy.health.iter().map(|reason| reason.id());
        Entry {
            texts: legacy.texts.to_vec(),
            phase: legacy.phase,
            party: legacy.party,
            status: legacy.status,
            see: once(reasons.chain(health).chain(codes)),
            ..Entry::new(Family::Legacy, legacy.id, legacy.title, legacy.cause, legacy.remedy)
        }
    }
}

fn legacy_with(is_related: impl Fn(&LegacyErrorEntry) -> bool) -> impl Iterator<Item = &'static str> {
    LegacyError::ALL.iter().map(|error| error.entry()).filter(move |entry| is_related(entry)).map(|entry| entry.id)
}

fn once(ids: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut seen = Vec::new();
    for id in ids {
        if !seen.contains(&id) {
            seen.push(id);
        }
    }
    seen
}

fn unanimous<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}
