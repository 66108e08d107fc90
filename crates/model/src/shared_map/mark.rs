//! Marks: which state of a map somebody saw last, and where another state differs from it.

use super::{Chunk, SharedMap};
use std::{
    fmt,
    ops::Bound,
    sync::{Arc, Weak},
};

/// A state of a map, to compare later ones with. It keeps no entry alive, and no entry from being changed where it is.
pub struct Mark<K, V> {
    /// The list of chunks: where it is still the same, nothing has changed.
    list: Weak<Vec<Arc<Chunk<K, V>>>>,
    chunks: Arc<[Weak<Chunk<K, V>>]>,
}

/// Bounds within which two states may differ.
pub type Span<K> = (Bound<K>, Bound<K>);

impl<K: Ord + Clone, V> SharedMap<K, V> {
    /// A mark of this state.
    pub fn mark(&self) -> Mark<K, V> {
        Mark { list: Arc::downgrade(&self.chunks), chunks: self.chunks.iter().map(Arc::downgrade).collect() }
    }

    /// A mark of this state, for which `earlier` is copied if it is one already.
    pub fn mark_after(&self, earlier: &Mark<K, V>) -> Mark<K, V> {
        if earlier.is_of(self) { earlier.clone() } else { self.mark() }
    }

    /// Where this state may differ from the marked one, in ascending order: outside of these spans both have the same
    /// entries. Costs little more than the number of chunks, and tells changes no finer than by chunks.
    pub fn changes_since(&self, mark: &Mark<K, V>) -> Vec<Span<K>> {
        if mark.is_of(self) {
            return Vec::new();
        }
        let marked = mark.places();
        let mut spans = Vec::new();
        let (mut start, mut expected, mut has_gap) = (Bound::Unbounded, 0, false);
        for chunk in self.chunks.iter() {
            let place = marked.binary_search_by_key(&address(Arc::as_ptr(chunk)), |(address, _)| *address);
            let place = place.ok().and_then(|found| marked.get(found)).map(|(_, place)| *place);
            let (Some(place), Some((first, _)), Some((last, _))) = (place, chunk.first(), chunk.last()) else {
                has_gap = true;
                continue;
            };
            // A chunk that the marked state had in between is gone from here.
            if has_gap || place != expected {
                spans.push((start, Bound::Excluded(first.clone())));
            }
            (start, expected, has_gap) = (Bound::Excluded(last.clone()), place + 1, false);
        }
        if has_gap || expected != marked.len() {
            spans.push((start, Bound::Unbounded));
        }
        spans
    }
}

impl<K, V> Mark<K, V> {
    fn is_of(&self, map: &SharedMap<K, V>) -> bool {
        Weak::as_ptr(&self.list) == Arc::as_ptr(&map.chunks)
    }

    /// The chunks by address, each with its place in the map. The address of a chunk is not used again for as long as
    /// the mark knows it.
    fn places(&self) -> Vec<(usize, usize)> {
        let mut places: Vec<_> =
            self.chunks.iter().enumerate().map(|(place, chunk)| (address(chunk.as_ptr()), place)).collect();
        places.sort_unstable();
        places
    }
}

fn address<T>(pointer: *const T) -> usize {
    pointer.addr()
}

impl<K, V> Clone for Mark<K, V> {
    fn clone(&self) -> Self {
        Self { list: self.list.clone(), chunks: self.chunks.clone() }
    }
}

/// The mark of an empty map: everything differs from it.
impl<K, V> Default for Mark<K, V> {
    fn default() -> Self {
        Self { list: Weak::new(), chunks: Arc::default() }
    }
}

impl<K, V> fmt::Debug for Mark<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mark of {} chunks", self.chunks.len())
    }
}
