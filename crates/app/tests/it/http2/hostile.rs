//! The stage for hostile visitors: a server with one worker, an origin with endless answers, and a witness who is served
//! all the while.

use super::frames::{PREFACE, SETTINGS, frame, look_through};
use crate::server::{Server, eventually};
use serde_json::{Value, json};
use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    ops::Deref,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::Runtime,
};

pub const ZONE: &str = "floods.test";
pub const HOST: &str = "www.floods.test";

/// How long anybody else may be kept waiting by an attack on the same worker, on a busy machine.
const WITNESS_PATIENCE: Duration = Duration::from_secs(20);
/// How long a flood may take to be shown out.
const FLOOD_PATIENCE: Duration = Duration::from_secs(30);
/// Connections that attack together.
const ATTACKERS: usize = 8;
/// The most that one of them sends.
const AMMUNITION: u64 = 32 << 20;

/// A running server with one site.
pub struct Stage {
    server: Server,
    _runtime: Runtime,
    _directory: tempfile::TempDir,
}

impl Deref for Stage {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// What a rush of attackers came to.
pub struct Cost {
    /// The code of each connection's GOAWAY.
    pub codes: Vec<Option<u32>>,
    /// By how many bytes the process has grown at most.
    pub grown: u64,
    /// Bytes that the attackers got rid of.
    pub sent: u64,
}

impl Stage {
    /// A server with these further lines in the section `[edge]` of its configuration.
    pub fn set(edge: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let config = directory.path().join("bellwether.toml");
        let text = format!("[edge]\nh2c = true\nworkers = 1\n{edge}\n[log]\naccess = \"off\"\n");
        fs::write(&config, text).expect("write the configuration");
        let server = Server::start(&directory.path().join("data"), &["--config", config.to_str().expect("UTF-8")]);
        let runtime = Runtime::new().expect("a runtime");
        let origin = runtime.block_on(origin());
        configure(&server, origin);
        let stage = Self { server, _runtime: runtime, _directory: directory };
        // Whatever is made at the first request is there before anything is measured.
        for _ in 0..10 {
            stage.witness();
        }
        stage
    }

    /// Waits until a line of the log tells of connections that were refused for what they cost.
    pub fn tells_of_abuse(&self) {
        let of = |line: &String| line.contains("visitors' connections were refused") && line.contains("http2_abuse");
        eventually("the log tells of the refusals", || self.stderr().iter().any(of).then_some(()));
    }

    /// Somebody else's request.
    fn witness(&self) {
        let began = Instant::now();
        let answer = self.get(HOST, "/").expect("others are served");
        assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
        assert!(began.elapsed() < WITNESS_PATIENCE, "others wait for {:?}", began.elapsed());
    }
}

fn configure(server: &Server, origin: SocketAddr) {
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    let account = id(&server.api("GET", "/accounts", None)[0]);
    let zone = id(&server.api("POST", "/zones", Some(json!({"name": ZONE, "account": {"id": account}}))));
    let endpoint = json!({"name": "one", "address": origin.ip(), "port": origin.port()});
    let pool = json!({"name": "one", "origins": [endpoint]});
    let pool = id(&server.api("POST", &format!("/accounts/{account}/load_balancers/pools"), Some(pool)));
    let balancer = json!({"name": HOST, "default_pools": [pool], "fallback_pool": pool, "proxied": true});
    server.api("POST", &format!("/zones/{zone}/load_balancers"), Some(balancer));
}

/// An origin that says `hello`, has an answer without end at `/endless`, and takes no bodies at `/deaf`.
async fn origin() -> SocketAddr {
    static PIECE: [u8; 64 << 10] = [b'x'; 64 << 10];
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("the address of a bound socket");
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = [0; 2048];
                let count = tcp.read(&mut head).await.unwrap_or(0);
                if head[..count].windows(5).any(|part| part == b"/deaf") {
                    return std::future::pending().await;
                }
                if head[..count].windows(8).any(|part| part == b"/endless") {
                    let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n").await;
                    while tcp.write_all(&PIECE).await.is_ok() {}
                    return;
                }
                let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello").await;
            });
        }
    });
    address
}

/// A connection that has begun to speak HTTP/2.
fn begin(server: &Server) -> TcpStream {
    let mut socket = TcpStream::connect(server.http).expect("the edge accepts");
    socket.set_read_timeout(Some(FLOOD_PATIENCE)).expect("a timeout");
    socket.set_write_timeout(Some(FLOOD_PATIENCE)).expect("a timeout");
    socket.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).expect("it is taken");
    socket
}

/// Sends frames over many connections until each is shown out, while others are served.
pub fn rush(stage: &Stage, next: impl Fn(u32) -> Vec<u8> + Sync) -> Cost {
    let before = stage.resident();
    let (grown, sent, left) = (AtomicU64::new(0), AtomicU64::new(0), AtomicUsize::new(ATTACKERS));
    let codes = thread::scope(|scope| {
        let attackers: Vec<_> = (0..ATTACKERS)
            .map(|_| {
                scope.spawn(|| {
                    let code = attack(&stage.server, &next, &sent);
                    left.fetch_sub(1, Ordering::SeqCst);
                    code
                })
            })
            .collect();
        while left.load(Ordering::SeqCst) > 0 {
            stage.witness();
            grown.fetch_max(stage.resident().saturating_sub(before), Ordering::SeqCst);
        }
        attackers.into_iter().map(|attacker| attacker.join().expect("no panic")).collect()
    });
    stage.witness();
    Cost { codes, grown: grown.into_inner(), sent: sent.into_inner() }
}

/// One attacker; gives the code of the GOAWAY that ends it.
fn attack(server: &Server, next: &(impl Fn(u32) -> Vec<u8> + Sync), sent: &AtomicU64) -> Option<u32> {
    let socket = begin(server);
    let mut writer = socket.try_clone().expect("a second hand");
    thread::scope(|scope| {
        scope.spawn(move || {
            let (mut round, mut own) = (0, 0);
            while own < AMMUNITION {
                let mut frames = Vec::new();
                while frames.len() < 8 << 10 {
                    frames.extend(next(round));
                    round += 1;
                }
                if writer.write_all(&frames).is_err() {
                    return;
                }
                own += frames.len() as u64;
                sent.fetch_add(frames.len() as u64, Ordering::Relaxed);
            }
        });
        let code = last_word(&socket);
        let _ = socket.shutdown(std::net::Shutdown::Both);
        code
    })
}

/// The code of the GOAWAY that comes.
fn last_word(mut socket: &TcpStream) -> Option<u32> {
    let (mut came, mut piece) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        let count = socket.read(&mut piece).unwrap_or(0);
        came.extend_from_slice(&piece[..count]);
        let (whole, code) = look_through(&came);
        if code.is_some() || count == 0 {
            return code;
        }
        came.drain(..whole);
    }
}

/// Sends the same over many connections, and holds them until the process grows no more, while others are served.
/// Gives by how much it has grown.
pub fn hold(stage: &Stage, connections: usize, frames: &[u8]) -> u64 {
    let before = stage.resident();
    let mut held = Vec::new();
    for _ in 0..connections {
        let mut socket = begin(&stage.server);
        socket.write_all(frames).expect("it is taken");
        held.push(socket);
    }
    let deadline = Instant::now() + FLOOD_PATIENCE;
    let (mut most, mut last_change) = (0, Instant::now());
    while last_change.elapsed() < Duration::from_secs(2) {
        stage.witness();
        let grown = stage.resident().saturating_sub(before);
        if grown > most + (256 << 10) {
            (most, last_change) = (grown, Instant::now());
        }
        assert!(Instant::now() < deadline, "the process grows and grows: {} KiB", most >> 10);
        thread::sleep(Duration::from_millis(20));
    }
    most
}
