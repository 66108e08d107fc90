//! One worker's counts. The worker adds without locks or contention; a scrape reads from another thread.

use super::{
    histogram::DurationCells,
    registry::{EndpointLabels, Metrics},
};
use model::PoolId;
use std::{
    cell::Cell,
    collections::HashMap,
    marker::PhantomData,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use verdict::Reason;

/// A count with one writer and any number of readers: the writer's addition is a plain load and store.
#[derive(Debug, Default)]
pub struct Cell64(AtomicU64);

impl Cell64 {
    /// Adds to the count. Only the owning thread may call it: two writers would lose counts.
    pub fn add(&self, count: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident => $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),* }

        impl $name {
            /// Every value, in the order of its cells.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The label's value.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
        }
    };
}

kinds! {
    /// Which listener a visitor came in by.
    Listener { Http => "http", Https => "https", Tcp => "tcp" }
}
kinds! {
    /// Why a visitor's connection was refused before any request.
    RefusedWhy {
        /// The node has as many connections as it may have.
        Full => "full",
        /// The visitor's address has as many connections as it may have.
        AddressFull => "address_full",
        /// It had to make room for a visitor from an address with fewer connections.
        CrowdedOut => "crowded_out",
        /// `accept` failed: out of file descriptors or memory.
        Resource => "resource",
        /// The visitor's connection of HTTP/2 was ended because it costs more than it may.
        Abuse => "abuse",
        /// A trusted proxy sent no header of the PROXY protocol, or a bad one.
        ProxyProtocol => "proxy_protocol",
    }
}
impl RefusedWhy {
    /// What the catalogue calls it, where it has an entry.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            RefusedWhy::Full => Some(Reason::ConnectionLimit),
            RefusedWhy::AddressFull => Some(Reason::AddressConnectionLimit),
            RefusedWhy::CrowdedOut => Some(Reason::CrowdedOut),
            RefusedWhy::Abuse => Some(Reason::Http2Abuse),
            _ => None,
        }
    }
}

kinds! {
    /// How a TLS handshake with a visitor ended.
    TlsOutcome { Full => "full", Resumed => "resumed", Failed => "failed", TimedOut => "timed_out" }
}
kinds! {
    /// The connection that an attempt at an origin used.
    Upstream { Opened => "opened", Reused => "reused" }
}

/// One finished request, as far as it is counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestTally {
    /// As in the access record: 499 when the visitor left.
    pub status: u16,
    pub reason: Option<Reason>,
    pub duration: Duration,
    /// `None` when no origin answered.
    pub origin_first_byte: Option<Duration>,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// How many times an endpoint was tried.
    pub attempts: u32,
    /// A further attempt would have been harmless, but the budget of retries was spent.
    pub retry_refused: bool,
}

/// One finished connection that carried no requests, as far as it is counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectionTally {
    pub reason: Option<Reason>,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// How many times an endpoint was tried.
    pub attempts: u32,
    /// As in [`RequestTally`].
    pub retry_refused: bool,
}

/// The status of a request that became a tunnel.
const SWITCHED: u16 = 101;

/// The classes that requests are counted by; the index of a class is its place here.
pub const CLASSES: [&str; 7] = ["other", "1xx", "2xx", "3xx", "4xx", "5xx", "499"];

/// The label of a status.
pub fn class(status: u16) -> usize {
    match status {
        499 => 6,
        100..=599 => usize::from(status / 100),
        _ => 0,
    }
}

/// The cells of one worker.
#[derive(Debug)]
pub struct WorkerCells {
    pub classes: [Cell64; CLASSES.len()],
    pub failures: Box<[Cell64]>,
    pub duration: DurationCells,
    pub origin_first_byte: DurationCells,
    pub bytes_in: Cell64,
    pub bytes_out: Cell64,
    pub retries: Cell64,
    pub retries_refused: Cell64,
    pub accepted: [Cell64; Listener::ALL.len()],
    pub closed: [Cell64; Listener::ALL.len()],
    pub refused: [Cell64; RefusedWhy::ALL.len()],
    pub tunnels_opened: Cell64,
    pub tunnels_closed: Cell64,
    pub tls: [Cell64; TlsOutcome::ALL.len()],
    pub upstream: [Cell64; Upstream::ALL.len()],
    pub endpoints: Mutex<Vec<Arc<EndpointCells>>>,
}

/// One worker's counts of one endpoint.
#[derive(Debug)]
pub struct EndpointCells {
    pub labels: Arc<EndpointLabels>,
    pub answered: Cell64,
    pub failed: Cell64,
}

impl WorkerCells {
    fn new() -> Self {
        Self {
            classes: Default::default(),
            failures: Reason::ALL.iter().map(|_| Cell64::default()).collect(),
            duration: DurationCells::default(),
            origin_first_byte: DurationCells::default(),
            bytes_in: Cell64::default(),
            bytes_out: Cell64::default(),
            retries: Cell64::default(),
            retries_refused: Cell64::default(),
            accepted: Default::default(),
            closed: Default::default(),
            refused: Default::default(),
            tunnels_opened: Cell64::default(),
            tunnels_closed: Cell64::default(),
            tls: Default::default(),
            upstream: Default::default(),
            endpoints: Mutex::default(),
        }
    }
}

/// A worker's hand on its cells. It may move to the worker's thread but is used from one thread at a time.
#[derive(Debug)]
pub struct Tally {
    cells: Arc<WorkerCells>,
    endpoints: HashMap<(PoolId, u64), Arc<EndpointCells>>,
    metrics: Arc<Metrics>,
    /// Not `Sync`: a cell has one writer.
    one_writer: PhantomData<Cell<()>>,
}

impl Tally {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        let cells = Arc::new(WorkerCells::new());
        metrics.adopt(cells.clone());
        Self { cells, endpoints: HashMap::new(), metrics, one_writer: PhantomData }
    }

    /// Counts a finished request.
    pub fn request(&self, request: &RequestTally) {
        let cells = &*self.cells;
        cells.classes[class(request.status)].add(1);
        if let Some(reason) = request.reason {
            cells.failures[reason as usize].add(1);
        }
        // A tunnel may last for days: it would say nothing about how fast requests are answered.
        if request.status != SWITCHED {
            cells.duration.observe(request.duration);
        }
        if let Some(first_byte) = request.origin_first_byte {
            cells.origin_first_byte.observe(first_byte);
        }
        cells.bytes_in.add(request.bytes_in);
        cells.bytes_out.add(request.bytes_out);
        cells.retries.add(u64::from(request.attempts > 1));
        if request.retry_refused {
            cells.retries_refused.add(1);
        }
    }

    /// Counts a finished connection that carried no requests: a relayed one, or one that was refused.
    pub fn connection(&self, connection: &ConnectionTally) {
        let cells = &*self.cells;
        if let Some(reason) = connection.reason {
            cells.failures[reason as usize].add(1);
        }
        cells.bytes_in.add(connection.bytes_in);
        cells.bytes_out.add(connection.bytes_out);
        cells.retries.add(u64::from(connection.attempts > 1));
        cells.retries_refused.add(u64::from(connection.retry_refused));
    }

    /// Counts an attempt at an endpoint. `uid` names the endpoint within its pool; the names are read only the first
    /// time, so a renamed endpoint keeps its old label until the process restarts.
    pub fn endpoint(&mut self, pool: PoolId, uid: u64, pool_name: &str, endpoint_name: &str, answered: bool) {
        let cells = self.endpoints.entry((pool, uid)).or_insert_with(|| {
            let labels = self.metrics.endpoint_labels((pool, uid), pool_name, endpoint_name);
            let cells = EndpointCells { labels, answered: Cell64::default(), failed: Cell64::default() };
            let cells = Arc::new(cells);
            self.cells.endpoints.lock().unwrap_or_else(PoisonError::into_inner).push(cells.clone());
            cells
        });
        if answered { &cells.answered } else { &cells.failed }.add(1);
    }

    /// Counts an attempt by the connection it used.
    pub fn upstream(&self, kind: Upstream) {
        self.cells.upstream[kind as usize].add(1);
    }

    /// Counts an accepted connection as open.
    pub fn connection_opened(&self, listener: Listener) {
        self.cells.accepted[listener as usize].add(1);
    }

    /// Counts a connection as no longer open. Must follow one [`Tally::connection_opened`] of the same worker.
    pub fn connection_closed(&self, listener: Listener) {
        self.cells.closed[listener as usize].add(1);
    }

    /// Counts a connection that was refused before any request.
    pub fn connection_refused(&self, why: RefusedWhy) {
        self.cells.refused[why as usize].add(1);
    }

    /// Counts a tunnel as open.
    pub fn tunnel_opened(&self) {
        self.cells.tunnels_opened.add(1);
    }

    /// Counts a tunnel as no longer open. Must follow one [`Tally::tunnel_opened`] of the same worker.
    pub fn tunnel_closed(&self) {
        self.cells.tunnels_closed.add(1);
    }

    /// Counts a TLS handshake with a visitor.
    pub fn tls(&self, outcome: TlsOutcome) {
        self.cells.tls[outcome as usize].add(1);
    }
}
