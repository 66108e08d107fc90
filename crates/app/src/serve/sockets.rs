//! Every socket that a node listens on: bound at a first start, taken over from the process before otherwise.

use super::{
    channel::{Kind, Note},
    socket,
};
use crate::config::Config;
use anyhow::Context;
use proxy::Listeners;
use rustix::net::{Shutdown, shutdown, sockopt::socket_acceptconn};
use std::{
    collections::BTreeSet,
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

impl Inherited {
    /// Those of them that still listen. Whoever had taken them over may have stopped some, and what is missing is bound
    /// anew. A socket that was stopped must never listen again: an acceptor of this process that has not left it yet
    /// would be told for ever that somebody comes, and its thread would do nothing else any more.
    pub fn still_listening(mut self) -> Inherited {
        let listens = |socket: &TcpListener| socket_acceptconn(socket).unwrap_or(false);
        for sockets in [&mut self.edge.http, &mut self.edge.https].into_iter().chain(&mut self.edge.tcp) {
            sockets.retain(listens);
        }
        self.api = self.api.filter(listens);
        self
    }

    /// A second handle on each TCP socket, to close for good what is not kept.
    ///
    /// # Errors
    /// When the process may not open more files.
    pub fn handles(&self) -> std::io::Result<Vec<TcpListener>> {
        let tcp = self.edge.http.iter().chain(&self.edge.https).chain(self.edge.tcp.iter().flatten());
        tcp.chain(&self.api).map(TcpListener::try_clone).collect()
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

impl Sockets {
    /// A second handle on each, for whoever may serve on them later.
    ///
    /// # Errors
    /// When the process may not open more files.
    pub fn try_clone(&self) -> std::io::Result<Inherited> {
        Ok(Inherited {
            edge: self.edge.try_clone()?,
            api: Some(self.api.try_clone()?),
            local: self.local.as_ref().map(UnixListener::try_clone).transpose()?,
        })
    }

    /// Stops those of `handles` that are not among these. The process before may still hold them, and whoever came to
    /// one of them would wait for nobody.
    pub fn stop_others(&self, handles: Vec<TcpListener>) {
        let address = |socket: &TcpListener| socket.local_addr().ok();
        let ours = self.edge.http.iter().chain(&self.edge.https).chain(self.edge.tcp.iter().flatten());
        let ours: BTreeSet<_> = ours.chain([&self.api]).filter_map(address).collect();
        for socket in handles.iter().filter(|socket| address(socket).is_some_and(|address| !ours.contains(&address))) {
            if let Err(error) = shutdown(socket, Shutdown::Both) {
                tracing::warn!(%error, address = ?address(socket), "a socket that nobody asks for could not be stopped");
            }
        }
    }
}

fn api(address: SocketAddr, inherited: Option<TcpListener>) -> anyhow::Result<TcpListener> {
    let fits = |bound: SocketAddr| bound.ip() == address.ip() && [0, bound.port()].contains(&address.port());
    let kept = inherited.filter(|socket| socket.local_addr().is_ok_and(fits));
    let listener = match kept {
        Some(listener) => listener,
        None => TcpListener::bind(address).with_context(|| format!("the API cannot listen on {address}"))?,
    };
    listener.set_nonblocking(true)?;
    Ok(listener)
}
