//! The streams of a connection, and what each of them holds.

use crate::{Lost, hpack::FieldList};
use bytes::BytesMut;
use std::{collections::VecDeque, task::Waker};

/// Names a stream of one connection. It outlives the stream, and then names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    slot: u32,
    id: u32,
}

impl Key {
    /// The number of the stream on the wire.
    pub fn id(self) -> u32 {
        self.id
    }
}

/// How far the peer's head has come, where this side asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing, or interim heads only.
    Nothing,
    /// The final head.
    Head,
}

/// The head of an answer.
#[derive(Debug)]
pub struct Answer {
    /// Its fields, `:status` first.
    pub fields: FieldList,
    /// Nothing comes behind it.
    pub ends: bool,
}

/// One stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) id: u32,
    /// Heads of answers that were not read.
    pub(crate) answers: VecDeque<Answer>,
    /// Content that came and was not taken.
    pub(crate) inbox: BytesMut,
    /// What the peer may still send.
    pub(crate) credit: i64,
    /// What was taken, and not yet allowed again.
    pub(crate) owed: u32,
    /// Content that is still to come, where its length was declared.
    pub(crate) declared: Option<u64>,
    /// Lines of HTTP/1.1, without the blank one.
    pub(crate) trailers: Option<Vec<u8>>,
    pub(crate) heard: Heard,
    /// A head alone was asked for.
    pub(crate) asks_head: bool,
    /// The peer sends no more.
    pub(crate) is_received: bool,
    /// What this side may still send; negative after the peer has made its window smaller.
    pub(crate) window: i64,
    /// This side sends no more.
    pub(crate) is_sent: bool,
    pub(crate) lost: Option<Lost>,
    pub(crate) reader: Option<Waker>,
    pub(crate) writer: Option<Waker>,
    /// It waits for the connection, not for its own window.
    pub(crate) is_queued: bool,
    /// When it sent content last, counted in pieces of content.
    pub(crate) served: u64,
}

impl Stream {
    pub(crate) fn new(id: u32, credit: i64, window: i64) -> Self {
        Self {
            id,
            answers: VecDeque::new(),
            inbox: BytesMut::new(),
            credit,
            owed: 0,
            declared: None,
            trailers: None,
            heard: Heard::Nothing,
            asks_head: false,
            is_received: false,
            window,
            is_sent: false,
            lost: None,
            reader: None,
            writer: None,
            is_queued: false,
            served: 0,
        }
    }

    /// Whether neither side sends any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.lost.is_some() || (self.is_received && self.is_sent)
    }

    /// Content that may be passed on. Of a body whose length was declared the last byte stays here until the stream has
    /// ended: what is said to be complete might go on, and must not be passed on then (RFC 9113 section 8.1.1).
    pub(crate) fn readable(&self) -> &[u8] {
        let withheld = usize::from(self.declared == Some(0) && !self.is_received);
        &self.inbox[..self.inbox.len().saturating_sub(withheld)]
    }

    pub(crate) fn wake_reader(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }

    pub(crate) fn wake_writer(&mut self) {
        if let Some(waker) = self.writer.take() {
            waker.wake();
        }
    }
}

/// All streams that somebody holds, by key; and those of them that are not closed, by number too.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    slots: Vec<Option<Stream>>,
    free: Vec<u32>,
    /// Number and slot of each stream that is not closed, in the order of the numbers.
    open: Vec<(u32, u32)>,
}

impl Streams {
    /// Streams that are not closed.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    /// Streams that somebody holds.
    pub(crate) fn held(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Takes in a stream whose number is higher than that of all others.
    pub(crate) fn insert(&mut self, stream: Stream) -> Key {
        let id = stream.id;
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(None);
                (self.slots.len() - 1) as u32
            }
        };
        self.slots[slot as usize] = Some(stream);
        self.open.push((id, slot));
        Key { slot, id }
    }

    pub(crate) fn get(&self, key: Key) -> Option<&Stream> {
        self.slots.get(key.slot as usize)?.as_ref().filter(|stream| stream.id == key.id)
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut Stream> {
        self.slots.get_mut(key.slot as usize)?.as_mut().filter(|stream| stream.id == key.id)
    }

    /// The stream of this number, if it is not closed.
    pub(crate) fn find(&self, id: u32) -> Option<Key> {
        let place = self.open.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(Key { slot: self.open[place].1, id })
    }

    /// The streams with higher numbers that are not closed.
    pub(crate) fn open_beyond(&self, last: u32) -> Vec<Key> {
        let beyond = self.open.iter().filter(|(id, _)| *id > last);
        beyond.map(|&(id, slot)| Key { slot, id }).collect()
    }

    /// Forgets the number of a stream that is closed; whoever holds it goes on doing so.
    pub(crate) fn close(&mut self, id: u32) {
        if let Ok(place) = self.open.binary_search_by_key(&id, |(id, _)| *id) {
            self.open.remove(place);
        }
    }

    /// Takes a stream out, which is held no more.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Stream> {
        self.get(key)?;
        self.close(key.id);
        self.free.push(key.slot);
        let stream = self.slots[key.slot as usize].take();
        if self.free.len() == self.slots.len() {
            // Nothing is left: whoever had many at once need not pay for them for ever.
            *self = Self::default();
        }
        stream
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.slots.iter_mut().flatten()
    }
}
