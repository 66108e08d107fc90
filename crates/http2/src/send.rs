//! What streams say and take: heads, content and ends that go out, and content that has come.

use crate::{
    Answer, Connection, ErrorCode, Key, Lost, Side,
    frame::{self, Frame, flag, kind},
    hpack::Encoder,
};
use std::task::{Context, Poll};

/// What there is to be read of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Inbox<'a> {
    /// Content that came and was not taken; never empty.
    Content(&'a [u8]),
    /// All has come and was taken. Trailers are lines of HTTP/1.1, each with its end.
    Ended {
        /// What came behind the content.
        trailers: Option<&'a [u8]>,
    },
}

/// Writes the fields of a head.
pub struct HeadWriter<'a> {
    encoder: &'a mut Encoder,
    out: &'a mut Vec<u8>,
}

impl HeadWriter<'_> {
    /// The status of an answer; comes first.
    pub fn status(&mut self, status: u16) {
        self.encoder.status(status, self.out);
    }

    /// A field; pseudo-fields come first. Capital letters of the name become small.
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        self.encoder.field(name, value, self.out);
    }

    /// A field that nobody on the way may keep for later.
    pub fn secret(&mut self, name: &[u8], value: &[u8]) {
        self.encoder.secret(name, value, self.out);
    }
}

impl Connection {
    /// Whether the peer has said that it takes no more streams.
    pub fn is_peer_leaving(&self) -> bool {
        self.peer_last.is_some()
    }

    /// How many streams of this side's the peer allows at a time.
    pub fn peer_streams(&self) -> u32 {
        self.peer.streams
    }

    /// Begins a stream, with a head. `None` when no more can be begun on this connection. Only for a client.
    ///
    /// `asks_head`: the answer may tell the length of a body that does not come. `ends`: the request has no body.
    pub fn request(&mut self, asks_head: bool, ends: bool, write: impl FnOnce(&mut HeadWriter<'_>)) -> Option<Key> {
        let is_able = self.settings.side == Side::Client && self.end.is_none() && self.peer_last.is_none();
        if !is_able || self.next > u32::MAX >> 1 {
            return None;
        }
        let id = self.next;
        self.next += 2;
        let key = self.open(id);
        if let Some(stream) = self.streams.get_mut(key) {
            stream.asks_head = asks_head;
        }
        // A stream that was just opened is not lost.
        self.head(key, ends, write).ok()?;
        Some(key)
    }

    /// The next head of the answer to a request. Only for a client.
    ///
    /// # Errors
    /// When the stream was lost, once everything before that was taken.
    pub fn poll_answer(&mut self, key: Key, cx: &mut Context<'_>) -> Poll<Result<Answer, Lost>> {
        let Some(stream) = self.streams.get_mut(key) else { return Poll::Ready(Err(Lost::Gone)) };
        match (stream.answers.pop_front(), stream.lost) {
            (Some(answer), _) => Poll::Ready(Ok(answer)),
            (None, Some(lost)) => Poll::Ready(Err(lost)),
            (None, None) => {
                keep(&mut stream.reader, cx);
                Poll::Pending
            }
        }
    }

    /// Sends a head: an answer's, an interim one's, or trailers (then with `ends`).
    ///
    /// # Errors
    /// When the stream was lost.
    pub fn head(&mut self, key: Key, ends: bool, write: impl FnOnce(&mut HeadWriter<'_>)) -> Result<(), Lost> {
        self.check(key)?;
        let start = self.out.len();
        self.out.extend_from_slice(&[0; frame::HEAD]);
        self.encoder.begin(&mut self.out);
        write(&mut HeadWriter { encoder: &mut self.encoder, out: &mut self.out });
        let length = self.out.len() - start - frame::HEAD;
        let flags = if ends { flag::END_STREAM } else { 0 };
        if length <= self.peer.frame as usize {
            let flags = flags | flag::END_HEADERS;
            let frame = Frame { length: length as u32, kind: kind::HEADERS, flags, stream: key.id() };
            self.out[start..start + frame::HEAD].copy_from_slice(&frame.octets());
        } else {
            self.cut_head(start, flags, key.id());
        }
        self.after_sending(key, ends);
        Ok(())
    }

    /// Makes several frames of a head that is longer than the peer takes in one.
    fn cut_head(&mut self, start: usize, flags: u8, stream: u32) {
        let block = self.out.split_off(start + frame::HEAD);
        self.out.truncate(start);
        let most = self.peer.frame as usize;
        let count = block.len().div_ceil(most);
        for (index, piece) in block.chunks(most).enumerate() {
            let (kind, flags) = if index == 0 { (kind::HEADERS, flags) } else { (kind::CONTINUATION, 0) };
            let end = if index + 1 == count { flag::END_HEADERS } else { 0 };
            Frame::write(kind, flags | end, stream, piece, &mut self.out);
        }
    }

    /// How many bytes of content may be sent on a stream now. Pending until there is at least one.
    ///
    /// # Errors
    /// When the stream was lost.
    pub fn poll_room(&mut self, key: Key, cx: &mut Context<'_>) -> Poll<Result<usize, Lost>> {
        self.check(key)?;
        let of_connection = self.window.min(self.settings.send_room.saturating_sub(self.unsent()) as i64);
        let Some(stream) = self.streams.get_mut(key) else { return Poll::Ready(Err(Lost::Gone)) };
        let room = of_connection.min(stream.window);
        if room > 0 {
            return Poll::Ready(Ok(room as usize));
        }
        keep(&mut stream.writer, cx);
        if of_connection <= 0 && !std::mem::replace(&mut stream.is_queued, true) {
            self.queue.push(key);
        }
        Poll::Pending
    }

    /// Sends content, for which there has to be room. `ends`: it is the last.
    ///
    /// # Errors
    /// When the stream was lost.
    pub fn content(&mut self, key: Key, content: &[u8], ends: bool) -> Result<(), Lost> {
        self.check(key)?;
        let most = self.peer.frame as usize;
        let count = content.len().div_ceil(most).max(1);
        for (index, piece) in content.chunks(most).enumerate() {
            let flags = if ends && index + 1 == count { flag::END_STREAM } else { 0 };
            Frame::write(kind::DATA, flags, key.id(), piece, &mut self.out);
        }
        if content.is_empty() && ends {
            Frame::write(kind::DATA, flag::END_STREAM, key.id(), &[], &mut self.out);
        }
        let length = content.len() as i64;
        self.window -= length;
        self.turn += 1;
        if let Some(stream) = self.streams.get_mut(key) {
            stream.window -= length;
            stream.served = self.turn;
        }
        self.after_sending(key, ends);
        Ok(())
    }

    fn after_sending(&mut self, key: Key, ends: bool) {
        if ends && let Some(stream) = self.streams.get_mut(key) {
            stream.is_sent = true;
            if stream.is_closed() {
                self.streams.close(key.id());
            }
        }
        self.stir();
    }

    fn check(&self, key: Key) -> Result<(), Lost> {
        match self.streams.get(key) {
            Some(stream) => stream.lost.map_or(Ok(()), Err),
            None => Err(Lost::Gone),
        }
    }

    /// What there is to be read of a stream. Pending until there is something.
    ///
    /// # Errors
    /// When the stream was lost, once everything before that was taken.
    pub fn poll_inbox(&mut self, key: Key, cx: &mut Context<'_>) -> Poll<Result<Inbox<'_>, Lost>> {
        let Some(stream) = self.streams.get_mut(key) else { return Poll::Ready(Err(Lost::Gone)) };
        if stream.readable().is_empty() && stream.lost.is_none() && !stream.is_received {
            keep(&mut stream.reader, cx);
            return Poll::Pending;
        }
        Poll::Ready(match (stream.readable(), stream.lost) {
            ([], None) => Ok(Inbox::Ended { trailers: stream.trailers.as_deref() }),
            ([], Some(lost)) if !stream.is_received => Err(lost),
            ([], Some(_)) => Ok(Inbox::Ended { trailers: stream.trailers.as_deref() }),
            (content, _) => Ok(Inbox::Content(content)),
        })
    }

    /// Takes content off the inbox, and lets the peer send as much again.
    pub fn take(&mut self, key: Key, count: usize) {
        let Some(stream) = self.streams.get_mut(key) else { return };
        let count = count.min(stream.inbox.len());
        bytes::Buf::advance(&mut stream.inbox, count);
        self.owed += count as i64;
        self.allow_more_on(key, count as u32);
        self.allow_more();
    }

    /// Why a stream was lost. Pending while it is not.
    pub fn poll_lost(&mut self, key: Key, cx: &mut Context<'_>) -> Poll<Lost> {
        let Some(stream) = self.streams.get_mut(key) else { return Poll::Ready(Lost::Gone) };
        match stream.lost {
            Some(lost) => Poll::Ready(lost),
            None => {
                keep(&mut stream.reader, cx);
                Poll::Pending
            }
        }
    }

    /// Lets go of a stream. If it is not complete, it is broken off with this code; a
    /// server that has answered whole says NO_ERROR instead, for it only needs no more of the request.
    pub fn release(&mut self, key: Key, code: ErrorCode) {
        let Some(stream) = self.streams.remove(key) else { return };
        if !stream.is_closed() && self.end.is_none() {
            // A server that has answered did not mind the rest; a client that has asked does not want the answer.
            let is_answered = stream.is_sent && self.settings.side == Side::Server;
            let code = if is_answered { ErrorCode::NO_ERROR } else { code };
            self.refuse_number(key.id(), code);
            self.stir();
        }
        self.give_back(None, stream.inbox.len() as u32);
        if self.streams.held() == 0 {
            // The driver may wait for just that.
            self.stir();
        }
    }
}

fn keep(place: &mut Option<std::task::Waker>, cx: &Context<'_>) {
    match place {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *place = Some(cx.waker().clone()),
    }
}
