//! Taking over from the process that started this one, and hearing how it drains.

use super::{
    channel::{Channel, Note, Received, Unheard},
    sockets::Inherited,
};
use anyhow::{Context, bail};
use std::{
    fs::File,
    os::fd::AsFd,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use telemetry::{Drained, Draining, Telemetry, UpgradeSucceeded};
use tokio::task::spawn_blocking;

/// The environment variable that says that there is somebody to take over from.
pub const VARIABLE: &str = "BELLWETHER_HANDOVER";
/// Its value: the channel is the standard input.
pub const ON_STANDARD_INPUT: &str = "stdin";

/// How long a predecessor may take for anything. It is the one that keeps the time, and ends who is late.
const PATIENCE: Duration = Duration::from_secs(3600);

/// The process that serves until this one does.
pub struct Predecessor(Arc<Channel>);

impl Predecessor {
    /// The predecessor, if this process was started by one. Its channel is taken off the standard input.
    ///
    /// # Errors
    /// When the standard input cannot be read as the channel that it was said to be.
    pub fn meet() -> anyhow::Result<Option<Predecessor>> {
        if std::env::var_os(VARIABLE).is_none_or(|value| value != ON_STANDARD_INPUT) {
            return Ok(None);
        }
        let end = std::io::stdin().as_fd().try_clone_to_owned().context("no channel to the process before")?;
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        Ok(Some(Predecessor(Arc::new(Channel::from_end(end)))))
    }

    /// Takes the sockets, and asks for the store. Returns when it is free.
    ///
    /// # Errors
    /// When something else comes than was due. That the other process is gone is no error: then the store is free too.
    pub async fn take_over(&self) -> anyhow::Result<Inherited> {
        let channel = self.0.clone();
        spawn_blocking(move || {
            let mut inherited = Inherited::default();
            loop {
                match channel.receive(PATIENCE) {
                    Ok(Received { note: Note::Socket(kind), socket: Some(socket) }) => inherited.add(kind, socket),
                    Ok(Received { note: Note::Complete, .. }) => break,
                    Ok(other) => bail!("the process before said {:?} where sockets were due", other.note),
                    Err(Unheard::Gone) => return Ok(inherited),
                    Err(unheard) => bail!("the process before was not understood: {unheard:?}"),
                }
            }
            // If it is gone, that is noticed next.
            let _ = channel.send(&Note::Prepared, None);
            match channel.receive(PATIENCE) {
                Ok(Received { note: Note::Released, .. }) | Err(Unheard::Gone) => Ok(inherited),
                Ok(other) => bail!("the process before said {:?} where the store was due", other.note),
                Err(unheard) => bail!("the process before was not understood: {unheard:?}"),
            }
        })
        .await?
    }

    /// Says why this process cannot serve: its configuration.
    pub fn refuse(&self, complaints: &str) {
        self.say(&Note::Unusable(complaints.to_owned()));
    }

    /// Says why this process cannot serve.
    pub fn fail(&self, why: &anyhow::Error) {
        self.say(&Note::Failed(format!("{why:#}")));
    }

    /// Says that this process serves, and from now on tells how the other one drains.
    pub fn succeed(&self, telemetry: Telemetry) {
        UpgradeSucceeded.emit(&telemetry);
        self.say(&Note::Ready);
        let channel = self.0.clone();
        // Nobody waits for this thread, so it keeps nobody from ending.
        let _ = thread::Builder::new().name("predecessor".to_owned()).spawn(move || follow(&channel, &telemetry));
    }

    /// Says that this process leaves in good order.
    pub fn leave(&self) {
        self.say(&Note::Leaving);
    }

    /// If nobody listens any more, all the better.
    fn say(&self, note: &Note) {
        let _ = self.0.send(note, None);
    }
}

/// Tells how the process before drains, until it is gone.
fn follow(channel: &Channel, telemetry: &Telemetry) {
    let begun = Instant::now();
    loop {
        match channel.receive(PATIENCE).map(|received| received.note) {
            Ok(Note::Draining(connections)) => Draining { connections, since: begun.elapsed() }.emit(telemetry),
            Ok(Note::Drained { milliseconds, cut }) => {
                Drained { took: Duration::from_millis(milliseconds), cut: &cut.by_protocol() }.emit(telemetry);
                return;
            }
            Ok(_) => {}
            // It had no last words: it was killed, or is of a version that has none.
            Err(_) => return Draining { connections: 0, since: begun.elapsed() }.emit(telemetry),
        }
    }
}
