//! Whose host name is it? One map from names to what is known under them.
//!
//! A name is looked up whole, then without its first label, and so on. On the way the first match decides:
//! 1. a load balancer of exactly this name;
//! 2. for every proper parent, a load balancer `*.parent`: a wildcard stands for one or more labels, like in the DNS;
//! 3. a zone of this name. Names under it are the zone's own, so wildcards of zones further up no longer count.
//!
//! The map is cut into shards by the hash of the names. Copies of it share the shards; a change costs one of them and
//! the list of them.

use crate::{
    claims::Claims,
    route::{Route, ZoneFacts},
};
use hashbrown::{HashTable, hash_table};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// How many names a shard has on average, at most.
const NAMES_PER_SHARD: usize = 64;

/// What a name belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'t> {
    Route(&'t Arc<Route>),
    Zone(&'t ZoneFacts),
    Nothing,
}

/// What is known under one name.
#[derive(Clone, Debug)]
struct Entry {
    name: Arc<str>,
    exact: Claims,
    wildcard: Claims,
    zone: Option<Arc<ZoneFacts>>,
}

/// The names whose hashes belong here.
type Shard = HashTable<Entry>;

/// The map of names. Names are lower-case and have no trailing dot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    /// None, or a power of two.
    shards: Arc<[Arc<Shard>]>,
    names: usize,
}

impl Hosts {
    /// A map with these zones, and with shards for so many names. Of two zones with one name the first counts.
    pub fn new<'a>(zones: impl IntoIterator<Item = &'a Arc<ZoneFacts>>, names: usize) -> Self {
        let mut hosts = Self::default();
        hosts.spread(names);
        for zone in zones {
            hosts.entry(&zone.name).zone.get_or_insert_with(|| zone.clone());
        }
        hosts
    }

    /// Puts a route under its name, which may start with `*.`, in the place of an older one of the same load balancer.
    pub fn put(&mut self, route: Arc<Route>) {
        let name = route.name.clone();
        self.claims(&name).put(route);
    }

    /// Takes a route out from under its name.
    pub fn remove(&mut self, route: &Route) {
        self.claims(&route.name).remove(route);
        let name = parent_of_wildcard(&route.name).unwrap_or(&route.name);
        let hash = xxh3_64(name.as_bytes());
        let Some(shard) = shard_mut(&mut self.shards, hash) else { return };
        if let Ok(entry) = shard.find_entry(hash, |entry| *entry.name == *name)
            && entry.get().is_empty()
        {
            entry.remove();
            self.names -= 1;
        }
    }

    fn claims(&mut self, name: &str) -> &mut Claims {
        match parent_of_wildcard(name) {
            Some(parent) => &mut self.entry(parent).wildcard,
            None => &mut self.entry(name).exact,
        }
    }

    /// What is known under a name, to be changed; nothing, when it is new.
    fn entry(&mut self, name: &str) -> &mut Entry {
        if self.names >= self.shards.len() * NAMES_PER_SHARD {
            self.spread(self.names + 1);
        }
        let hash = xxh3_64(name.as_bytes());
        let (shards, names) = (Arc::make_mut(&mut self.shards), &mut self.names);
        let place = place(shards.len(), hash);
        let shard = Arc::make_mut(&mut shards[place]);
        match shard.entry(hash, |entry| *entry.name == *name, hash_of) {
            hash_table::Entry::Occupied(entry) => entry.into_mut(),
            hash_table::Entry::Vacant(entry) => {
                *names += 1;
                entry.insert(Entry::new(name)).into_mut()
            }
        }
    }

    /// Cuts the map into enough shards for so many names.
    fn spread(&mut self, names: usize) {
        let count = names.div_ceil(NAMES_PER_SHARD).max(1).next_power_of_two().max(self.shards.len());
        let mut shards = vec![Shard::default(); count];
        for entry in self.shards.iter().flat_map(|shard| shard.iter()) {
            let hash = hash_of(entry);
            shards[place(count, hash)].insert_unique(hash, entry.clone(), hash_of);
        }
        self.shards = shards.into_iter().map(Arc::new).collect();
    }

    fn get(&self, name: &str) -> Option<&Entry> {
        let hash = xxh3_64(name.as_bytes());
        let shard = self.shards.get(place(self.shards.len(), hash))?;
        shard.find(hash, |entry| *entry.name == *name)
    }

    /// What `host` belongs to.
    pub fn find(&self, host: &str) -> Found<'_> {
        for (depth, name) in ancestry(host).enumerate() {
            let Some(entry) = self.get(name) else { continue };
            let claims = if depth == 0 { &entry.exact } else { &entry.wildcard };
            if let Some(route) = claims.first() {
                return Found::Route(route);
            }
            if let Some(zone) = &entry.zone {
                return Found::Zone(zone);
            }
        }
        Found::Nothing
    }

    /// The closest zone that `host` is in.
    pub fn zone_of(&self, host: &str) -> Option<&Arc<ZoneFacts>> {
        ancestry(host).find_map(|name| self.get(name)?.zone.as_ref())
    }
}

impl Entry {
    fn new(name: &str) -> Self {
        Self { name: name.into(), exact: Claims::default(), wildcard: Claims::default(), zone: None }
    }

    fn is_empty(&self) -> bool {
        self.exact.first().is_none() && self.wildcard.first().is_none() && self.zone.is_none()
    }
}

fn hash_of(entry: &Entry) -> u64 {
    // With a fixed seed: only site owners put names into the map, so no stranger can make them collide.
    xxh3_64(entry.name.as_bytes())
}

/// Which of so many shards a hash belongs to. By its middle: a shard goes by the ends.
fn place(shards: usize, hash: u64) -> usize {
    (hash >> 24) as usize & shards.saturating_sub(1)
}

fn shard_mut(shards: &mut Arc<[Arc<Shard>]>, hash: u64) -> Option<&mut Shard> {
    let place = place(shards.len(), hash);
    Arc::make_mut(shards).get_mut(place).map(Arc::make_mut)
}

fn parent_of_wildcard(name: &str) -> Option<&str> {
    name.strip_prefix("*.")
}

/// The name itself, then each of its parents.
fn ancestry(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |name| name.split_once('.').map(|(_, parent)| parent))
}

#[cfg(test)]
mod tests;
