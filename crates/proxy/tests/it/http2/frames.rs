//! A visitor that writes frames by hand.

use crate::edge::Edge;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// `GET https /` with `:authority: www.example.com`, by the static table (RFC 7541 appendix A).
pub const GET: &[u8] = b"\x82\x87\x84\x01\x0fwww.example.com";
/// `:status: 200`.
pub const OK: &[u8] = b"\x88";
pub const POST: &[u8] = b"\x83\x87\x84\x01\x0fwww.example.com";

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// `:status: 400`, as the static table of HPACK has it (RFC 7541 appendix A).
pub const BAD_REQUEST: u8 = 0x80 | 12;

/// The number of a visitor's stream.
pub fn odd(round: u32) -> u32 {
    2 * round + 1
}

/// A field that no table knows (RFC 7541 section 6.2.2).
pub fn field(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).ok().filter(|length| *length < 127).expect("a short text");
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

/// A visitor that writes frames by hand and keeps what comes.
pub struct Hand {
    pub socket: TcpStream,
}

impl Hand {
    pub async fn connect(edge: &Edge) -> Self {
        let mut socket = TcpStream::connect(edge.http()).await.expect("the edge accepts");
        socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.expect("it is taken");
        socket.write_all(&frame(SETTINGS, 0, 0, &[])).await.expect("it is taken");
        Self { socket }
    }

    /// The code of the first RST_STREAM, or GOAWAY, that comes.
    pub async fn refusal(&mut self) -> u32 {
        let code = self.until(|kind, payload| match kind {
            RST_STREAM => payload.first_chunk().copied(),
            GOAWAY => payload.last_chunk().copied(),
            _ => None,
        });
        u32::from_be_bytes(code.await)
    }

    /// What the head of the first answer that comes begins with: the status, where a table knows it.
    pub async fn status(&mut self) -> u8 {
        self.until(|kind, payload| payload.first().copied().filter(|_| kind == HEADERS)).await
    }

    /// What is found in the kind and payload of the first frame in which it is.
    async fn until<T>(&mut self, found: impl Fn(u8, &[u8]) -> Option<T>) -> T {
        let next = async {
            loop {
                let mut head = [0; 9];
                self.socket.read_exact(&mut head).await.expect("a frame");
                let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
                self.socket.read_exact(&mut payload).await.expect("a frame");
                if let Some(found) = found(head[3], &payload) {
                    return found;
                }
            }
        };
        timeout(crate::edge::PATIENCE, next).await.expect("it comes")
    }

    /// Sends frames at once.
    pub async fn send(&mut self, frames: &[u8]) {
        self.socket.write_all(frames).await.expect("it is taken");
    }

    /// Reads until the edge hangs up. Gives the code of its GOAWAY, if one came.
    pub async fn end(mut self) -> Option<u32> {
        let mut came = Vec::new();
        let _ = timeout(crate::edge::PATIENCE, self.socket.read_to_end(&mut came)).await.expect("an end");
        goaway(&came)
    }

    /// Repeats frames until the edge says that it is enough, for a while at most. Gives the code of its GOAWAY.
    pub async fn flood(self, mut next: impl FnMut(u32) -> Vec<u8>) -> u32 {
        let (mut reader, mut writer) = self.socket.into_split();
        let write = async {
            for round in 0..2_000_000_u32 {
                if writer.write_all(&next(round)).await.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        let read = async {
            let (mut came, mut piece) = (Vec::new(), vec![0; 16 << 10]);
            loop {
                let count = reader.read(&mut piece).await.unwrap_or(0);
                came.extend_from_slice(&piece[..count]);
                if let Some(code) = goaway(&came) {
                    return code;
                }
                assert_ne!(count, 0, "the connection ends without a word");
                if came.len() > 1 << 20 {
                    came.drain(..whole_frames(&came));
                }
            }
        };
        let ended = async {
            tokio::select! {
                () = write => unreachable!("writing never ends"),
                code = read => code,
            }
        };
        timeout(Duration::from_secs(20), ended).await.expect("the connection ends")
    }
}

/// The length of the whole frames at the front.
fn whole_frames(frames: &[u8]) -> usize {
    let mut at = 0;
    while let Some(head) = frames.get(at..).and_then(|rest| rest.first_chunk::<9>()) {
        let length = 9 + u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        if frames.len() < at + length {
            break;
        }
        at += length;
    }
    at
}

/// The code of the last GOAWAY among these frames.
pub fn goaway(mut frames: &[u8]) -> Option<u32> {
    let mut code = None;
    while let Some((head, rest)) = frames.split_first_chunk::<9>() {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let payload = rest.get(..length)?;
        if head[3] == GOAWAY {
            code = payload.get(4..8).and_then(|code| code.try_into().ok()).map(u32::from_be_bytes);
        }
        frames = &rest[length..];
    }
    code
}
