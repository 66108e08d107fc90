//! `bellwether serve`: start a node, or take over from one; say that it is ready, obey signals, stop kindly.

mod authority;
mod channel;
mod logging;
mod node;
mod pid_file;
mod plane;
mod predecessor;
mod reload;
mod socket;
mod sockets;
mod successor;
mod supervisor;

pub use authority::CERTIFICATE;
pub use logging::Logging;
pub use node::Node;
pub use pid_file::in_charge;
pub use socket::SOCKET;
pub use sockets::Inherited;
pub use successor::{DONE, OUTCOME};

use crate::{args::ServeArgs, check, config};
use anyhow::Context;
use predecessor::Predecessor;
use reload::Reloader;
use std::process::ExitCode;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Serves until it is told to stop, or until another process serves in its place.
pub async fn command(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let predecessor = Predecessor::meet()?;
    let checked = match config::check(args.source()?) {
        Ok(checked) => checked,
        Err(complaints) => return Ok(check::complain(&complaints)),
    };
    let logging = Logging::start(&checked.config.log.filter)?;
    // Listened for before anybody can know that we are here.
    let mut signals = Signals::listen()?;
    let node = start(checked.config, predecessor).await?;
    if let Some(token) = &node.new_token {
        eprintln!("The API token of this node, told this once: {token}");
    }
    println!("{}", node.ready_line());
    supervisor::notify("READY=1");
    let reloader = Reloader::new(args, checked.keys, logging);
    match serve(node, reloader, &mut signals).await {
        (node, Leaving::Stopped) => {
            supervisor::notify("STOPPING=1");
            tokio::select! {
                () = node.stop() => Ok(ExitCode::SUCCESS),
                signal = signals.stop.told() => {
                    tracing::warn!(signal, "told twice to stop: requests in flight are cut off");
                    Ok(ExitCode::from(crate::FAILED))
                }
            }
        }
        (node, Leaving::Replaced) => Ok(part(node, &mut signals).await),
    }
}

/// Starts the node on sockets of its own, or on those of the process before.
async fn start(config: config::Config, predecessor: Option<Predecessor>) -> anyhow::Result<Node> {
    let Some(predecessor) = predecessor else {
        return Node::start(config, Inherited::default()).await;
    };
    let (predecessor, inherited) = predecessor.take_over().await?;
    let started = Node::start(config, inherited).await;
    predecessor.tell(started.as_ref().map(|_| ()));
    started
}

/// Why a server leaves.
enum Leaving {
    Stopped,
    Replaced,
}

/// Serves, obeying signals, until there is a reason to leave.
async fn serve(mut node: Node, mut reloader: Reloader, signals: &mut Signals) -> (Node, Leaving) {
    loop {
        tokio::select! {
            signal = signals.stop.told() => {
                tracing::info!(signal, "stopping");
                return (node, Leaving::Stopped);
            }
            Some(()) = signals.hangup.recv() => reloader.reload(&node),
            Some(()) = signals.upgrade.recv() => {
                // Why it failed has been told.
                if successor::hand_over(&mut node).await.is_ok() {
                    return (node, Leaving::Replaced);
                }
            }
        }
    }
}

/// Drains. To be told once to stop changes nothing about that; whoever says it twice is in a hurry.
async fn part(node: Node, signals: &mut Signals) -> ExitCode {
    let hurry = async {
        let signal = signals.stop.told().await;
        tracing::info!(signal, "this process is leaving already");
        signals.stop.told().await
    };
    tokio::select! {
        () = node.part() => ExitCode::SUCCESS,
        signal = hurry => {
            tracing::warn!(signal, "told twice to stop: requests in flight are cut off");
            ExitCode::from(crate::FAILED)
        }
    }
}

/// The signals that a server obeys.
struct Signals {
    stop: StopSignals,
    hangup: Signal,
    upgrade: Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Signals> {
        Ok(Signals {
            stop: StopSignals::listen()?,
            hangup: signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?,
            upgrade: signal(SignalKind::user_defined2()).context("cannot listen for SIGUSR2")?,
        })
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
