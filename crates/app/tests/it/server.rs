//! A running server, and the calls that tests make to it.

use crate::command::{BINARY, program};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

/// The longest that anything here is waited for.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait before asking again.
const POLL: Duration = Duration::from_millis(50);
/// The API token of every test server.
pub const TOKEN: &str = "token-of-the-tests";

/// A `bellwether` process that serves. Killed when dropped.
pub struct Server {
    child: Child,
    pub data_dir: PathBuf,
    pub http: SocketAddr,
    pub https: SocketAddr,
    pub api: SocketAddr,
    stdout: Arc<Mutex<Vec<String>>>,
    stderr: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server on free ports with further arguments, and waits until it says that it is ready.
    pub fn start(data_dir: &Path, args: &[&str]) -> Server {
        Server::start_program(Path::new(BINARY), data_dir, args)
    }

    /// As [`Server::start`], from a copy of the binary.
    pub fn start_program(binary: &Path, data_dir: &Path, args: &[&str]) -> Server {
        let data = data_dir.to_str().expect("UTF-8");
        let ports = ["--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--api", "127.0.0.1:0"];
        let mut command = program(binary, &[&["serve", "--data-dir", data], &ports[..], args].concat());
        command.env("BELLWETHER_API_TOKEN", TOKEN).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let (first, ready) = mpsc::channel();
        let stdout = collect(child.stdout.take().expect("a pipe"), Some(first));
        let stderr = collect(child.stderr.take().expect("a pipe"), None);
        let line = ready.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let _ = child.kill();
            panic!("no ready line; standard error:\n{}", stderr.lock().expect("lines").join("\n"))
        });
        let data_dir = data_dir.to_owned();
        let (http, https) = (address(&line, "http=http://"), address(&line, "https=https://"));
        Server { child, data_dir, http, https, api: address(&line, "api=http://"), stdout, stderr }
    }

    /// Lines of standard output so far.
    pub fn stdout(&self) -> Vec<String> {
        self.stdout.lock().expect("lines").clone()
    }

    /// Lines of standard error so far.
    pub fn stderr(&self) -> Vec<String> {
        self.stderr.lock().expect("lines").clone()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Bytes of the process that are in memory.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a Linux system");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a running process");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = std::process::Command::new("kill").args([&format!("-{name}"), &pid]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for the process to end by itself.
    pub fn wait(mut self) -> ExitStatus {
        eventually("the server ends", || self.child.try_wait().expect("a status"))
    }

    /// A call of the API, which must succeed; gives `result`.
    pub fn api(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.api_answer(method, path, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer["result"].clone()
    }

    /// A call of the API; gives the status and the whole envelope.
    pub fn api_answer(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let head = format!(
            "{method} /client/v4{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.api,
            body.len()
        );
        let answer = exchange(self.api, &head).expect("the API answers");
        let json = serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body));
        (answer.status, json)
    }

    /// What the API's address answers to a GET without a token.
    pub fn api_text(&self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.api);
        let answer = exchange(self.api, &request).expect("the API answers");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// A GET through the edge for a host.
    pub fn get(&self, host: &str, path: &str) -> std::io::Result<HttpAnswer> {
        exchange(self.http, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer, with its body as it came.
#[derive(Debug)]
pub struct HttpAnswer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl HttpAnswer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// One request on a connection of its own, read to the end. Only for answers that are not chunked.
pub fn exchange(address: SocketAddr, request: &str) -> std::io::Result<HttpAnswer> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let broken = || std::io::Error::other(format!("not an answer: {text:?}"));
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
    Ok(HttpAnswer { status, head: head.to_owned(), body: body.to_owned() })
}

/// Waits until there is something, asking again and again; panics with `what` when it never comes.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} until {what}");
        thread::sleep(POLL);
    }
}

fn address(line: &str, prefix: &str) -> SocketAddr {
    let rest = line.split_once(prefix).unwrap_or_else(|| panic!("no `{prefix}` in `{line}`")).1;
    let end = rest.find([' ', '/']).unwrap_or(rest.len());
    rest[..end].parse().expect("an address")
}

/// Collects lines on a thread; the first one is also sent.
fn collect(pipe: impl Read + Send + 'static, first: Option<mpsc::Sender<String>>) -> Arc<Mutex<Vec<String>>> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = lines.clone();
    thread::spawn(move || {
        let mut first = first;
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            kept.lock().expect("lines").push(line.clone());
            if let Some(first) = first.take() {
                let _ = first.send(line);
            }
        }
    });
    lines
}
