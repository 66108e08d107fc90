//! How far the reading of one head has come, so that a head in many pieces is read once.

/// Whether the head is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// The head is complete; its length is in the head.
    Complete,
    /// More bytes are needed. Call again with the same bytes and more behind them.
    Partial,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Stage {
    /// The first line has not been read yet.
    #[default]
    FirstLine,
    /// The first line has been read; field lines follow.
    Fields,
    /// The head is complete, or was refused: the next call begins a new one.
    Done,
}

/// Where the next line to read begins, and how far a line end has been looked for in vain.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) stage: Stage,
    /// Start of the first line that has not been read.
    pub(crate) line: usize,
    /// No line end lies between `line` and here.
    searched: usize,
    /// Empty lines skipped before the first line.
    pub(crate) blank_lines: usize,
}

impl Progress {
    /// Whether this buffer continues the one of the last call.
    pub(crate) fn continues(&self, buf: &[u8]) -> bool {
        self.stage != Stage::Done && self.searched > 0 && buf.len() >= self.searched
    }

    /// Whether a line has been completed since the last call. Looks at new bytes only, which keeps the cost of a head
    /// that arrives byte by byte linear in its length.
    pub(crate) fn has_new_line(&self, buf: &[u8]) -> bool {
        buf.get(self.searched..).is_some_and(|fresh| memchr::memchr(b'\n', fresh).is_some())
    }

    /// Remembers that the line at `self.line` does not end within `buf`.
    pub(crate) fn pause(&mut self, buf: &[u8]) -> Parsed {
        self.searched = buf.len();
        Parsed::Partial
    }
}
