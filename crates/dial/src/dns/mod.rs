//! From a host name to addresses: fixed names first, then what is remembered, then the DNS servers.

mod answer;
mod cache;
mod fixed;
mod query;
mod thread;

use crate::DialerSettings;
use answer::Answer;
pub(crate) use answer::Unresolved;
use cache::Cache;
use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};
use thread::Desk;
use tokio::time::{Instant, timeout};
use verdict::Reason;

/// Looks names up, for every clone of a dialer and from any runtime.
#[derive(Debug, Default)]
pub(crate) struct Names {
    cache: Cache,
    /// The thread that asks; made at the first name that needs it. `None` when it could not be made.
    desk: OnceLock<Option<Desk>>,
}

impl Names {
    /// The addresses of `name`, IPv4 first, within `limit`. `fresh` asks anew, whatever is remembered.
    ///
    /// An answer is remembered no longer than its TTL. While the DNS servers fail or keep silent, an expired answer
    /// serves a lookup that is not `fresh` for as long as `dns_stale` allows (RFC 8767): it stands in after
    /// `dns_stale_after`, and then for `dns_cache` before the servers are asked again.
    pub(crate) async fn lookup(
        &self,
        name: &str,
        fresh: bool,
        limit: Duration,
        settings: &Arc<DialerSettings>,
    ) -> Result<Vec<IpAddr>, Unresolved> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if let Some(addresses) = settings.hosts.get(&name) {
            return Ok(addresses.clone());
        }
        if fresh {
            return self.ask_and_remember(&name, true, limit, settings).await;
        }
        if let Some(known) = self.cache.get(&name, Instant::now()) {
            return known;
        }
        let stale = self.cache.stale(&name, Instant::now());
        let patience = if stale.is_some() { limit.min(settings.dns_stale_after) } else { limit };
        match (self.ask_and_remember(&name, false, patience, settings).await, stale) {
            (Err(unresolved), Some(stale)) if unresolved.is_the_servers_fault() => {
                self.cache.hold(&name, Instant::now() + settings.dns_cache);
                Ok(stale)
            }
            (result, _) => result,
        }
    }

    /// Forgets every answer.
    pub(crate) fn forget(&self) {
        self.cache.clear();
    }

    async fn ask_and_remember(
        &self,
        name: &str,
        fresh: bool,
        limit: Duration,
        settings: &Arc<DialerSettings>,
    ) -> Result<Vec<IpAddr>, Unresolved> {
        let answer = match fixed::addresses(name, &settings.hosts_file) {
            Some(addresses) => Ok(Answer { addresses, ttl: settings.dns_cache }),
            None => match timeout(limit, self.ask(name, fresh, settings)).await {
                Ok(answer) => answer,
                Err(_) => Err(Unresolved::new(Reason::DnsTimeout)),
            },
        };
        self.cache.put(name, &answer, Instant::now(), settings);
        answer.map(|answer| answer.addresses)
    }

    async fn ask(&self, name: &str, fresh: bool, settings: &Arc<DialerSettings>) -> Result<Answer, Unresolved> {
        match self.desk.get_or_init(Desk::open) {
            Some(desk) => desk.ask(name.to_owned(), fresh, settings.clone()).await,
            None => Err(Unresolved::new(Reason::EdgeResource)),
        }
    }
}
