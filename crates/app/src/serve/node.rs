//! One node, wired together: store, control plane, edge, prober, API.

use super::{authority::local_authority, socket};
use crate::config::{Config, NodeConfig, StoreUrl};
use anyhow::Context;
use api::{ApiState, local_router, router};
use axum::Router;
use control::{Control, Options};
use dial::Dialer;
use health::{QuorumPolicy, StaffedRegions};
use probe::{Prober, ProberSettings};
use proxy::Proxy;
use std::{fs::DirBuilder, net::SocketAddr, os::unix::fs::DirBuilderExt, path::Path, sync::Arc, time::Duration};
use store::{SqliteOptions, SqliteStore, Store};
use telemetry::{AccessLog, Metrics, StoryBook, Telemetry};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// A running node. Ends kindly with [`Node::stop`].
pub struct Node {
    pub telemetry: Telemetry,
    pub control: Control,
    /// Present when this start made a token; it cannot be told again.
    pub new_token: Option<String>,
    pub api: SocketAddr,
    config: NodeConfig,
    dialer: Dialer,
    proxy: Option<Proxy>,
    /// Told first: no new API calls, no new probes.
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Node {
    /// Starts everything that the node's roles ask for. When it returns, visitors and API calls are served.
    ///
    /// # Errors
    /// When the data directory cannot be used, an address is taken, or the store cannot be read. Nothing is left
    /// running then.
    pub async fn start(config: Config) -> anyhow::Result<Node> {
        let data_dir = config.node.data_dir.clone();
        prepare(&data_dir)?;
        let telemetry = telemetry(&config)?;
        let store = open_store(&config, &data_dir)?;
        let control = start_control(&config, store, &telemetry).await?;
        let token = config.api.token.as_ref().map(model::Secret::expose);
        let new_token = control.ensure_token(token).await.context("the API token cannot be kept")?;
        let authority = local_authority(&control, &data_dir).await?;
        let dialer = Dialer::new(config.dial.clone());

        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let api = serve_api(&config, &control, &telemetry, &stop, &mut tasks).await?;
        let proxy = match config.node.roles.edge {
            true => {
                let proxy =
                    proxy::start(config.edge.clone(), control.tables(), dialer.clone(), telemetry.clone(), authority)?;
                for (listener, address) in config.edge.tcp.iter().zip(proxy.tcp()) {
                    tracing::info!(%address, choice = ?listener.choice, "relaying TCP");
                }
                Some(proxy)
            }
            false => None,
        };
        if config.node.roles.prober {
            start_prober(&config, &control, &dialer, &telemetry, &stop, &mut tasks);
        }
        Ok(Node { telemetry, control, new_token, api, config: config.node, dialer, proxy, stop, tasks })
    }

    /// Where plain HTTP is served.
    pub fn http(&self) -> Option<SocketAddr> {
        self.proxy.as_ref().and_then(Proxy::http)
    }

    /// Where HTTPS is served.
    pub fn https(&self) -> Option<SocketAddr> {
        self.proxy.as_ref().and_then(Proxy::https)
    }

    /// The line that says that the node is ready, and where.
    pub fn ready_line(&self) -> String {
        let url = |scheme: &str, address: Option<SocketAddr>| {
            address.map_or_else(|| "off".to_owned(), |address| format!("{scheme}://{address}"))
        };
        let (http, https, api) = (url("http", self.http()), url("https", self.https()), self.api);
        format!("ready http={http} https={https} api=http://{api}/client/v4 dashboard=http://{api}/")
    }

    /// Applies what may change without a restart, and opens the access log again.
    pub fn apply(&self, config: &Config) {
        // Checked against stored endpoints when they are written, so it must not change under them.
        let allow_private = self.dialer.settings().allow_private;
        let edge_listeners = self.dialer.settings().edge_listeners.clone();
        self.dialer.apply(dial::DialerSettings { allow_private, edge_listeners, ..config.dial.clone() });
        if let Err(error) = self.telemetry.access.switch(config.log.access.clone()) {
            tracing::error!(%error, target = ?config.log.access, "the access log stays where it was");
        }
    }

    /// Stops: no new work, then requests in flight get their time, then everything is written down.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(proxy) = self.proxy.take() {
            proxy.shutdown(self.config.drain_timeout).await;
        }
        let _ = tokio::time::timeout(LAST_CALLS, async { while self.tasks.join_next().await.is_some() {} }).await;
        self.control.shutdown().await;
        let access = self.telemetry.access.clone();
        let _ = tokio::task::spawn_blocking(move || access.flush()).await;
        let _ = std::fs::remove_file(self.config.data_dir.join(socket::SOCKET));
        tracing::info!("stopped");
    }
}

/// How long API calls and probes under way may take to end.
const LAST_CALLS: Duration = Duration::from_secs(5);

/// Makes the data directory, for its owner alone.
fn prepare(data_dir: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(data_dir);
    made.with_context(|| format!("cannot make the data directory {}", data_dir.display()))
}

fn telemetry(config: &Config) -> anyhow::Result<Telemetry> {
    let access = AccessLog::open(config.log.access.clone(), config.log.buffers)
        .with_context(|| format!("cannot open the access log {:?}", config.log.access))?;
    let metrics = Arc::new(Metrics::new(config.metrics));
    let stories = Arc::new(StoryBook::new(config.stories));
    Ok(Telemetry { metrics, stories, access })
}

fn open_store(config: &Config, data_dir: &Path) -> anyhow::Result<Arc<dyn Store>> {
    let StoreUrl::Sqlite(file) = &config.store;
    let path = data_dir.join(file);
    let (Some(directory), Some(file)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        anyhow::bail!("`{}` does not name a file", path.display());
    };
    let options =
        SqliteOptions { file: file.to_owned(), event_limit: config.event_limit, ..SqliteOptions::new(directory) };
    Ok(SqliteStore::open(&options).context("the store cannot be opened")?.shared())
}

async fn start_control(config: &Config, store: Arc<dyn Store>, telemetry: &Telemetry) -> anyhow::Result<Control> {
    let options = Options {
        quotas: config.quotas,
        policy: config.policy,
        // This node is the only prober there is.
        quorum: QuorumPolicy { staffed: StaffedRegions::only([config.node.region]), ..config.quorum },
        timers: config.timers,
        ..Options::new(store)
    };
    Control::start(options, telemetry.clone()).await.context("the control plane cannot start")
}

/// Serves the API over TCP, and over the socket in the data directory for the user of this machine.
async fn serve_api(
    config: &Config,
    control: &Control,
    telemetry: &Telemetry,
    stop: &CancellationToken,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<SocketAddr> {
    let settings = Arc::new(config.api.settings.clone());
    let state = ApiState { control: control.clone(), telemetry: telemetry.clone(), settings };
    let listen = config.api.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("the API cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    let service = router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let stopped = stop.clone().cancelled_owned();
    tasks.spawn(async move { ended(axum::serve(listener, service).with_graceful_shutdown(stopped).await) });
    match socket::bind(&config.node.data_dir) {
        Ok(listener) => {
            let local: Router = local_router(state);
            let stopped = stop.clone().cancelled_owned();
            tasks.spawn(async move { ended(axum::serve(listener, local).with_graceful_shutdown(stopped).await) });
        }
        // Everything else works without it.
        Err(error) => tracing::warn!("`explain RAY-ID` needs --api and a token on this machine: {error:#}"),
    }
    Ok(address)
}

fn ended(result: std::io::Result<()>) {
    if let Err(error) = result {
        tracing::error!(%error, "the API ended");
    }
}

fn start_prober(
    config: &Config,
    control: &Control,
    dialer: &Dialer,
    telemetry: &Telemetry,
    stop: &CancellationToken,
    tasks: &mut JoinSet<()>,
) {
    let wanted = config.prober.clone();
    let prober = Prober::new(ProberSettings {
        telemetry: Some(telemetry.clone()),
        user_agent: wanted.user_agent,
        redirect_hops: wanted.redirect_hops,
        body_window: wanted.body_window,
        interim_answers: wanted.interim_answers,
        concurrency: wanted.concurrency,
        first_within: wanted.first_within,
        helo_name: wanted.helo_name,
        ..ProberSettings::new(config.node.data_center.as_str(), config.node.region, dialer.clone())
    });
    if let Some(jobs) = control.take_preview_jobs() {
        tasks.spawn(previews(prober.clone(), wanted.concurrency, jobs, stop.clone()));
    }
    tasks.spawn(prober.run(control.plans(), control.observations(), stop.clone()));
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
