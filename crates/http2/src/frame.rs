//! The nine octets that begin a frame (RFC 9113 section 4.1), and its kinds and flags.

/// What a client sends before its first frame (RFC 9113 section 3.4).
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The length of a frame's beginning.
pub(crate) const HEAD: usize = 9;
/// The largest frame that everybody takes.
pub(crate) const LEAST_FRAME: u32 = 16 << 10;
/// The largest frame that can be.
pub(crate) const LARGEST_FRAME: u32 = (1 << 24) - 1;

pub(crate) mod kind {
    pub(crate) const DATA: u8 = 0x0;
    pub(crate) const HEADERS: u8 = 0x1;
    pub(crate) const PRIORITY: u8 = 0x2;
    pub(crate) const RST_STREAM: u8 = 0x3;
    pub(crate) const SETTINGS: u8 = 0x4;
    pub(crate) const PUSH_PROMISE: u8 = 0x5;
    pub(crate) const PING: u8 = 0x6;
    pub(crate) const GOAWAY: u8 = 0x7;
    pub(crate) const WINDOW_UPDATE: u8 = 0x8;
    pub(crate) const CONTINUATION: u8 = 0x9;
}

pub(crate) mod flag {
    pub(crate) const ACK: u8 = 0x1;
    pub(crate) const END_STREAM: u8 = 0x1;
    pub(crate) const END_HEADERS: u8 = 0x4;
    pub(crate) const PADDED: u8 = 0x8;
    pub(crate) const PRIORITY: u8 = 0x20;
}

/// How a frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) length: u32,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    /// 0 for the connection. Less than 2^31: the reserved bit is dropped.
    pub(crate) stream: u32,
}

impl Frame {
    /// The frame that begins here; `None` as long as its beginning has not come whole.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let [l0, l1, l2, kind, flags, stream @ ..] = *bytes.first_chunk::<HEAD>()?;
        let length = u32::from_be_bytes([0, l0, l1, l2]);
        Some(Self { length, kind, flags, stream: u32::from_be_bytes(stream) & 0x7fff_ffff })
    }

    /// The octets on the wire. `length` must not exceed [`LARGEST_FRAME`].
    pub(crate) fn octets(self) -> [u8; HEAD] {
        let [_, l0, l1, l2] = self.length.to_be_bytes();
        let [s0, s1, s2, s3] = self.stream.to_be_bytes();
        [l0, l1, l2, self.kind, self.flags, s0, s1, s2, s3]
    }

    pub(crate) fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Appends a whole frame.
    pub(crate) fn write(kind: u8, flags: u8, stream: u32, payload: &[u8], out: &mut Vec<u8>) {
        let frame = Self { length: payload.len() as u32, kind, flags, stream };
        out.extend_from_slice(&frame.octets());
        out.extend_from_slice(payload);
    }
}

/// Four octets as a number; `None` when there are fewer.
pub(crate) fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|octets| u32::from_be_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_frame_is_read_as_it_was_written(
            length in 0..=LARGEST_FRAME, kind in any::<u8>(), flags in any::<u8>(), stream in 0_u32..1 << 31,
        ) {
            let frame = Frame { length, kind, flags, stream };
            prop_assert_eq!(Frame::read(&frame.octets()), Some(frame));
            prop_assert_eq!(Frame::read(&frame.octets()[..8]), None);
        }
    }

    #[test]
    fn the_reserved_bit_means_nothing() {
        let frame = Frame::read(&[0, 0, 0, kind::PING, 0, 0xff, 0xff, 0xff, 0xff]).expect("nine octets");
        assert_eq!(frame.stream, 0x7fff_ffff);
    }
}
