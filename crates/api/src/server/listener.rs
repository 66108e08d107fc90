//! The listener of the API: so many callers at a time, and none that says nothing for long.
//!
//! Rate limits count calls. A caller that never finishes one costs a file descriptor instead, and those belong to
//! visitors as well. Callers for whom there is no room wait in the kernel's queue until somebody leaves.

use crate::ApiSettings;
use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep},
};

/// Where callers from the network come in.
#[derive(Debug)]
pub struct ApiListener {
    tcp: TcpListener,
    room: Arc<Semaphore>,
    patience: Duration,
}

impl ApiListener {
    /// A listener on a bound socket, with the limits of these settings.
    pub fn new(tcp: TcpListener, settings: &ApiSettings) -> Self {
        let room = Arc::new(Semaphore::new(settings.connections.min(Semaphore::MAX_PERMITS)));
        Self { tcp, room, patience: settings.idle_timeout }
    }
}

impl Listener for ApiListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // Nobody closes the semaphore, so there is always a place to wait for.
        let place = self.room.clone().acquire_owned().await.ok();
        let (tcp, peer) = Listener::accept(&mut self.tcp).await;
        (Connection { tcp, patience: self.patience, silence: Box::pin(sleep(self.patience)), _place: place }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// The address of whoever calls.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, ApiListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, ApiListener>) -> Self {
        Peer(*stream.remote_addr())
    }
}

/// A caller's connection. Reading from it fails once nothing has moved in either direction for too long.
#[derive(Debug)]
pub struct Connection {
    tcp: TcpStream,
    patience: Duration,
    silence: Pin<Box<Sleep>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    fn heard<T>(&mut self, moved: Poll<T>) -> Poll<T> {
        if moved.is_ready() {
            self.silence.as_mut().reset(Instant::now() + self.patience);
        }
        moved
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.tcp).poll_read(cx, buf);
        match self.heard(read) {
            Poll::Pending => self.silence.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
            read => read,
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.heard(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
