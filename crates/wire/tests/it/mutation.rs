//! Mutations of the corpus, the same in every run: what the fuzz targets do, small enough for every test run.

use crate::{corpus, entries};

/// Mutants per message: enough to take the whole corpus through every kind of damage several times in about a second.
const MUTANTS: usize = 150;

/// Pieces that matter to a framing parser, spliced in at random places.
const SPLICES: &[&[u8]] = &[
    b"\r\n",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\0",
    b":",
    b" ",
    b"\t",
    b"Content-Length: 7\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: x-a, close\r\n",
    b"Host: b.example\r\n",
    b"\xff",
    b"%",
    b"0\r\n\r\n",
    b"ffffffffffffffff",
    b";",
    b"HTTP/1.1",
];

/// Marsaglia's xorshift: a stream of numbers that is the same everywhere.
struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Damages a message in one of the ways that matter.
fn mutate(bytes: &mut Vec<u8>, random: &mut Xorshift) {
    let at = random.below(bytes.len() + 1);
    match random.below(6) {
        0 if at < bytes.len() => bytes[at] = random.next() as u8,
        1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        2 => bytes.truncate(at),
        3 => {
            let end = (at + 1 + random.below(8)).min(bytes.len());
            bytes.drain(at.min(end)..end);
        }
        4 => {
            let end = (at + random.below(64)).min(bytes.len());
            let copy = bytes[at.min(end)..end].to_vec();
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, copy);
        }
        _ => {
            let splice = SPLICES[random.below(SPLICES.len())];
            bytes.splice(at..at, splice.iter().copied());
        }
    }
}

fn attack(folder: &str, seed: u64, entries: &[fn(&[u8])]) {
    let mut random = Xorshift(seed);
    for message in corpus::messages(folder).values() {
        for _ in 0..MUTANTS {
            let mut mutant = message.clone();
            for _ in 0..=random.below(3) {
                mutate(&mut mutant, &mut random);
            }
            entries.iter().for_each(|entry| entry(&mutant));
        }
    }
}

/// The part of a message that a body reader or a host check is fed with.
fn body(bytes: &[u8]) {
    let head_end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |at| at + 4);
    entries::chunked_body(&bytes[head_end..]);
}

fn host(bytes: &[u8]) {
    let value = bytes.windows(6).position(|window| window == b"Host: ").map_or(0, |at| at + 6);
    let rest = &bytes[value..];
    entries::host(rest.split(|byte| *byte == b'\r').next().unwrap_or_default());
}

#[test]
fn damaged_requests_never_panic_and_read_the_same_in_pieces() {
    attack("requests", 0x9e37_79b9_7f4a_7c15, &[entries::request_head, body, host]);
}

#[test]
fn damaged_answers_never_panic_and_read_the_same_in_pieces() {
    attack("responses", 0xd1b5_4a32_d192_ed03, &[entries::response_head, body]);
}
