//! How much of a stranger's message is read before it is refused.

/// Bounds on a message head. Exceeding one is a problem of its own, never a truncation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLimits {
    /// Bytes of the whole head, from the first byte to the end of the blank line. Default 128 KiB (`EDGE-8`, `EDGE-41`).
    pub head_bytes: usize,
    /// Field lines in one head. Default 200.
    pub header_count: usize,
    /// Bytes of the request target. Default 32768 (`EDGE-4`).
    pub target_bytes: usize,
    /// Bytes of the request method. Default 64; the longest registered one has 17.
    pub method_bytes: usize,
    /// Empty lines skipped before a request line (RFC 9112 section 2.2 asks for at least one). Default 2.
    pub leading_blank_lines: usize,
    /// Options in all `Connection` fields together; each is compared with every field name. Default 64.
    pub connection_options: usize,
}

impl Default for HeadLimits {
    fn default() -> HeadLimits {
        HeadLimits {
            head_bytes: 128 * 1024,
            header_count: 200,
            target_bytes: 32_768,
            method_bytes: 64,
            leading_blank_lines: 2,
            connection_options: 64,
        }
    }
}

impl HeadLimits {
    /// The part of `buf` that may hold a head, and whether that part ends because of the limit.
    pub(crate) fn window<'a>(&self, buf: &'a [u8]) -> (&'a [u8], bool) {
        let most = self.head_bytes.min(u32::MAX as usize - 1);
        match buf.get(..most) {
            Some(window) => (window, true),
            None => (buf, false),
        }
    }
}

/// Bounds on the framing of a chunked body. The content itself is not limited here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// Bytes of one chunk-size line with its extensions, line end not counted. Default 1024.
    pub chunk_line_bytes: usize,
    /// Bytes of the whole trailer section, blank line included. Default 16 KiB.
    pub trailer_bytes: usize,
    /// Field lines in the trailer section. Default 64.
    pub trailer_count: usize,
}

impl Default for BodyLimits {
    fn default() -> BodyLimits {
        BodyLimits { chunk_line_bytes: 1024, trailer_bytes: 16 * 1024, trailer_count: 64 }
    }
}
