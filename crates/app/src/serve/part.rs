//! Leaving after another process has taken over: drain, tell it how that goes, and come back if it is lost.

use super::{
    Node, Signals,
    channel::{Channel, Note},
    drain::Drain,
    sockets::Inherited,
    storage::IfGone,
    successor::{Failed, Successor},
    supervisor,
};
use crate::config::Config;
use std::{process::ExitCode, sync::Arc};
use tokio::task::JoinSet;

/// How parting ended.
pub enum Parted {
    /// Everybody has left, and so does this process.
    Left(ExitCode),
    /// The process that had taken over is lost, and this one serves again.
    Back(Box<Node>),
}

/// What it takes to come back.
struct Kept {
    config: Config,
    sockets: Inherited,
}

impl Kept {
    fn of(node: &Node) -> Option<Kept> {
        match node.sockets().try_clone() {
            Ok(sockets) => Some(Kept { config: node.config().clone(), sockets }),
            Err(error) => {
                tracing::warn!(%error, "this process could not serve again if the new one were lost");
                None
            }
        }
    }
}

/// Drains, on `drains`. To be told once to stop changes nothing about that; whoever says it twice is in a hurry.
pub async fn part(
    node: Node,
    successor: Successor,
    drains: &mut JoinSet<()>,
    signals: &mut Signals,
) -> anyhow::Result<Parted> {
    let kept = Kept::of(&node);
    let (channel, telemetry) = (successor.channel(), node.telemetry.clone());
    let data_dir = node.data_dir().to_owned();
    drains.spawn(async move { drain(node, channel).await });
    let hurry = async {
        let signal = signals.stop.told().await;
        tracing::info!(signal, "this process is leaving already");
        signals.stop.told().await
    };
    tokio::select! {
        () = async { while drains.join_next().await.is_some() {} } => Ok(Parted::Left(ExitCode::SUCCESS)),
        signal = hurry => {
            tracing::warn!(signal, "told twice to stop: requests in flight are cut off");
            Ok(Parted::Left(ExitCode::from(crate::FAILED)))
        }
        (kept, failed) = lost(kept, successor) => {
            failed.tell(&telemetry, &data_dir);
            let node = Node::start(kept.config, kept.sockets.still_listening(), IfGone::StandIn).await?;
            supervisor::notify(&format!("MAINPID={}", std::process::id()));
            Ok(Parted::Back(Box::new(node)))
        }
    }
}

/// Never returns where nothing was kept to come back with, or nobody is missed. Then the sockets are let go.
async fn lost(kept: Option<Kept>, successor: Successor) -> (Kept, Failed) {
    if let (Some(kept), Some(failed)) = (kept, successor.gone().await) {
        return (kept, failed);
    }
    std::future::pending().await
}

async fn drain(node: Node, channel: Arc<Channel>) {
    node.part(Drain::told_to(move |note: &Note| {
        // Who is gone need not know.
        let _ = channel.send(note, None);
    }))
    .await;
}
