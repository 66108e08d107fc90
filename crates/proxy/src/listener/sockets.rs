//! Listening sockets: one per worker and address, all on the same port, so that the kernel spreads visitors over the
//! workers and no lock is shared between them.
//!
//! They can be handed to the process that takes over from this one. It must be the very same sockets: the kernel gives
//! each of them its own queue of visitors, and closing one for good resets whoever waits in it.

use crate::{server::StartError, settings::Settings};
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io,
    net::{SocketAddr, TcpListener},
};

/// The sockets that visitors come in by. Empty where nothing is served.
#[derive(Debug, Default)]
pub struct Listeners {
    pub http: Vec<TcpListener>,
    pub https: Vec<TcpListener>,
    /// Those of each TCP listener, in the order of the settings.
    pub tcp: Vec<Vec<TcpListener>>,
}

impl Listeners {
    /// Binds what the settings ask for.
    ///
    /// # Errors
    /// [`StartError::Listen`] when an address is in use, not ours, or not allowed.
    pub fn bind(settings: &Settings) -> Result<Listeners, StartError> {
        Listeners::default().completed(settings)
    }

    /// Keeps of these sockets the ones that the settings ask for, and binds what is missing for as many workers as
    /// there will be. When there are more sockets than workers all are kept: visitors wait in each of them.
    ///
    /// # Errors
    /// As [`Listeners::bind`].
    pub fn completed(self, settings: &Settings) -> Result<Listeners, StartError> {
        let (count, backlog) = (settings.worker_count(), settings.limits.backlog);
        let complete = |address: Option<SocketAddr>, sockets| match address {
            Some(address) => {
                complete(address, count, backlog, sockets).map_err(|source| StartError::Listen { address, source })
            }
            None => Ok(Vec::new()),
        };
        // A listener keeps its sockets wherever it stands in the settings now.
        let mut before = self.tcp;
        let tcp = settings.tcp.iter().map(|tcp| {
            let same = before.iter().position(|sockets| are_for(sockets, tcp.listen));
            complete(Some(tcp.listen), same.map_or_else(Vec::new, |same| before.remove(same)))
        });
        Ok(Listeners {
            http: complete(settings.http, self.http)?,
            https: complete(settings.https, self.https)?,
            tcp: tcp.collect::<Result<_, _>>()?,
        })
    }

    /// A second handle on each of the same sockets.
    ///
    /// # Errors
    /// When the process may not open more files.
    pub fn try_clone(&self) -> io::Result<Listeners> {
        let clones =
            |sockets: &[TcpListener]| sockets.iter().map(TcpListener::try_clone).collect::<io::Result<Vec<_>>>();
        let tcp = self.tcp.iter().map(|sockets| clones(sockets)).collect::<io::Result<_>>()?;
        Ok(Listeners { http: clones(&self.http)?, https: clones(&self.https)?, tcp })
    }
}

/// `count` sockets for one address with `SO_REUSEPORT`, those of `sockets` that fit among them. With port 0 any port
/// fits; else the system picks the port for the first and the others follow. The kernel holds `backlog` connections
/// for each.
fn complete(
    address: SocketAddr,
    count: usize,
    backlog: i32,
    mut sockets: Vec<TcpListener>,
) -> io::Result<Vec<TcpListener>> {
    sockets.retain(|socket| socket.local_addr().is_ok_and(|bound| fits(bound, address)));
    let bound = match sockets.first() {
        Some(first) => first.local_addr()?,
        None => {
            let first = bind_one(address, backlog)?;
            let bound = first.local_addr()?;
            sockets.push(first);
            bound
        }
    };
    while sockets.len() < count {
        sockets.push(bind_one(bound, backlog)?);
    }
    Ok(sockets)
}

fn are_for(sockets: &[TcpListener], wanted: SocketAddr) -> bool {
    sockets.first().and_then(|socket| socket.local_addr().ok()).is_some_and(|bound| fits(bound, wanted))
}

fn fits(bound: SocketAddr, wanted: SocketAddr) -> bool {
    bound.ip() == wanted.ip() && (wanted.port() == 0 || bound.port() == wanted.port())
}

fn bind_one(address: SocketAddr, backlog: i32) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(http: &str, workers: usize) -> Settings {
        Settings { http: Some(http.parse().expect("an address")), https: None, workers, ..Settings::default() }
    }

    fn addresses(listeners: &Listeners) -> Vec<SocketAddr> {
        listeners.http.iter().map(|socket| socket.local_addr().expect("bound")).collect()
    }

    #[test]
    fn all_workers_share_the_port_that_the_system_chose() {
        let bound = addresses(&Listeners::bind(&settings("127.0.0.1:0", 3)).expect("bound"));
        assert_eq!(bound, [bound[0]; 3]);
        assert_ne!(bound[0].port(), 0);
    }

    #[test]
    fn sockets_that_were_handed_over_are_kept_whatever_the_number_of_workers() {
        let first = Listeners::bind(&settings("127.0.0.1:0", 2)).expect("bound");
        let address = addresses(&first)[0];
        let more = first.completed(&settings(&address.to_string(), 3)).expect("kept and bound");
        assert_eq!(addresses(&more), [address; 3]);
        let fewer = more.completed(&settings("127.0.0.1:0", 1)).expect("kept");
        assert_eq!(addresses(&fewer), [address; 3]);
    }

    #[test]
    fn a_tcp_listener_keeps_its_sockets_when_others_are_added_before_it() {
        let listen = |addresses: &[SocketAddr]| Settings {
            tcp: addresses.iter().map(|address| crate::TcpListener::new(*address, "a.example")).collect(),
            workers: 1,
            ..Settings::default()
        };
        let bound = |listeners: &Listeners| -> Vec<SocketAddr> {
            listeners.tcp.iter().map(|sockets| sockets[0].local_addr().expect("bound")).collect()
        };
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let first = Listeners::bind(&listen(&[any])).expect("bound");
        let address = bound(&first)[0];
        let visitor = std::net::TcpStream::connect(address).expect("the kernel takes visitors");
        let new = SocketAddr::from(([127, 0, 0, 2], 0));
        let second = first.completed(&listen(&[new, address])).expect("bound and kept");
        assert_eq!(bound(&second)[1], address);
        let (_, waiting) = second.tcp[1][0].accept().expect("whoever waited still does");
        assert_eq!(waiting, visitor.local_addr().expect("connected"));
    }

    #[test]
    fn sockets_that_are_no_longer_asked_for_are_let_go() {
        let first = Listeners::bind(&settings("127.0.0.1:0", 1)).expect("bound");
        let address = addresses(&first)[0];
        let elsewhere = first.completed(&settings("127.0.0.2:0", 1)).expect("bound anew");
        assert_ne!(addresses(&elsewhere)[0], address);
        assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens there any more");
    }
}
