//! Making a change: decide, apply, check, compile; then store; then publish; then acknowledge.
//!
//! Everything that can fail for a reason in the change happens before the store is asked, on copies. After the store
//! has said yes nothing can fail any more: what was prepared is only put in force.

use super::Writer;
use crate::{Policy, Quotas, Rejection, apply, check, plan};
use health::Machine;
use model::{HealthEvent, Intent, ProbePlan, Timestamp};
use routing::Table;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};
use store::Edit;
use telemetry::{ChangeApplied, ChangeRejected, StoreFailed};
use tokio::{sync::oneshot, task::spawn_blocking};

type Decide = Box<dyn FnOnce(&Intent, Timestamp) -> Result<Vec<Edit>, Rejection> + Send>;

/// A change that somebody asks for.
pub(crate) struct Request {
    pub(crate) decide: Decide,
    pub(crate) reply: oneshot::Sender<Result<Arc<Intent>, Rejection>>,
}

/// What a change is worked out from.
struct Basis {
    intent: Arc<Intent>,
    machine: Machine,
    table: Arc<Table>,
    plan: Arc<ProbePlan>,
    generation: u64,
    quotas: Quotas,
    policy: Policy,
    now: Timestamp,
}

/// A change that is ready to be stored and put in force.
struct Prepared {
    intent: Arc<Intent>,
    edits: Vec<Edit>,
    machine: Machine,
    events: Vec<HealthEvent>,
    table: Table,
    plan: ProbePlan,
    compile: Duration,
}

impl Writer {
    /// Makes one change, or none, and tells whoever asked.
    pub(super) async fn change(&mut self, request: Request) {
        let outcome = self.try_change(request.decide).await;
        if let Err(rejection) = &outcome {
            self.tell_rejection(rejection);
        }
        // Nobody waits any more: the caller was dropped.
        let _ = request.reply.send(outcome);
    }

    async fn try_change(&mut self, decide: Decide) -> Result<Arc<Intent>, Rejection> {
        let basis = self.basis();
        let worked_out = spawn_blocking(move || catch_unwind(AssertUnwindSafe(|| prepare(basis, decide)))).await;
        let prepared = match worked_out {
            Ok(Ok(prepared)) => prepared?,
            Ok(Err(_)) | Err(_) => return Err(Rejection::Defect),
        };
        let Some(prepared) = prepared else {
            return Ok(self.intent.clone());
        };
        self.shared.store.commit(self.intent.revision, prepared.edits.clone()).await?;
        self.put_in_force(prepared);
        Ok(self.intent.clone())
    }

    fn basis(&mut self) -> Basis {
        Basis {
            intent: self.intent.clone(),
            machine: self.machine.clone(),
            table: self.shared.tables.load(),
            plan: self.shared.plans.borrow().clone(),
            generation: self.generation + 1,
            quotas: self.options.quotas,
            policy: self.options.policy,
            now: self.ticker.next(),
        }
    }

    /// Cannot fail: the store holds the change already.
    fn put_in_force(&mut self, prepared: Prepared) {
        let Prepared { intent, edits, machine, events, table, plan, compile } = prepared;
        self.intent = intent.clone();
        self.machine = machine;
        self.shared.intent.store(intent);
        self.publish(table, compile);
        self.show_health();
        self.saving.want();
        self.tell(events);
        self.shared.plans.send_replace(Arc::new(plan));
        ChangeApplied { revision: self.intent.revision, edits: edits.len() }.emit(&self.shared.telemetry);
    }

    fn tell_rejection(&self, rejection: &Rejection) {
        match rejection {
            Rejection::Store(error) => StoreFailed { operation: "commit", error }.emit(&self.shared.telemetry),
            other => ChangeRejected { because: &other.to_string() }.emit(&self.shared.telemetry),
        }
    }
}

/// Works a change out; `None` when it asks for nothing. Touches nothing that is in force.
fn prepare(basis: Basis, decide: Decide) -> Result<Option<Prepared>, Rejection> {
    let Basis { intent: before, mut machine, table, plan, generation, quotas, policy, now } = basis;
    let edits = decide(&before, now)?;
    if edits.is_empty() {
        return Ok(None);
    }
    let next = apply::apply(&before, edits, now)?;
    check::change(&before, &next, &policy, &quotas, now)?;
    let intent = Arc::new(next.intent);
    let events = machine.reconcile(&intent, now);
    let started = Instant::now();
    let table = routing::compile_from(&table, &intent, &machine.snapshot(), generation);
    let compile = started.elapsed();
    let plan = plan::probe_plan_from(&plan, &before, &intent);
    Ok(Some(Prepared { intent, edits: next.edits, machine, events, table, plan, compile }))
}
