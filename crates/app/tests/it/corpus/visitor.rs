//! A visitor that sends raw bytes and reads strictly what it gets for them.

use super::message::{self, Framing, Kind, Message};
use socket2::{Domain, Socket, Type};
use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

/// The longest that an answer, or the end of the connection, is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A visitor's connection that reads strictly.
pub struct Visitor {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Visitor {
    pub fn connect(edge: SocketAddr) -> Self {
        Self::connect_from(Ipv4Addr::LOCALHOST, edge)
    }

    /// Connects from this address of loopback, by which the origin can tell whose request it gets.
    pub fn connect_from(address: Ipv4Addr, edge: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from((address, 0)).into()).expect("an address of loopback");
        socket.connect(&edge.into()).expect("the edge accepts");
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        stream.set_nodelay(true).expect("small writes leave at once");
        Self { stream, bytes: Vec::new() }
    }

    /// Sends bytes; the edge may hang up before it has taken them all.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Ends this side.
    pub fn hang_up(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// The next answer, interim ones included; `None` when the connection ends first.
    pub fn answer(&mut self, kind: Kind) -> Result<Option<Message>, String> {
        loop {
            if let Some((answer, length)) = message::read(&self.bytes, kind)? {
                let until_close = answer.framing == Framing::None
                    && kind == Kind::Answer
                    && !matches!(answer.status(), 100..200 | 204 | 304);
                if !until_close {
                    self.bytes.drain(..length);
                    return Ok(Some(answer));
                }
                self.read_to_end()?;
                let body = self.bytes.split_off(length);
                self.bytes.clear();
                return Ok(Some(Message { body, ..answer }));
            }
            if !self.read()? {
                return Ok(None);
            }
        }
    }

    /// Reads until the connection ends, and gives what is left unread.
    pub fn read_to_end(&mut self) -> Result<&[u8], String> {
        while self.read()? {}
        Ok(&self.bytes)
    }

    /// The next bytes, so many of them; `None` when the connection ends first.
    pub fn take(&mut self, count: usize) -> Result<Option<Vec<u8>>, String> {
        while self.bytes.len() < count {
            if !self.read()? {
                return Ok(None);
            }
        }
        Ok(Some(self.bytes.drain(..count).collect()))
    }

    /// Reads once. False when the edge has ended its side, or reset the connection.
    fn read(&mut self) -> Result<bool, String> {
        let mut piece = [0; 16 << 10];
        match self.stream.read(&mut piece) {
            Ok(count) => {
                self.bytes.extend_from_slice(&piece[..count]);
                Ok(count > 0)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err("neither an answer nor an end".into()),
            Err(_) => Ok(false),
        }
    }
}
