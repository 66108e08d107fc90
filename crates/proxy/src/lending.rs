//! Large memory that a worker lends to read buffers, so that as much as there is comes with one read and leaves with one
//! write.
//!
//! A buffer has the memory only from a read until what was read has left: whoever waits for more bytes has given it
//! back. So visitors that keep up share one piece, which stays in the processor's cache and is never cleared anew, and
//! only those that take bytes too slowly hold one each.

use crate::buffer::Buffer;
use std::{
    cell::RefCell,
    io,
    task::{Context, Poll},
};
use tokio::io::AsyncRead;

/// The bytes that a worker keeps of what nobody borrows at the moment; one piece it keeps in any case. Visitors that keep
/// up share one piece however many they are, so this only spares those that do not an allocation.
const SPARE_BYTES: usize = 4 << 20;

/// The large memory of one worker.
pub(crate) struct Lending {
    size: usize,
    least: usize,
    spare: RefCell<Vec<Vec<u8>>>,
}

impl Lending {
    /// Lends pieces of `size` bytes. A buffer has room for at least `least` bytes at every read.
    pub(crate) fn new(size: usize, least: usize) -> Self {
        Self { size, least, spare: RefCell::default() }
    }

    /// As [`Buffer::poll_fill_some`], into a large piece of memory. While there is nothing to read the buffer has none,
    /// unless what it holds needs it.
    pub(crate) fn poll_fill(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut Buffer,
        source: &mut (impl AsyncRead + Unpin),
        most: usize,
    ) -> Poll<io::Result<usize>> {
        if !buffer.has_borrowed() {
            let spare = self.spare.borrow_mut().pop();
            if let Err(memory) = buffer.borrow(spare.unwrap_or_else(|| vec![0; self.size])) {
                self.keep(memory);
            }
        }
        buffer.ensure_room(self.least);
        let filled = buffer.poll_fill_some(cx, source, most);
        if filled.is_pending() {
            self.take_back(buffer);
        }
        filled
    }

    /// Takes back what a buffer has borrowed, if it can hold what it must in memory of its own.
    pub(crate) fn take_back(&self, buffer: &mut Buffer) {
        if let Some(memory) = buffer.give_back() {
            self.keep(memory);
        }
    }

    fn keep(&self, memory: Vec<u8>) {
        let mut spare = self.spare.borrow_mut();
        // A piece that had to grow for a large head is not kept.
        if memory.len() == self.size && (spare.len() + 1) * self.size <= SPARE_BYTES.max(self.size) {
            spare.push(memory);
        }
    }
}
