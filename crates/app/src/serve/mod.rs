//! `bellwether serve`: start a node, say that it is ready, obey signals, stop kindly.

mod authority;
mod logging;
mod node;
mod reload;
mod socket;

pub use authority::CERTIFICATE;
pub use logging::Logging;
pub use node::Node;
pub use socket::SOCKET;

use crate::{args::ServeArgs, check, config};
use anyhow::Context;
use reload::Reloader;
use std::process::ExitCode;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Serves until it is told to stop.
pub async fn command(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let checked = match config::check(args.source()?) {
        Ok(checked) => checked,
        Err(complaints) => return Ok(check::complain(&complaints)),
    };
    let logging = Logging::start(&checked.config.log.filter)?;
    // Listened for before anybody can know that we are here.
    let mut hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    let mut stop = StopSignals::listen()?;
    let node = Node::start(checked.config).await?;
    if let Some(token) = &node.new_token {
        eprintln!("The API token of this node, told this once: {token}");
    }
    println!("{}", node.ready_line());
    let mut reloader = Reloader::new(args, checked.keys, logging);
    loop {
        tokio::select! {
            signal = stop.told() => {
                tracing::info!(signal, "stopping");
                break;
            }
            Some(()) = hangup.recv() => reloader.reload(&node),
        }
    }
    tokio::select! {
        () = node.stop() => Ok(ExitCode::SUCCESS),
        signal = stop.told() => {
            tracing::warn!(signal, "told twice to stop: requests in flight are cut off");
            Ok(ExitCode::from(crate::FAILED))
        }
    }
}

/// The signals that end a server.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system does not allow it.
    pub fn listen() -> anyhow::Result<StopSignals> {
        Ok(StopSignals {
            terminate: signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?,
        })
    }

    /// Waits for the next of them and gives its name. Cancel-safe.
    pub async fn told(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
