//! A read buffer that keeps a message's head in place while the body flows through behind it.
//!
//! The spans of a parsed head point into the buffer until the record of the request is written, long after the body
//! has gone through the same memory. So the head, once kept, is a fixed prefix, and the window behind it is refilled.
//!
//! A buffer has memory of its own, and can work in larger memory that is not: whatever it holds moves along.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, ReadBuf};

/// A kept head (possibly empty), then a window of bytes not yet consumed, then room.
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    /// Its own memory, while it works in borrowed memory.
    own: Option<Vec<u8>>,
    kept: usize,
    start: usize,
    end: usize,
    /// The last read took as much as it might, so the source may have more at once.
    filled: bool,
    /// Counts reads, so that a bookmark knows whether the bytes it means are still there.
    reads: u64,
}

/// A place in the window to which the buffer can go back while nothing more has been read.
#[derive(Clone, Copy)]
pub(crate) struct Bookmark {
    start: usize,
    end: usize,
    reads: u64,
}

impl Buffer {
    /// An empty buffer with this much room.
    pub(crate) fn new(room: usize) -> Self {
        Self { bytes: vec![0; room], own: None, kept: 0, start: 0, end: 0, filled: false, reads: 0 }
    }

    /// The bytes read and not yet consumed.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// The kept head.
    pub(crate) fn head(&self) -> &[u8] {
        &self.bytes[..self.kept]
    }

    /// Whether every byte read has been consumed.
    pub(crate) fn is_drained(&self) -> bool {
        self.start == self.end
    }

    /// Whether the source may have more to read at once.
    pub(crate) fn was_filled(&self) -> bool {
        self.filled
    }

    /// Marks the next `count` unread bytes as consumed.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
        if self.is_drained() {
            self.start = self.kept;
            self.end = self.kept;
        }
    }

    /// Marks the place before the first unread byte.
    pub(crate) fn bookmark(&self) -> Bookmark {
        Bookmark { start: self.start, end: self.end, reads: self.reads }
    }

    /// Makes everything unread again that was at `place`. False, and nothing is changed, when more has been read since.
    pub(crate) fn go_back(&mut self, place: Bookmark) -> bool {
        let intact = self.reads == place.reads;
        if intact {
            (self.start, self.end) = (place.start, place.end);
        }
        intact
    }

    /// Keeps the next `len` unread bytes, a message's head, as the fixed prefix. Nothing may be kept already.
    pub(crate) fn keep_head(&mut self, len: usize) {
        debug_assert_eq!((self.kept, self.start), (0, 0), "a head is kept at the front");
        self.kept = len.min(self.end);
        self.start = self.kept;
    }

    /// Forgets the kept head and moves what is unread to the front.
    pub(crate) fn release_head(&mut self) {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        self.kept = 0;
    }

    /// Empties the buffer.
    pub(crate) fn clear(&mut self) {
        (self.kept, self.start, self.end, self.filled) = (0, 0, 0, false);
    }

    /// Makes room for at least `room` more bytes by moving the window up to the kept head and growing if need be.
    pub(crate) fn ensure_room(&mut self, room: usize) {
        if self.bytes.len() - self.end >= room {
            return;
        }
        self.reads += 1;
        self.bytes.copy_within(self.start..self.end, self.kept);
        self.end = self.kept + (self.end - self.start);
        self.start = self.kept;
        if self.bytes.len() - self.end < room {
            self.bytes.resize(self.end + room, 0);
        }
    }

    /// Whether it works in borrowed memory.
    pub(crate) fn has_borrowed(&self) -> bool {
        self.own.is_some()
    }

    /// Goes on in `memory`, which must have room for more than the kept head and what is unread; otherwise, or when
    /// some was borrowed already, it is handed back.
    pub(crate) fn borrow(&mut self, memory: Vec<u8>) -> Result<(), Vec<u8>> {
        if self.has_borrowed() || memory.len() <= self.held() {
            return Err(memory);
        }
        self.own = Some(self.move_to(memory));
        Ok(())
    }

    /// Goes on in its own memory, and gives up what was borrowed. `None`, and nothing is changed, when nothing was, or
    /// when its own cannot hold the kept head and what is unread.
    pub(crate) fn give_back(&mut self) -> Option<Vec<u8>> {
        let held = self.held();
        let own = self.own.take_if(|own| own.len() >= held)?;
        Some(self.move_to(own))
    }

    /// Bytes that must not be lost: the kept head and what is unread.
    fn held(&self) -> usize {
        self.kept + self.end - self.start
    }

    /// Moves what is held to `memory`, and gives the memory that it was in.
    fn move_to(&mut self, mut memory: Vec<u8>) -> Vec<u8> {
        let held = self.held();
        memory[..self.kept].copy_from_slice(self.head());
        memory[self.kept..held].copy_from_slice(self.unread());
        self.reads += 1;
        (self.start, self.end) = (self.kept, held);
        std::mem::replace(&mut self.bytes, memory)
    }

    /// Empties the buffer and gives it this much room: memory back that an unusually large message needed, or room
    /// again that was given back.
    pub(crate) fn renew(&mut self, room: usize) {
        self.clear();
        self.own = None;
        self.bytes.resize(room, 0);
        self.bytes.shrink_to(room);
    }

    /// Gives all memory up but that of the kept head, if nothing is unread.
    pub(crate) fn give_room_back(&mut self) {
        if self.is_drained() {
            self.own = None;
            self.bytes.truncate(self.kept);
            self.bytes.shrink_to_fit();
        }
    }

    /// Whether there is any room to read into.
    pub(crate) fn has_room(&self) -> bool {
        self.end < self.bytes.len()
    }

    /// Reads once from `source` into the room there is. Yields the number of bytes; 0 means the source has ended.
    /// Without room it yields an error, never a false end.
    pub(crate) fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut (impl AsyncRead + Unpin),
    ) -> Poll<io::Result<usize>> {
        self.poll_fill_some(cx, source, usize::MAX)
    }

    /// As [`Buffer::poll_fill`], with at most this many bytes.
    pub(crate) fn poll_fill_some(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut (impl AsyncRead + Unpin),
        most: usize,
    ) -> Poll<io::Result<usize>> {
        if !self.has_room() {
            return Poll::Ready(Err(io::ErrorKind::OutOfMemory.into()));
        }
        let most = most.clamp(1, self.bytes.len() - self.end);
        let mut room = ReadBuf::new(&mut self.bytes[self.end..][..most]);
        ready!(Pin::new(source).poll_read(cx, &mut room))?;
        let count = room.filled().len();
        self.filled = room.remaining() == 0;
        self.reads += 1;
        self.end += count;
        Poll::Ready(Ok(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    fn fill(buffer: &mut Buffer, mut source: &[u8]) -> usize {
        let mut cx = Context::from_waker(Waker::noop());
        match buffer.poll_fill(&mut cx, &mut source) {
            Poll::Ready(Ok(count)) => count,
            other => panic!("a slice is always ready: {other:?}"),
        }
    }

    #[test]
    fn a_kept_head_survives_any_amount_of_body() {
        let mut buffer = Buffer::new(16);
        fill(&mut buffer, b"HEADbody");
        buffer.keep_head(4);
        for _ in 0..10 {
            let unread = buffer.unread().len();
            buffer.consume(unread);
            assert_eq!(fill(&mut buffer, b"123456789012345"), 12);
            assert_eq!(buffer.head(), b"HEAD");
            assert_eq!(buffer.unread(), b"123456789012");
        }
    }

    #[test]
    fn consumed_bytes_can_be_read_again_until_more_is_read() {
        let mut buffer = Buffer::new(32);
        fill(&mut buffer, b"HEADbody");
        buffer.keep_head(4);
        let place = buffer.bookmark();
        buffer.consume(4);
        assert!(buffer.is_drained() && buffer.go_back(place));
        assert_eq!(buffer.unread(), b"body");
        buffer.consume(4);
        fill(&mut buffer, b"more");
        assert!(!buffer.go_back(place));
        assert_eq!(buffer.unread(), b"more");
    }

    #[test]
    fn what_is_held_moves_to_borrowed_memory_and_back() {
        let mut buffer = Buffer::new(8);
        fill(&mut buffer, b"HEADbody");
        buffer.keep_head(4);
        buffer.consume(1);
        assert_eq!(buffer.borrow(vec![0; 7]), Err(vec![0; 7]), "that has no room for more");
        assert_eq!(buffer.borrow(vec![0; 16]), Ok(()));
        assert_eq!((buffer.head(), buffer.unread()), (&b"HEAD"[..], &b"ody"[..]));
        assert_eq!(fill(&mut buffer, b"123456789012345"), 9);
        assert_eq!(buffer.give_back(), None, "its own memory cannot hold that");
        buffer.consume(8);
        assert_eq!(buffer.give_back().map(|memory| memory.len()), Some(16));
        assert_eq!((buffer.head(), buffer.unread()), (&b"HEAD"[..], &b"6789"[..]));
        assert!(!buffer.has_room() && !buffer.has_borrowed());
    }

    #[test]
    fn a_place_is_forgotten_when_the_memory_changes() {
        let mut buffer = Buffer::new(8);
        fill(&mut buffer, b"body");
        let place = buffer.bookmark();
        buffer.consume(4);
        assert_eq!(buffer.borrow(vec![0; 16]), Ok(()));
        assert!(!buffer.go_back(place));
    }

    #[test]
    fn what_follows_a_message_becomes_the_front() {
        let mut buffer = Buffer::new(32);
        fill(&mut buffer, b"HEADbodyNEXT");
        buffer.keep_head(4);
        buffer.consume(4);
        buffer.release_head();
        assert_eq!(buffer.unread(), b"NEXT");
        assert!(buffer.head().is_empty());
    }

    #[test]
    fn room_that_is_given_back_leaves_the_head_and_nothing_unread() {
        let mut buffer = Buffer::new(1024);
        fill(&mut buffer, b"HEADbody");
        buffer.keep_head(4);
        buffer.give_room_back();
        assert_eq!((buffer.unread(), buffer.bytes.capacity() >= 1024), (&b"body"[..], true));
        buffer.consume(4);
        buffer.give_room_back();
        assert_eq!((buffer.head(), buffer.has_room(), buffer.bytes.capacity()), (&b"HEAD"[..], false, 4));
        buffer.ensure_room(8);
        assert_eq!(fill(&mut buffer, b"12345678"), 8);
        assert_eq!((buffer.head(), buffer.unread()), (&b"HEAD"[..], &b"12345678"[..]));
        buffer.renew(64);
        assert_eq!((buffer.head().len(), buffer.bytes.len()), (0, 64));
    }

    #[test]
    fn a_full_buffer_is_not_mistaken_for_an_ended_source() {
        let mut buffer = Buffer::new(4);
        assert_eq!(fill(&mut buffer, b"12345678"), 4);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(buffer.poll_fill(&mut cx, &mut &b"5678"[..]), Poll::Ready(Err(_))));
        buffer.ensure_room(4);
        assert_eq!(fill(&mut buffer, b"5678"), 4);
        assert_eq!(buffer.unread(), b"12345678");
    }
}
