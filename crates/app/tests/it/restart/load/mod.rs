//! Visitors in a closed loop, over every protocol at once: each says its next word when it has its answer. What may end,
//! and how, is for each protocol to judge; everything else is a failure.

mod http1;
mod http2;
mod websocket;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::{
    fmt, io,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    runtime::{Builder, Runtime},
    task::JoinSet,
};
use tokio_rustls::TlsConnector;

/// Between two words of a visitor: connections must be idle at times, too.
const PAUSE: Duration = Duration::from_millis(20);
/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// How many connections there are of each protocol, half of them over TLS.
pub const HTTP1: usize = 16;
pub const HTTP2: usize = 6;
pub const WEBSOCKETS: usize = 12;

pub struct Load {
    state: Arc<State>,
    visitors: JoinSet<()>,
    runtime: Runtime,
}

/// What visitors count.
#[derive(Default)]
struct State {
    over: AtomicBool,
    http1: Count,
    http2: Count,
    websocket: Count,
    /// Requests that the edge did not take, and said so.
    refused: AtomicUsize,
    cuts: Mutex<Vec<Lifetime>>,
    failures: Mutex<Vec<String>>,
}

/// What one protocol came to.
#[derive(Default)]
struct Count {
    answers: AtomicUsize,
    /// Connections that ended as they were said to.
    farewells: AtomicUsize,
}

/// From when to when a WebSocket lived that somebody else ended.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    pub began: Instant,
    pub ended: Instant,
}

/// What came of it.
pub struct Done {
    pub http1: Tally,
    pub http2: Tally,
    pub messages: usize,
    /// Requests over HTTP/2 that GOAWAY named as not taken, and that were sent again.
    pub refused: usize,
    /// WebSockets that were ended by the edge.
    pub cuts: Vec<Lifetime>,
    pub failures: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
pub struct Tally {
    pub answers: usize,
    pub farewells: usize,
}

impl Count {
    fn tally(&self) -> Tally {
        Tally { answers: self.answers.load(SeqCst), farewells: self.farewells.load(SeqCst) }
    }
}

impl State {
    fn is_over(&self) -> bool {
        self.over.load(SeqCst)
    }

    fn fail(&self, visitor: impl fmt::Display, begun: Instant, error: impl fmt::Display) {
        let when = begun.elapsed();
        self.failures.lock().expect("failures").push(format!("{visitor} after {when:.2?}: {error}"));
    }
}

/// Where a visitor connects to.
#[derive(Clone)]
struct Door {
    address: SocketAddr,
    tls: Option<TlsConnector>,
}

impl Door {
    fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    async fn open(&self) -> io::Result<Box<dyn Stream>> {
        let tcp = within(TcpStream::connect(self.address)).await?;
        let Some(tls) = &self.tls else { return Ok(Box::new(tcp)) };
        let name = super::HOST.try_into().expect("a name");
        Ok(Box::new(within(tls.connect(name, tcp)).await?))
    }
}

/// What a visitor talks over.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// The connections of one visitor, made again and again until the load is over.
struct Visits {
    state: Arc<State>,
    door: Door,
    protocol: &'static str,
    begun: Instant,
}

impl Visits {
    fn begin(state: &Arc<State>, door: Door, protocol: &'static str) -> Self {
        Self { state: state.clone(), door, protocol, begun: Instant::now() }
    }

    /// The next connection; `None` when the load is over.
    async fn next(&self) -> Option<Box<dyn Stream>> {
        while !self.state.is_over() {
            match self.door.open().await {
                Ok(stream) => return Some(stream),
                Err(error) => self.note(Err(error)),
            }
        }
        None
    }

    /// Notes what a connection came to.
    fn note(&self, came: Result<(), impl fmt::Display>) {
        if let Err(error) = came {
            self.state.fail(format_args!("{} {}", self.protocol, self.door.scheme()), self.begun, error);
        }
    }
}

impl Load {
    pub fn start(http: SocketAddr, https: SocketAddr, authority: &Path) -> Load {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let door = |number: usize, protocol: &[u8]| match number % 2 {
            0 => Door { address: http, tls: None },
            _ => Door { address: https, tls: Some(connector(authority, protocol)) },
        };
        let (state, mut visitors) = (Arc::new(State::default()), JoinSet::new());
        for number in 0..HTTP1 {
            let visits = Visits::begin(&state, door(number, b"http/1.1"), "HTTP/1.1");
            visitors.spawn_on(http1::visit(visits), runtime.handle());
        }
        for number in 0..HTTP2 {
            let visits = Visits::begin(&state, door(number, b"h2"), "HTTP/2");
            visitors.spawn_on(http2::visit(visits), runtime.handle());
        }
        for number in 0..WEBSOCKETS {
            let visits = Visits::begin(&state, door(number, b"http/1.1"), "WebSocket");
            visitors.spawn_on(websocket::visit(visits), runtime.handle());
        }
        Load { state, visitors, runtime }
    }

    /// The least that any protocol has been answered.
    pub fn progress(&self) -> usize {
        let State { http1, http2, websocket, .. } = &*self.state;
        [http1, http2, websocket].map(|count| count.answers.load(SeqCst)).into_iter().min().unwrap_or(0)
    }

    /// Lets every visitor get its last answer.
    pub fn stop(mut self) -> Done {
        self.state.over.store(true, SeqCst);
        self.runtime.block_on(async { while self.visitors.join_next().await.is_some() {} });
        let State { http1, http2, websocket, refused, cuts, failures, .. } = &*self.state;
        Done {
            http1: http1.tally(),
            http2: http2.tally(),
            messages: websocket.answers.load(SeqCst),
            refused: refused.load(SeqCst),
            cuts: cuts.lock().expect("cuts").clone(),
            failures: failures.lock().expect("failures").clone(),
        }
    }
}

fn connector(authority: &Path, protocol: &[u8]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(authority).expect("the local authority's certificate");
    roots.add(certificate).expect("a certificate");
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config).into()
}

async fn within<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
