//! The dialer: DNS, policy, TCP and TLS in that order, each timed.

use crate::{DialError, DialPlan, Dialed, DialerSettings, Stream, TlsPlan, dns, screen, tcp, tls};
use model::{Evidence, Failure, Timings};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{net::TcpStream, time::Instant};
use verdict::Reason;

/// Reaches endpoints. Cheap to clone; every clone shares the name cache and the TLS sessions.
#[derive(Clone, Debug)]
pub struct Dialer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: RwLock<Arc<DialerSettings>>,
    listeners: RwLock<Arc<[SocketAddr]>>,
    names: dns::Names,
    peers: tls::Peers,
}

impl Dialer {
    /// A dialer with these settings. Opens nothing until it is used.
    pub fn new(settings: DialerSettings) -> Self {
        let listeners = RwLock::new(settings.edge_listeners.clone().into());
        let peers = tls::Peers::new(settings.tls_peers);
        let settings = RwLock::new(Arc::new(settings));
        Self { shared: Arc::new(Shared { settings, listeners, names: dns::Names::default(), peers }) }
    }

    /// Replaces the settings; dials that have begun finish by the old ones. Keeps the listeners that were set with
    /// [`set_edge_listeners`](Self::set_edge_listeners) unless the new settings name some, and the size of the TLS
    /// session store.
    pub fn apply(&self, settings: DialerSettings) {
        if !settings.edge_listeners.is_empty() {
            self.set_edge_listeners(&settings.edge_listeners);
        }
        self.shared.names.forget();
        *self.shared.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    /// The settings in force.
    pub fn settings(&self) -> Arc<DialerSettings> {
        self.shared.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says where this edge listens, once the ports are known.
    pub fn set_edge_listeners(&self, listeners: &[SocketAddr]) {
        *self.shared.listeners.write().unwrap_or_else(PoisonError::into_inner) = listeners.into();
    }

    /// Opens a stream to the endpoint that the plan names.
    ///
    /// Needs a Tokio runtime with I/O and time enabled. Dropping the future gives the attempt up.
    pub async fn dial(&self, plan: &DialPlan<'_>) -> Result<Dialed, DialError> {
        let mut attempt = Attempt { began: Instant::now(), timings: Timings::default(), resolved: Vec::new() };
        match attempt.run(&self.shared, &self.settings(), plan).await {
            Ok((stream, remote)) => {
                attempt.timings.total = Some(attempt.began.elapsed());
                let tls = stream.tls_facts();
                Ok(Dialed { stream, remote, timings: attempt.timings, resolved: attempt.resolved, tls })
            }
            Err(mut failure) => {
                attempt.timings.total = Some(attempt.began.elapsed());
                failure.evidence.resolved = attempt.resolved;
                Err(DialError { failure, timings: attempt.timings })
            }
        }
    }

    /// The addresses of a name, by the same rules as a dial without the address policy.
    pub async fn resolve(&self, name: &str, fresh: bool) -> Result<Vec<IpAddr>, Reason> {
        let settings = self.settings();
        let addresses = self.shared.names.lookup(name, fresh, settings.dns_timeout, &settings).await;
        addresses.map_err(|unresolved| unresolved.reason)
    }
}

impl Default for Dialer {
    fn default() -> Self {
        Self::new(DialerSettings::default())
    }
}

/// One dial under way.
struct Attempt {
    began: Instant,
    timings: Timings,
    resolved: Vec<IpAddr>,
}

impl Attempt {
    async fn run(
        &mut self,
        shared: &Shared,
        settings: &Arc<DialerSettings>,
        plan: &DialPlan<'_>,
    ) -> Result<(Stream, SocketAddr), Failure> {
        self.resolve(shared, settings, plan).await?;
        let listeners = shared.listeners.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut remotes = allowed(&self.resolved, plan.port, settings, &listeners)?;
        remotes.truncate(settings.attempts_addresses.max(1));
        let (tcp, remote) = self.connect(plan, &remotes).await?;
        match &plan.tls {
            None => Ok((Stream::Plain(tcp), remote)),
            Some(tls) => Ok((self.handshake(shared, tcp, remote, tls, plan.deadline).await?, remote)),
        }
    }

    async fn resolve(
        &mut self,
        shared: &Shared,
        settings: &Arc<DialerSettings>,
        plan: &DialPlan<'_>,
    ) -> Result<(), Failure> {
        if let Some(ip) = literal(plan.address) {
            self.resolved = vec![ip];
            return Ok(());
        }
        let limit = within(settings.dns_timeout, plan.deadline);
        let began = Instant::now();
        let answer = shared.names.lookup(plan.address, plan.fresh, limit, settings).await;
        self.timings.dns = Some(began.elapsed());
        self.resolved = answer.map_err(|unresolved| {
            let timed_out = unresolved.reason == Reason::DnsTimeout && unresolved.errno.is_none();
            let evidence =
                Evidence { errno: unresolved.errno, limit: timed_out.then_some(limit), ..Evidence::default() };
            Failure::new(unresolved.reason, evidence)
        })?;
        Ok(())
    }

    async fn connect(
        &mut self,
        plan: &DialPlan<'_>,
        remotes: &[SocketAddr],
    ) -> Result<(TcpStream, SocketAddr), Failure> {
        let began = Instant::now();
        let connected = tcp::connect(plan, remotes, began + within(plan.connect_timeout, plan.deadline)).await;
        self.timings.connect = Some(began.elapsed());
        connected
    }

    async fn handshake(
        &mut self,
        shared: &Shared,
        tcp: TcpStream,
        remote: SocketAddr,
        plan: &TlsPlan<'_>,
        deadline: Option<Instant>,
    ) -> Result<Stream, Failure> {
        let began = Instant::now();
        let shaken = tls::handshake(&shared.peers, tcp, remote, plan, within(plan.timeout, deadline)).await;
        self.timings.tls = Some(began.elapsed());
        shaken.map(|tls| Stream::Tls(Box::new(tls)))
    }
}

/// The address that a text writes literally, with or without brackets.
fn literal(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok()
}

/// A phase's limit, cut short by the deadline of the whole.
fn within(limit: Duration, deadline: Option<Instant>) -> Duration {
    deadline.map_or(limit, |deadline| limit.min(deadline.saturating_duration_since(Instant::now())))
}

/// The addresses that policy lets through; when there are none, why the first was refused.
fn allowed(
    addresses: &[IpAddr],
    port: u16,
    settings: &DialerSettings,
    listeners: &[SocketAddr],
) -> Result<Vec<SocketAddr>, Failure> {
    let mut remotes = Vec::with_capacity(addresses.len());
    let mut refusal = None;
    for remote in addresses.iter().map(|ip| SocketAddr::new(*ip, port)) {
        match screen::forbidden(remote, settings, listeners) {
            None => remotes.push(remote),
            Some(reason) => {
                refusal.get_or_insert((reason, remote));
            }
        }
    }
    match (remotes.is_empty(), refusal) {
        (true, Some((reason, remote))) => {
            Err(Failure::new(reason, Evidence { remote: Some(remote), ..Evidence::default() }))
        }
        (true, None) => Err(Failure::new(Reason::DnsNodata, Evidence::default())),
        (false, _) => Ok(remotes),
    }
}
