//! Every socket that a node listens on: bound at a first start, taken over from the process before otherwise.

use super::{
    channel::{Kind, Note},
    socket,
};
use crate::config::Config;
use anyhow::Context;
use proxy::Listeners;
use std::{
    net::{SocketAddr, TcpListener},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixListener,
    },
};

/// What a predecessor handed over. Empty when there is none.
#[derive(Debug, Default)]
pub struct Inherited {
    edge: Listeners,
    api: Option<TcpListener>,
    local: Option<UnixListener>,
}

impl Inherited {
    /// Adds a socket that came over the channel.
    pub fn add(&mut self, kind: Kind, socket: OwnedFd) {
        match kind {
            Kind::Http => self.edge.http.push(socket.into()),
            Kind::Https => self.edge.https.push(socket.into()),
            Kind::Tcp(place) => {
                if self.edge.tcp.len() <= place {
                    self.edge.tcp.resize_with(place + 1, Vec::new);
                }
                self.edge.tcp[place].push(socket.into());
            }
            Kind::Api => self.api = Some(socket.into()),
            Kind::Local => self.local = Some(socket.into()),
        }
    }
}

/// The sockets of a node, not blocking. Whoever accepts from one has a second handle on it, so that it can still be
/// handed over.
#[derive(Debug)]
pub struct Sockets {
    pub edge: Listeners,
    pub api: TcpListener,
    /// Missing when it cannot be bound: everything else works without it.
    pub local: Option<UnixListener>,
}

impl Sockets {
    /// Keeps what was handed over and still asked for, and binds the rest. The store must be open already: its lock says
    /// that the socket in the data directory is nobody else's.
    ///
    /// # Errors
    /// When an address is taken or not ours.
    pub fn open(config: &Config, inherited: Inherited) -> anyhow::Result<Sockets> {
        let edge = match config.node.roles.edge {
            true => inherited.edge.completed(&config.edge)?,
            false => Listeners::default(),
        };
        let local = match inherited.local.map_or_else(|| socket::bind(&config.node.data_dir), Ok) {
            Ok(listener) => Some(listener),
            Err(error) => {
                tracing::warn!("`explain RAY-ID` needs --api and a token on this machine: {error:#}");
                None
            }
        };
        Ok(Sockets { edge, api: api(config.api.listen, inherited.api)?, local })
    }

    /// Every socket, with what its successor must know of it.
    pub fn all(&self) -> Vec<(Note, BorrowedFd<'_>)> {
        let mut all: Vec<(Kind, BorrowedFd<'_>)> = Vec::new();
        all.extend(self.edge.http.iter().map(|socket| (Kind::Http, socket.as_fd())));
        all.extend(self.edge.https.iter().map(|socket| (Kind::Https, socket.as_fd())));
        for (place, sockets) in self.edge.tcp.iter().enumerate() {
            all.extend(sockets.iter().map(|socket| (Kind::Tcp(place), socket.as_fd())));
        }
        all.push((Kind::Api, self.api.as_fd()));
        all.extend(self.local.iter().map(|socket| (Kind::Local, socket.as_fd())));
        all.into_iter().map(|(kind, socket)| (Note::Socket(kind), socket)).collect()
    }
}

fn api(listen: SocketAddr, inherited: Option<TcpListener>) -> anyhow::Result<TcpListener> {
    let fits = |bound: SocketAddr| bound.ip() == listen.ip() && [0, bound.port()].contains(&listen.port());
    let kept = inherited.filter(|socket| socket.local_addr().is_ok_and(fits));
    let listener = match kept {
        Some(listener) => listener,
        None => TcpListener::bind(listen).with_context(|| format!("the API cannot listen on {listen}"))?,
    };
    listener.set_nonblocking(true)?;
    Ok(listener)
}
