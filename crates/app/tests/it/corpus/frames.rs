//! The notation in which messages of HTTP/2 are kept. It is told in `tests/corpus/README.md`, from the root of the
//! repository. Nothing is checked and nothing compressed: what no library would send is the point.

use super::words::words;

const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// The kinds of frames in the order of their numbers (RFC 9113 section 6).
const KINDS: [&str; 10] = [
    "DATA",
    "HEADERS",
    "PRIORITY",
    "RST_STREAM",
    "SETTINGS",
    "PUSH_PROMISE",
    "PING",
    "GOAWAY",
    "WINDOW_UPDATE",
    "CONTINUATION",
];

/// The bytes of a message as they follow the visitor's SETTINGS, in the pieces between which it pauses.
pub fn pieces(text: &str) -> Vec<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    let mut frame: Option<Frame> = None;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with(' ') {
            frame.as_mut().expect("a field belongs to a frame").add_field(line);
            continue;
        }
        finish(&mut frame, &mut pieces);
        if line == "PAUSE" {
            pieces.push(Vec::new());
        } else {
            frame = Some(Frame::begun(line));
        }
    }
    finish(&mut frame, &mut pieces);
    pieces
}

fn finish(frame: &mut Option<Frame>, pieces: &mut [Vec<u8>]) {
    if let (Some(frame), Some(piece)) = (frame.take(), pieces.last_mut()) {
        frame.write(piece);
    }
}

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    /// `KIND [FLAG ...] [on STREAM] ["PAYLOAD"]`.
    fn begun(line: &str) -> Self {
        let mut words = words(line).into_iter().map(|word| (String::from_utf8_lossy(&word).into_owned(), word));
        let (kind, _) = words.next().expect("a kind of frame");
        let number = KINDS.iter().position(|known| *known == kind).unwrap_or_else(|| panic!("no such frame: {line}"));
        let flags = if matches!(&kind[..], "HEADERS" | "CONTINUATION") { END_HEADERS } else { 0 };
        let mut frame =
            Frame { kind: u8::try_from(number).expect("a small number"), flags, stream: 1, payload: vec![] };
        while let Some((word, bytes)) = words.next() {
            match &word[..] {
                "END_STREAM" => frame.flags |= END_STREAM,
                "PADDED" => frame.flags |= PADDED,
                "PRIORITY" => frame.flags |= PRIORITY,
                "MORE" => frame.flags &= !END_HEADERS,
                "on" => frame.stream = words.next().and_then(|(number, _)| number.parse().ok()).expect("a stream"),
                _ => frame.payload = bytes,
            }
        }
        frame
    }

    /// A field that no table knows, without Huffman code (RFC 7541 section 6.2.2).
    fn add_field(&mut self, line: &str) {
        let mut words = words(line).into_iter();
        let name = words.next().expect("a name");
        self.payload.push(0);
        self.add_text(&name);
        self.add_text(&words.next().unwrap_or_default());
    }

    /// RFC 7541 sections 5.1 and 5.2.
    fn add_text(&mut self, text: &[u8]) {
        const MOST: usize = 127;
        if text.len() < MOST {
            self.payload.push(u8::try_from(text.len()).expect("a small number"));
        } else {
            self.payload.push(127);
            let mut left = text.len() - MOST;
            while left >= 128 {
                self.payload.push(u8::try_from(left % 128).expect("a small number") | 128);
                left /= 128;
            }
            self.payload.push(u8::try_from(left).expect("a small number"));
        }
        self.payload.extend_from_slice(text);
    }

    fn write(self, out: &mut Vec<u8>) {
        let length = u32::try_from(self.payload.len()).expect("a short frame").to_be_bytes();
        out.extend_from_slice(&[length[1], length[2], length[3], self.kind, self.flags]);
        out.extend_from_slice(&self.stream.to_be_bytes());
        out.extend_from_slice(&self.payload);
    }
}
