//! Ports that nobody gets through.

use socket2::{Domain, Socket, Type};
use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A port of loopback that refuses connections: it is bound, so that nobody else gets it, and nobody listens.
#[derive(Debug)]
pub struct RefusingPort {
    address: SocketAddr,
    _bound: Socket,
}

impl RefusingPort {
    /// Takes a free port.
    pub fn start() -> Self {
        let bound = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let address = bind(&bound);
        Self { address, _bound: bound }
    }

    /// The address that refuses.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
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
        let address = bind(&listener);
        listener.listen(0).expect("a listening socket");
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

/// Binds a socket to a free port of loopback and gives its address.
fn bind(socket: &Socket) -> SocketAddr {
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
    socket.local_addr().ok().and_then(|address| address.as_socket()).expect("the address of a bound socket")
}
