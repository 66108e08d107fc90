//! An origin on every address of the loopback network, of whose endpoints half come and go. It answers slowly where it is
//! asked to, and echoes what it hears over a WebSocket.

use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
};

/// One in so many endpoints comes and goes.
const FICKLE: u8 = 2;
/// How long those stay well, or ill.
const TURN: Duration = Duration::from_secs(3);
/// How long a slow answer takes.
const SLOW: Duration = Duration::from_secs(2);

pub struct FlappingOrigin {
    port: u16,
    state: Arc<State>,
    _runtime: Runtime,
}

#[derive(Default)]
struct State {
    ill: AtomicBool,
    turns: AtomicUsize,
    probes: AtomicUsize,
    slow: AtomicUsize,
}

impl FlappingOrigin {
    pub fn start() -> FlappingOrigin {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("0.0.0.0:0")).expect("a port");
        let (port, state) = (listener.local_addr().expect("bound").port(), Arc::new(State::default()));
        let shared = state.clone();
        runtime.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        let turning = state.clone();
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(TURN).await;
                turning.ill.fetch_xor(true, SeqCst);
                turning.turns.fetch_add(1, SeqCst);
            }
        });
        FlappingOrigin { port, state, _runtime: runtime }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// How often health has turned so far.
    pub fn turns(&self) -> usize {
        self.state.turns.load(SeqCst)
    }

    pub fn probes(&self) -> usize {
        self.state.probes.load(SeqCst)
    }

    /// Waits until a slow request is under way.
    pub fn await_slow_request(&self) {
        crate::server::eventually("a slow request arrives", || (self.state.slow.load(SeqCst) > 0).then_some(()));
    }
}

/// Answers one request after the other; the edge and the prober send no bodies.
async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let fickle = stream.local_addr().is_ok_and(|address| match address.ip() {
        IpAddr::V4(address) => address.octets()[3] % FICKLE == 0,
        IpAddr::V6(_) => false,
    });
    let mut head = Vec::new();
    loop {
        match stream.read_buf(&mut head).await {
            Ok(1..) => {}
            _ => return,
        }
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let asked = std::mem::take(&mut head);
        if asked.starts_with(b"GET /echo") {
            // Whoever talks here may leave in any way.
            let _ = echo(stream).await;
            return;
        }
        let answer = answer(&asked, &state, fickle).await;
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn answer(asked: &[u8], state: &State, fickle: bool) -> String {
    let mut status = "200 OK";
    if asked.starts_with(b"GET /health") {
        state.probes.fetch_add(1, SeqCst);
        if fickle && state.ill.load(SeqCst) {
            status = "503 Service Unavailable";
        }
    }
    if asked.starts_with(b"GET /slow") {
        state.slow.fetch_add(1, SeqCst);
        tokio::time::sleep(SLOW).await;
        state.slow.fetch_sub(1, SeqCst);
    }
    format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\nhello")
}

/// Opens a WebSocket and sends every frame back. Frames are short (RFC 6455 section 5.2), and keys are those of its
/// section 1.3.
async fn echo(mut stream: TcpStream) -> io::Result<()> {
    const SWITCH: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    stream.write_all(SWITCH).await?;
    loop {
        let mut start = [0; 6];
        stream.read_exact(&mut start).await?;
        let [kind, length, mask @ ..] = start;
        let mut word = vec![0; usize::from(length & 0x7f)];
        stream.read_exact(&mut word).await?;
        word.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        let mut frame = vec![kind, word.len() as u8];
        frame.extend(word);
        stream.write_all(&frame).await?;
    }
}
