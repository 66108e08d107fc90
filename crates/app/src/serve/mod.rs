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
use tokio::signal::unix::{SignalKind, signal};

/// Serves until it is told to stop.
pub async fn command(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let checked = match config::check(args.source()?) {
        Ok(checked) => checked,
        Err(complaints) => return Ok(check::complain(&complaints)),
    };
    let logging = Logging::start(&checked.config.log.filter)?;
    let mut hangup = signal(SignalKind::hangup())?;
    let node = Node::start(checked.config).await?;
    if let Some(token) = &node.new_token {
        eprintln!("The API token of this node, told this once: {token}");
    }
    println!("{}", node.ready_line());
    let mut reloader = Reloader::new(args, checked.keys, logging);
    let stop = stop_signal();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            signal = &mut stop => {
                tracing::info!(signal = signal?, "stopping");
                break;
            }
            Some(()) = hangup.recv() => reloader.reload(&node),
        }
    }
    node.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Waits for SIGTERM or SIGINT and gives its name. A second one ends the process at once.
async fn stop_signal() -> anyhow::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let name = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::warn!("told twice to stop: requests in flight are cut off");
        std::process::exit(crate::FAILED.into());
    });
    Ok(name)
}
