//! The handle that everyone holds: read the snapshots, ask for changes, report observations.

use crate::{
    Clock, Options, Policy, PreviewJob, PreviewResult, Quotas, Reference, Rejection, StandIn, TokenFacts,
    check::{self, Scene},
    event_log::EventLog,
    plan,
    preview::Previews,
    reference,
    token::TokenKeeper,
    writer::{self, Request, Start},
};
use arc_swap::ArcSwap;
use model::{
    Complaints, HealthEvent, HealthSnapshot, Intent, Monitor, Observation, Pool, PreviewId, ProbePlan, Timestamp,
};
use routing::TableHandle;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Edit, EventFilter, Object, ObjectId, Secrecy, Store, StoreError};
use telemetry::Telemetry;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The control plane. Clones share it.
#[derive(Clone)]
pub struct Control(Arc<Shared>);

/// A change that has been made.
#[derive(Clone, Debug)]
pub struct Applied<T> {
    /// What the decision returned along with its edits.
    pub value: T,
    pub revision: u64,
    /// The intent right after this change: what was written is found here as it is kept, with its times.
    pub intent: Arc<Intent>,
}

/// What the writer and the handles share.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) telemetry: Telemetry,
    pub(crate) intent: ArcSwap<Intent>,
    pub(crate) health: ArcSwap<HealthSnapshot>,
    pub(crate) tables: TableHandle,
    pub(crate) plans: watch::Sender<Arc<ProbePlan>>,
    pub(crate) events: EventLog,
    policy: Policy,
    quotas: Quotas,
    clock: Clock,
    stand_in: Option<StandIn>,
    changes: mpsc::Sender<Request>,
    observations: mpsc::Sender<Observation>,
    previews: Previews,
    preview_jobs: Mutex<Option<mpsc::Receiver<PreviewJob>>>,
    token: TokenKeeper,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Control {
    /// Starts a control plane on what its store holds: loads intent and last known health, creates the first account
    /// if there is none, compiles and publishes the first table. Its tasks run on the current Tokio runtime until
    /// [`Control::shutdown`].
    ///
    /// # Errors
    /// When the store cannot be read, or the first account cannot be kept.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn start(options: Options, telemetry: Telemetry) -> Result<Self, StoreError> {
        let store = options.store.clone();
        let token = TokenKeeper::load(&*store).await?;
        let start = Start::load(&options).await?;
        let (changes, change_queue) = mpsc::channel(options.change_queue.max(1));
        let (observations, observation_queue) = mpsc::channel(options.observation_queue.max(1));
        let (previews, preview_jobs) = Previews::new(options.previews, options.timers.preview_lifetime);
        let shared = Arc::new(Shared {
            store: store.clone(),
            telemetry: telemetry.clone(),
            intent: ArcSwap::new(start.intent.clone()),
            health: ArcSwap::from_pointee(start.machine.snapshot()),
            tables: options.tables.clone(),
            plans: watch::Sender::new(Arc::new(plan::probe_plan(&start.intent))),
            events: EventLog::new(options.event_backlog),
            policy: options.policy,
            quotas: options.quotas,
            clock: options.clock.clone(),
            stand_in: options.stand_in.clone(),
            changes,
            observations,
            previews,
            preview_jobs: Mutex::new(Some(preview_jobs)),
            token,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let (timers, stop) = (options.timers, shared.stop.clone());
        let writer = writer::Writer::new(shared.clone(), options, start);
        let log = shared.clone();
        // The log outlives the writer, so that the events of its last moments are kept too.
        let log_stop = CancellationToken::new();
        let writer_done = log_stop.clone().drop_guard();
        shared.tasks.spawn(async move {
            writer.run(change_queue, observation_queue, stop).await;
            drop(writer_done);
        });
        shared.tasks.spawn(async move { log.events.run(store, telemetry, timers.event_retry, log_stop).await });
        shared.tasks.close();
        Ok(Self(shared))
    }

    /// Stops the tasks: changes and observations that are already queued are still taken, the health is saved, the
    /// events are written. Later changes are refused with [`StoreError::Closed`].
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.tasks.wait().await;
    }

    /// Everything that is wanted, as of the newest revision.
    pub fn intent(&self) -> Arc<Intent> {
        self.0.intent.load_full()
    }

    /// The health of everything. At most a fraction of a second behind the observations, see
    /// [`crate::Timers::health_gap`].
    pub fn health(&self) -> Arc<HealthSnapshot> {
        self.0.health.load_full()
    }

    /// Where the tables come from. Holds a table from the start on.
    pub fn tables(&self) -> TableHandle {
        self.0.tables.clone()
    }

    /// What to probe, and each change of it.
    pub fn plans(&self) -> watch::Receiver<Arc<ProbePlan>> {
        self.0.plans.subscribe()
    }

    /// Where probers send what they see.
    pub fn observations(&self) -> mpsc::Sender<Observation> {
        self.0.observations.clone()
    }

    /// Present when a snapshot stands in for a store that cannot be opened. Then every change is refused.
    pub fn stand_in(&self) -> Option<&StandIn> {
        self.0.stand_in.as_ref()
    }

    /// The time that this control plane goes by.
    pub fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// Makes a change. `decide` is called once, with the newest intent and the time, while nothing else changes; it
    /// returns the edits, in the order they are to be applied, and a value of the caller's own. The result is checked
    /// as a whole, stored, compiled and published before this returns; without edits nothing is stored.
    ///
    /// The writer sets the times of creation, change and switching off. Deleting a zone deletes what lives in it.
    /// Dropping the future abandons the wait, not the change.
    ///
    /// # Errors
    /// Whatever `decide` returns, and every reason of [`Rejection`]; then nothing has changed.
    pub async fn change<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&Intent, Timestamp) -> Result<(Vec<Edit>, T), Rejection> + Send + 'static,
    ) -> Result<Applied<T>, Rejection> {
        let (keep, value) = oneshot::channel();
        let decide = Box::new(move |intent: &Intent, now| {
            let (edits, value) = decide(intent, now)?;
            // The receiver is gone when the caller was dropped; the change is made all the same.
            let _ = keep.send(value);
            Ok(edits)
        });
        let (reply, answer) = oneshot::channel();
        let closed = Rejection::Store(StoreError::Closed);
        self.0.changes.send(Request { decide, reply }).await.map_err(|_| closed.clone())?;
        let intent = answer.await.map_err(|_| closed)??;
        let value = value.await.map_err(|_| Rejection::Defect)?;
        Ok(Applied { value, revision: intent.revision, intent })
    }

    /// Everything that is wrong with an object, if it were part of `intent`: what a change that puts it would be told.
    pub fn check(&self, object: impl Into<Object>, intent: &Intent) -> Complaints {
        let object = object.into();
        check::object(&object, &Scene::of(&object, intent, &self.0.policy, &self.0.quotas, self.now()))
    }

    /// The rules that the owner of this node decided.
    pub fn policy(&self) -> Policy {
        self.0.policy
    }

    /// How many objects there may be.
    pub fn quotas(&self) -> Quotas {
        self.0.quotas
    }

    /// The health events that fit, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn events(&self, filter: EventFilter) -> Result<Vec<HealthEvent>, StoreError> {
        self.0.store.events(filter).await
    }

    /// Who points at an object, and what it points at.
    pub fn references(&self, id: impl Into<ObjectId>) -> Vec<Reference> {
        reference::references(&self.intent(), id.into())
    }

    /// Tries a monitor out on the enabled endpoints of pools, without storing anything. Results come as probers
    /// answer; see [`Control::preview_result`].
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn preview(&self, monitor: Monitor, pools: Vec<Arc<Pool>>) -> PreviewId {
        let intent = self.intent();
        let zone = plan::simulated(&intent, &monitor.probe_zone).map(Arc::new);
        let (id, inquiry) = self.0.previews.begin(Arc::new(monitor), &pools, zone, intent.revision);
        let (shared, stop) = (self.0.clone(), self.0.stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = shared.previews.ask(inquiry) => {}
                () = stop.cancelled() => {}
            }
        });
        id
    }

    /// What is known of a preview so far; `None` when its time is over or there never was one.
    pub fn preview_result(&self, id: PreviewId) -> Option<PreviewResult> {
        self.0.previews.result(id)
    }

    /// The jobs of previews, for the prober. Given out once.
    pub fn take_preview_jobs(&self) -> Option<mpsc::Receiver<PreviewJob>> {
        self.0.preview_jobs.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Sees to it that there is an API token: the configured one replaces whatever was in force; without one, the one
    /// in force stays, or a new one is made and returned. It cannot be told again.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub async fn ensure_token(&self, configured: Option<&str>) -> Result<Option<String>, StoreError> {
        self.0.token.ensure(&*self.0.store, configured, self.now()).await
    }

    /// The facts of the API token, if `token` is it. Takes equally long for every wrong one.
    pub fn verify_token(&self, token: &str) -> Option<TokenFacts> {
        self.0.token.verify(token)
    }

    /// A small value that was kept under a name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn named(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.store.named(name).await
    }

    /// Keeps a small value under a name, on disk when this returns.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub async fn set_named(&self, name: &str, value: Option<Vec<u8>>, secrecy: Secrecy) -> Result<(), StoreError> {
        self.0.store.set_named(name, value, secrecy).await
    }
}
