//! What a visitor's frames add up to, looked at before anything else reads them.
//!
//! Requests and bodies are bounded elsewhere: by streams, windows and rates. Everything beside them costs a visitor a
//! few bytes and us some work, an answer even (SETTINGS, PING), and the protocol sets no bound to it. So such frames
//! are counted within a span of time. Whoever reads a long answer has to send window updates; bytes that were sent to
//! the visitor therefore allow for more of them. The meter also sees what no other layer tells: how many requests were
//! begun, and since when a head is under way. Pure: time is an argument.

use super::Http2;
use std::time::Duration;
use tokio::time::Instant;

/// The client's preface, before any frame (RFC 9113 section 3.4).
const PREFACE: u32 = 24;
const FRAME_HEAD: usize = 9;
/// Bytes sent to the visitor for which one more frame is allowed: a window update for the connection and one for the
/// stream stay free for each piece of an answer of some fifty bytes.
const BYTES_PER_FRAME: u64 = 32;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// Counts the frames of one connection.
pub(super) struct FrameMeter {
    most: usize,
    within: Duration,
    /// Bytes of the preface, or of the payload under way, that are still to come.
    left: u32,
    head: [u8; FRAME_HEAD],
    have: usize,
    /// The highest stream that was opened.
    highest: u32,
    /// The head of a request that is under way.
    block: Option<Block>,
    begun: u64,
    span: Span,
}

/// The head of a request, in as many frames as it takes.
#[derive(Clone, Copy)]
struct Block {
    since: Instant,
    opens_stream: bool,
    is_last: bool,
}

/// What has come in the present span of time.
#[derive(Default)]
struct Span {
    since: Option<Instant>,
    frames: u64,
    /// Bytes that had been sent to the visitor when it began.
    sent: u64,
}

/// More came than is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Excess;

impl FrameMeter {
    /// A meter of a connection whose preface is still to come.
    pub(super) fn new(settings: &Http2) -> Self {
        Self {
            most: settings.control_frames,
            within: settings.resets_within,
            left: PREFACE,
            head: [0; FRAME_HEAD],
            have: 0,
            highest: 0,
            block: None,
            begun: 0,
            span: Span::default(),
        }
    }

    /// Requests whose heads have come whole.
    pub(super) fn begun(&self) -> u64 {
        self.begun
    }

    /// Since when a head is under way that has not come whole.
    pub(super) fn head_since(&self) -> Option<Instant> {
        self.block.map(|block| block.since)
    }

    /// Looks at the next bytes of the visitor's. `sent` counts all bytes that were sent to it.
    ///
    /// # Errors
    /// When it has sent more frames of no use than it may.
    pub(super) fn note(&mut self, mut bytes: &[u8], sent: u64, now: Instant) -> Result<(), Excess> {
        loop {
            let skipped = bytes.len().min(self.left as usize);
            self.left -= skipped as u32;
            bytes = &bytes[skipped..];
            if self.left == 0 && self.have == FRAME_HEAD {
                self.have = 0;
                self.end_frame();
            }
            if bytes.is_empty() {
                return Ok(());
            }
            let wanted = (FRAME_HEAD - self.have).min(bytes.len());
            self.head[self.have..self.have + wanted].copy_from_slice(&bytes[..wanted]);
            self.have += wanted;
            bytes = &bytes[wanted..];
            if self.have < FRAME_HEAD {
                return Ok(());
            }
            self.begin_frame(sent, now)?;
        }
    }

    fn begin_frame(&mut self, sent: u64, now: Instant) -> Result<(), Excess> {
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = self.head;
        self.left = u32::from_be_bytes([0, l0, l1, l2]);
        let stream = u32::from_be_bytes([s0 & 0x7f, s1, s2, s3]);
        let is_last = flags & END_HEADERS != 0;
        match kind {
            HEADERS => {
                let opens_stream = stream > self.highest;
                self.highest = self.highest.max(stream);
                self.block = Some(Block { since: now, opens_stream, is_last });
                Ok(())
            }
            CONTINUATION => {
                if let Some(block) = &mut self.block {
                    block.is_last = is_last;
                }
                self.count(sent, now)
            }
            DATA if self.left > 0 || flags & END_STREAM != 0 => Ok(()),
            _ => self.count(sent, now),
        }
    }

    fn end_frame(&mut self) {
        if let Some(block) = self.block.take_if(|block| block.is_last)
            && block.opens_stream
        {
            self.begun += 1;
        }
    }

    fn count(&mut self, sent: u64, now: Instant) -> Result<(), Excess> {
        let span = &mut self.span;
        if span.since.is_none_or(|since| now.saturating_duration_since(since) > self.within) {
            *span = Span { since: Some(now), frames: 0, sent };
        }
        span.frames += 1;
        let earned = sent.saturating_sub(span.sent) / BYTES_PER_FRAME;
        if span.frames > (self.most as u64).saturating_add(earned) { Err(Excess) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    const WINDOW_UPDATE: u8 = 8;

    fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    }

    fn meter(control_frames: usize) -> FrameMeter {
        let settings = Http2 { control_frames, resets_within: Duration::from_secs(10), ..Http2::default() };
        let mut meter = FrameMeter::new(&settings);
        let preface = meter.note(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, Instant::now());
        assert_eq!(preface, Ok(()));
        meter
    }

    #[test]
    fn frames_beside_requests_and_bodies_are_counted() {
        let now = Instant::now();
        let of_no_use = [
            frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 1]),
            frame(PING, 0, 0, &[0; 8]),
            frame(2, 0, 1, &[0; 5]),
            frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]),
            frame(0xbe, 0, 0, b"unknown"),
            frame(DATA, 0, 1, &[]),
        ];
        for frame in of_no_use {
            let mut meter = meter(3);
            assert_eq!(meter.note(&frame.repeat(3), 0, now), Ok(()), "{frame:?}");
            assert_eq!(meter.note(&frame, 0, now), Err(Excess), "{frame:?}");
        }
        let of_use =
            [frame(HEADERS, END_HEADERS, 1, b"head"), frame(DATA, 0, 1, b"body"), frame(DATA, END_STREAM, 1, &[])];
        for frame in of_use {
            assert_eq!(meter(0).note(&frame.repeat(1_000), 0, now), Ok(()), "{frame:?}");
        }
    }

    #[test]
    fn time_and_bytes_that_were_sent_allow_for_more() {
        let start = Instant::now();
        let ping = frame(PING, 0, 0, &[0; 8]);
        let mut meter = meter(10);
        assert_eq!(meter.note(&ping.repeat(10), 0, start), Ok(()));
        assert_eq!(meter.note(&ping.repeat(10), 0, start + Duration::from_secs(11)), Ok(()));
        let update = frame(WINDOW_UPDATE, 0, 1, &[0, 0, 1, 0]);
        assert_eq!(meter.note(&update.repeat(100), 100 * BYTES_PER_FRAME, start + Duration::from_secs(12)), Ok(()));
        assert_eq!(meter.note(&update, 100 * BYTES_PER_FRAME, start + Duration::from_secs(13)), Err(Excess));
    }

    #[test]
    fn a_request_has_begun_when_its_head_is_whole() {
        let (start, later) = (Instant::now(), Instant::now() + Duration::from_secs(1));
        let mut meter = meter(100);
        let half = frame(HEADERS, 0, 1, b"half");
        assert_eq!(meter.note(&half, 0, start), Ok(()));
        assert_eq!((meter.begun(), meter.head_since()), (0, Some(start)));
        let rest = frame(CONTINUATION, END_HEADERS, 1, b"rest");
        assert_eq!(meter.note(&rest[..rest.len() - 1], 0, later), Ok(()));
        assert_eq!((meter.begun(), meter.head_since()), (0, Some(start)));
        assert_eq!(meter.note(&rest[rest.len() - 1..], 0, later), Ok(()));
        assert_eq!((meter.begun(), meter.head_since()), (1, None));
        // Trailers begin nothing.
        assert_eq!(meter.note(&frame(HEADERS, END_HEADERS | END_STREAM, 1, b""), 0, later), Ok(()));
        assert_eq!((meter.begun(), meter.head_since()), (1, None));
    }

    proptest! {
        /// However the bytes are cut, the count is the same.
        #[test]
        fn pieces_do_not_matter(
            frames in prop::collection::vec((0_u8..12, any::<u8>(), 0_u32..9, 0_usize..40), 0..40),
            cuts in prop::collection::vec(1_usize..30, 1..20),
        ) {
            let bytes: Vec<u8> = frames
                .iter()
                .flat_map(|&(kind, flags, stream, length)| frame(kind, flags, stream, &vec![7; length]))
                .collect();
            let now = Instant::now();
            let (mut whole, mut cut) = (meter(usize::MAX), meter(usize::MAX));
            prop_assert_eq!(whole.note(&bytes, 0, now), Ok(()));
            let mut rest = &bytes[..];
            for length in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (piece, further) = rest.split_at((*length).min(rest.len()));
                prop_assert_eq!(cut.note(piece, 0, now), Ok(()));
                rest = further;
            }
            prop_assert_eq!(whole.begun(), cut.begun());
            prop_assert_eq!(whole.span.frames, cut.span.frames);
            prop_assert_eq!(whole.head_since().is_some(), cut.head_since().is_some());
        }

        #[test]
        fn no_bytes_panic(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20)) {
            let mut meter = meter(5);
            for piece in pieces {
                let _ = meter.note(&piece, 0, Instant::now());
            }
        }
    }
}
