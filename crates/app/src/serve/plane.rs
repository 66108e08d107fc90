//! The part of a node that owns the store: control plane, API and prober. It can end while the data plane serves on, and
//! another one can start in its place, in this process or in the next.

use super::{
    pid_file::PidFile,
    sockets::Sockets,
    storage::{IfGone, Learnt, Storage, keep_snapshots},
};
use crate::config::Config;
use anyhow::Context;
use api::{ApiListener, ApiState, Peer, local_router, router};
use control::{Control, Options, StoreError};
use dial::Dialer;
use health::{QuorumPolicy, StaffedRegions};
use probe::{Prober, ProberSettings};
use routing::TableHandle;
use std::{sync::Arc, time::Duration};
use store::SqliteStore;
use telemetry::Telemetry;
use tokio::{
    net::{TcpListener, UnixListener},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// How long API calls and probes under way may take to end. A call takes milliseconds, and a probe that is cut short
/// counts for nothing, so what is still there after seconds hangs. Visitors are another matter: `node.drain_timeout`.
const LAST_CALLS: Duration = Duration::from_secs(5);

/// A running control plane with its API and its prober.
pub struct ControlPlane {
    pub control: Control,
    store: Arc<SqliteStore>,
    in_charge: Option<PidFile>,
    /// No new API calls, no new probes.
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl ControlPlane {
    /// Opens the store, or a snapshot of it when that cannot be done, and publishes its table to `tables`. Nothing is
    /// served yet. A store that is back is told first what was `learnt` while it was gone.
    ///
    /// # Errors
    /// When neither can be opened and read; the store is free again then.
    pub async fn open(
        config: &Config,
        telemetry: &Telemetry,
        tables: TableHandle,
        learnt: Learnt,
        if_gone: IfGone,
    ) -> anyhow::Result<ControlPlane> {
        let opened = match if_gone {
            IfGone::Fail => Storage::open_after_another(config).await,
            IfGone::StandIn => Storage::open(config),
        };
        let why = match opened {
            Ok(storage) => match Self::start(config, telemetry, &tables, storage, learnt).await {
                Ok(plane) => return Ok(plane),
                Err(why) => why,
            },
            Err(why) => why,
        };
        if if_gone == IfGone::Fail {
            return Err(why).context("the store cannot be opened");
        }
        let storage = Storage::stand_in(config, why, telemetry)?;
        let started = Self::start(config, telemetry, &tables, storage, Learnt::default()).await;
        started.context("the control plane cannot start")
    }

    async fn start(
        config: &Config,
        telemetry: &Telemetry,
        tables: &TableHandle,
        storage: Storage,
        learnt: Learnt,
    ) -> Result<ControlPlane, StoreError> {
        let Storage { store, stand_in } = storage;
        learnt.tell(&store).await?;
        let in_charge = PidFile::take(&config.node.data_dir);
        let in_charge = in_charge.map_err(|error| StoreError::NotWritable { detail: format!("{error:#}") })?;
        let options = Options {
            stand_in,
            tables: tables.clone(),
            quotas: config.quotas,
            policy: config.policy,
            // This node is the only prober there is.
            quorum: QuorumPolicy { staffed: StaffedRegions::only([config.node.region]), ..config.quorum },
            timers: config.timers,
            ..Options::new(store.clone())
        };
        let control = Control::start(options, telemetry.clone()).await?;
        let in_charge = Some(in_charge);
        Ok(ControlPlane { control, store, in_charge, stop: CancellationToken::new(), tasks: JoinSet::new() })
    }

    /// Serves the API over TCP, and over the socket in the data directory for the user of this machine; probes, if that
    /// is a role of this node.
    ///
    /// # Errors
    /// When the process may not open more files.
    pub fn serve(
        &mut self,
        config: &Config,
        telemetry: &Telemetry,
        dialer: &Dialer,
        sockets: &Sockets,
    ) -> anyhow::Result<()> {
        let settings = Arc::new(config.api.settings.clone());
        let listener = ApiListener::new(TcpListener::from_std(sockets.api.try_clone()?)?, &settings);
        let state = ApiState { control: self.control.clone(), telemetry: telemetry.clone(), settings };
        if let Some(local) = &sockets.local {
            let listener = UnixListener::from_std(local.try_clone()?)?;
            let (local, stopped) = (local_router(state.clone()), self.stop.clone().cancelled_owned());
            self.tasks.spawn(async move { ended(axum::serve(listener, local).with_graceful_shutdown(stopped).await) });
        }
        let service = router(state).into_make_service_with_connect_info::<Peer>();
        let stopped = self.stop.clone().cancelled_owned();
        self.tasks.spawn(async move { ended(axum::serve(listener, service).with_graceful_shutdown(stopped).await) });
        let (store, stopped) = (self.store.clone(), self.stop.clone());
        self.tasks.spawn(keep_snapshots(store, config.store.snapshot_gap, telemetry.clone(), stopped));
        if config.node.roles.prober {
            self.start_prober(config, dialer, telemetry);
        }
        Ok(())
    }

    fn start_prober(&mut self, config: &Config, dialer: &Dialer, telemetry: &Telemetry) {
        let wanted = config.prober.clone();
        let prober = Prober::new(ProberSettings {
            telemetry: Some(telemetry.clone()),
            user_agent: wanted.user_agent,
            redirect_hops: wanted.redirect_hops,
            body_window: wanted.body_window,
            interim_answers: wanted.interim_answers,
            head_limits: wanted.head_limits,
            concurrency: wanted.concurrency,
            first_within: wanted.first_within,
            helo_name: wanted.helo_name,
            ..ProberSettings::new(config.node.data_center.as_str(), config.node.region, dialer.clone())
        });
        let control = &self.control;
        if let Some(jobs) = control.take_preview_jobs() {
            self.tasks.spawn(previews(prober.clone(), wanted.concurrency, jobs, self.stop.clone()));
        }
        self.tasks.spawn(prober.run(control.plans(), control.observations(), self.stop.clone()));
    }

    /// Takes no new API calls and makes no new probes.
    pub fn close_doors(&self) {
        self.stop.cancel();
    }

    /// Lets calls and probes under way end, writes everything down, and lets go of the store. Callers that wait at the
    /// API's sockets go on waiting there.
    pub async fn stop(&mut self) {
        self.end().await;
        self.store.close().await;
    }

    /// As [`ControlPlane::stop`], and gives what was learnt, for another store.
    pub async fn stop_and_tell(&mut self) -> Learnt {
        self.end().await;
        let learnt = Learnt::of(&self.store).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what was learnt while the store was gone is lost");
            Learnt::default()
        });
        self.store.close().await;
        learnt
    }

    async fn end(&mut self) {
        self.close_doors();
        let _ = tokio::time::timeout(LAST_CALLS, async { while self.tasks.join_next().await.is_some() {} }).await;
        self.control.shutdown().await;
        self.in_charge = None;
    }
}

fn ended(result: std::io::Result<()>) {
    if let Err(error) = result {
        tracing::error!(%error, "the API ended");
    }
}

/// Probes what previews ask for, each at once, so many at a time.
async fn previews(
    prober: Prober,
    most: usize,
    mut jobs: tokio::sync::mpsc::Receiver<control::PreviewJob>,
    stop: CancellationToken,
) {
    let mut probes = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(_) = probes.join_next() => {}
            job = jobs.recv(), if probes.len() < most => {
                let Some(job) = job else { return };
                let prober = prober.clone();
                probes.spawn(async move {
                    // Whoever asked may have stopped waiting.
                    let _ = job.reply.send(prober.probe(&job.target, job.revision).await);
                });
            }
        }
    }
}
