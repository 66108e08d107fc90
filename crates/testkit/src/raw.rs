//! A TCP server that follows a fixed list of steps on every connection, whatever the protocol.

use crate::Record;
use socket2::SockRef;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

/// One step of a [`RawServer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reads once, whatever comes.
    Read,
    /// Reads until these bytes have come, such as the blank line after a request head.
    ReadUntil(Vec<u8>),
    /// Reads and notes everything until the peer closes.
    ReadToEnd,
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes over and over, one at a time, with a pause before each, until the peer is gone.
    Trickle(Vec<u8>, Duration),
    /// Does nothing for a while.
    Pause(Duration),
    /// Does nothing for ever. Reads nothing either.
    Hang,
    /// Closes the connection in good order (FIN). What was received is read first, since a close with unread bytes
    /// would turn into a reset.
    Close,
    /// Resets the connection (RST).
    Reset,
}

/// A TCP server that follows the same steps on every connection and notes what it received. After the last step the
/// connection closes. Stops when dropped.
#[derive(Debug)]
pub struct RawServer {
    address: SocketAddr,
    /// What each connection has sent so far.
    received: Record<Vec<u8>>,
    /// How each connection ended, by its number: whether the peer closed it in good order.
    ended: Record<(usize, bool)>,
    task: AbortHandle,
}

impl RawServer {
    /// A server on a free port of loopback.
    pub async fn start(steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address to listen on");
        let address = listener.local_addr().expect("the address of a bound socket");
        let (received, ended) = (Record::default(), Record::default());
        let task = tokio::spawn(accept(listener, steps.into(), received.clone(), ended.clone())).abort_handle();
        Self { address, received, ended, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What each connection has sent so far, in the order of the connections.
    pub fn received(&self) -> Vec<Vec<u8>> {
        self.received.all()
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.received.count()
    }

    /// Waits for at least `count` connections.
    pub async fn wait_for_connections(&self, count: usize) {
        self.received.wait_for(count).await;
    }

    /// Waits until at least `count` connections followed all steps, and gives for each, by its number, whether the
    /// last read saw the peer close in good order.
    pub async fn wait_for_ends(&self, count: usize) -> Vec<(usize, bool)> {
        self.ended.wait_for(count).await
    }

    /// The server name in the ClientHello of each connection that has sent a whole one; `None` where it has no name.
    pub fn server_names(&self) -> Vec<Option<String>> {
        self.received().iter().filter_map(|bytes| crate::tls::client_hello_name(bytes)).collect()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, steps: Arc<[Step]>, received: Record<Vec<u8>>, ended: Record<(usize, bool)>) {
    let mut open = JoinSet::new();
    for number in 0.. {
        let Ok((tcp, _)) = listener.accept().await else { return };
        while open.try_join_next().is_some() {}
        received.push(Vec::new());
        let connection = Connection { tcp, number, received: received.clone(), closed: false };
        open.spawn(follow(connection, steps.clone(), ended.clone()));
    }
}

async fn follow(mut connection: Connection, steps: Arc<[Step]>, ended: Record<(usize, bool)>) {
    for step in steps.iter() {
        if connection.take(step).await.is_none() {
            break;
        }
    }
    ended.push((connection.number, connection.closed));
}

struct Connection {
    tcp: TcpStream,
    number: usize,
    received: Record<Vec<u8>>,
    /// Whether a read saw the peer's FIN.
    closed: bool,
}

impl Connection {
    /// Takes one step; `None` when the connection is over.
    async fn take(&mut self, step: &Step) -> Option<()> {
        match step {
            Step::Read => {
                self.read().await?;
            }
            Step::ReadUntil(end) => {
                while !contains(&self.noted(), end) {
                    self.read().await?;
                }
            }
            Step::ReadToEnd => while self.read().await.is_some() {},
            Step::Send(bytes) => self.tcp.write_all(bytes).await.ok()?,
            Step::Trickle(bytes, pause) => {
                for byte in bytes.iter().cycle() {
                    tokio::time::sleep(*pause).await;
                    self.tcp.write_all(&[*byte]).await.ok()?;
                }
            }
            Step::Pause(pause) => tokio::time::sleep(*pause).await,
            Step::Hang => std::future::pending().await,
            Step::Close => {
                let mut rest = [0; 4096];
                while self.tcp.try_read(&mut rest).is_ok_and(|count| count > 0) {}
                self.tcp.shutdown().await.ok()?;
                return None;
            }
            Step::Reset => {
                SockRef::from(&self.tcp).set_linger(Some(Duration::ZERO)).ok()?;
                return None;
            }
        }
        Some(())
    }

    async fn read(&mut self) -> Option<()> {
        let mut bytes = [0; 4096];
        let count = self.tcp.read(&mut bytes).await.ok()?;
        self.closed = count == 0;
        self.received.change(|all| all[self.number].extend(&bytes[..count]));
        (count > 0).then_some(())
    }

    fn noted(&self) -> Vec<u8> {
        self.received.all().swap_remove(self.number)
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || bytes.windows(needle.len()).any(|window| window == needle)
}
