//! `bellwether serve`: start a node, or take over from one; say that it is ready, obey signals, stop kindly.

mod authority;
mod channel;
mod drain;
mod logging;
mod node;
mod outcome;
mod part;
mod pid_file;
mod plane;
mod predecessor;
mod reload;
mod socket;
mod sockets;
mod storage;
mod successor;
mod supervisor;

pub use authority::CERTIFICATE;
pub use logging::Logging;
pub use node::Node;
pub use outcome::{DONE, OUTCOME};
pub use pid_file::in_charge;
pub use socket::SOCKET;
pub use sockets::Inherited;
pub use storage::IfGone;

use crate::{args::ServeArgs, check, config};
use anyhow::Context;
use part::Parted;
use predecessor::Predecessor;
use reload::Reloader;
use std::{fmt, process::ExitCode};
use successor::Successor;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::JoinSet,
};

/// Serves until it is told to stop, or until another process serves in its place.
pub async fn command(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let predecessor = Predecessor::meet()?;
    let checked = match configured(&args) {
        Ok(checked) => checked,
        Err(refused) => {
            if let Some(predecessor) = &predecessor {
                predecessor.refuse(&refused.to_string());
            }
            return refused.tell();
        }
    };
    let logging = Logging::start(&checked.config.log.filter)?;
    // Listened for before anybody can know that we are here.
    let mut signals = Signals::listen()?;
    let node = start(checked.config, predecessor.as_ref()).await?;
    if let Some(token) = &node.new_token {
        eprintln!("The API token of this node, told this once: {token}");
    }
    println!("{}", node.ready_line());
    supervisor::notify("READY=1");
    let mut reloader = Reloader::new(args, checked.keys, logging);
    let code = serve_to_the_end(node, &mut reloader, predecessor.as_ref(), &mut signals).await;
    code.inspect_err(|error| tracing::error!("{error:#}"))
}

/// Why a configuration is not used.
enum Refused {
    Unreadable(anyhow::Error),
    Complaints(Vec<config::ConfigComplaint>),
}

impl Refused {
    fn tell(self) -> anyhow::Result<ExitCode> {
        match self {
            Refused::Unreadable(error) => Err(error),
            Refused::Complaints(complaints) => Ok(check::complain(&complaints)),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Unreadable(error) => write!(f, "{error:#}"),
            Refused::Complaints(complaints) => {
                let texts: Vec<String> = complaints.iter().map(ToString::to_string).collect();
                f.write_str(&texts.join("; "))
            }
        }
    }
}

fn configured(args: &ServeArgs) -> Result<config::Checked, Refused> {
    let source = args.source().map_err(Refused::Unreadable)?;
    config::check(source).map_err(Refused::Complaints)
}

/// Starts the node on sockets of its own, or on those of the process before.
async fn start(config: config::Config, predecessor: Option<&Predecessor>) -> anyhow::Result<Node> {
    let Some(predecessor) = predecessor else {
        return Node::start(config, Inherited::default(), IfGone::StandIn).await;
    };
    let started = match predecessor.take_over().await {
        Ok(inherited) => Node::start(config, inherited, IfGone::Fail).await,
        Err(error) => Err(error),
    };
    match &started {
        Ok(node) => predecessor.succeed(node.telemetry.clone()),
        Err(error) => predecessor.fail(error),
    }
    started
}

/// Serves, hands over, comes back if need be, and in the end stops.
async fn serve_to_the_end(
    mut node: Node,
    reloader: &mut Reloader,
    predecessor: Option<&Predecessor>,
    signals: &mut Signals,
) -> anyhow::Result<ExitCode> {
    // Of this process itself: it may serve again while those from before still drain.
    let mut drains = JoinSet::new();
    loop {
        let leaving = serve(&mut node, reloader, signals).await;
        if let Some(predecessor) = predecessor {
            predecessor.leave();
        }
        match leaving {
            Leaving::Stopped => {
                supervisor::notify("STOPPING=1");
                let stopped = async {
                    node.stop().await;
                    while drains.join_next().await.is_some() {}
                };
                return tokio::select! {
                    () = stopped => Ok(ExitCode::SUCCESS),
                    signal = signals.stop.told() => {
                        tracing::warn!(signal, "told twice to stop: requests in flight are cut off");
                        Ok(ExitCode::from(crate::FAILED))
                    }
                };
            }
            Leaving::Replaced(successor) => match part::part(node, successor, &mut drains, signals).await? {
                Parted::Left(code) => return Ok(code),
                Parted::Back(back) => node = *back,
            },
        }
    }
}

/// Why a server leaves.
enum Leaving {
    Stopped,
    Replaced(Successor),
}

/// Serves, obeying signals, until there is a reason to leave.
async fn serve(node: &mut Node, reloader: &mut Reloader, signals: &mut Signals) -> Leaving {
    loop {
        tokio::select! {
            signal = signals.stop.told() => {
                tracing::info!(signal, "stopping");
                return Leaving::Stopped;
            }
            Some(()) = signals.hangup.recv() => reloader.reload(node),
            Some(()) = signals.upgrade.recv() => {
                if let Some(successor) = successor::hand_over(node).await {
                    return Leaving::Replaced(successor);
                }
            }
            () = node.store_returns() => node.recover().await,
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
