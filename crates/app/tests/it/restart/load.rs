//! Visitors in a closed loop: each sends its next request when it has its answer. Every error is a lost request, but for
//! a connection that ends after an answer that said so.

use super::HOST;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    runtime::{Builder, Runtime},
    task::JoinSet,
};
use tokio_rustls::TlsConnector;

/// Visitors, half of them over TLS.
pub const CONNECTIONS: usize = 24;
/// Between two requests of a visitor: connections must be idle at times, too.
const PAUSE: Duration = Duration::from_millis(8);
/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(15);

pub struct Load {
    state: Arc<State>,
    visitors: JoinSet<()>,
    runtime: Runtime,
}

#[derive(Default)]
struct State {
    over: AtomicBool,
    answers: AtomicUsize,
    farewells: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

/// What came of it.
pub struct Done {
    pub answers: usize,
    /// Connections that ended with an answer that said so.
    pub farewells: usize,
    pub failures: Vec<String>,
}

impl Load {
    pub fn start(http: SocketAddr, https: SocketAddr, authority: &Path) -> Load {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_file(authority).expect("the local authority's certificate");
        roots.add(certificate).expect("a certificate");
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let tls = TlsConnector::from(Arc::new(tls));
        let (state, mut visitors) = (Arc::new(State::default()), JoinSet::new());
        for number in 0..CONNECTIONS {
            let (state, tls) = (state.clone(), (number % 2 == 1).then(|| tls.clone()));
            let address = if tls.is_some() { https } else { http };
            visitors.spawn_on(visit(state, address, tls), runtime.handle());
        }
        Load { state, visitors, runtime }
    }

    pub fn answers(&self) -> usize {
        self.state.answers.load(SeqCst)
    }

    /// Lets every visitor get its last answer.
    pub fn stop(mut self) -> Done {
        self.state.over.store(true, SeqCst);
        self.runtime.block_on(async { while self.visitors.join_next().await.is_some() {} });
        let failures = self.state.failures.lock().expect("failures").clone();
        Done { answers: self.answers(), farewells: self.state.farewells.load(SeqCst), failures }
    }
}

/// Connects again and again, until the load is over.
async fn visit(state: Arc<State>, address: SocketAddr, tls: Option<TlsConnector>) {
    let begun = std::time::Instant::now();
    while !state.over.load(SeqCst) {
        if let Err(error) = connect(&state, address, tls.as_ref()).await {
            state.failures.lock().expect("failures").push(format!(
                "{} {:?}: {error}",
                if tls.is_some() { "https" } else { "http" },
                begun.elapsed()
            ));
        }
    }
}

async fn connect(state: &State, address: SocketAddr, tls: Option<&TlsConnector>) -> io::Result<()> {
    let tcp = within(TcpStream::connect(address)).await?;
    match tls {
        None => converse(state, tcp).await,
        Some(tls) => {
            let name = ServerName::try_from(HOST).expect("a name");
            converse(state, within(tls.connect(name, tcp)).await?).await
        }
    }
}

/// One request after the other, until the connection ends as it was said to, or the load is over.
async fn converse(state: &State, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let request = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    let mut answer = Vec::new();
    while !state.over.load(SeqCst) {
        within(stream.write_all(request.as_bytes())).await?;
        within(stream.flush()).await?;
        let head = within(read_answer(&mut stream, &mut answer)).await?;
        state.answers.fetch_add(1, SeqCst);
        if head.to_ascii_lowercase().contains("\r\nconnection: close") {
            state.farewells.fetch_add(1, SeqCst);
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Reads a whole answer, which must be the origin's; gives its head.
async fn read_answer(stream: &mut (impl AsyncRead + Unpin), answer: &mut Vec<u8>) -> io::Result<String> {
    const BODY: &str = "hello";
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            return Err(io::Error::other(format!("cut off after {:?}", String::from_utf8_lossy(answer))));
        }
        let text = String::from_utf8_lossy(answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if !head.starts_with("HTTP/1.1 200 ") {
            return Err(io::Error::other(head.to_owned()));
        }
        if body == BODY {
            return Ok(format!("{head}\r\n"));
        }
    }
}

async fn within<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
