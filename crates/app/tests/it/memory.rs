//! The memory of the process while visitors misbehave by the hundred and the thousand: it is bounded, and somebody else
//! is served meanwhile.
//!
//! Every figure is resident memory beyond that of the same process at rest. What the kernel holds in its sockets is not
//! in it.

use crate::server::{PATIENCE, Server, exchange};
use serde_json::{Value, json};
use std::{fs, net::SocketAddr, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::{Builder, Runtime},
    time::{Instant, timeout},
};

const HOST: &str = "www.example.test";
/// The longest that a visitor who does nothing wrong waits for its answer, on a busy machine.
const PROMPT: Duration = Duration::from_secs(5);

/// A server under siege, with an origin behind it.
struct Besieged {
    server: Server,
    runtime: Runtime,
    at_rest: usize,
    _directory: TempDir,
}

impl Besieged {
    /// With these lines in its configuration below `[edge]`. No timer runs out during a siege.
    fn start(edge: &str) -> Besieged {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("bellwether.toml");
        let config = format!(
            "[edge]\nworkers = 2\nrequest_head_timeout = \"5m\"\nrequest_body_timeout = \"5m\"\nwrite_timeout = \"5m\"\n\
             minimum_read_rate = 0\nminimum_body_rate = 0\n{edge}\n\
             [origin]\nwrite_timeout = \"5m\"\nack_timeout = \"5m\"\n[log]\naccess = \"off\"\n"
        );
        fs::write(&file, config).expect("a configuration");
        let server = Server::start(&directory.path().join("data"), &["--config", file.to_str().expect("UTF-8")]);
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let origin = runtime.block_on(origin());
        create_site(&server, origin);
        let mut besieged = Besieged { server, runtime, at_rest: 0, _directory: directory };
        (0..50).for_each(|_| besieged.serve_somebody_else());
        besieged.at_rest = besieged.kib("VmRSS:");
        besieged
    }

    /// One request by somebody who does nothing wrong, from an address of its own.
    fn serve_somebody_else(&self) {
        let http = self.server.http;
        let asked = async {
            let mut stream = connect(http, [127, 0, 0, 2]).await;
            let request = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.expect("sent");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("hello"), "{answer}");
        };
        self.runtime.block_on(async { timeout(PROMPT, asked).await }).expect("others are served promptly");
    }

    /// Waits until the edge holds this many connections of visitors.
    fn wait_for_connections(&self, count: usize) {
        const OPEN: &str = "bellwether_connections_open{listener=\"http\"} ";
        let deadline = Instant::now() + PATIENCE;
        loop {
            let metrics = exchange(self.server.api, "GET /metrics HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n");
            let text = metrics.expect("metrics").body;
            let open = text.lines().find_map(|line| line.strip_prefix(OPEN)?.parse::<usize>().ok());
            if open.is_some_and(|open| open >= count) {
                return;
            }
            assert!(Instant::now() < deadline, "{open:?} connections of {count}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Asserts that the process has never held more than `kib` for each of `count` besiegers.
    fn assert_bounded(&self, what: &str, count: usize, kib: usize) {
        let grown = self.kib("VmHWM:").saturating_sub(self.at_rest);
        println!("{what}: {count} cost {grown} KiB, {} each, beyond {} at rest", grown / count, self.at_rest);
        assert!(grown <= count * kib, "{what}: {} KiB for each of {count}", grown / count);
    }

    /// A figure of the process: `VmRSS` is what is resident now, `VmHWM` the most that ever was.
    fn kib(&self, name: &str) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.pid())).expect("a Linux system");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a figure");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

fn create_site(server: &Server, origin: SocketAddr) {
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    let account = id(&server.api("GET", "/accounts", None)[0]);
    let zone = id(&server.api("POST", "/zones", Some(json!({"name": "example.test", "account": {"id": account}}))));
    let origins = json!([{"name": "origin", "address": origin.ip().to_string(), "port": origin.port()}]);
    let pools = format!("/accounts/{account}/load_balancers/pools");
    let pool = id(&server.api("POST", &pools, Some(json!({"name": "pool", "origins": origins}))));
    let balancer = json!({"name": HOST, "proxied": true, "default_pools": [pool], "fallback_pool": pool});
    server.api("POST", &format!("/zones/{zone}/load_balancers"), Some(balancer));
    let _ = exchange(server.http, &format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"));
}

/// An origin that answers `/flood` with more than anybody reads, reads nothing of a body for `/upload`, and greets
/// everybody else.
async fn origin() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("the address of a bound socket");
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(answer(tcp));
        }
    });
    address
}

async fn answer(mut tcp: TcpStream) {
    let mut head = Vec::new();
    while let Ok(1..) = tcp.read_buf(&mut head).await {
        if !head.windows(4).any(|end| end == b"\r\n\r\n") {
            continue;
        }
        match head.split(|byte| *byte == b' ').nth(1) {
            Some(b"/upload") => std::future::pending().await,
            Some(b"/flood") => {
                let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").await;
                let piece = vec![b'x'; 64 << 10];
                while tcp.write_all(&piece).await.is_ok() {}
            }
            _ => {
                let greeting = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
                if tcp.write_all(greeting).await.is_err() {
                    return;
                }
            }
        }
        head.clear();
    }
}

/// A connection with small buffers, so that what is not read soon stays at the edge.
async fn connect(to: SocketAddr, from: [u8; 4]) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 << 10).expect("a socket option");
    socket.bind(SocketAddr::from((from, 0))).expect("an address of loopback");
    timeout(PATIENCE, socket.connect(to)).await.expect("in time").expect("the edge accepts")
}

/// Connections that each begin with these words.
fn besiege(besieged: &Besieged, count: usize, words: &str) -> Vec<TcpStream> {
    let http = besieged.server.http;
    besieged.runtime.block_on(async {
        let mut all = Vec::with_capacity(count);
        for _ in 0..count {
            let mut stream = connect(http, [127, 0, 0, 1]).await;
            // One that is refused at once may not be written to any more.
            let _ = stream.write_all(words.as_bytes()).await;
            all.push(stream);
        }
        all
    })
}

#[test]
fn thousands_of_half_heads_cost_a_buffer_each_at_most() {
    const MANY: usize = 2_000;
    let besieged = Besieged::start("");
    let held = besiege(&besieged, MANY, &format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: {}", "a".repeat(1_000)));
    besieged.wait_for_connections(MANY);
    (0..20).for_each(|_| besieged.serve_somebody_else());
    besieged.assert_bounded("half heads", MANY, 64);
    drop(held);
}

#[test]
fn hundreds_of_uploads_that_stall_cost_their_buffers_at_most() {
    const MANY: usize = 300;
    let besieged = Besieged::start("");
    let head = format!("POST /upload HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 99999999\r\n\r\n");
    let held = besiege(&besieged, MANY, &head);
    besieged.wait_for_connections(MANY);
    // Everybody sends as much as it gets rid of, for far longer than the edge's buffers take to fill; after that the
    // kernel's own grow.
    let piece = vec![b'u'; 64 << 10];
    for _ in 0..40 {
        held.iter().for_each(|stream| drop(stream.try_write(&piece)));
        std::thread::sleep(Duration::from_millis(50));
    }
    (0..20).for_each(|_| besieged.serve_somebody_else());
    // A read buffer that has grown to `buffer_max`, the window twice at most, and what is read of the answer.
    besieged.assert_bounded("stalled uploads", MANY, 640);
    drop(held);
}

#[test]
fn hundreds_of_visitors_that_read_nothing_cost_their_buffers_at_most() {
    const MANY: usize = 400;
    let besieged = Besieged::start("");
    let held = besiege(&besieged, MANY, &format!("GET /flood HTTP/1.1\r\nHost: {HOST}\r\n\r\n"));
    besieged.runtime.block_on(async {
        for stream in &held {
            timeout(PATIENCE, stream.readable()).await.expect("in time").expect("the answer begins");
        }
    });
    (0..20).for_each(|_| besieged.serve_somebody_else());
    besieged.assert_bounded("answers that nobody reads", MANY, 512);
    drop(held);
}

#[test]
fn a_flood_of_connections_costs_no_more_than_the_places_there_are() {
    const PLACES: usize = 500;
    const FLOOD: usize = 5_000;
    // Two workers share them out by the kernel's hash, so neither is short of its own while the other is full.
    let besieged = Besieged::start(&format!("connections = {}", PLACES / 2));
    let held = besiege(&besieged, FLOOD, "GET / HTTP/1.1\r\nHost: www");
    besieged.wait_for_connections(PLACES);
    (0..20).for_each(|_| besieged.serve_somebody_else());
    besieged.assert_bounded("connections over the limit", PLACES, 64);
    drop(held);
}
