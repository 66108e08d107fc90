//! How many connections each visitor's address holds, on the whole node and on one worker.
//!
//! The node's count bounds what one address may hold (`connections_per_address`). It is the one thing beside the
//! routing table that workers share, and it is touched only when a connection comes or goes: the way of a request never
//! sees it. A worker's own count tells who holds most of a worker that is full.
//!
//! Must never know sockets or time.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Whom connections are counted for: an IPv4 address, or an IPv6 network of 64 bits, since whoever has one address of
/// it has them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Party {
    V4(u32),
    V6(u64),
}

impl Party {
    /// Whom a visitor at this address counts as.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Party::V4(v4.to_bits()),
            IpAddr::V6(v6) => Party::V6((v6.to_bits() >> 64) as u64),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Party::V4(bits) => Ipv4Addr::from_bits(*bits).fmt(f),
            Party::V6(bits) => write!(f, "{}/64", Ipv6Addr::from_bits(u128::from(*bits) << 64)),
        }
    }
}

/// How many locks the node's count is spread over.
const SHARDS: usize = 64;

/// The node's count.
pub(crate) struct Crowd {
    limit: usize,
    shards: [Mutex<HashMap<Party, usize>>; SHARDS],
}

/// One connection in the node's count; leaves it when dropped.
pub(crate) struct Counted {
    crowd: Arc<Crowd>,
    party: Party,
}

impl Crowd {
    /// Allows each party this many connections; 0 for any number, and then nothing is counted.
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, shards: std::array::from_fn(|_| Mutex::default()) })
    }

    /// Whether there is anything to count.
    pub(crate) fn is_limited(&self) -> bool {
        self.limit > 0
    }

    /// Counts one more, unless the party holds as many as it may.
    pub(crate) fn admit(self: &Arc<Self>, party: Party) -> Option<Counted> {
        let mut shard = self.shard(party).lock().unwrap_or_else(PoisonError::into_inner);
        let held = shard.entry(party).or_default();
        if *held >= self.limit {
            return None;
        }
        *held += 1;
        Some(Counted { crowd: self.clone(), party })
    }

    fn shard(&self, party: Party) -> &Mutex<HashMap<Party, usize>> {
        let number = match party {
            Party::V4(bits) => u64::from(bits),
            Party::V6(bits) => bits,
        };
        // The neighbours of an address share its upper bits, and a network's lower bits may all be zero.
        let spread = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58;
        &self.shards[spread as usize % SHARDS]
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut shard = self.crowd.shard(self.party).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = shard.get_mut(&self.party) {
            *held -= 1;
            if *held == 0 {
                shard.remove(&self.party);
            }
        }
    }
}

/// Who holds which places of one worker.
#[derive(Default)]
pub(crate) struct Holders {
    places: HashMap<Party, Vec<usize>>,
    by_count: BTreeSet<(usize, Party)>,
    /// Where in its holder's list a place stands, by the number of the place.
    standing: Vec<usize>,
}

impl Holders {
    /// Notes that a place is taken.
    pub(crate) fn add(&mut self, party: Party, place: usize) {
        let places = self.places.entry(party).or_default();
        self.by_count.remove(&(places.len(), party));
        if self.standing.len() <= place {
            self.standing.resize(place + 1, 0);
        }
        self.standing[place] = places.len();
        places.push(place);
        self.by_count.insert((places.len(), party));
    }

    /// Notes that a place is free again. It must have been added for this party.
    pub(crate) fn remove(&mut self, party: Party, place: usize) {
        let Some(places) = self.places.get_mut(&party) else { return };
        self.by_count.remove(&(places.len(), party));
        let at = self.standing[place];
        places.swap_remove(at);
        if let Some(moved) = places.get(at) {
            self.standing[*moved] = at;
        }
        if places.is_empty() {
            self.places.remove(&party);
        } else {
            self.by_count.insert((places.len(), party));
        }
    }

    /// How many places a party holds.
    pub(crate) fn count(&self, party: Party) -> usize {
        self.places.get(&party).map_or(0, Vec::len)
    }

    /// Who holds the most, and which places; the oldest holdings come first, roughly.
    pub(crate) fn largest(&self) -> Option<(Party, &[usize])> {
        let (_, party) = self.by_count.last()?;
        Some((*party, self.places.get(party)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn party(text: &str) -> Party {
        Party::of(text.parse().expect("an address"))
    }

    #[test]
    fn an_ipv6_network_counts_as_one_and_a_mapped_address_as_ipv4() {
        assert_eq!(party("2001:db8::1"), party("2001:db8::ffff:1"));
        assert_ne!(party("2001:db8::1"), party("2001:db8:0:1::1"));
        assert_eq!(party("::ffff:192.0.2.1"), party("192.0.2.1"));
        assert_ne!(party("192.0.2.1"), party("192.0.2.2"));
        assert_eq!(party("2001:db8::1").to_string(), "2001:db8::/64");
        assert_eq!(party("::ffff:192.0.2.1").to_string(), "192.0.2.1");
    }

    #[test]
    fn one_more_than_the_limit_is_refused_until_one_leaves() {
        let crowd = Crowd::new(2);
        let (here, there) = (party("192.0.2.1"), party("192.0.2.2"));
        let held: Vec<_> = (0..2).filter_map(|_| crowd.admit(here)).collect();
        assert_eq!(held.len(), 2);
        assert!(crowd.admit(here).is_none());
        assert!(crowd.admit(there).is_some());
        drop(held);
        assert!(crowd.admit(here).is_some());
        assert!(crowd.shards.iter().all(|shard| shard.lock().is_ok_and(|shard| shard.is_empty())));
    }

    proptest! {
        /// The index agrees with a plain list, whoever comes and goes.
        #[test]
        fn the_index_of_holders_is_right(steps in prop::collection::vec((any::<bool>(), 0_u32..4, 0_usize..40), 1..200)) {
            let mut holders = Holders::default();
            let mut plain: Vec<(Party, usize)> = Vec::new();
            for (comes, who, place) in steps {
                match plain.iter().position(|(_, taken)| *taken == place) {
                    None if comes => {
                        holders.add(Party::V4(who), place);
                        plain.push((Party::V4(who), place));
                    }
                    Some(at) if !comes => {
                        let (who, place) = plain.remove(at);
                        holders.remove(who, place);
                    }
                    _ => {}
                }
                let count = |who: Party| plain.iter().filter(|(held_by, _)| *held_by == who).count();
                let most = (0..4).map(|who| count(Party::V4(who))).max().unwrap_or(0);
                prop_assert_eq!(holders.largest().map_or(0, |(_, places)| places.len()), most);
                if let Some((who, places)) = holders.largest() {
                    let mut found = places.to_vec();
                    let mut expected: Vec<usize> =
                        plain.iter().filter(|(held_by, _)| *held_by == who).map(|(_, place)| *place).collect();
                    found.sort_unstable();
                    expected.sort_unstable();
                    prop_assert_eq!(found, expected);
                }
            }
        }
    }
}
