//! Whom the load goes to, what it asks, and from which addresses.

use clap::Args;
use socket2::{Domain, Socket, Type};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpStream},
};

/// How many addresses of 127.1.0.0/16 connections come from, so that closed ones do not use up the ports of one.
const SOURCES: usize = 64;

#[derive(Args, Clone)]
pub struct Target {
    /// The proxy.
    pub address: SocketAddr,
    /// The name that is asked for, in `Host` and in TLS.
    #[arg(long, default_value = "www.bench.test")]
    pub host: String,
    #[arg(long, default_value = "/")]
    pub path: String,
    /// Header fields of a request, `Host` included.
    #[arg(long, default_value_t = 1)]
    pub headers: usize,
}

impl Target {
    /// A GET with these header fields. `last` says that no further request follows on its connection.
    pub fn request(&self, last: bool) -> Vec<u8> {
        let mut text = format!("GET {} HTTP/1.1\r\nHost: {}\r\n", self.path, self.host);
        for number in 1..self.headers {
            text += &format!("X-Bench-Field-{number}: a value of ordinary length, number {number}\r\n");
        }
        if last {
            text += "Connection: close\r\n";
        }
        (text + "\r\n").into_bytes()
    }

    /// A socket for the connection with this number, bound to its source address and not connected.
    pub fn socket(&self, number: usize) -> io::Result<Socket> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        let source = Ipv4Addr::new(127, 1, 0, (number % SOURCES) as u8 + 1);
        socket.bind(&SocketAddr::from((source, 0)).into())?;
        socket.set_tcp_nodelay(true)?;
        Ok(socket)
    }

    /// The connection with this number.
    pub fn connect(&self, number: usize) -> io::Result<TcpStream> {
        let socket = self.socket(number)?;
        socket.connect(&self.address.into())?;
        Ok(socket.into())
    }
}
