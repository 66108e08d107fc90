//! Walking through a map in order.

use super::Chunk;
use std::{slice, sync::Arc};

/// The entries of a map in ascending order.
pub struct Entries<'a, K, V> {
    chunks: slice::Iter<'a, Arc<Chunk<K, V>>>,
    chunk: slice::Iter<'a, (K, V)>,
    left: usize,
}

impl<'a, K, V> Entries<'a, K, V> {
    pub(super) fn new(chunks: &'a [Arc<Chunk<K, V>>], len: usize) -> Self {
        Self { chunks: chunks.iter(), chunk: [].iter(), left: len }
    }
}

impl<K, V> Clone for Entries<'_, K, V> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), chunk: self.chunk.clone(), left: self.left }
    }
}

impl<'a, K, V> Iterator for Entries<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.chunk.next() {
                self.left -= 1;
                return Some((key, value));
            }
            self.chunk = self.chunks.next()?.iter();
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K, V> ExactSizeIterator for Entries<'_, K, V> {}

/// The entries of a part of a map in ascending order.
pub struct Range<'a, K, V> {
    chunks: &'a [Arc<Chunk<K, V>>],
    /// The next entry, and the first that no longer belongs to it, as chunk and place in the chunk.
    next: (usize, usize),
    end: (usize, usize),
}

impl<'a, K, V> Range<'a, K, V> {
    pub(super) fn new(chunks: &'a [Arc<Chunk<K, V>>], next: (usize, usize), end: (usize, usize)) -> Self {
        Self { chunks, next, end }
    }
}

impl<'a, K, V> Iterator for Range<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        while self.next < self.end {
            let (chunk, place) = self.next;
            if let Some((key, value)) = self.chunks.get(chunk)?.get(place) {
                self.next.1 += 1;
                return Some((key, value));
            }
            self.next = (chunk + 1, 0);
        }
        None
    }
}
