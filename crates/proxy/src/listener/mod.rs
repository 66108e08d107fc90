//! Listening sockets: one per worker and address, all on the same port, so that the kernel spreads visitors over the
//! workers and no lock is shared between them.

mod accept;
mod introduction;

pub(crate) use accept::{Door, accept_visitors};
pub(crate) use introduction::Parties;

use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io,
    net::{SocketAddr, TcpListener},
};

/// Binds `count` sockets to one address with `SO_REUSEPORT`. With port 0 the system picks the port for the first and
/// the others follow. The
/// kernel holds `backlog` connections for each.
///
/// # Errors
/// Whatever binding reports: the address is in use, not ours, or not allowed.
pub(crate) fn bind(address: SocketAddr, count: usize, backlog: i32) -> io::Result<(SocketAddr, Vec<TcpListener>)> {
    let first = bind_one(address, backlog)?;
    let bound = first.local_addr()?;
    let others = (1..count).map(|_| bind_one(bound, backlog));
    let sockets: io::Result<Vec<TcpListener>> = std::iter::once(Ok(first)).chain(others).collect();
    Ok((bound, sockets?))
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

    #[test]
    fn all_workers_share_the_port_that_the_system_chose() -> io::Result<()> {
        let (bound, sockets) = bind(SocketAddr::from(([127, 0, 0, 1], 0)), 3, 16)?;
        assert_ne!(bound.port(), 0);
        for socket in &sockets {
            assert_eq!(socket.local_addr()?, bound);
        }
        Ok(())
    }
}
