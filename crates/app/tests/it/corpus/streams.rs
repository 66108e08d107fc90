//! A visitor of HTTP/2 that writes bytes as they are and reads strictly what it gets for them.

use super::{hpack, visitor::Visitor};
use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
};

/// How a stream, or its connection, has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    Answer(Answer),
    /// RST_STREAM with this code.
    Reset(u32),
    /// GOAWAY with this code, which is not NO_ERROR.
    Goaway(u32),
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Every value of a field.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(field, _)| field == name).map(|(_, value)| &value[..]).collect()
    }

    pub fn status(&self) -> u16 {
        self.values(":status").first().and_then(|status| status.parse().ok()).unwrap_or_default()
    }
}

/// The preface, and SETTINGS with SETTINGS_HEADER_TABLE_SIZE = 0.
const OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x01\0\0\0\0";

/// A visitor's connection of HTTP/2.
pub struct Streams {
    connection: Visitor,
    /// Answers that are not whole yet.
    begun: HashMap<u32, Answer>,
    ended: HashMap<u32, Ended>,
    /// What the whole connection came to.
    over: Option<Ended>,
}

impl Streams {
    /// Connects from this address of loopback.
    pub fn connect_from(address: Ipv4Addr, edge: SocketAddr) -> Self {
        let mut connection = Visitor::connect_from(address, edge);
        connection.send(OPENING);
        Self { connection, begun: HashMap::new(), ended: HashMap::new(), over: None }
    }

    /// Sends bytes; the edge may hang up before it has taken them all.
    pub fn send(&mut self, bytes: &[u8]) {
        self.connection.send(bytes);
    }

    /// Ends this side.
    pub fn hang_up(&mut self) {
        self.connection.hang_up();
    }

    /// What becomes of a stream. `None`: the connection ended before anything was said of it.
    pub fn outcome(&mut self, stream: u32) -> Result<Option<Ended>, String> {
        loop {
            if let Some(ended) = self.ended.get(&stream).or(self.over.as_ref()) {
                return Ok(Some(ended.clone()));
            }
            if !self.read_frame()? {
                return Ok(None);
            }
        }
    }

    /// Reads until the edge ends the connection, which it does in time.
    pub fn read_to_end(&mut self) -> Result<(), String> {
        while self.read_frame()? {}
        Ok(())
    }

    /// Reads one frame. False when the edge has ended its side.
    fn read_frame(&mut self) -> Result<bool, String> {
        let Some(head) = self.connection.take(9)? else { return Ok(false) };
        let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        let (length, kind, flags, stream) = (number(&head[..3]), head[3], head[4], number(&head[5..]));
        let Some(payload) = self.connection.take(length as usize)? else { return Ok(false) };
        match kind {
            0 => self.begun.entry(stream).or_default().body.extend_from_slice(&payload),
            1 if flags & 0x2c != 4 => return Err(format!("HEADERS that are not read here: flags {flags:#x}")),
            1 => self.note_fields(stream, hpack::decode(&payload)?),
            3 => drop(self.ended.entry(stream).or_insert(Ended::Reset(number(&payload)))),
            7 => match number(&payload[4..8]) {
                0 => {}
                code => self.over = Some(Ended::Goaway(code)),
            },
            4 | 6 | 8 => {}
            kind => return Err(format!("a frame of kind {kind}")),
        }
        if matches!(kind, 0 | 1) && flags & 1 == 1 {
            let answer = self.begun.remove(&stream).unwrap_or_default();
            self.ended.insert(stream, Ended::Answer(answer));
        }
        Ok(true)
    }

    /// Keeps the final head, and what comes behind it.
    fn note_fields(&mut self, stream: u32, fields: Vec<(String, String)>) {
        let answer = self.begun.entry(stream).or_default();
        if (100..200).contains(&answer.status()) {
            answer.fields.clear();
        }
        answer.fields.extend(fields);
    }
}
