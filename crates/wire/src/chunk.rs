//! The line before each chunk: its size in hexadecimal, and extensions that nobody needs (RFC 9112 section 7.1).
//!
//! Read byte by byte, so that a line may be cut anywhere. Accepted are 1 to 16 hexadecimal digits, then either the line
//! end or blanks, a semicolon and extension bytes up to the line end. A sign, `0x`, a blank without a semicolon, a
//! control byte, a bare line feed and a bare carriage return are refused.

use crate::octet::is_blank;

/// What one byte of a chunk-size line leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fed {
    More,
    /// The line is complete: the size of the chunk.
    Size(u64),
}

/// A chunk-size line that breaks the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadLine {
    Size,
    Extension,
    TooLong,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Size,
    /// Blanks behind the size; a semicolon must follow.
    Blank,
    Extension,
    /// A carriage return was read.
    End,
}

/// The state within a chunk-size line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SizeLine {
    part: Part,
    size: u64,
    digits: u8,
    /// Bytes of the line so far.
    length: usize,
}

const DIGITS: u8 = 16;

impl SizeLine {
    /// Takes the next byte of the line. On an error the state is as it was before.
    #[inline]
    pub(crate) fn feed(&mut self, byte: u8, most: usize) -> Result<Fed, BadLine> {
        if self.part == Part::End {
            return if byte == b'\n' { Ok(Fed::Size(self.size)) } else { Err(self.fault()) };
        }
        let part = match (self.part, byte) {
            (Part::Size, _) if byte.is_ascii_hexdigit() => return self.digit(byte),
            (Part::Size, b'\r') if self.digits > 0 => Part::End,
            (Part::Size | Part::Blank, b';') if self.digits > 0 => Part::Extension,
            (Part::Size | Part::Blank, b' ' | b'\t') if self.digits > 0 => Part::Blank,
            (Part::Extension, b'\r') => Part::End,
            (Part::Extension, _) if is_blank(byte) || !byte.is_ascii_control() => Part::Extension,
            _ => return Err(self.fault()),
        };
        if self.length >= most && part != Part::End {
            return Err(BadLine::TooLong);
        }
        self.length += 1;
        self.part = part;
        Ok(Fed::More)
    }

    #[inline]
    fn digit(&mut self, byte: u8) -> Result<Fed, BadLine> {
        if self.digits == DIGITS {
            return Err(BadLine::Size);
        }
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            _ => (byte | 0x20) - b'a' + 10,
        };
        self.size = self.size << 4 | u64::from(digit);
        self.digits += 1;
        self.length += 1;
        Ok(Fed::More)
    }

    fn fault(&self) -> BadLine {
        match self.part {
            Part::Size | Part::Blank => BadLine::Size,
            Part::Extension | Part::End => BadLine::Extension,
        }
    }
}
