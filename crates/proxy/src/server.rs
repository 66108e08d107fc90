//! Starting and stopping the data plane.

use crate::{
    LocalAuthority,
    listener::{self, Door, accept_visitors},
    presence::Stage,
    settings::Settings,
    tls::{self, Certificates},
    worker::{Parts, Ports, Worker, port_of},
};
use dial::Dialer;
use routing::TableHandle;
use std::{
    io,
    net::{SocketAddr, TcpListener},
    rc::Rc,
    sync::Arc,
    thread,
    time::Duration,
};
use telemetry::Telemetry;
use tokio::{runtime, sync::oneshot, task::LocalSet};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Why the data plane did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    #[error("a worker thread cannot be started: {0}")]
    Worker(io::Error),
}

/// The running data plane. Dropping it stops it at once; [`Proxy::shutdown`] is the kind way.
pub struct Proxy {
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    tcp: Vec<SocketAddr>,
    closing: CancellationToken,
    stopping: CancellationToken,
    workers: Vec<oneshot::Receiver<()>>,
}

/// How long connections that were cut off have to write their records.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// How often idle connections to origins are looked through.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// Binds the listeners and starts the workers. When it returns, visitors are served.
///
/// # Errors
/// When an address cannot be bound, TLS cannot be set up or a thread cannot be started; then nothing is left running.
pub fn start(
    settings: Settings,
    table: TableHandle,
    dialer: Dialer,
    telemetry: Telemetry,
    authority: LocalAuthority,
) -> Result<Proxy, StartError> {
    let count = settings.worker_count();
    let (http, http_sockets) = bind(settings.http, count, settings.limits.backlog)?;
    let (https, https_sockets) = bind(settings.https, count, settings.limits.backlog)?;
    // An endpoint that is one of these addresses would send every request back to us.
    let mut tcp = Vec::with_capacity(settings.tcp.len());
    let mut tcp_sockets = Vec::with_capacity(settings.tcp.len());
    for listener in &settings.tcp {
        let (bound, sockets) = bind(Some(listener.listen), count, settings.limits.backlog)?;
        tcp.extend(bound);
        tcp_sockets.push((Arc::new(listener.clone()), sockets.into_iter()));
    }
    let listening: Vec<SocketAddr> = http.into_iter().chain(https).chain(tcp.iter().copied()).collect();
    if !listening.is_empty() {
        dialer.set_edge_listeners(&listening);
    }
    let certificates = Certificates::new(table.clone(), authority, settings.limits.issued_certificates);
    let acceptor = TlsAcceptor::from(tls::server_config(certificates)?);
    let ports = Ports { http: port_of(http), https: port_of(https) };
    let settings = Arc::new(settings);
    let mut proxy = Proxy {
        http,
        https,
        tcp,
        closing: CancellationToken::new(),
        stopping: CancellationToken::new(),
        workers: Vec::with_capacity(count),
    };
    let mut http_sockets = http_sockets.into_iter();
    let mut https_sockets = https_sockets.into_iter();
    for number in 0..count {
        let plain = http_sockets.next().map(|socket| (socket, Door::Http));
        let secure = https_sockets.next().map(|socket| (socket, Door::Https(acceptor.clone())));
        let parts = Parts {
            settings: settings.clone(),
            table: table.clone(),
            dialer: dialer.clone(),
            telemetry: telemetry.clone(),
            ports,
        };
        let relayed = tcp_sockets
            .iter_mut()
            .filter_map(|(listener, sockets)| Some((sockets.next()?, Door::Tcp(listener.clone()))));
        let doors: Vec<_> = plain.into_iter().chain(secure).chain(relayed).collect();
        proxy.workers.push(spawn(number, parts, doors, proxy.closing.clone(), proxy.stopping.clone())?);
    }
    Ok(proxy)
}

fn bind(
    address: Option<SocketAddr>,
    count: usize,
    backlog: i32,
) -> Result<(Option<SocketAddr>, Vec<TcpListener>), StartError> {
    let Some(address) = address else { return Ok((None, Vec::new())) };
    match listener::bind(address, count, backlog) {
        Ok((bound, sockets)) => Ok((Some(bound), sockets)),
        Err(source) => Err(StartError::Listen { address, source }),
    }
}

/// Starts one worker thread. The receiver yields when the thread has ended.
fn spawn(
    number: usize,
    parts: Parts,
    doors: Vec<(TcpListener, Door)>,
    closing: CancellationToken,
    stopping: CancellationToken,
) -> Result<oneshot::Receiver<()>, StartError> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(StartError::Worker)?;
    let (ended, end) = oneshot::channel();
    let life = move || {
        let local = LocalSet::new();
        if let Err(error) = local.block_on(&runtime, work(parts, doors, closing, stopping)) {
            tracing::error!(worker = number, %error, "a worker could not serve");
        }
        drop(local);
        let _ = ended.send(());
    };
    thread::Builder::new().name(format!("worker-{number}")).spawn(life).map_err(StartError::Worker)?;
    Ok(end)
}

/// A worker's life: serve, then let what is under way finish, then cut off the rest.
async fn work(
    parts: Parts,
    doors: Vec<(TcpListener, Door)>,
    closing: CancellationToken,
    stopping: CancellationToken,
) -> io::Result<()> {
    let worker = Worker::new(parts).map_err(io::Error::other)?;
    for (socket, door) in doors {
        let listener = tokio::net::TcpListener::from_std(socket)?;
        tokio::task::spawn_local(accept_visitors(worker.clone(), listener, door, closing.clone()));
    }
    tokio::task::spawn_local(sweep(worker.clone()));
    closing.cancelled().await;
    worker.presence.advance(Stage::Draining);
    tokio::select! {
        () = worker.presence.emptied() => {}
        () = stopping.cancelled() => {
            worker.presence.advance(Stage::Stopping);
            // Whoever does not leave now is dropped with the runtime.
            let _ = tokio::time::timeout(LAST_WORDS, worker.presence.emptied()).await;
        }
    }
    Ok(())
}

/// Closes connections to origins that have been idle for too long or were closed by the other side.
async fn sweep(worker: Rc<Worker>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY.min(worker.settings.timeouts.origin_idle));
    loop {
        let now = ticks.tick().await;
        worker.upstreams.sweep(now);
    }
}

impl Proxy {
    /// Where plain HTTP is served, with the port that was chosen.
    pub fn http(&self) -> Option<SocketAddr> {
        self.http
    }

    /// Where HTTPS is served, with the port that was chosen.
    pub fn https(&self) -> Option<SocketAddr> {
        self.https
    }

    /// Where TCP is relayed, in the order of the settings, with the ports that were chosen.
    pub fn tcp(&self) -> &[SocketAddr] {
        &self.tcp
    }

    /// Stops accepting, closes idle connections, lets requests under way finish for up to `deadline`, then cuts off the
    /// rest. Returns when every worker has ended.
    pub async fn shutdown(mut self, deadline: Duration) {
        self.closing.cancel();
        let workers = std::mem::take(&mut self.workers);
        let mut ends = std::pin::pin!(async move {
            for end in workers {
                // An error means that the thread is gone, which is what is waited for.
                let _ = end.await;
            }
        });
        if tokio::time::timeout(deadline, &mut ends).await.is_err() {
            self.stopping.cancel();
            ends.await;
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.closing.cancel();
        self.stopping.cancel();
    }
}
