//! An origin that answers a request only when it is let, and counts.

use crate::edge::PATIENCE;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

pub struct Held {
    pub address: SocketAddr,
    /// As many answers as there are permits.
    pub leave: Arc<Semaphore>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    most_open: AtomicUsize,
    under_way: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Held {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let address = listener.local_addr().expect("the address of a bound socket");
        let held = Self { address, leave: Arc::new(Semaphore::new(0)), counts: Arc::default() };
        let (leave, counts) = (held.leave.clone(), held.counts.clone());
        tokio::spawn(async move {
            let mut peers = Vec::new();
            while let Ok((tcp, peer)) = listener.accept().await {
                counts.connections.fetch_add(1, SeqCst);
                counts.most_open.fetch_max(1 + still_open(address.port(), &peers), SeqCst);
                peers.retain(|port| *port != peer.port());
                peers.push(peer.port());
                tokio::spawn(answer(tcp, leave.clone(), counts.clone()));
            }
        });
        held
    }

    /// Connections so far.
    pub fn connections(&self) -> usize {
        self.counts.connections.load(SeqCst)
    }

    /// The most connections that were open at once.
    pub fn most_open(&self) -> usize {
        self.counts.most_open.load(SeqCst)
    }

    /// The most requests that were under way at once.
    pub fn most_at_once(&self) -> usize {
        self.counts.most_at_once.load(SeqCst)
    }

    /// Requests that are under way.
    pub fn under_way(&self) -> usize {
        self.counts.under_way.load(SeqCst)
    }

    pub async fn wait_for_requests(&self, count: usize) {
        let arrived = async {
            while self.under_way() < count {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, arrived).await.expect("the requests arrive");
    }
}

async fn answer(mut tcp: TcpStream, leave: Arc<Semaphore>, counts: Arc<Counts>) {
    let mut bytes = [0; 4096];
    while let Ok(1..) = tcp.read(&mut bytes).await {
        counts.most_at_once.fetch_max(counts.under_way.fetch_add(1, SeqCst) + 1, SeqCst);
        leave.acquire().await.expect("never closed").forget();
        counts.under_way.fetch_sub(1, SeqCst);
        if tcp.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await.is_err() {
            return;
        }
    }
}

/// How many of the connections that `peers` made to this port are open still. They were made before the newest one, so
/// they were open together with it: the sides of a connection that was closed are in other states at once.
fn still_open(port: u16, peers: &[u16]) -> usize {
    const ESTABLISHED: &str = "01";
    let table = std::fs::read_to_string("/proc/net/tcp").expect("a Linux system");
    let is_of = |address: &str, port: u16| address.ends_with(&format!(":{port:04X}"));
    let is_open = |row: &&str| {
        let columns: Vec<&str> = row.split_whitespace().collect();
        let [_, local, remote, state, ..] = columns[..] else { return false };
        state == ESTABLISHED && is_of(local, port) && peers.iter().any(|peer| is_of(remote, *peer))
    };
    table.lines().filter(is_open).count()
}
