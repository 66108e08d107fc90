//! One node, wired together: its sockets, the control plane that owns the store, and the data plane.

use super::{
    authority::local_authority,
    channel::Note,
    drain::Drain,
    plane::ControlPlane,
    socket,
    sockets::{Inherited, Sockets},
    storage::{self, IfGone, Learnt},
};
use crate::config::Config;
use anyhow::Context;
use control::Control;
use dial::Dialer;
use proxy::Proxy;
use routing::TableHandle;
use std::{fs::DirBuilder, net::SocketAddr, os::unix::fs::DirBuilderExt, path::Path, sync::Arc, time::Duration};
use telemetry::{AccessLog, Metrics, StoreIsBack, StoryBook, Telemetry};

/// A running node. Ends kindly with [`Node::stop`], or with [`Node::part`] when another process serves on.
pub struct Node {
    pub telemetry: Telemetry,
    /// Present when this start made a token; it cannot be told again.
    pub new_token: Option<String>,
    pub api: SocketAddr,
    config: Config,
    dialer: Dialer,
    tables: TableHandle,
    sockets: Sockets,
    plane: ControlPlane,
    proxy: Option<Proxy>,
}

impl Node {
    /// Starts everything that the node's roles ask for. When it returns, visitors and API calls are served.
    ///
    /// # Errors
    /// When the data directory cannot be used, an address is taken, or the store cannot be read. Nothing is left
    /// running then.
    pub async fn start(config: Config, inherited: Inherited, if_gone: IfGone) -> anyhow::Result<Node> {
        prepare(&config.node.data_dir)?;
        let telemetry = telemetry(&config)?;
        let tables = TableHandle::default();
        let mut plane = ControlPlane::open(&config, &telemetry, tables.clone(), Learnt::default(), if_gone).await?;
        let token = config.api.token.as_ref().map(model::Secret::expose);
        let new_token = plane.control.ensure_token(token).await.context("the API token cannot be kept")?;
        let authority = local_authority(&plane.control, &config.node.data_dir).await?;
        let handed = inherited.handles()?;
        let sockets = Sockets::open(&config, inherited)?;
        let dialer = Dialer::new(config.dial.clone());
        plane.serve(&config, &telemetry, &dialer, &sockets)?;
        let proxy = match config.node.roles.edge {
            true => {
                let (listeners, edge) = (sockets.edge.try_clone()?, config.edge.clone());
                let (tables, telemetry) = (tables.clone(), telemetry.clone());
                Some(proxy::start_on(listeners, edge, tables, dialer.clone(), telemetry, authority)?)
            }
            false => None,
        };
        let api = sockets.api.local_addr()?;
        sockets.stop_others(handed);
        Ok(Node { telemetry, new_token, api, config, dialer, tables, sockets, plane, proxy })
    }

    /// What is wanted and what is healthy.
    pub fn control(&self) -> &Control {
        &self.plane.control
    }

    /// Where plain HTTP is served.
    pub fn http(&self) -> Option<SocketAddr> {
        self.proxy.as_ref().and_then(Proxy::http)
    }

    /// Where HTTPS is served.
    pub fn https(&self) -> Option<SocketAddr> {
        self.proxy.as_ref().and_then(Proxy::https)
    }

    /// Everything that this node listens on.
    pub fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    /// What this node was started with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How long a successor may take to be ready.
    pub fn upgrade_timeout(&self) -> Duration {
        self.config.node.upgrade_timeout
    }

    /// Where this node keeps its state.
    pub fn data_dir(&self) -> &Path {
        &self.config.node.data_dir
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

    /// Lets go of the store, so that a successor can have it. Visitors are served on by the last table; calls of the
    /// API wait at its sockets.
    pub async fn release(&mut self) {
        self.plane.stop().await;
    }

    /// Takes the store again that was let go, or a snapshot of it.
    ///
    /// # Errors
    /// When neither can be opened any more. Visitors are served on by the last table.
    pub async fn resume(&mut self) -> anyhow::Result<()> {
        self.reopen(Learnt::default()).await
    }

    /// Waits until a store is back that a snapshot stands in for. Never returns when it was never gone. Cancel-safe.
    pub async fn store_returns(&self) {
        match self.plane.control.stand_in() {
            Some(_) => storage::returned(&self.config).await,
            None => std::future::pending().await,
        }
    }

    /// Goes over from the snapshot to the store that is back. Visitors notice nothing; calls of the API wait.
    pub async fn recover(&mut self) {
        let learnt = self.plane.stop_and_tell().await;
        if let Err(error) = self.reopen(learnt).await {
            tracing::error!("neither the store nor its snapshot can be opened any more: {error:#}");
        } else if self.plane.control.stand_in().is_none() {
            StoreIsBack.emit(&self.telemetry);
        }
    }

    async fn reopen(&mut self, learnt: Learnt) -> anyhow::Result<()> {
        let tables = self.tables.clone();
        let mut plane = ControlPlane::open(&self.config, &self.telemetry, tables, learnt, IfGone::StandIn).await?;
        plane.serve(&self.config, &self.telemetry, &self.dialer, &self.sockets)?;
        self.plane = plane;
        Ok(())
    }

    /// Stops: no new work, then requests in flight get their time, then everything is written down.
    pub async fn stop(mut self) {
        self.plane.close_doors();
        // Ours are second handles: as long as we hold them, visitors would wait at a door that nobody opens.
        drop(self.sockets);
        if let Some(proxy) = self.proxy.take() {
            let end = proxy.shutdown(self.config.node.drain_timeout);
            Drain::untold().through(end, &self.telemetry).await;
        }
        self.plane.stop().await;
        flush(&self.telemetry).await;
        let _ = std::fs::remove_file(self.config.node.data_dir.join(socket::SOCKET));
        tracing::info!("stopped");
    }

    /// Ends after a successor has taken over: nobody new, and those who are here get their time.
    pub async fn part(mut self, drain: Drain<impl Fn(&Note)>) {
        drop(self.sockets);
        if let Some(proxy) = self.proxy.take() {
            let end = proxy.part(self.config.node.drain_idle, self.config.node.drain_timeout);
            drain.through(end, &self.telemetry).await;
        }
        flush(&self.telemetry).await;
        tracing::info!("left");
    }
}

async fn flush(telemetry: &Telemetry) {
    let access = telemetry.access.clone();
    let _ = tokio::task::spawn_blocking(move || access.flush()).await;
}

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
