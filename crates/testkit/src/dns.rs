//! A DNS server that answers as a test says, over UDP.

use crate::Record;
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{net::UdpSocket, task::AbortHandle};

const TYPE_A: u16 = 1;
const TYPE_CNAME: u16 = 5;
const TYPE_AAAA: u16 = 28;

/// How many aliases are followed before the answer is given as it is, circle or not.
const LONGEST_CHAIN: usize = 32;

/// What the server says of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    /// These addresses, with this TTL in seconds. A question for the other family gets no data.
    Addresses(Vec<IpAddr>, u32),
    /// An alias of another name, with this TTL in seconds. The server follows it as far as it can.
    Alias(String, u32),
    /// The name exists and has nothing (NODATA).
    NoData,
    /// SERVFAIL.
    ServFail,
    /// REFUSED.
    Refused,
    /// No answer at all.
    Silence,
}

/// A DNS server on a free UDP port of loopback. Names it was not told of do not exist (NXDOMAIN). Stops when dropped.
#[derive(Debug)]
pub struct DnsServer {
    address: SocketAddr,
    names: Names,
    /// The names that were asked for, once for each question of either family.
    questions: Record<String>,
    task: AbortHandle,
}

type Names = Arc<Mutex<HashMap<String, Records>>>;

impl DnsServer {
    /// A server that knows no name yet.
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("an address to listen on");
        let address = socket.local_addr().expect("the address of a bound socket");
        let (names, questions) = (Names::default(), Record::default());
        let task = tokio::spawn(serve(socket, names.clone(), questions.clone())).abort_handle();
        Self { address, names, questions, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to say of `name` (lower-case, no trailing dot) from now on.
    pub fn set(&self, name: &str, records: Records) {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), records);
    }

    /// Addresses for `name`, with a TTL of a minute.
    pub fn set_addresses(&self, name: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|text| text.parse().expect("an address")).collect();
        self.set(name, Records::Addresses(addresses, 60));
    }

    /// How often `name` was asked for, both families together.
    pub fn questions(&self, name: &str) -> usize {
        self.questions.all().iter().filter(|asked| *asked == name).count()
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(socket: UdpSocket, names: Names, questions: Record<String>) {
    let mut packet = [0; 1500];
    loop {
        let Ok((length, peer)) = socket.recv_from(&mut packet).await else { return };
        let Some(question) = Question::read(&packet[..length]) else { continue };
        questions.push(question.name.clone());
        let reply = question.reply(&names.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(reply) = reply {
            let _ = socket.send_to(&reply, peer).await;
        }
    }
}

struct Question {
    id: [u8; 2],
    name: String,
    kind: u16,
    /// The question section as it came.
    section: Vec<u8>,
}

impl Question {
    /// Reads the first question of a query (RFC 1035 section 4.1).
    fn read(packet: &[u8]) -> Option<Self> {
        let id = [*packet.first()?, *packet.get(1)?];
        let mut labels = Vec::new();
        let mut at = 12;
        loop {
            let length = usize::from(*packet.get(at)?);
            at += 1;
            if length == 0 {
                break;
            }
            labels.push(String::from_utf8_lossy(packet.get(at..at + length)?).to_ascii_lowercase());
            at += length;
        }
        let kind = u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?]);
        Some(Self { id, name: labels.join("."), kind, section: packet.get(12..at + 4)?.to_vec() })
    }

    fn reply(&self, names: &HashMap<String, Records>) -> Option<Vec<u8>> {
        let (mut answers, mut name, mut code) = (Vec::new(), self.name.clone(), 0);
        for _ in 0..LONGEST_CHAIN {
            match names.get(&name) {
                None => code = 3,
                Some(Records::ServFail) => code = 2,
                Some(Records::Refused) => code = 5,
                Some(Records::Silence) => return None,
                Some(Records::NoData) => {}
                Some(Records::Addresses(addresses, ttl)) => {
                    answers.extend(addresses.iter().filter_map(|ip| address_record(&name, *ip, self.kind, *ttl)));
                }
                Some(Records::Alias(target, ttl)) => {
                    answers.push(record(&name, TYPE_CNAME, *ttl, &encode(target)));
                    if self.kind != TYPE_CNAME {
                        name = target.clone();
                        continue;
                    }
                }
            }
            break;
        }
        Some(self.packet(code, &answers))
    }

    fn packet(&self, code: u8, answers: &[Vec<u8>]) -> Vec<u8> {
        let count = u16::try_from(answers.len()).expect("few answers").to_be_bytes();
        // A response, recursion desired and available; one question, no authority, nothing additional.
        let head = [self.id[0], self.id[1], 0x81, 0x80 | code, 0, 1, count[0], count[1], 0, 0, 0, 0];
        [&head[..], &self.section, &answers.concat()].concat()
    }
}

fn address_record(name: &str, ip: IpAddr, kind: u16, ttl: u32) -> Option<Vec<u8>> {
    match (ip, kind) {
        (IpAddr::V4(ip), TYPE_A) => Some(record(name, TYPE_A, ttl, &ip.octets())),
        (IpAddr::V6(ip), TYPE_AAAA) => Some(record(name, TYPE_AAAA, ttl, &ip.octets())),
        _ => None,
    }
}

fn record(name: &str, kind: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("short data").to_be_bytes();
    [&encode(name)[..], &kind.to_be_bytes(), &[0, 1], &ttl.to_be_bytes(), &length, data].concat()
}

fn encode(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let mut bytes: Vec<u8> = labels
        .flat_map(|label| std::iter::once(u8::try_from(label.len()).expect("a short label")).chain(label.bytes()))
        .collect();
    bytes.push(0);
    bytes
}
