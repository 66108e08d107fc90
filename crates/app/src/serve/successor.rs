//! Handing over to the next process, without a moment in which nobody serves.
//!
//! The order is what makes it safe. The successor gets every listening socket and says that it could start; only then
//! does this process let go of the store, while its data plane serves on by the last table. The successor opens the
//! store, serves, and says so; only then does this one stop accepting. Whenever the successor fails or is late it is
//! ended, and this process takes the store again: visitors have noticed nothing. And if it ends soon after it took
//! over, whoever still drains here comes back, see [`super::part`].

use super::{
    Node,
    channel::{Channel, Note, Unheard},
    outcome, predecessor, supervisor,
};
use std::{
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use telemetry::{Telemetry, UpgradeFailed, UpgradeStarted};
use tokio::{sync::oneshot, task::spawn_blocking};
use verdict::UpgradeFailure;

/// How long a process that has closed the channel may take to end by itself, so that its own exit status is known.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How often is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Longer than any process drains.
const FOR_EVER: Duration = Duration::from_secs(1 << 20);

/// Why a successor does not serve.
#[derive(Debug)]
pub struct Failed {
    pub why: UpgradeFailure,
    pub detail: String,
}

impl Failed {
    fn new(why: UpgradeFailure, detail: impl Into<String>) -> Failed {
        Failed { why, detail: detail.into() }
    }

    /// Tells everybody who may want to know.
    pub fn tell(&self, telemetry: &Telemetry, data_dir: &Path) {
        UpgradeFailed { why: self.why, detail: &self.detail }.emit(telemetry);
        outcome::failed(data_dir, &format!("{} [{}]", self.why.message(&self.detail), self.why.id()));
    }
}

/// Starts the program anew and hands everything over to it. Gives the process that serves now; what is left to do here
/// is to drain. `None` when it failed, which has been told: this process serves, as before.
pub async fn hand_over(node: &mut Node) -> Option<Successor> {
    match try_hand_over(node).await {
        Ok(successor) => {
            let pid = successor.child.id();
            tracing::info!(pid, "another process serves now; this one drains");
            supervisor::notify(&format!("MAINPID={pid}"));
            outcome::done(node.data_dir(), pid);
            Some(successor)
        }
        Err(failed) => {
            failed.tell(&node.telemetry, node.data_dir());
            None
        }
    }
}

async fn try_hand_over(node: &mut Node) -> Result<Successor, Failed> {
    let timeout = node.upgrade_timeout();
    let deadline = Instant::now() + timeout;
    let mut successor = Successor::start(node)?;
    UpgradeStarted { pid: successor.child.id() }.emit(&node.telemetry);
    if let Err(failed) = successor.says(Note::Prepared, deadline, timeout).await {
        return Err(successor.end(failed).await);
    }
    node.release().await;
    // If it is gone, that is noticed next.
    let _ = successor.channel.send(&Note::Released, None);
    let Err(failed) = successor.says(Note::Ready, deadline, timeout).await else { return Ok(successor) };
    let failed = successor.end(failed).await;
    match node.resume().await {
        Ok(()) => Err(failed),
        Err(error) => {
            let before = failed.why.message(&failed.detail);
            Err(Failed::new(UpgradeFailure::StoreLost, format!("{error:#}; it had failed because {before}")))
        }
    }
}

/// The process that is to take over, or has.
pub struct Successor {
    child: Child,
    channel: Arc<Channel>,
}

impl Successor {
    /// Starts the program by the name that this process was started by, so that a file that has been replaced, or a link
    /// that points elsewhere by now, is taken as it is; with the same arguments and environment.
    fn start(node: &Node) -> Result<Successor, Failed> {
        let not_started = |detail: String| Failed::new(UpgradeFailure::ProgramNotStarted, detail);
        let (channel, end) = Channel::pair().map_err(|error| not_started(format!("{error:#}")))?;
        let mut arguments = std::env::args_os();
        let program = arguments.next().ok_or_else(|| not_started("this process has no name".to_owned()))?;
        let mut command = Command::new(&program);
        command.args(arguments).env(predecessor::VARIABLE, predecessor::ON_STANDARD_INPUT).stdin(Stdio::from(end));
        let child = command.spawn().map_err(|error| not_started(format!("{}: {error}", program.display())))?;
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
    async fn says(&mut self, expected: Note, deadline: Instant, timeout: Duration) -> Result<(), Failed> {
        let channel = self.channel.clone();
        let patience = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let heard = spawn_blocking(move || channel.receive(patience)).await;
        let heard = heard.unwrap_or_else(|error| Err(Unheard::Foreign(error.to_string())));
        match heard.map(|received| received.note) {
            Ok(note) if note == expected => Ok(()),
            Ok(Note::Failed(why)) => Err(Failed::new(UpgradeFailure::CannotServe, why)),
            Ok(Note::Unusable(why)) => Err(Failed::new(UpgradeFailure::ConfigurationRefused, why)),
            Ok(other) => {
                let detail = format!("it said {other:?} where {expected:?} was due");
                Err(Failed::new(UpgradeFailure::OtherProgram, detail))
            }
            Err(Unheard::Gone) => Err(Failed::new(UpgradeFailure::ProcessEnded, "")),
            Err(Unheard::Late) => Err(Failed::new(UpgradeFailure::TooLate, format!("{timeout:?}"))),
            Err(Unheard::Foreign(what)) => Err(Failed::new(UpgradeFailure::OtherProgram, what)),
        }
    }

    /// Sees to it that it is gone, and says how it went where nothing else is known.
    async fn end(self, failed: Failed) -> Failed {
        let patience = if failed.why == UpgradeFailure::ProcessEnded { LAST_WORDS } else { Duration::ZERO };
        let status = self.ended(patience).await;
        match failed.why {
            UpgradeFailure::ProcessEnded => Failed { detail: status, ..failed },
            _ => failed,
        }
    }

    /// Ends it, unless it ends by itself in time; gives its exit status.
    async fn ended(mut self, patience: Duration) -> String {
        let ended = spawn_blocking(move || {
            let deadline = Instant::now() + patience;
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
                thread::sleep(LOOK_EVERY);
            }
            // It may have ended by now.
            let _ = self.child.kill();
            self.child.wait()
        });
        ended
            .await
            .ok()
            .and_then(Result::ok)
            .map_or_else(|| "nobody knows how".to_owned(), |s: ExitStatus| s.to_string())
    }

    /// What this process tells it while it drains.
    pub fn channel(&self) -> Arc<Channel> {
        self.channel.clone()
    }

    /// Waits until it is gone, and says how if it was lost; `None` when it left in good order.
    pub async fn gone(self) -> Option<Failed> {
        let (channel, (tell, told)) = (self.channel.clone(), oneshot::channel());
        // Nobody waits for this thread, so it keeps nobody from ending.
        let listening = thread::Builder::new().name("successor".to_owned()).spawn(move || {
            let lost = matches!(channel.receive(FOR_EVER), Err(Unheard::Gone));
            // Nobody cares any more when this process has drained.
            let _ = tell.send(lost);
        });
        match (listening, told.await) {
            (Ok(_), Ok(true)) => Some(Failed::new(UpgradeFailure::EndedEarly, self.ended(LAST_WORDS).await)),
            _ => None,
        }
    }
}
