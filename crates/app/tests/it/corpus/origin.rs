//! Two origins that the corpus is played against: one that notes every byte it gets, and one that answers with raw bytes.

use super::message::{self, Kind, Message};
use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// What the recording origin has got.
#[derive(Debug)]
struct Got {
    /// Where the visitor of the row that is played comes from.
    visitor: Ipv4Addr,
    /// Requests that came whole, in their order.
    requests: Vec<Message>,
    /// Bytes that are no request, or not one yet, by connection.
    rest: HashMap<usize, Vec<u8>>,
    complaints: Vec<String>,
}

impl Got {
    /// Whether these bytes begin a request of an earlier row. A part of a request that broke off may be read here long
    /// after the visitor of its row has left, and is of no interest to the rows behind it.
    fn is_late(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        let visitor = text.split_once("\r\nCF-Connecting-IP: ").and_then(|(_, rest)| rest.split("\r\n").next());
        visitor.and_then(|visitor| visitor.parse::<Ipv4Addr>().ok()).is_some_and(|visitor| visitor < self.visitor)
    }

    fn drop_late_parts(&mut self) {
        let rest = std::mem::take(&mut self.rest);
        self.rest = rest.into_iter().filter(|(_, bytes)| !self.is_late(bytes)).collect();
    }
}

/// An origin that reads strictly, notes everything, and answers each request with its own target.
#[derive(Clone)]
pub struct Recorder {
    pub address: SocketAddr,
    got: Arc<Mutex<Got>>,
}

impl Recorder {
    pub fn start() -> Self {
        let visitor = Ipv4Addr::new(127, 1, 0, 0);
        let (requests, rest, complaints) = Default::default();
        let got = Arc::new(Mutex::new(Got { visitor, requests, rest, complaints }));
        let noted = got.clone();
        let address = listen(move |stream, number| record(stream, number, &noted));
        Self { address, got }
    }

    /// Where the visitor of the next row is to come from: an address of its own, above those of all before it.
    pub fn next_visitor(&self) -> Ipv4Addr {
        let mut got = self.got.lock().expect("what was got");
        got.visitor = Ipv4Addr::from_bits(got.visitor.to_bits() + 1);
        got.visitor
    }

    /// Where the visitor of this row comes from.
    pub fn visitor(&self) -> Ipv4Addr {
        self.got.lock().expect("what was got").visitor
    }

    /// Whether a part of a request of this row has come.
    pub fn has_part(&self) -> bool {
        let mut got = self.got.lock().expect("what was got");
        got.drop_late_parts();
        !got.rest.is_empty()
    }

    /// Takes what has come since the last time: whole requests, bytes that are none, and complaints of the reader.
    pub fn take(&self) -> (Vec<Message>, Vec<u8>, Vec<String>) {
        let mut got = self.got.lock().expect("what was got");
        got.drop_late_parts();
        let rest = std::mem::take(&mut got.rest).into_values().flatten().collect();
        (std::mem::take(&mut got.requests), rest, std::mem::take(&mut got.complaints))
    }
}

/// Serves every connection on a thread of its own. The threads end with the test.
fn listen(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address to listen on");
    let address = listener.local_addr().expect("the address of a bound socket");
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream, number));
        }
    });
    address
}

fn record(mut stream: TcpStream, number: usize, got: &Mutex<Got>) {
    let mut bytes = Vec::new();
    loop {
        let answer = match message::read(&bytes, Kind::Request) {
            Ok(Some((request, length))) => {
                bytes.drain(..length);
                let answer = answer(&request);
                got.lock().expect("what was got").requests.push(request);
                answer
            }
            Ok(None) if awaits_word(&bytes) => b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
            Ok(None) => Vec::new(),
            Err(complaint) => {
                got.lock().expect("what was got").complaints.push(complaint);
                return;
            }
        };
        {
            let mut got = got.lock().expect("what was got");
            if bytes.is_empty() {
                got.rest.remove(&number);
            } else {
                got.rest.insert(number, bytes.clone());
            }
        }
        if stream.write_all(&answer).is_err() {
            return;
        }
        if (answer.is_empty() || answer.starts_with(b"HTTP/1.1 100")) && !read_more(&mut stream, &mut bytes) {
            return;
        }
    }
}

/// Whether only a head has come whose body waits for word.
fn awaits_word(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\r\n\r\n") && String::from_utf8_lossy(bytes).contains("\r\nExpect: 100-continue\r\n")
}

/// The target of the request, so that nobody can take it for the answer to another one.
fn answer(request: &Message) -> Vec<u8> {
    let body = if request.first[0] == "HEAD" { "" } else { &request.first[1] };
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", request.first[1].len()).into_bytes()
}

fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> bool {
    let mut piece = [0; 16 << 10];
    match stream.read(&mut piece) {
        Ok(count) if count > 0 => {
            bytes.extend_from_slice(&piece[..count]);
            true
        }
        _ => false,
    }
}

/// An origin that answers `/NAME` with the raw bytes of that name, and anything else with its own target. It ends its
/// side behind raw bytes, unless the query is `stay`.
pub fn start_speaker(answers: HashMap<String, Vec<u8>>) -> SocketAddr {
    listen(move |stream, _| speak(stream, &answers))
}

fn speak(mut stream: TcpStream, answers: &HashMap<String, Vec<u8>>) {
    let mut bytes = Vec::new();
    loop {
        // Only the head is waited for: some answers come while the request is still being sent.
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let Some(end) = end else {
            if !read_more(&mut stream, &mut bytes) {
                return;
            }
            continue;
        };
        let head: Vec<u8> = bytes.drain(..end + 4).collect();
        let Ok(Some((request, _))) = message::read(&head_alone(&head), Kind::Request) else { return };
        let (path, query) = request.first[1].split_once('?').unwrap_or((&request.first[1], ""));
        let Some(raw) = answers.get(path.trim_start_matches('/')) else {
            if stream.write_all(&answer(&request)).is_err() {
                return;
            }
            continue;
        };
        if stream.write_all(raw).is_err() {
            return;
        }
        if query != "stay" {
            let _ = stream.shutdown(Shutdown::Write);
        }
    }
}

/// The head without what announces a body.
fn head_alone(head: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(head);
    let lines = text.split_inclusive("\r\n").filter(|line| !line.starts_with("Content-Length"));
    lines.collect::<String>().into_bytes()
}
