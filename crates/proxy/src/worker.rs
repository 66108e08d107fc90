//! What one worker thread owns: everything a request needs, reached without a lock.

use crate::{
    clock::Clock,
    conduit::Conduits,
    crowd::Crowd,
    http2::Attendants,
    lending::Lending,
    listener::Refusals,
    presence::Presence,
    ray_id::Randomness,
    retry_budget::{NodeBudget, RetryBudget},
    room::FullPools,
    scratch::Scratch,
    settings::{PublicPorts, Settings},
    upstream::{Bells, Gates, Keep, Limiter, Occupancies, TrustStores, Turnstile, Upstreams},
};
use dial::Dialer;
use routing::{Reader, Table, TableHandle};
use std::{cell::RefCell, net::SocketAddr, ops::Deref, rc::Rc, sync::Arc};
use telemetry::{AccessWriter, Sampler, Tally, Telemetry};
use tokio::time::Instant;

/// Bytes of an HTTP/2 connection that are looked at in one go: two records of TLS.
const HTTP2_INPUT: usize = 32 << 10;

/// What a worker is made from; moves to the worker's thread.
pub(crate) struct Parts {
    pub(crate) settings: Arc<Settings>,
    pub(crate) table: TableHandle,
    pub(crate) dialer: Dialer,
    pub(crate) telemetry: Telemetry,
    /// Where visitors find plain HTTP and HTTPS, for redirects from one to the other.
    pub(crate) ports: Ports,
    pub(crate) common: Common,
}

/// What workers share beside the table, touched when connections come and go.
#[derive(Clone)]
pub(crate) struct Common {
    /// The number of the worker whose share this is.
    pub(crate) worker: usize,
    pub(crate) crowd: Arc<Crowd>,
    pub(crate) gates: Option<Arc<Gates>>,
    pub(crate) occupancies: Arc<Occupancies>,
    pub(crate) bells: Arc<Bells>,
    pub(crate) retries: Arc<NodeBudget>,
}

impl Common {
    /// What the first of `workers` shares with the others.
    pub(crate) fn new(settings: &Settings, workers: usize) -> Self {
        let (limits, bells) = (&settings.limits, Bells::new(workers));
        Self {
            worker: 0,
            crowd: Crowd::new(limits.connections_per_address),
            gates: Gates::new(limits.origin_connections, limits.origin_queue, bells.clone()),
            occupancies: Occupancies::new(bells.clone()),
            bells,
            retries: NodeBudget::new(settings.retries, Instant::now()),
        }
    }
}

/// The ports that visitors reach this edge by.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ports {
    pub(crate) http: Option<u16>,
    pub(crate) https: Option<u16>,
}

impl Ports {
    /// The public ports, and where none is told those of the addresses that are bound.
    pub(crate) fn known_to_visitors(public: PublicPorts, http: Option<SocketAddr>, https: Option<SocketAddr>) -> Self {
        let or_bound = |public: Option<u16>, bound: Option<SocketAddr>| public.or(bound.map(|bound| bound.port()));
        Self { http: or_bound(public.http, http), https: or_bound(public.https, https) }
    }
}

/// One worker's own things. Never leaves its thread.
pub(crate) struct Worker {
    pub(crate) settings: Arc<Settings>,
    pub(crate) ports: Ports,
    pub(crate) dialer: Dialer,
    pub(crate) telemetry: Telemetry,
    pub(crate) tally: RefCell<Tally>,
    pub(crate) access: RefCell<AccessWriter>,
    pub(crate) sampler: RefCell<Sampler>,
    pub(crate) clock: Clock,
    pub(crate) random: Randomness,
    pub(crate) presence: Rc<Presence>,
    pub(crate) crowd: Arc<Crowd>,
    pub(crate) refusals: Refusals,
    pub(crate) full: FullPools,
    pub(crate) retries: RetryBudget,
    pub(crate) upstreams: Upstreams,
    pub(crate) attendants: Attendants,
    pub(crate) trust: TrustStores,
    /// What bytes of relayed connections pass through; holds nothing from one poll to the next.
    pub(crate) relay_buffer: RefCell<Box<[u8]>>,
    /// What bytes of HTTP/2 connections are read into; holds nothing from one poll to the next.
    pub(crate) http2_input: RefCell<Box<[u8]>>,
    pub(crate) lending: Lending,
    pub(crate) conduits: Conduits,
    bells: Arc<Bells>,
    number: usize,
    table: RefCell<TableView>,
    #[expect(clippy::vec_box, reason = "a set of buffers moves between here and a connection by its pointer")]
    spare: RefCell<Vec<Box<Scratch>>>,
}

struct TableView {
    reader: Reader,
    pinned: Rc<Pinned>,
}

/// A table that is held fast. Behind an `Rc`, so that pinning it for a request writes to no memory that other threads
/// use.
pub(crate) struct Pinned(Arc<Table>);

impl Deref for Pinned {
    type Target = Table;

    fn deref(&self) -> &Table {
        &self.0
    }
}

/// How many idle sets of buffers a worker keeps.
const SPARE_SCRATCHES: usize = 256;

impl Worker {
    /// A worker on the current thread.
    ///
    /// # Errors
    /// When the system gives no random seed.
    pub(crate) fn new(parts: Parts) -> Result<Rc<Self>, getrandom::Error> {
        let Parts { settings, table, dialer, telemetry, ports, common } = parts;
        let (limits, timeouts) = (&settings.limits, &settings.timeouts);
        let keep = Keep {
            idle: limits.idle_per_endpoint,
            max_idle: timeouts.origin_idle,
            max_requests: limits.requests_per_origin_connection,
            streams: settings.origin_http2.streams,
        };
        let mut reader = table.reader();
        let pinned = Rc::new(Pinned(reader.table().clone()));
        Ok(Rc::new(Self {
            ports,
            dialer,
            tally: RefCell::new(telemetry.metrics.tally()),
            access: RefCell::new(telemetry.access.worker()),
            sampler: RefCell::new(telemetry.stories.sampler()),
            telemetry,
            clock: Clock::new(),
            random: Randomness::from_system()?,
            presence: Presence::new(limits.connections),
            refusals: Refusals::default(),
            full: FullPools::default(),
            retries: RetryBudget::new(common.retries),
            upstreams: Upstreams::new(keep, common.gates.map(Turnstile::new), Limiter::new(common.occupancies)),
            attendants: Attendants::default(),
            crowd: common.crowd,
            bells: common.bells,
            number: common.worker,
            trust: TrustStores::default(),
            relay_buffer: RefCell::new(match settings.tcp.is_empty() {
                true => Box::default(),
                false => vec![0; settings.limits.buffer_max].into(),
            }),
            http2_input: RefCell::new(vec![0; HTTP2_INPUT].into()),
            lending: Lending::new(limits.buffer_max.max(limits.buffer), limits.buffer / 2),
            conduits: Conduits::new(limits.body_pipes, limits.buffer_max),
            table: RefCell::new(TableView { reader, pinned }),
            spare: RefCell::default(),
            settings,
        }))
    }

    /// The table in force, pinned: whoever holds it lives by this generation.
    pub(crate) fn pin(&self) -> Rc<Pinned> {
        let mut view = self.table.borrow_mut();
        let TableView { reader, pinned } = &mut *view;
        let current = reader.table();
        if !Arc::ptr_eq(current, &pinned.0) {
            *pinned = Rc::new(Pinned(current.clone()));
        }
        pinned.clone()
    }

    /// Closes idle connections to origins whenever somebody on the node lacks room for another, for as long as this is
    /// polled.
    pub(crate) async fn make_room(&self) {
        loop {
            self.bells.heard(self.number).await;
            self.upstreams.make_room();
        }
    }

    /// A set of buffers for one busy connection.
    pub(crate) fn take_scratch(&self) -> Box<Scratch> {
        self.spare.borrow_mut().pop().unwrap_or_else(|| Box::new(Scratch::new(self.settings.limits.buffer)))
    }

    /// Takes a set of buffers back.
    pub(crate) fn give_scratch(&self, mut scratch: Box<Scratch>) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < SPARE_SCRATCHES {
            scratch.reset(self.settings.limits.buffer);
            spare.push(scratch);
        }
    }

    /// The port of an address that visitors are sent to; `None` when it is the scheme's own and need not be written.
    pub(crate) fn https_port(&self) -> Option<u16> {
        self.ports.https.filter(|port| *port != 443)
    }

    /// As [`Worker::https_port`], for plain HTTP.
    pub(crate) fn http_port(&self) -> Option<u16> {
        self.ports.http.filter(|port| *port != 80)
    }
}
