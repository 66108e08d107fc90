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
};
use thread::Desk;
use tokio::time::Instant;
use verdict::Reason;

/// Looks names up, for every clone of a dialer and from any runtime.
#[derive(Debug, Default)]
pub(crate) struct Names {
    cache: Cache,
    /// The thread that asks; made at the first name that needs it. `None` when it could not be made.
    desk: OnceLock<Option<Desk>>,
}

impl Names {
    /// The addresses of `name`, IPv4 first. `fresh` asks anew, whatever is remembered.
    ///
    /// An answer is remembered no longer than its TTL. While the DNS servers fail, an expired answer serves a lookup
    /// that is not `fresh` for as long as `dns_stale` allows.
    pub(crate) async fn lookup(
        &self,
        name: &str,
        fresh: bool,
        settings: &Arc<DialerSettings>,
    ) -> Result<Vec<IpAddr>, Unresolved> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if let Some(addresses) = settings.hosts.get(&name) {
            return Ok(addresses.clone());
        }
        if !fresh && let Some(known) = self.cache.get(&name, Instant::now()) {
            return known;
        }
        let answer = match fixed::addresses(&name, &settings.hosts_file) {
            Some(addresses) => Ok(Answer { addresses, ttl: settings.dns_cache }),
            None => self.ask(&name, fresh, settings).await,
        };
        let now = Instant::now();
        match &answer {
            Err(unresolved) if !fresh && unresolved.is_the_servers_fault() => match self.cache.stale(&name, now) {
                Some(addresses) => Ok(addresses),
                None => Err(*unresolved),
            },
            _ => {
                self.cache.put(&name, &answer, now, settings);
                answer.map(|answer| answer.addresses)
            }
        }
    }

    /// Forgets every answer.
    pub(crate) fn forget(&self) {
        self.cache.clear();
    }

    async fn ask(&self, name: &str, fresh: bool, settings: &Arc<DialerSettings>) -> Result<Answer, Unresolved> {
        match self.desk.get_or_init(Desk::open) {
            Some(desk) => desk.ask(name.to_owned(), fresh, settings.clone()).await,
            None => Err(Unresolved::new(Reason::EdgeResource)),
        }
    }
}
