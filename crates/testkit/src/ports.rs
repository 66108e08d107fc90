//! Ports that nobody gets through.

use socket2::{Domain, Socket, Type};
use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

/// An address of loopback that refuses connections: it was bound a moment ago and is closed now.
pub fn refusing_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address to listen on");
    listener.local_addr().expect("the address of a bound socket")
}

/// A port that drops every SYN: a listener that never accepts and whose queue is full. To a client it looks like a
/// firewall that discards packets.
#[derive(Debug)]
pub struct FullBacklog {
    address: SocketAddr,
    _listener: Socket,
    _queued: Vec<TcpStream>,
}

impl FullBacklog {
    /// Opens the port and fills its queue.
    ///
    /// # Panics
    /// When the queue does not fill up, which no Linux does.
    pub fn start() -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("an address to listen on");
        listener.listen(0).expect("a listening socket");
        let address = listener.local_addr().ok().and_then(|address| address.as_socket()).expect("its address");
        let mut queued = Vec::new();
        for _ in 0..64 {
            match TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
                Ok(stream) => queued.push(stream),
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    return Self { address, _listener: listener, _queued: queued };
                }
                Err(error) => panic!("a queue that fills up answered {error}"),
            }
        }
        panic!("the queue of a listener with backlog 0 took 64 connections");
    }

    /// The address whose SYNs are dropped.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
