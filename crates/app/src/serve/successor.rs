//! Handing over to the next process, without a moment in which nobody serves.
//!
//! The order is what makes it safe. The successor gets every listening socket and says that it could start; only then
//! does this process let go of the store, while its data plane serves on by the last table. The successor opens the
//! store, serves, and says so; only then does this one stop accepting. Whenever the successor fails or is late it is
//! ended, and this process takes the store again: visitors have noticed nothing.

use super::{
    Node,
    channel::{Channel, Note},
    predecessor, supervisor,
};
use anyhow::{Context, bail};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::spawn_blocking;

/// The file in the data directory that tells how the last upgrade ended.
pub const OUTCOME: &str = "bellwether.upgrade";
/// How its line begins when a successor has taken over.
pub const DONE: &str = "done: ";

/// Starts the program anew and hands everything over to it. Gives the number of the process that serves now; what is
/// left to do here is [`Node::part`].
///
/// # Errors
/// Why the successor does not serve. This process does, as before.
pub async fn hand_over(node: &mut Node) -> anyhow::Result<u32> {
    let outcome = try_hand_over(node).await;
    let line = match &outcome {
        Ok(pid) => {
            tracing::info!(pid, "another process serves now; this one drains");
            supervisor::notify(&format!("MAINPID={pid}"));
            format!("{DONE}process {pid} has taken over from process {}", std::process::id())
        }
        Err(why) => {
            tracing::error!("the upgrade failed, this process goes on: {why:#}");
            format!("failed: {why:#}")
        }
    };
    if let Err(error) = tell(node.data_dir(), &line) {
        tracing::warn!("how the upgrade ended could not be written down: {error:#}");
    }
    outcome
}

async fn try_hand_over(node: &mut Node) -> anyhow::Result<u32> {
    let deadline = Instant::now() + node.upgrade_timeout();
    let mut successor = Successor::start(node)?;
    if let Err(why) = successor.says(Note::Prepared, deadline).await {
        return Err(successor.end(why).await);
    }
    node.release().await;
    let taken_over = match successor.channel.send(&Note::Released, None) {
        Ok(()) => successor.says(Note::Ready, deadline).await,
        Err(gone) => Err(gone),
    };
    match taken_over {
        Ok(()) => Ok(successor.child.id()),
        Err(why) => {
            let why = successor.end(why).await;
            node.resume().await.with_context(|| format!("the store is not to be had any more, after {why:#}"))?;
            Err(why)
        }
    }
}

/// Writes the line whole or not at all.
fn tell(data_dir: &Path, line: &str) -> anyhow::Result<()> {
    let (path, unfinished) = (data_dir.join(OUTCOME), data_dir.join("bellwether.upgrade.new"));
    fs::write(&unfinished, format!("{line}\n"))?;
    fs::rename(unfinished, path)?;
    Ok(())
}

/// The process that is to take over.
struct Successor {
    child: Child,
    channel: Arc<Channel>,
}

impl Successor {
    /// Starts the program by the name that this process was started by, so that a file that has been replaced, or a link
    /// that points elsewhere by now, is taken as it is; with the same arguments and environment.
    fn start(node: &Node) -> anyhow::Result<Successor> {
        let (channel, end) = Channel::pair()?;
        let mut arguments = std::env::args_os();
        let program = arguments.next().context("this process was started without a name")?;
        let mut command = Command::new(&program);
        command.args(arguments).env(predecessor::VARIABLE, predecessor::ON_STANDARD_INPUT).stdin(Stdio::from(end));
        let child = command.spawn().with_context(|| format!("{} cannot be started", program.display()))?;
        // Our end of its standard input goes with the command: when it ends, the channel does.
        drop(command);
        let successor = Successor { child, channel: Arc::new(channel) };
        let handed = node.sockets().all().into_iter().map(|(note, socket)| (note, Some(socket)));
        for (note, socket) in handed.chain([(Note::Complete, None)]) {
            // If it is gone already, that is noticed when it is listened to, and it is told how it went.
            let _ = successor.channel.send(&note, socket);
        }
        Ok(successor)
    }

    /// Waits until it says what it is to say.
    async fn says(&mut self, expected: Note, deadline: Instant) -> anyhow::Result<()> {
        let channel = self.channel.clone();
        let patience = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        match spawn_blocking(move || channel.receive(patience)).await??.map(|received| received.note) {
            Some(note) if note == expected => Ok(()),
            Some(Note::Failed(why)) => bail!("the new process cannot start: {why}"),
            Some(other) => bail!("the new process said {other:?} where {expected:?} was due"),
            None => bail!("the new process ended before it served"),
        }
    }

    /// Sees to it that it is gone, and adds how it went to why.
    async fn end(mut self, why: anyhow::Error) -> anyhow::Error {
        let gone = spawn_blocking(move || {
            // It may have ended already.
            let _ = self.child.kill();
            self.child.wait()
        });
        match gone.await {
            Ok(Ok(status)) => why.context(format!("the new process is gone ({status})")),
            _ => why,
        }
    }
}
