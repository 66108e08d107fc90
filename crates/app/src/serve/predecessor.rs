//! Taking over from the process that started this one.

use super::{
    channel::{Channel, Note, Received},
    sockets::Inherited,
};
use anyhow::{Context, bail};
use std::{fs::File, os::fd::AsFd, time::Duration};
use tokio::task::spawn_blocking;

/// The environment variable that says that there is somebody to take over from.
pub const VARIABLE: &str = "BELLWETHER_HANDOVER";
/// Its value: the channel is the standard input.
pub const ON_STANDARD_INPUT: &str = "stdin";

/// How long a predecessor may take for anything. It is the one that keeps the time, and ends who is late.
const PATIENCE: Duration = Duration::from_secs(3600);

/// The process that serves until this one does.
pub struct Predecessor(Channel);

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
        Ok(Some(Predecessor(Channel::from_end(end))))
    }

    /// Takes the sockets, and asks for the store. Returns when it is free.
    ///
    /// # Errors
    /// When something else comes than was due. That the other process is gone is no error: then the store is free too.
    pub async fn take_over(self) -> anyhow::Result<(Predecessor, Inherited)> {
        spawn_blocking(move || {
            let mut inherited = Inherited::default();
            loop {
                match self.0.receive(PATIENCE)? {
                    Some(Received { note: Note::Socket(kind), socket: Some(socket) }) => inherited.add(kind, socket),
                    Some(Received { note: Note::Complete, .. }) => break,
                    Some(other) => bail!("the process before said {:?} where sockets were due", other.note),
                    None => return Ok((self, inherited)),
                }
            }
            // If it is gone, that is noticed next.
            let _ = self.0.send(&Note::Prepared, None);
            match self.0.receive(PATIENCE)? {
                Some(Received { note: Note::Released, .. }) | None => Ok((self, inherited)),
                Some(other) => bail!("the process before said {:?} where the store was due", other.note),
            }
        })
        .await?
    }

    /// Says that this process serves, or why it cannot. If nobody listens any more, all the better.
    pub fn tell(&self, outcome: Result<(), &anyhow::Error>) {
        let note = match outcome {
            Ok(()) => Note::Ready,
            Err(why) => Note::Failed(format!("{why:#}")),
        };
        let _ = self.0.send(&note, None);
    }
}
