//! A sorted map whose copies share what they have in common, and which can tell where two of its states differ.
//!
//! The entries lie in chunks behind shared pointers. A copy costs one pointer; a change after that costs one chunk and
//! the list of chunks. So a state of ten thousand entries can be kept, passed on and changed a little, each for about
//! the price of a hundred entries. Whoever follows the map from state to state keeps a [`Mark`] of the last one it saw
//! and later asks for the [`SharedMap::changes_since`]: what lies in chunks that are still the same is not looked at.
//!
//! What must hold: the chunks ascend, none is empty, and none has more than [`CHUNK`] entries; a chunk that somebody
//! else holds, be it by a mark, is never changed in place.

use std::{
    cmp::Ordering,
    fmt,
    ops::{Bound, Index, RangeBounds},
    sync::Arc,
};

mod entries;
mod mark;
#[cfg(test)]
mod tests;

pub use entries::{Entries, Range};
pub use mark::{Mark, Span};

/// How many entries a chunk has at most. A change costs about as much as copying a chunk and the list of chunks, which
/// is least when they are of a size: at some ten thousand entries.
const CHUNK: usize = 64;

type Chunk<K, V> = Vec<(K, V)>;

/// A sorted map that is cheap to copy. See the module.
pub struct SharedMap<K, V> {
    chunks: Arc<Vec<Arc<Chunk<K, V>>>>,
    len: usize,
}

impl<K, V> SharedMap<K, V> {
    /// An empty map.
    pub fn new() -> Self {
        Self { chunks: Arc::default(), len: 0 }
    }

    /// Takes all entries out.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether both are copies of one state. Two maps with the same entries need not be.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.chunks, &other.chunks)
    }

    /// The entries in ascending order of their keys.
    pub fn iter(&self) -> Entries<'_, K, V> {
        Entries::new(&self.chunks, self.len)
    }

    /// The keys in ascending order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> + Clone {
        self.iter().map(|(key, _)| key)
    }

    /// The values in ascending order of their keys.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> + Clone {
        self.iter().map(|(_, value)| value)
    }

    /// The first entry.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }
}

impl<K: Ord, V> SharedMap<K, V> {
    /// The value under a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let (chunk, place) = self.find(key).ok()?;
        Some(&self.chunks.get(chunk)?.get(place)?.1)
    }

    /// Whether there is an entry with this key.
    pub fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_ok()
    }

    /// The entries whose keys lie within these bounds, in ascending order.
    pub fn range(&self, bounds: impl RangeBounds<K>) -> Range<'_, K, V> {
        let start = match bounds.start_bound() {
            Bound::Unbounded => (0, 0),
            Bound::Included(key) => self.find(key).unwrap_or_else(|place| place),
            Bound::Excluded(key) => self.find(key).map_or_else(|place| place, |(chunk, place)| (chunk, place + 1)),
        };
        let end = match bounds.end_bound() {
            Bound::Unbounded => (self.chunks.len(), 0),
            Bound::Included(key) => self.find(key).map_or_else(|place| place, |(chunk, place)| (chunk, place + 1)),
            Bound::Excluded(key) => self.find(key).unwrap_or_else(|place| place),
        };
        Range::new(&self.chunks, start, end)
    }

    /// Where a key is, as chunk and place in the chunk, or else where it would be put.
    fn find(&self, key: &K) -> Result<(usize, usize), (usize, usize)> {
        let last = |chunk: &Arc<Chunk<K, V>>| chunk.last().map_or(Ordering::Less, |(last, _)| last.cmp(key));
        let at = self.chunks.partition_point(|chunk| last(chunk) == Ordering::Less);
        // Beyond the last entry the last chunk is the one to put it into.
        let Some(chunk) = self.chunks.get(at) else {
            let last = self.chunks.len().saturating_sub(1);
            return Err((last, self.chunks.last().map_or(0, |chunk| chunk.len())));
        };
        match chunk.binary_search_by(|(known, _)| known.cmp(key)) {
            Ok(place) => Ok((at, place)),
            Err(place) => Err((at, place)),
        }
    }
}

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    /// The value under a key, to be changed. What others hold of the map stays as it is.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let (chunk, place) = self.find(key).ok()?;
        let chunk = Arc::make_mut(&mut self.chunks).get_mut(chunk)?;
        Some(&mut Arc::make_mut(chunk).get_mut(place)?.1)
    }

    /// All values, to be changed, in ascending order of their keys.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        let chunks = Arc::make_mut(&mut self.chunks).iter_mut();
        chunks.flat_map(|chunk| Arc::make_mut(chunk).iter_mut().map(|(_, value)| value))
    }

    /// Puts a value under a key and gives what was there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let found = self.find(&key);
        let chunks = Arc::make_mut(&mut self.chunks);
        match found {
            Ok((chunk, place)) => {
                let (_, known) = Arc::make_mut(chunks.get_mut(chunk)?).get_mut(place)?;
                Some(std::mem::replace(known, value))
            }
            Err((chunk, place)) => {
                self.len += 1;
                put(chunks, chunk, place, (key, value));
                None
            }
        }
    }

    /// Takes an entry out and gives its value.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let (at, place) = self.find(key).ok()?;
        let chunks = Arc::make_mut(&mut self.chunks);
        let (_, value) = Arc::make_mut(chunks.get_mut(at)?).remove(place);
        self.len -= 1;
        tidy(chunks, at);
        Some(value)
    }

    /// The value under a key, to be changed; without one, what `make` makes is put there first.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let (chunk, place) = match self.find(&key) {
            Ok(place) => place,
            Err(_) => {
                self.insert(key.clone(), make());
                self.find(&key).unwrap_or_else(|place| place)
            }
        };
        let chunk = &mut Arc::make_mut(&mut self.chunks)[chunk];
        &mut Arc::make_mut(chunk)[place].1
    }

    /// Keeps the entries that `wanted` says yes to. Chunks without any other stay shared.
    pub fn retain(&mut self, mut wanted: impl FnMut(&K, &V) -> bool) {
        let unwanted: Vec<K> =
            self.iter().filter(|(key, value)| !wanted(key, value)).map(|(key, _)| key.clone()).collect();
        for key in &unwanted {
            self.remove(key);
        }
    }
}

/// Puts an entry where [`SharedMap::find`] says that it belongs. A full chunk is cut in two; at the end of the map a new
/// one is begun instead, so that entries that come in order fill their chunks.
fn put<K: Clone, V: Clone>(chunks: &mut Vec<Arc<Chunk<K, V>>>, at: usize, place: usize, entry: (K, V)) {
    let is_last = at + 1 >= chunks.len();
    let Some(chunk) = chunks.get_mut(at) else {
        chunks.push(Arc::new(vec![entry]));
        return;
    };
    if chunk.len() < CHUNK {
        Arc::make_mut(chunk).insert(place, entry);
    } else if is_last && place == chunk.len() {
        chunks.push(Arc::new(vec![entry]));
    } else {
        let low = Arc::make_mut(chunk);
        let mut high = low.split_off(CHUNK / 2);
        match place.checked_sub(low.len()) {
            Some(place) => high.insert(place, entry),
            None => low.insert(place, entry),
        }
        chunks.insert(at + 1, Arc::new(high));
    }
}

/// After a removal: an empty chunk goes, and one that has become small moves in with the next.
fn tidy<K: Clone, V: Clone>(chunks: &mut Vec<Arc<Chunk<K, V>>>, at: usize) {
    let length = |at: usize| chunks.get(at).map(|chunk| chunk.len());
    match (length(at), length(at + 1)) {
        (Some(0), _) => drop(chunks.remove(at)),
        (Some(this), Some(next)) if this + next <= CHUNK / 2 => {
            let next = chunks.remove(at + 1);
            Arc::make_mut(&mut chunks[at]).extend(next.iter().cloned());
        }
        _ => {}
    }
}

impl<K, V> Clone for SharedMap<K, V> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), len: self.len }
    }
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for SharedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for SharedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K: Ord + Clone, V: Clone, const N: usize> From<[(K, V); N]> for SharedMap<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K: Ord + Clone, V: Clone> Extend<(K, V)> for SharedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<'a, K, V> IntoIterator for &'a SharedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Entries<'a, K, V>;

    fn into_iter(self) -> Entries<'a, K, V> {
        self.iter()
    }
}

/// # Panics
/// When there is no entry with this key.
impl<K: Ord, V> Index<&K> for SharedMap<K, V> {
    type Output = V;

    fn index(&self, key: &K) -> &V {
        self.get(key).expect("no entry with this key")
    }
}

impl<K: serde::Serialize, V: serde::Serialize> serde::Serialize for SharedMap<K, V> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de, K, V> serde::Deserialize<'de> for SharedMap<K, V>
where
    K: Ord + Clone + serde::Deserialize<'de>,
    V: Clone + serde::Deserialize<'de>,
{
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = std::collections::BTreeMap::<K, V>::deserialize(deserializer)?;
        Ok(entries.into_iter().collect())
    }
}
