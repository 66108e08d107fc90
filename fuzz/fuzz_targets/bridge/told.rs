//! What a machine has said, read as its peer would: every frame in its place, every head decoded.

use ::http2::{
    PREFACE,
    hpack::{Decoder, FieldList},
};
use std::collections::BTreeMap;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A name and a value.
pub type Field = (Vec<u8>, Vec<u8>);

/// What was said on one stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub heads: Vec<Vec<Field>>,
    pub content: Vec<u8>,
    pub has_ended: bool,
    pub is_reset: bool,
}

/// All that was said, by stream.
#[derive(Default)]
pub struct Told {
    pub streams: BTreeMap<u32, Said>,
    decoder: Option<Decoder>,
    /// The stream and the fragments of a head that has begun.
    heading: Option<(u32, Vec<u8>)>,
}

impl Told {
    /// Reads whole frames, behind the preface of a client if there is one.
    pub fn read(bytes: &[u8]) -> Self {
        let mut told = Self { decoder: Some(Decoder::new(4096)), ..Self::default() };
        let mut rest = bytes.strip_prefix(PREFACE).unwrap_or(bytes);
        while let [l0, l1, l2, kind, flags, s0, s1, s2, s3, behind @ ..] = rest {
            let length = u32::from_be_bytes([0, *l0, *l1, *l2]) as usize;
            let (payload, behind) = behind.split_at_checked(length).expect("a frame that is not whole");
            told.take(*kind, *flags, u32::from_be_bytes([*s0, *s1, *s2, *s3]), payload);
            rest = behind;
        }
        assert!(rest.is_empty() && told.heading.is_none(), "what was said breaks off");
        told
    }

    fn take(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        assert_eq!(self.heading.as_ref().map(|(stream, _)| *stream), (kind == CONTINUATION).then_some(stream));
        match kind {
            DATA | HEADERS | CONTINUATION => self.take_message(kind, flags, stream, payload),
            RST_STREAM => {
                let said = self.streams.entry(stream).or_default();
                assert!(stream != 0 && payload.len() == 4 && !said.is_reset);
                said.is_reset = true;
            }
            SETTINGS => assert!(stream == 0 && payload.len() % 6 == 0),
            PING => assert!(stream == 0 && payload.len() == 8),
            GOAWAY => assert!(stream == 0 && payload.len() >= 8),
            WINDOW_UPDATE => {
                assert!(payload.len() == 4 && payload.iter().any(|byte| *byte != 0) && payload[0] < 128);
                assert!(!self.streams.get(&stream).is_some_and(|said| said.is_reset));
            }
            _ => panic!("a frame of kind {kind}"),
        }
    }

    fn take_message(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let said = self.streams.entry(stream).or_default();
        assert!(stream != 0 && !said.is_reset && (kind == CONTINUATION || !said.has_ended), "behind its end");
        said.has_ended |= kind != CONTINUATION && flags & END_STREAM != 0;
        if kind == DATA {
            assert!(!said.heads.is_empty(), "content before its head");
            said.content.extend_from_slice(payload);
            return;
        }
        let (_, block) = self.heading.get_or_insert((stream, Vec::new()));
        block.extend_from_slice(payload);
        if flags & END_HEADERS != 0 {
            let (_, block) = self.heading.take().unwrap_or_default();
            let (mut fields, decoder) =
                (FieldList::default(), self.decoder.as_mut().expect("there from the beginning"));
            decoder.decode(&block, usize::MAX, &mut fields).expect("a head that can be decoded");
            said.heads.push(fields.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect());
        }
    }
}
