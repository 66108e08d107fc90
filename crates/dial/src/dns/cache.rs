//! Answers remembered for a moment, so that a burst of connections does not become a burst of questions.

use super::{Answer, Unresolved};
use crate::DialerSettings;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;

#[derive(Debug)]
struct Remembered {
    result: Result<Vec<IpAddr>, Unresolved>,
    /// Believed until then.
    fresh_until: Instant,
    /// Better than nothing until then.
    stale_until: Instant,
}

/// The answers, by lower-case name. Never holds more than `dns_cache_names`.
#[derive(Debug, Default)]
pub(super) struct Cache {
    names: Mutex<HashMap<Box<str>, Remembered>>,
}

impl Cache {
    /// What is known of `name` and may still be believed.
    pub(super) fn get(&self, name: &str, now: Instant) -> Option<Result<Vec<IpAddr>, Unresolved>> {
        self.lock().get(name).filter(|known| now < known.fresh_until).map(|known| known.result.clone())
    }

    /// The last addresses of `name`, for a moment when nobody can be asked.
    pub(super) fn stale(&self, name: &str, now: Instant) -> Option<Vec<IpAddr>> {
        self.lock().get(name).filter(|known| now < known.stale_until)?.result.clone().ok()
    }

    /// Believes the last addresses of `name` until then, or for as long as they are better than nothing if that is
    /// shorter.
    pub(super) fn hold(&self, name: &str, until: Instant) {
        if let Some(known) = self.lock().get_mut(name).filter(|known| known.result.is_ok()) {
            known.fresh_until = until.min(known.stale_until);
        }
    }

    /// Remembers what came of asking. A failure of the servers is not remembered: it says nothing about the name.
    pub(super) fn put(&self, name: &str, answer: &Result<Answer, Unresolved>, now: Instant, settings: &DialerSettings) {
        let (result, lifetime, stale) = match answer {
            Ok(answer) => (Ok(answer.addresses.clone()), answer.ttl.min(settings.dns_cache), settings.dns_stale),
            Err(unresolved) if unresolved.is_the_servers_fault() => return,
            Err(unresolved) => (Err(*unresolved), settings.dns_negative_cache, settings.dns_negative_cache),
        };
        let fresh_until = now + lifetime;
        let remembered = Remembered { result, fresh_until, stale_until: fresh_until + stale };
        let mut names = self.lock();
        if names.len() >= settings.dns_cache_names && !names.contains_key(name) {
            make_room(&mut names, now);
        }
        if let Some(before) = names.insert(name.into(), remembered) {
            tell_change(name, &before.result, answer);
        }
    }

    /// Forgets every name.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Remembered>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops what nobody would believe any more; when every name is still good, drops them all.
fn make_room(names: &mut HashMap<Box<str>, Remembered>, now: Instant) {
    let full = names.len();
    names.retain(|_, known| now < known.fresh_until);
    if names.len() == full {
        names.clear();
    }
}

/// A name that moved is worth a line: it explains a sudden change of behaviour.
fn tell_change(name: &str, before: &Result<Vec<IpAddr>, Unresolved>, after: &Result<Answer, Unresolved>) {
    let (Ok(before), Ok(after)) = (before, after) else { return };
    let same = before.len() == after.addresses.len() && before.iter().all(|ip| after.addresses.contains(ip));
    if !same {
        tracing::info!(name, ?before, after = ?after.addresses, "the addresses of a name changed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use verdict::Reason;

    const NAME: &str = "origin.example";

    fn answer(ip: [u8; 4], ttl: u64) -> Result<Answer, Unresolved> {
        Ok(Answer { addresses: vec![ip.into()], ttl: Duration::from_secs(ttl) })
    }

    #[test]
    fn a_short_ttl_is_never_raised() {
        let (cache, settings, now) = (Cache::default(), DialerSettings::default(), Instant::now());
        cache.put(NAME, &answer([10, 0, 0, 1], 2), now, &settings);
        assert!(cache.get(NAME, now + Duration::from_millis(1_999)).is_some());
        assert!(cache.get(NAME, now + Duration::from_secs(2)).is_none());
        cache.put(NAME, &answer([10, 0, 0, 1], 0), now, &settings);
        assert!(cache.get(NAME, now).is_none());
    }

    #[test]
    fn a_long_ttl_is_cut_to_the_setting() {
        let (cache, settings, now) = (Cache::default(), DialerSettings::default(), Instant::now());
        cache.put(NAME, &answer([10, 0, 0, 1], 3_600), now, &settings);
        assert!(cache.get(NAME, now + settings.dns_cache).is_none());
        assert_eq!(cache.stale(NAME, now + settings.dns_cache), Some(vec![[10, 0, 0, 1].into()]));
        assert_eq!(cache.stale(NAME, now + settings.dns_cache + settings.dns_stale), None);
    }

    #[test]
    fn a_held_answer_is_believed_again_but_never_beyond_its_stale_time() {
        let (cache, settings, now) = (Cache::default(), DialerSettings::default(), Instant::now());
        cache.put(NAME, &answer([10, 0, 0, 1], 0), now, &settings);
        cache.hold(NAME, now + Duration::from_secs(5));
        assert!(cache.get(NAME, now + Duration::from_secs(4)).is_some());
        cache.hold(NAME, now + settings.dns_stale * 2);
        assert!(cache.get(NAME, now + settings.dns_stale).is_none());
    }

    #[test]
    fn a_failing_server_leaves_what_is_known_alone() {
        let (cache, settings, now) = (Cache::default(), DialerSettings::default(), Instant::now());
        cache.put(NAME, &answer([10, 0, 0, 1], 60), now, &settings);
        cache.put(NAME, &Err(Unresolved::new(Reason::DnsServfail)), now, &settings);
        assert!(cache.get(NAME, now).is_some_and(|known| known.is_ok()));
        cache.put(NAME, &Err(Unresolved::new(Reason::DnsNxdomain)), now, &settings);
        assert_eq!(cache.get(NAME, now), Some(Err(Unresolved::new(Reason::DnsNxdomain))));
        assert_eq!(cache.stale(NAME, now), None);
    }

    #[test]
    fn the_cache_never_outgrows_its_limit() {
        let settings = DialerSettings { dns_cache_names: 8, ..DialerSettings::default() };
        let (cache, now) = (Cache::default(), Instant::now());
        for i in 0..100 {
            cache.put(&format!("{i}.example"), &answer([10, 0, 0, 1], 60), now, &settings);
            assert!(cache.lock().len() <= 8);
        }
    }
}
