//! The loop around the schedule: plans in, observations out.

use crate::{
    Prober, Schedule,
    schedule::{Due, Ticket},
};
use model::{Observation, ProbePlan};
use std::{collections::HashMap, sync::Arc, time::Duration};
use telemetry::ProbeFinished;
use tokio::{
    sync::{mpsc, watch},
    task::{Id, JoinSet},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

impl Prober {
    /// Checks the targets of the current plan, each in its time, until `stop` is cancelled, the plans end, or nobody
    /// takes observations any more. Checks under way are then given up.
    ///
    /// A result whose target left the plan, or whose question changed meanwhile, is dropped. When `out` is full no new
    /// check begins until there is room.
    pub async fn run(
        self,
        mut plans: watch::Receiver<Arc<ProbePlan>>,
        out: mpsc::Sender<Observation>,
        stop: CancellationToken,
    ) {
        let mut schedule = Schedule::new(self.settings.first_within, Instant::now());
        schedule.apply(&plans.borrow_and_update().clone(), Instant::now());
        let mut running = Running::default();
        loop {
            while running.checks.len() < self.settings.concurrency
                && let Some(due) = schedule.take(Instant::now())
            {
                running.start(due.ticket, self.clone().check(due));
            }
            let has_room = running.checks.len() < self.settings.concurrency;
            tokio::select! {
                () = stop.cancelled() => return,
                changed = plans.changed() => match changed {
                    Ok(()) => schedule.apply(&plans.borrow_and_update().clone(), Instant::now()),
                    Err(_) => return,
                },
                Some((ticket, observation)) = running.next() => {
                    let counts = schedule.finish(ticket, Instant::now());
                    if let Some(observation) = observation.filter(|_| counts)
                        && !hand_over(&out, observation, &stop).await
                    {
                        return;
                    }
                }
                () = wait(schedule.next()), if has_room => {}
            }
        }
    }

    async fn check(self, due: Due) -> Observation {
        let lateness = due.due.elapsed();
        let observation = self.probe(&due.target, due.revision).await;
        self.tell(&due, &observation, lateness);
        observation
    }

    fn tell(&self, due: &Due, observation: &Observation, lateness: Duration) {
        let Some(telemetry) = &self.settings.telemetry else { return };
        let finished = ProbeFinished {
            monitor: due.target.monitor.kind,
            address: &due.target.endpoint.address,
            outcome: observation.outcome,
            duration: observation.timings.total,
            lateness,
        };
        finished.emit(telemetry);
    }
}

/// The checks under way.
#[derive(Default)]
struct Running {
    checks: JoinSet<Observation>,
    tickets: HashMap<Id, Ticket>,
}

impl Running {
    fn start(&mut self, ticket: Ticket, check: impl Future<Output = Observation> + Send + 'static) {
        let id = self.checks.spawn(check).id();
        self.tickets.insert(id, ticket);
    }

    /// The next check that is over; `None` when none is under way. A check that panicked, which would be a defect of
    /// ours, has no observation, and its target is checked again in its time.
    async fn next(&mut self) -> Option<(Ticket, Option<Observation>)> {
        let (id, observation) = match self.checks.join_next_with_id().await? {
            Ok((id, observation)) => (id, Some(observation)),
            Err(error) => (error.id(), None),
        };
        self.tickets.remove(&id).map(|ticket| (ticket, observation))
    }
}

/// Hands an observation over; false when the loop should end.
async fn hand_over(out: &mpsc::Sender<Observation>, observation: Observation, stop: &CancellationToken) -> bool {
    tokio::select! {
        sent = out.send(observation) => sent.is_ok(),
        () = stop.cancelled() => false,
    }
}

async fn wait(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
