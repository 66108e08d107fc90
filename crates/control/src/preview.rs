//! Previews: a monitor tried out on pools, without becoming part of anything.
//!
//! A preview only asks probers and remembers what they saw, for a while and in bounded number. Nothing of it reaches
//! health.

use model::{Endpoint, Monitor, Observation, Outcome, Pool, PoolId, PreviewId, ProbeTarget, SimulatedZone};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

/// One endpoint to be probed once, now.
#[derive(Debug)]
pub struct PreviewJob {
    pub target: ProbeTarget,
    /// The revision of the intent, for the observation.
    pub revision: u64,
    pub reply: oneshot::Sender<Observation>,
}

/// What is known of a preview so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PreviewResult {
    pub pools: BTreeMap<PoolId, PreviewPool>,
}

/// What is known of one pool of a preview.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewPool {
    pub name: String,
    /// How many endpoints must pass for the pool to count as healthy.
    pub minimum_origins: u32,
    /// The enabled endpoints, in the order of the pool.
    pub endpoints: Vec<PreviewEndpoint>,
}

/// What is known of one endpoint of a preview.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewEndpoint {
    pub endpoint: Arc<Endpoint>,
    /// `None` until it has been probed.
    pub observation: Option<Observation>,
}

impl PreviewPool {
    /// Whether enough endpoints passed; `None` while some have not been probed.
    pub fn healthy(&self) -> Option<bool> {
        let outcomes = self.endpoints.iter().map(|endpoint| endpoint.observation.as_ref());
        let seen: Vec<&Observation> = outcomes.collect::<Option<_>>()?;
        let passed = seen.iter().filter(|seen| seen.outcome == Outcome::Pass).count();
        Some(passed > 0 && passed >= self.minimum_origins as usize)
    }
}

/// The previews that can be asked for.
pub(crate) struct Previews {
    kept: Mutex<VecDeque<Kept>>,
    jobs: mpsc::Sender<PreviewJob>,
    limit: usize,
    lifetime: Duration,
}

struct Kept {
    id: PreviewId,
    until: Instant,
    result: PreviewResult,
}

/// What a preview asks of probers, ready to be sent.
pub(crate) struct Inquiry {
    id: PreviewId,
    jobs: Vec<(PreviewJob, Pending)>,
}

struct Pending {
    pool: PoolId,
    endpoint: usize,
    answer: oneshot::Receiver<Observation>,
}

impl Previews {
    /// No preview yet, and where the jobs of later ones come out.
    pub(crate) fn new(limit: usize, lifetime: Duration) -> (Self, mpsc::Receiver<PreviewJob>) {
        let (jobs, receiver) = mpsc::channel(limit.max(1));
        (Self { kept: Mutex::default(), jobs, limit: limit.max(1), lifetime }, receiver)
    }

    /// Keeps a new preview and says what to ask for it.
    pub(crate) fn begin(
        &self,
        monitor: Arc<Monitor>,
        pools: &[Arc<Pool>],
        zone: Option<Arc<SimulatedZone>>,
        revision: u64,
    ) -> (PreviewId, Inquiry) {
        let id = PreviewId::random();
        let mut result = PreviewResult::default();
        let mut jobs = Vec::new();
        for pool in pools {
            let enabled = pool.origins.iter().filter(|endpoint| endpoint.enabled).cloned().map(Arc::new);
            let endpoints: Vec<_> = enabled.map(|endpoint| PreviewEndpoint { endpoint, observation: None }).collect();
            for (index, preview) in endpoints.iter().enumerate() {
                let target = ProbeTarget {
                    pool: pool.id,
                    monitor: monitor.clone(),
                    endpoint: preview.endpoint.clone(),
                    simulated_zone: zone.clone(),
                };
                let (reply, answer) = oneshot::channel();
                let pending = Pending { pool: pool.id, endpoint: index, answer };
                jobs.push((PreviewJob { target, revision, reply }, pending));
            }
            let (name, minimum_origins) = (pool.name.clone(), pool.minimum_origins);
            result.pools.insert(pool.id, PreviewPool { name, minimum_origins, endpoints });
        }
        self.keep(Kept { id, until: Instant::now() + self.lifetime, result });
        (id, Inquiry { id, jobs })
    }

    /// Asks probers, and notes down what they see as it comes. Ends when all have answered or given up.
    pub(crate) async fn ask(&self, inquiry: Inquiry) {
        let (jobs, pending): (Vec<_>, Vec<_>) = inquiry.jobs.into_iter().unzip();
        let asking = async {
            for job in jobs {
                // Without a prober the preview stays as it is; whoever asks for it sees that nothing has come yet.
                if self.jobs.send(job).await.is_err() {
                    return;
                }
            }
        };
        let listening = async {
            for Pending { pool, endpoint, answer } in pending {
                if let Ok(observation) = answer.await {
                    self.note(inquiry.id, pool, endpoint, observation);
                }
            }
        };
        tokio::join!(asking, listening);
    }

    /// What is known of a preview; `None` when there is none of this id, or none any more.
    pub(crate) fn result(&self, id: PreviewId) -> Option<PreviewResult> {
        let kept = self.lock();
        kept.iter().find(|kept| kept.id == id && Instant::now() < kept.until).map(|kept| kept.result.clone())
    }

    fn keep(&self, new: Kept) {
        let mut kept = self.lock();
        let now = Instant::now();
        kept.retain(|kept| now < kept.until);
        while kept.len() >= self.limit {
            kept.pop_front();
        }
        kept.push_back(new);
    }

    fn note(&self, id: PreviewId, pool: PoolId, endpoint: usize, observation: Observation) {
        let mut kept = self.lock();
        let pool = kept.iter_mut().find(|kept| kept.id == id).and_then(|kept| kept.result.pools.get_mut(&pool));
        if let Some(preview) = pool.and_then(|pool| pool.endpoints.get_mut(endpoint)) {
            preview.observation = Some(observation);
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
