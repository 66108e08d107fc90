//! Starting and stopping the data plane.

use crate::{
    LocalAuthority,
    cut_off::CutOff,
    listener::{Door, Listeners, accept_visitors},
    presence::{Stage, reached},
    settings::Settings,
    tls::{self, Certificates},
    worker::{Common, Parts, Ports, Worker},
};
use dial::Dialer;
use routing::TableHandle;
use std::{
    io,
    net::{SocketAddr, TcpListener},
    rc::Rc,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};
use telemetry::Telemetry;
use tokio::{
    runtime::{self, LocalOptions},
    sync::{oneshot, watch},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

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
    stage: watch::Sender<Stage>,
    /// Each yields, when its worker has ended, which connections that worker cut off.
    workers: Vec<oneshot::Receiver<CutOff>>,
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
    let listeners = Listeners::bind(&settings)?;
    start_on(listeners, settings, table, dialer, telemetry, authority)
}

/// As [`start`], on sockets that listen already. The addresses in the settings are not looked at.
///
/// # Errors
/// As [`start`], except that nothing is bound.
pub fn start_on(
    listeners: Listeners,
    settings: Settings,
    table: TableHandle,
    dialer: Dialer,
    telemetry: Telemetry,
    authority: LocalAuthority,
) -> Result<Proxy, StartError> {
    let (http, https) = (address(&listeners.http), address(&listeners.https));
    // An endpoint that is one of these addresses would send every request back to us.
    let tcp: Vec<SocketAddr> = listeners.tcp.iter().filter_map(|sockets| address(sockets)).collect();
    let listening: Vec<SocketAddr> = http.into_iter().chain(https).chain(tcp.iter().copied()).collect();
    if !listening.is_empty() {
        dialer.set_edge_listeners(&listening);
    }
    let certificates = Certificates::new(table.clone(), authority, settings.limits.issued_certificates);
    let acceptor = TlsAcceptor::from(tls::server_config(certificates, settings.http2.offered)?);
    let ports = Ports::known_to_visitors(settings.public_ports, http, https);
    let count = settings.worker_count();
    let common = Common::new(&settings, count);
    let settings = Arc::new(settings);
    let mut proxy =
        Proxy { http, https, tcp, stage: watch::Sender::new(Stage::Open), workers: Vec::with_capacity(count) };
    for (number, doors) in deal(listeners, &acceptor, &settings).into_iter().enumerate() {
        let parts = Parts {
            settings: settings.clone(),
            table: table.clone(),
            dialer: dialer.clone(),
            telemetry: telemetry.clone(),
            ports,
            common: Common { worker: number, ..common.clone() },
        };
        proxy.workers.push(spawn(number, parts, doors, proxy.stage.subscribe())?);
    }
    Ok(proxy)
}

fn address(sockets: &[TcpListener]) -> Option<SocketAddr> {
    sockets.first()?.local_addr().ok()
}

/// Deals the sockets out to `count` workers in turn. Nobody goes without one unless there are too few.
fn deal(listeners: Listeners, acceptor: &TlsAcceptor, settings: &Settings) -> Vec<Vec<(TcpListener, Door)>> {
    let count = settings.worker_count();
    let mut hands: Vec<_> = (0..count).map(|_| Vec::new()).collect();
    let plain = listeners.http.into_iter().map(|socket| (socket, Door::Http)).enumerate();
    let secure = listeners.https.into_iter().map(|socket| (socket, Door::Https(acceptor.clone()))).enumerate();
    let relayed = listeners.tcp.into_iter().zip(&settings.tcp).flat_map(|(sockets, tcp)| {
        let tcp = Arc::new(tcp.clone());
        sockets.into_iter().map(move |socket| (socket, Door::Tcp(tcp.clone()))).enumerate()
    });
    for (number, door) in plain.chain(secure).chain(relayed) {
        hands[number % count].push(door);
    }
    hands
}

/// Starts one worker thread. The receiver yields when the thread has ended.
fn spawn(
    number: usize,
    parts: Parts,
    doors: Vec<(TcpListener, Door)>,
    stage: watch::Receiver<Stage>,
) -> Result<oneshot::Receiver<CutOff>, StartError> {
    let (ended, end) = oneshot::channel();
    let (tell, told) = mpsc::sync_channel(1);
    let life = move || {
        // A runtime whose tasks need not be `Send` stays on the thread that made it.
        let made = runtime::Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
        let runtime = match made {
            Ok(runtime) => runtime,
            Err(error) => return drop(tell.send(error)),
        };
        drop(tell);
        let cut_off = runtime.block_on(work(parts, doors, stage)).unwrap_or_else(|error| {
            tracing::error!(worker = number, %error, "a worker could not serve");
            CutOff::default()
        });
        drop(runtime);
        let _ = ended.send(cut_off);
    };
    thread::Builder::new().name(format!("worker-{number}")).spawn(life).map_err(StartError::Worker)?;
    match told.recv() {
        Ok(error) => Err(StartError::Worker(error)),
        // Nothing to tell: it runs.
        Err(mpsc::RecvError) => Ok(end),
    }
}

/// A worker's life: serve, then let what is under way finish, then cut off the rest. Gives which connections that were.
async fn work(parts: Parts, doors: Vec<(TcpListener, Door)>, mut stage: watch::Receiver<Stage>) -> io::Result<CutOff> {
    let worker = Worker::new(parts).map_err(io::Error::other)?;
    let mut accepting = JoinSet::new();
    for (socket, door) in doors {
        let listener = tokio::net::TcpListener::from_std(socket)?;
        accepting.spawn_local(accept_visitors(worker.clone(), listener, door, stage.clone()));
    }
    tokio::task::spawn_local(sweep(worker.clone()));
    let roomy = worker.clone();
    tokio::task::spawn_local(async move { roomy.make_room().await });
    reached(&mut stage, Stage::Parting).await;
    while accepting.join_next().await.is_some() {}
    for next in [Stage::Draining, Stage::Stopping] {
        let now = *stage.borrow();
        worker.presence.advance(now);
        tokio::select! {
            () = worker.presence.emptied() => return Ok(CutOff::default()),
            () = reached(&mut stage, next) => {}
        }
    }
    worker.presence.advance(Stage::Stopping);
    let cut_off = worker.presence.carrying();
    // Whoever does not leave now is dropped with the runtime.
    let _ = tokio::time::timeout(LAST_WORDS, worker.presence.emptied()).await;
    Ok(cut_off)
}

/// Closes connections to origins that have been idle for too long or were closed by the other side, and tells of
/// visitors that were turned away meanwhile.
async fn sweep(worker: Rc<Worker>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY.min(worker.settings.timeouts.origin_idle));
    loop {
        let now = ticks.tick().await;
        worker.upstreams.sweep(now);
        worker.refusals.tell(worker.presence.largest_holder());
        worker.full.tell();
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
    /// rest. Returns when every worker has ended, with the connections that were cut off.
    pub async fn shutdown(self, deadline: Duration) -> CutOff {
        self.part(Duration::ZERO, deadline).await
    }

    /// As [`Proxy::shutdown`], for when somebody else serves on: idle connections are left open for up to `idle`, or
    /// until their next request, whose answer says that it is the last. A visitor that writes on a connection at the
    /// very moment that it is closed loses its request, and cannot know whether to repeat it.
    pub async fn part(mut self, idle: Duration, deadline: Duration) -> CutOff {
        let workers = std::mem::take(&mut self.workers);
        let mut ends = std::pin::pin!(async move {
            let mut cut_off = CutOff::default();
            for end in workers {
                // An error means that the thread is gone, which is what is waited for.
                cut_off += end.await.unwrap_or_default();
            }
            cut_off
        });
        let idle = idle.min(deadline);
        let first = if idle.is_zero() { Stage::Draining } else { Stage::Parting };
        for (stage, time) in [(first, idle), (Stage::Draining, deadline - idle)] {
            self.stage.send_replace(stage);
            if let Ok(cut_off) = tokio::time::timeout(time, &mut ends).await {
                return cut_off;
            }
        }
        self.stage.send_replace(Stage::Stopping);
        ends.await
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stage.send_replace(Stage::Stopping);
    }
}
