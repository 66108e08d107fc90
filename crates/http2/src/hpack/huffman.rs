//! The Huffman code of string literals (RFC 7541 section 5.2 and appendix B), decoding only.
//!
//! The code of the RFC is canonical: symbols of equal length have consecutive codes in the order of their values, and
//! longer codes follow shorter ones. So the lengths alone tell everything, and all tables are made from them by the
//! compiler.
//!
//! Sixty-odd bits of input are held in a register. Its first [`LOOKUP_BITS`] bits name an entry of one table that tells
//! up to two symbols at once, which is two for nearly all of what is sent. Codes that are longer than that occur in text
//! that is not English, and are found by their length.

use super::HpackProblem;

/// The length of the code of each byte, in bits; behind them that of the symbol 256, which
/// stands for the end of a string and must not occur in one.
#[rustfmt::skip]
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

const LONGEST: usize = 30;
const SHORTEST: usize = 5;

/// All symbols in the order of their codes.
struct Order {
    symbols: [u16; 257],
    /// The codes of each length.
    lengths: [SameLength; LONGEST + 1],
}

/// The codes of one length.
#[derive(Clone, Copy)]
struct SameLength {
    /// The first of them, and what follows the last; both with zeros behind them up to 32 bits.
    first: u32,
    end: u64,
    /// Where the symbol of the first is found.
    position: usize,
}

static ORDER: Order = order();

const fn order() -> Order {
    let none = SameLength { first: 0, end: 0, position: 0 };
    let mut order = Order { symbols: [0; 257], lengths: [none; LONGEST + 1] };
    let (mut position, mut code, mut length) = (0, 0_u64, SHORTEST);
    while length <= LONGEST {
        order.lengths[length].first = code as u32;
        order.lengths[length].position = position;
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] as usize == length {
                order.symbols[position] = symbol as u16;
                position += 1;
                code += 1 << (32 - length);
            }
            symbol += 1;
        }
        order.lengths[length].end = code;
        length += 1;
    }
    order
}

impl Order {
    /// The symbol whose code is at the beginning of `window`, and the length of that code. Every window begins with one.
    const fn symbol_at(&self, window: u32) -> (u16, u32) {
        let mut length = SHORTEST;
        while window as u64 >= self.lengths[length].end {
            length += 1;
        }
        let same = &self.lengths[length];
        let distance = (window - same.first) >> (32 - length);
        (self.symbols[same.position + distance as usize], length as u32)
    }
}

/// Bits of a window that are looked up at once. With 11, half the table, a request of literals takes an eighth longer to
/// decode, and with 10 a third.
const LOOKUP_BITS: u32 = 12;

/// What the next bits tell: one symbol or two.
#[derive(Clone, Copy)]
struct Short {
    symbols: [u8; 2],
    /// The length of the first code; 0 if it is longer than what is looked up.
    first: u8,
    /// The length of all that is told. Equal to `first` if that is one symbol.
    bits: u8,
}

static LOOKUP: [Short; 1 << LOOKUP_BITS] = lookup();

const fn lookup() -> [Short; 1 << LOOKUP_BITS] {
    let order = order();
    let mut table = [Short { symbols: [0; 2], first: 0, bits: 0 }; 1 << LOOKUP_BITS];
    let mut index = 0;
    while index < table.len() {
        let window = (index as u32) << (32 - LOOKUP_BITS);
        let (one, first) = order.symbol_at(window);
        if first <= LOOKUP_BITS {
            let (two, second) = order.symbol_at(window << first);
            let both = first + second <= LOOKUP_BITS;
            let bits = if both { first + second } else { first };
            table[index] = Short { symbols: [one as u8, two as u8], first: first as u8, bits: bits as u8 };
        }
        index += 1;
    }
    table
}

/// Bytes of input that are decoded before they are handed on.
const PIECE: usize = 76;

/// Room for the symbols of one piece and of the bits that the piece before it left: at most 608 and 29 bits, and at least
/// [`SHORTEST`] for a symbol, make 127. One more is written and not kept.
const ROOM: usize = 128;

/// Decodes a whole string and hands it on in pieces. What was handed on before an error is not to be used.
pub(super) fn decode(mut text: &[u8], mut take: impl FnMut(&[u8])) -> Result<(), HpackProblem> {
    let mut out = [0; ROOM];
    let mut bits = Bits { window: 0, held: 0 };
    loop {
        let (piece, rest) = text.split_at(text.len().min(PIECE));
        let mut length = bits.feed(piece, &mut out)?;
        if rest.is_empty() {
            length = bits.finish(length, &mut out)?;
            take(&out[..length]);
            return Ok(());
        }
        take(&out[..length]);
        text = rest;
    }
}

/// Input that was read and not decoded yet.
struct Bits {
    /// The next bits, highest first. Behind those that are held there are zeros, or bits that will be read again.
    window: u64,
    /// How many bits of the window count.
    held: u32,
}

impl Bits {
    /// Decodes what a piece completes, but leaves up to 29 bits. Returns how many bytes were written.
    fn feed(&mut self, mut piece: &[u8], out: &mut [u8; ROOM]) -> Result<usize, HpackProblem> {
        let mut length = 0;
        loop {
            piece = self.refill(piece);
            if self.held < LONGEST as u32 {
                return Ok(length);
            }
            while self.held >= LONGEST as u32 {
                let short = LOOKUP[(self.window >> (64 - LOOKUP_BITS)) as usize];
                if short.bits == 0 {
                    out[length] = self.long()?;
                    length += 1;
                    continue;
                }
                out[length] = short.symbols[0];
                out[length + 1] = short.symbols[1];
                length += 1 + usize::from(short.bits != short.first);
                self.skip(u32::from(short.bits));
            }
        }
    }

    /// Reads as many whole bytes as the window has room for. Returns those that follow.
    #[inline]
    fn refill<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        if let Some(word) = piece.first_chunk() {
            self.window |= u64::from_be_bytes(*word) >> self.held;
            let bytes = (63 - self.held) / 8;
            self.held += bytes * 8;
            return &piece[bytes as usize..];
        }
        self.refill_slowly(piece)
    }

    fn refill_slowly<'p>(&mut self, mut piece: &'p [u8]) -> &'p [u8] {
        while let Some((byte, rest)) = piece.split_first()
            && self.held <= 56
        {
            self.window |= u64::from(*byte) << (56 - self.held);
            self.held += 8;
            piece = rest;
        }
        piece
    }

    #[inline]
    fn skip(&mut self, bits: u32) {
        self.window <<= bits;
        self.held -= bits;
    }

    /// Decodes one symbol whose code may be of any length; at least [`LONGEST`] bits are held.
    #[cold]
    fn long(&mut self) -> Result<u8, HpackProblem> {
        let (symbol, bits) = next_symbol(self.window);
        self.skip(bits);
        u8::try_from(symbol).map_err(|_| HpackProblem::EndOfString)
    }

    /// Decodes what is left when there is no more input, behind the `length` bytes that were written. At most seven
    /// bits may remain, all of them ones.
    fn finish(mut self, mut length: usize, out: &mut [u8; ROOM]) -> Result<usize, HpackProblem> {
        self.window |= u64::MAX >> self.held;
        while self.window != u64::MAX || self.held >= 8 {
            let short = LOOKUP[(self.window >> (64 - LOOKUP_BITS)) as usize];
            let (symbol, bits) = match short.first {
                0 => next_symbol(self.window),
                first => (u16::from(short.symbols[0]), u32::from(first)),
            };
            // The end of a string is longer than what is held.
            if bits > self.held {
                return Err(HpackProblem::Padding);
            }
            out[length] = symbol as u8;
            length += 1;
            self.skip(bits);
            self.window |= u64::MAX >> self.held;
        }
        Ok(length)
    }
}

#[inline]
fn next_symbol(window: u64) -> (u16, u32) {
    ORDER.symbol_at((window >> 32) as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The code of a symbol, and its length.
    fn code(symbol: u16) -> (u32, u32) {
        let length = LENGTHS[usize::from(symbol)];
        let same = &ORDER.lengths[usize::from(length)];
        let rank = ORDER.symbols[same.position..].iter().position(|other| *other == symbol).unwrap();
        ((same.first >> (32 - length)) + rank as u32, u32::from(length))
    }

    /// Codes of symbols, then ones up to a whole byte.
    fn encode(symbols: impl IntoIterator<Item = u16>) -> Vec<u8> {
        let mut bits = Vec::new();
        for symbol in symbols {
            let (code, length) = code(symbol);
            bits.extend((0..length).rev().map(|place| code >> place & 1 == 1));
        }
        bits.resize(bits.len().next_multiple_of(8), true);
        bits.chunks(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
    }

    fn decoded(text: &[u8]) -> Result<Vec<u8>, HpackProblem> {
        let mut out = Vec::new();
        decode(text, |piece| out.extend_from_slice(piece))?;
        Ok(out)
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (symbol, expected) in [
            (u16::from(b'0'), (0x0, 5)),
            (u16::from(b' '), (0x14, 6)),
            (u16::from(b'z'), (0x7b, 7)),
            (u16::from(b'Z'), (0xfd, 8)),
            (u16::from(b'~'), (0x1ffd, 13)),
            (0, (0x1ff8, 13)),
            (192, (0x3ffffe0, 26)),
            (255, (0x3ffffee, 26)),
            (22, (0x3ffffffe, 30)),
            (256, (0x3fffffff, 30)),
        ] {
            assert_eq!(code(symbol), expected, "{symbol}");
        }
    }

    #[test]
    fn every_symbol_is_decoded_at_every_place_within_a_byte() {
        for symbol in 0..=255 {
            for before in 0..8 {
                let text = || [b'0'; 8][..before].iter().copied().chain([symbol, b'a']);
                assert_eq!(decoded(&encode(text().map(u16::from))), Ok(text().collect()));
            }
        }
    }

    #[test]
    fn the_end_of_a_string_is_refused_wherever_it_is() {
        for before in 0..200 {
            let text = std::iter::repeat_n(u16::from(b'0'), before).chain([256]);
            assert_eq!(decoded(&encode(text.clone().chain([48; 9]))), Err(HpackProblem::EndOfString), "{before}");
            // As the last symbol it may pass for too much padding.
            assert!(decoded(&encode(text)).is_err(), "{before}");
        }
    }

    proptest! {
        #[test]
        fn strings_of_any_length_are_decoded(
            text in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..400),
                "[ -~]{0,400}".prop_map(String::into_bytes),
                (0..1000_usize).prop_map(|length| vec![b'0'; length]),
            ],
        ) {
            let mut code = encode(text.iter().copied().map(u16::from));
            prop_assert_eq!(decoded(&code), Ok(text));
            code.push(0xff);
            prop_assert_eq!(decoded(&code), Err(HpackProblem::Padding));
        }

        #[test]
        fn any_bytes_are_the_code_of_what_they_are_decoded_to(code in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(text) = decoded(&code) {
                prop_assert_eq!(encode(text.into_iter().map(u16::from)), code);
            }
        }
    }
}
