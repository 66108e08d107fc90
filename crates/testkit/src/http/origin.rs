//! The origin itself.

use super::{Act, Answer, Request, request::Inbox};
use crate::{Record, tls::ServerTls};
use socket2::SockRef;
use std::{
    net::SocketAddr,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

type Script = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;

/// A scriptable HTTP/1.1 origin on loopback.
///
/// ```no_run
/// # async fn example() {
/// use testkit::{Answer, Origin};
/// let origin = Origin::start(|request| match request.target() {
///     "/slow" => Answer::silence(),
///     "/cut" => Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").then_reset(),
///     _ => Answer::ok("hello"),
/// })
/// .await;
/// // ... send something to origin.address() ...
/// let requests = origin.wait_for_requests(1).await;
/// assert_eq!(requests[0].header("host"), Some("example.com"));
/// assert_eq!(origin.connections(), 1);
/// # }
/// ```
///
/// The script is asked once per request, after the whole request was read (`start`) or as soon as its head was
/// (`start_early`, for answers before the body). `Expect: 100-continue` is granted before the body is read. Connections
/// are kept alive; `close_idle_after` sets a limit. Stops when dropped, and with it every connection.
#[derive(Debug)]
pub struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: AbortHandle,
}

struct Shared {
    script: Mutex<Script>,
    early: bool,
    idle: Mutex<Option<Duration>>,
    requests: Record<Request>,
    /// Peers, in the order of their connections.
    connections: Record<SocketAddr>,
    /// Connections that are over, by number.
    closed: Record<usize>,
    /// The server name of each TLS connection.
    server_names: Record<Option<String>>,
}

impl Origin {
    /// A plain origin that answers each complete request by `script`.
    pub async fn start(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::run("127.0.0.1:0", Arc::new(script), false, None).await
    }

    /// A plain origin that answers as soon as it has the head, before it reads the body.
    pub async fn start_early(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::run("127.0.0.1:0", Arc::new(script), true, None).await
    }

    /// A plain origin at an address of the test's choice, to come back where another one stood.
    pub async fn start_at(address: SocketAddr, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::run(&address.to_string(), Arc::new(script), false, None).await
    }

    /// An origin that speaks TLS.
    pub async fn start_tls(tls: ServerTls, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::run("127.0.0.1:0", Arc::new(script), false, Some(tls)).await
    }

    /// A plain origin that always answers `200` with this body.
    pub async fn saying(body: &'static str) -> Self {
        Self::start(move |_| Answer::ok(body)).await
    }

    async fn run(address: &str, script: Script, early: bool, tls: Option<ServerTls>) -> Self {
        let listener = TcpListener::bind(address).await.expect("an address to listen on");
        let address = listener.local_addr().expect("the address of a bound socket");
        let shared = Arc::new(Shared {
            script: Mutex::new(script),
            early,
            idle: Mutex::new(None),
            requests: Record::default(),
            connections: Record::default(),
            closed: Record::default(),
            server_names: Record::default(),
        });
        let task = tokio::spawn(accept(listener, shared.clone(), tls)).abort_handle();
        Self { address, shared, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Answers by another script from the next request on.
    pub fn set(&self, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
        *self.shared.script.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(script);
    }

    /// Closes a connection that has been idle that long; `None` (the default) never does. For connections to come.
    pub fn close_idle_after(&self, idle: Option<Duration>) {
        *self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner) = idle;
    }

    /// The requests so far, on all connections, in the order they were complete.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.all()
    }

    /// Waits for at least `count` requests.
    pub async fn wait_for_requests(&self, count: usize) -> Vec<Request> {
        self.shared.requests.wait_for(count).await
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.shared.connections.count()
    }

    /// Waits for at least `count` connections.
    pub async fn wait_for_connections(&self, count: usize) {
        self.shared.connections.wait_for(count).await;
    }

    /// How many connections are over.
    pub fn closed(&self) -> usize {
        self.shared.closed.count()
    }

    /// Waits until at least `count` connections are over.
    pub async fn wait_for_closed(&self, count: usize) {
        self.shared.closed.wait_for(count).await;
    }

    /// The server name (SNI) of each TLS connection, `None` where it had none.
    pub fn server_names(&self) -> Vec<Option<String>> {
        self.shared.server_names.all()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("requests", &self.requests.count()).finish_non_exhaustive()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, tls: Option<ServerTls>) {
    let mut open = JoinSet::new();
    for number in 0.. {
        let Ok((tcp, peer)) = listener.accept().await else { return };
        while open.try_join_next().is_some() {}
        shared.connections.push(peer);
        open.spawn(connection(tcp, number, shared.clone(), tls.clone()));
    }
}

async fn connection(tcp: TcpStream, number: usize, shared: Arc<Shared>, tls: Option<ServerTls>) {
    let _ = tcp.set_nodelay(true);
    // A reset is a close without lingering. The setting is made on a second handle of the same socket, since TLS
    // swallows the first.
    let handle = SockRef::from(&tcp).try_clone().expect("a second handle of a socket");
    match tls {
        None => serve(tcp, number, &shared, &handle).await,
        Some(tls) => {
            if let Some(stream) = tls.accept(tcp, &shared.server_names).await {
                serve(stream, number, &shared, &handle).await;
            }
        }
    }
    drop(handle);
    shared.closed.push(number);
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    number: usize,
    shared: &Shared,
    handle: &socket2::Socket,
) {
    let idle = *shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
    let mut inbox = Inbox::default();
    loop {
        let next = inbox.head(&mut stream, number);
        let head = match idle {
            None => next.await,
            Some(idle) => tokio::time::timeout(idle, next).await.unwrap_or(None),
        };
        let Some(mut request) = head else { return };
        let complete = async {
            if shared.early {
                return Some(());
            }
            if request.expects_continue() {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.ok()?;
            }
            inbox.body(&mut stream, &mut request).await
        };
        if complete.await.is_none() {
            return;
        }
        shared.requests.push(request.clone());
        let script = shared.script.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for act in script(&request).acts {
            if perform(act, &mut stream, handle).await.is_break() {
                return;
            }
        }
        if shared.early && inbox.body(&mut stream, &mut request).await.is_none() {
            return;
        }
        if request.wants_close() {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

/// Does one act; breaks when that was the end of the connection.
async fn perform(act: Act, stream: &mut (impl AsyncWrite + Unpin), handle: &socket2::Socket) -> ControlFlow<()> {
    match act {
        Act::Send(bytes) => {
            let sent = async { stream.write_all(&bytes).await.ok().and(stream.flush().await.ok()) };
            if sent.await.is_none() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
        Act::Pause(pause) => {
            tokio::time::sleep(pause).await;
            ControlFlow::Continue(())
        }
        Act::Trickle(bytes, pause) => {
            for byte in bytes {
                tokio::time::sleep(pause).await;
                if stream.write_all(&[byte]).await.is_err() || stream.flush().await.is_err() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        }
        Act::Close => {
            let _ = stream.shutdown().await;
            ControlFlow::Break(())
        }
        Act::Reset => {
            let _ = handle.set_linger(Some(Duration::ZERO));
            ControlFlow::Break(())
        }
        Act::Hang => std::future::pending().await,
    }
}
