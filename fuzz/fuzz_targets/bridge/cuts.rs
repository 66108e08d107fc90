//! Where the bytes of a connection are cut into pieces.

/// One way of cutting.
#[derive(Clone, Copy, Debug)]
pub enum Cuts {
    /// Not at all.
    Whole,
    /// Behind every byte.
    Bytes,
    /// Behind 1 to 97 bytes, as this number has it.
    Odd(u64),
}

impl Cuts {
    /// Pieces whose lengths depend on the bytes, so that one input always has the same.
    pub fn of(bytes: &[u8]) -> Self {
        // FNV-1a; never 0, from which no other number would come.
        let mix = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self::Odd(bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix) | 1)
    }

    /// The length of the next piece of what is `left`, which is something.
    pub fn next(&mut self, left: usize) -> usize {
        let length = match self {
            Self::Whole => left,
            Self::Bytes => 1,
            Self::Odd(state) => {
                // Xorshift.
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                (*state % 97) as usize + 1
            }
        };
        length.min(left)
    }
}
