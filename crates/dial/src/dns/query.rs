//! The questions put to DNS servers: both address families at once, and the aliases on the way.

use super::{Answer, Unresolved};
use crate::DialerSettings;
use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    lookup::Lookup,
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::{
        op::ResponseCode,
        rr::{RData, RecordType},
    },
    system_conf::read_system_conf,
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::time::timeout;
use verdict::Reason;

/// Where the system's resolver would ask when it is told nothing (resolv.conf(5)).
const LOCAL_SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 53);

/// Asks the DNS servers of some settings. Remembers nothing: the cache is elsewhere.
pub(super) struct Resolver {
    settings: Arc<DialerSettings>,
    /// `None` when there can be no resolver with these settings.
    inner: Option<TokioResolver>,
}

impl Resolver {
    pub(super) fn new(settings: Arc<DialerSettings>) -> Self {
        let (config, mut options) = servers(&settings.resolvers);
        options.timeout = settings.dns_timeout;
        options.attempts = 1;
        options.cache_size = 0;
        options.use_hosts_file = ResolveHosts::Never;
        options.max_active_requests = settings.dns_in_flight.max(1) * 2;
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        *builder.options_mut() = options;
        Self { inner: builder.build().ok(), settings }
    }

    /// The addresses of `name`, IPv4 first.
    pub(super) async fn addresses(&self, name: &str) -> Result<Answer, Unresolved> {
        let Some(resolver) = &self.inner else { return Err(Unresolved::new(Reason::EdgeResource)) };
        match timeout(self.settings.dns_timeout, self.follow(resolver, name)).await {
            Ok(result) => result,
            Err(_) => Err(Unresolved::new(Reason::DnsTimeout)),
        }
    }

    /// Both families; and when there is nothing, whether aliases lead in a circle or on to a name that has addresses.
    async fn follow(&self, resolver: &TokioResolver, name: &str) -> Result<Answer, Unresolved> {
        let first = self.both(resolver, name).await;
        if first != Err(Unresolved::new(Reason::DnsNodata)) {
            return first;
        }
        match self.last_alias(resolver, name).await? {
            Some(target) => self.both(resolver, &target).await,
            None => first,
        }
    }

    /// Asks for both address families at once. Once one has answered, the other gets `dns_other_family` more; that a
    /// name does not exist holds for both, and is not waited for twice.
    async fn both(&self, resolver: &TokioResolver, name: &str) -> Result<Answer, Unresolved> {
        let v4 = self.family(resolver, name, RecordType::A);
        let v6 = self.family(resolver, name, RecordType::AAAA);
        tokio::pin!(v4, v6);
        let patience = self.settings.dns_other_family;
        tokio::select! {
            first = &mut v4 => match first {
                Ok(v4) => Ok(join(v4, timeout(patience, v6).await.ok())),
                Err(trouble) if trouble.reason == Reason::DnsNxdomain => Err(trouble),
                Err(trouble) => v6.await.map_err(|other| worse(trouble, other)),
            },
            first = &mut v6 => match first {
                Ok(v6) => match timeout(patience, v4).await {
                    Ok(Ok(v4)) => Ok(join(v4, Some(Ok(v6)))),
                    _ => Ok(v6),
                },
                Err(trouble) if trouble.reason == Reason::DnsNxdomain => Err(trouble),
                Err(trouble) => v4.await.map_err(|other| worse(trouble, other)),
            },
        }
    }

    async fn family(&self, resolver: &TokioResolver, name: &str, family: RecordType) -> Result<Answer, Unresolved> {
        let lookup = resolver.lookup(name, family).await.map_err(unresolved)?;
        read(&lookup, self.settings.dns_chain)
    }

    /// Follows aliases one by one: the last name of the chain, or `None` when `name` is no alias.
    async fn last_alias(&self, resolver: &TokioResolver, name: &str) -> Result<Option<String>, Unresolved> {
        let mut seen = vec![name.to_owned()];
        while seen.len() <= self.settings.dns_chain {
            let current = seen.last().map_or(name, String::as_str);
            let Ok(lookup) = resolver.lookup(current, RecordType::CNAME).await else { break };
            let Some(target) = alias(&lookup, current) else { break };
            if seen.contains(&target) {
                return Err(Unresolved::new(Reason::DnsChain));
            }
            seen.push(target);
        }
        if seen.len() > self.settings.dns_chain {
            return Err(Unresolved::new(Reason::DnsChain));
        }
        Ok(seen.into_iter().skip(1).next_back())
    }
}

/// The servers to ask and how, from the settings or from the system.
fn servers(resolvers: &[SocketAddr]) -> (ResolverConfig, ResolverOpts) {
    if resolvers.is_empty()
        && let Ok(system) = read_system_conf()
    {
        return system;
    }
    let addresses = if resolvers.is_empty() { &[LOCAL_SERVER] } else { resolvers };
    let servers = addresses.iter().map(|address| {
        let mut server = NameServerConfig::udp_and_tcp(address.ip());
        server.connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()]
            .into_iter()
            .map(|mut connection| {
                connection.port = address.port();
                connection
            })
            .collect();
        server
    });
    (ResolverConfig::from_name_servers(servers.collect()), ResolverOpts::default())
}

/// The addresses in an answer, unless too many aliases lead to them.
fn read(lookup: &Lookup, longest: usize) -> Result<Answer, Unresolved> {
    let records = lookup.answers();
    if records.iter().filter(|record| matches!(record.data, RData::CNAME(_))).count() > longest {
        return Err(Unresolved::new(Reason::DnsChain));
    }
    let addresses: Vec<IpAddr> = records.iter().filter_map(|record| record.data.ip_addr()).collect();
    if addresses.is_empty() {
        return Err(Unresolved::new(Reason::DnsNodata));
    }
    let ttl = records.iter().map(|record| record.ttl).min().unwrap_or_default();
    Ok(Answer { addresses, ttl: Duration::from_secs(ttl.into()) })
}

/// What the name in a CNAME answer is an alias of; lower-case, without a trailing dot.
fn alias(lookup: &Lookup, name: &str) -> Option<String> {
    let plain = |text: String| text.trim_end_matches('.').to_ascii_lowercase();
    lookup.answers().iter().find_map(|record| match &record.data {
        RData::CNAME(target) if plain(record.name.to_utf8()) == name => Some(plain(target.0.to_utf8())),
        _ => None,
    })
}

/// IPv4 before IPv6; believed for as long as both are.
fn join(v4: Answer, v6: Option<Result<Answer, Unresolved>>) -> Answer {
    match v6 {
        Some(Ok(v6)) => Answer { addresses: [v4.addresses, v6.addresses].concat(), ttl: v4.ttl.min(v6.ttl) },
        _ => v4,
    }
}

/// Which of the two families' troubles is told. That a name does not exist holds for both; a server that failed for
/// one may have hidden an address, so that comes before "it has none".
fn worse(one: Unresolved, other: Unresolved) -> Unresolved {
    let rank = |unresolved: &Unresolved| match unresolved.reason {
        Reason::DnsChain => 4,
        Reason::DnsNxdomain => 3,
        Reason::DnsServfail => 2,
        Reason::DnsTimeout => 1,
        _ => 0,
    };
    if rank(&other) > rank(&one) { other } else { one }
}

/// From the resolver's error to a reason. A server that cannot be reached is the same trouble as one that is silent.
fn unresolved(error: NetError) -> Unresolved {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) if none.response_code == ResponseCode::NXDomain => {
            Unresolved::new(Reason::DnsNxdomain)
        }
        NetError::Dns(DnsError::NoRecordsFound(_)) => Unresolved::new(Reason::DnsNodata),
        NetError::Timeout | NetError::NoConnections => Unresolved::new(Reason::DnsTimeout),
        NetError::Io(error) => Unresolved { reason: Reason::DnsTimeout, errno: error.raw_os_error() },
        NetError::Busy => Unresolved::new(Reason::EdgeResource),
        // Names that no DNS message can carry (empty or overlong labels) exist nowhere.
        NetError::Proto(_) => Unresolved::new(Reason::DnsNxdomain),
        _ => Unresolved::new(Reason::DnsServfail),
    }
}
