//! A sample origin: a small HTTPS server that can be told to misbehave.

use super::{behaviour::Behaviour, certificates::Certificates};
use anyhow::Context;
use socket2::SockRef;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// The longest head of a request that is read.
const HEAD_BYTES: usize = 64 << 10;

/// A running sample origin. It ends with the process.
pub struct Origin {
    pub name: &'static str,
    pub address: SocketAddr,
    behaviour: watch::Sender<Behaviour>,
}

impl Origin {
    /// Starts an origin that answers, on a port that the system chooses and that stays the same.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(name: &'static str, certificates: Arc<Certificates>) -> anyhow::Result<Origin> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port for a sample origin")?;
        let address = listener.local_addr()?;
        let (behaviour, told) = watch::channel(Behaviour::Answers);
        tokio::spawn(live(name, address, listener, certificates, told));
        Ok(Origin { name, address, behaviour })
    }

    /// Behaves differently from now on; connections that are open end.
    pub fn behave(&self, behaviour: Behaviour) {
        self.behaviour.send_replace(behaviour);
    }

    /// How it behaves now.
    pub fn behaviour(&self) -> Behaviour {
        *self.behaviour.borrow()
    }
}

async fn live(
    name: &'static str,
    address: SocketAddr,
    first: TcpListener,
    certificates: Arc<Certificates>,
    mut told: watch::Receiver<Behaviour>,
) {
    let mut listener = Some(first);
    loop {
        let behaviour = *told.borrow_and_update();
        if behaviour == Behaviour::Refuses {
            listener = None;
            if told.changed().await.is_err() {
                return;
            }
            continue;
        }
        let open = match listener.take() {
            Some(open) => open,
            None => match TcpListener::bind(address).await {
                Ok(open) => open,
                Err(_) => {
                    // Somebody else has the port for a moment.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        tokio::select! {
            () = welcome(name, &open, behaviour, &certificates, told.clone()) => {}
            changed = told.changed() => if changed.is_err() { return },
        }
        listener = Some(open);
    }
}

/// Accepts connections for ever. Each lives until it ends or the behaviour changes.
async fn welcome(
    name: &'static str,
    listener: &TcpListener,
    behaviour: Behaviour,
    certificates: &Certificates,
    told: watch::Receiver<Behaviour>,
) {
    let config = if behaviour == Behaviour::ExpiredCertificate { &certificates.expired } else { &certificates.good };
    let acceptor = TlsAcceptor::from(config.clone());
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (acceptor, mut told) = (acceptor.clone(), told.clone());
        told.mark_unchanged();
        tokio::spawn(async move {
            tokio::select! {
                // A peer that breaks off is no news for a sample origin.
                _ = converse(name, acceptor, socket, behaviour) => {}
                _ = told.changed() => {}
            }
        });
    }
}

async fn converse(name: &str, acceptor: TlsAcceptor, socket: TcpStream, behaviour: Behaviour) -> io::Result<()> {
    let mut stream = acceptor.accept(socket).await?;
    loop {
        let Some(head) = read_head(&mut stream).await? else { return Ok(()) };
        match behaviour {
            Behaviour::Hangs => std::future::pending::<()>().await,
            Behaviour::Resets => return reset(stream),
            Behaviour::WrongStatus => answer(&mut stream, "500 Internal Server Error", name, &head).await?,
            Behaviour::Answers | Behaviour::ExpiredCertificate => answer(&mut stream, "200 OK", name, &head).await?,
            Behaviour::Refuses => return Ok(()),
        }
        if !keeps_alive(&head) {
            return stream.shutdown().await;
        }
    }
}

/// A whole request head; `None` when the peer is done.
async fn read_head(stream: &mut TlsStream<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::with_capacity(1024);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        // One byte at a time from the TLS buffer: nothing after the head is taken.
        let mut byte = [0];
        if stream.read(&mut byte).await? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    Ok(Some(head))
}

/// Bodies are not read, so only a request without one may be followed by another.
fn keeps_alive(head: &[u8]) -> bool {
    head.starts_with(b"GET ") || head.starts_with(b"HEAD ")
}

async fn answer(stream: &mut TlsStream<TcpStream>, status: &str, name: &str, head: &[u8]) -> io::Result<()> {
    let body = format!("Hello from {name}\n");
    let connection = if keeps_alive(head) { "keep-alive" } else { "close" };
    let mut text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nX-Origin: {name}\r\n\
         Connection: {connection}\r\n\r\n",
        body.len()
    );
    if !head.starts_with(b"HEAD ") {
        text.push_str(&body);
    }
    stream.write_all(text.as_bytes()).await?;
    stream.flush().await
}

/// Closes with a RST instead of a FIN.
fn reset(stream: TlsStream<TcpStream>) -> io::Result<()> {
    let (socket, _) = stream.into_inner();
    SockRef::from(&socket).set_linger(Some(Duration::ZERO))
}
