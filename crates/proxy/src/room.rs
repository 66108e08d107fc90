//! Steering around endpoints that have no room: at their own `max_connections`, or with no turn free
//! (`origin.max_connections`).
//!
//! An endpoint with room at once is preferred to one where the request would wait, and one where it would wait to
//! none. Where every endpoint that could serve is at its own limit nobody waits: that is told at once (`OCI-22`).

use crate::{upstream::Vacancy, worker::Worker};
use routing::{Choice, ClientFacts, Plan, RouteEndpoint, RoutePool, divert, failover, steer};
use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};
use telemetry::EndpointsFull;
use verdict::Reason;

/// Who asks for an endpoint, and by which draw.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'w, 't> {
    pub(crate) worker: &'w Worker,
    pub(crate) plan: Plan<'t>,
    pub(crate) client: ClientFacts,
    pub(crate) seed: u64,
}

impl<'t> Asker<'_, 't> {
    /// The endpoint that steering chooses, or another when it has no room now.
    ///
    /// # Errors
    /// As [`steer`]; [`Reason::EndpointsFull`] when neither it nor any other that could take over may have another
    /// connection.
    pub(crate) fn choose(&self) -> Result<Choice<'t>, Reason> {
        let chosen = steer(self.plan, &self.client, self.seed)?;
        match self.worker.upstreams.vacancy(chosen.pool, chosen.endpoint) {
            Vacancy::Now => Ok(chosen),
            Vacancy::Later => Ok(self.divert(&chosen, Vacancy::Now).unwrap_or(chosen)),
            Vacancy::Full => self.instead_of(&chosen),
        }
    }

    /// Another endpoint for a request that was turned away where it was to go.
    ///
    /// # Errors
    /// [`Reason::EndpointsFull`].
    pub(crate) fn instead_of(&self, full: &Choice<'t>) -> Result<Choice<'t>, Reason> {
        let found = [Vacancy::Now, Vacancy::Later].into_iter().find_map(|vacancy| self.divert(full, vacancy));
        found.ok_or_else(|| {
            self.worker.full.note(full.pool);
            Reason::EndpointsFull
        })
    }

    /// Another endpoint after a failed attempt.
    pub(crate) fn failover(&self, failed: &Choice<'t>) -> Option<Choice<'t>> {
        let with = |wanted| failover(self.plan, &self.client, self.seed, failed, self.admits(wanted));
        with(Vacancy::Now).or_else(|| with(Vacancy::Later))
    }

    fn divert(&self, from: &Choice<'t>, wanted: Vacancy) -> Option<Choice<'t>> {
        divert(self.plan, &self.client, self.seed, from, self.admits(wanted))
    }

    fn admits(&self, wanted: Vacancy) -> impl Fn(&RoutePool, &RouteEndpoint) -> bool {
        move |pool, endpoint| self.worker.upstreams.vacancy(pool, endpoint) == wanted
    }
}

/// Requests that found every endpoint full, told in batches.
#[derive(Default)]
pub(crate) struct FullPools {
    count: Cell<u64>,
    last: RefCell<Arc<str>>,
}

impl FullPools {
    fn note(&self, pool: &RoutePool) {
        self.count.set(self.count.get() + 1);
        self.last.replace(pool.name.clone());
    }

    /// Tells what there is to tell.
    pub(crate) fn tell(&self) {
        let count = self.count.take();
        if count > 0 {
            EndpointsFull { pool: &self.last.borrow(), count }.emit();
        }
    }
}
