//! The channel between a server and the process that takes over from it: whole notes, some with a socket attached.
//!
//! It is a pair of connected sockets of which the successor is given one as its standard input. What goes over it is
//! a handle on the very same listening socket, not a copy of its address: nobody who waits in its queue is lost.

use anyhow::{Context, bail};
use rustix::{
    io::Errno,
    net::{
        AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
        SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
        sockopt::{Timeout, set_socket_timeout},
    },
};
use std::{
    io::{IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{BorrowedFd, OwnedFd},
    time::Duration,
};

/// The longest note. A reason for a failure is cut to fit.
const LONGEST: usize = 4096;

/// What the two say to each other, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Old to new: the attached socket is one of these.
    Socket(Kind),
    /// Old to new: those were all.
    Complete,
    /// New to old: I can start; let go of the store.
    Prepared,
    /// Old to new: the store is free.
    Released,
    /// New to old: I serve.
    Ready,
    /// New to old, at any time: I cannot, and this is why.
    Failed(String),
}

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Http,
    Https,
    /// The TCP listener with this place in the settings.
    Tcp(usize),
    Api,
    Local,
}

impl Note {
    fn write(&self) -> String {
        match self {
            Note::Socket(Kind::Http) => "socket http".to_owned(),
            Note::Socket(Kind::Https) => "socket https".to_owned(),
            Note::Socket(Kind::Tcp(place)) => format!("socket tcp {place}"),
            Note::Socket(Kind::Api) => "socket api".to_owned(),
            Note::Socket(Kind::Local) => "socket local".to_owned(),
            Note::Complete => "complete".to_owned(),
            Note::Prepared => "prepared".to_owned(),
            Note::Released => "released".to_owned(),
            Note::Ready => "ready".to_owned(),
            Note::Failed(why) => format!("failed {why}"),
        }
    }

    fn read(text: &str) -> Option<Note> {
        let note = match text {
            "socket http" => Note::Socket(Kind::Http),
            "socket https" => Note::Socket(Kind::Https),
            "socket api" => Note::Socket(Kind::Api),
            "socket local" => Note::Socket(Kind::Local),
            "complete" => Note::Complete,
            "prepared" => Note::Prepared,
            "released" => Note::Released,
            "ready" => Note::Ready,
            other => match other.strip_prefix("socket tcp ") {
                Some(place) => Note::Socket(Kind::Tcp(place.parse().ok()?)),
                None => Note::Failed(other.strip_prefix("failed ")?.to_owned()),
            },
        };
        Some(note)
    }
}

/// One end of the channel.
#[derive(Debug)]
pub struct Channel(OwnedFd);

/// What came over the channel.
#[derive(Debug)]
pub struct Received {
    pub note: Note,
    pub socket: Option<OwnedFd>,
}

impl Channel {
    /// A channel; the second end is for the successor's standard input.
    ///
    /// # Errors
    /// When the process may not open more files.
    pub fn pair() -> anyhow::Result<(Channel, OwnedFd)> {
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
            .context("no channel to a successor")?;
        Ok((Channel(ours), theirs))
    }

    /// The end that was handed to this process.
    pub fn from_end(end: OwnedFd) -> Channel {
        Channel(end)
    }

    /// Sends a note, with a socket if there is one to hand over.
    ///
    /// # Errors
    /// When the other side is gone.
    pub fn send(&self, note: &Note, socket: Option<BorrowedFd<'_>>) -> anyhow::Result<()> {
        let mut text = note.write();
        while text.len() > LONGEST {
            text.pop();
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut attached = SendAncillaryBuffer::new(&mut space);
        let sockets: Vec<BorrowedFd<'_>> = socket.into_iter().collect();
        if !sockets.is_empty() && !attached.push(SendAncillaryMessage::ScmRights(&sockets)) {
            bail!("a socket does not fit into a note");
        }
        sendmsg(&self.0, &[IoSlice::new(text.as_bytes())], &mut attached, SendFlags::NOSIGNAL)
            .context("the other process is gone")?;
        Ok(())
    }

    /// Waits for the next note. `None` when the other side is gone. Blocks for up to `patience`.
    ///
    /// # Errors
    /// When nothing comes in time, or something that is no note.
    pub fn receive(&self, patience: Duration) -> anyhow::Result<Option<Received>> {
        // Zero would mean for ever.
        set_socket_timeout(&self.0, Timeout::Recv, Some(patience.max(Duration::from_millis(1))))?;
        let mut text = [0; LONGEST];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut attached = RecvAncillaryBuffer::new(&mut space);
        let mut receive =
            || recvmsg(&self.0, &mut [IoSliceMut::new(&mut text)], &mut attached, RecvFlags::CMSG_CLOEXEC);
        // The kernel tells once, and first, that the other side left notes of ours unread. What it said before it left
        // comes after that.
        let received = match receive() {
            Err(Errno::CONNRESET) => receive(),
            received => received,
        };
        let length = match received {
            Ok(message) if message.bytes == 0 => return Ok(None),
            Ok(message) => message.bytes,
            Err(Errno::AGAIN) => bail!("nothing was heard of it in time"),
            Err(Errno::CONNRESET) => return Ok(None),
            Err(error) => return Err(error).context("the channel between old and new process broke"),
        };
        let socket = attached.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut sockets) => sockets.next(),
            _ => None,
        });
        let text = text.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let note = text.and_then(Note::read).context("the other process is of a version that speaks otherwise")?;
        Ok(Some(Received { note, socket }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::TcpListener, os::fd::AsFd};

    #[test]
    fn every_note_is_read_as_it_was_written() {
        let sockets = [Kind::Http, Kind::Https, Kind::Tcp(7), Kind::Api, Kind::Local].map(Note::Socket);
        let others = [Note::Complete, Note::Prepared, Note::Released, Note::Ready, Note::Failed("no: way".to_owned())];
        for note in sockets.into_iter().chain(others) {
            assert_eq!(Note::read(&note.write()), Some(note));
        }
        assert_eq!(Note::read("socket tcp x"), None);
        assert_eq!(Note::read(""), None);
    }

    #[test]
    fn a_socket_arrives_as_the_same_socket_and_the_end_is_noticed() {
        let (old, end) = Channel::pair().expect("a channel");
        let new = Channel::from_end(end);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        old.send(&Note::Socket(Kind::Api), Some(listener.as_fd())).expect("sent");
        let received = new.receive(Duration::from_secs(5)).expect("in time").expect("a note");
        assert_eq!(received.note, Note::Socket(Kind::Api));
        let same = TcpListener::from(received.socket.expect("a socket"));
        assert_eq!(same.local_addr().expect("bound"), listener.local_addr().expect("bound"));
        assert!(new.receive(Duration::from_millis(10)).is_err(), "nothing more was said");
        drop(old);
        assert!(new.receive(Duration::from_secs(5)).expect("in time").is_none());
    }

    #[test]
    fn last_words_are_heard_though_the_speaker_left_notes_unread() {
        let (old, end) = Channel::pair().expect("a channel");
        let new = Channel::from_end(end);
        old.send(&Note::Complete, None).expect("sent");
        new.send(&Note::Failed("no room".to_owned()), None).expect("sent");
        drop(new);
        let heard = old.receive(Duration::from_secs(5)).expect("in time").expect("a note");
        assert_eq!(heard.note, Note::Failed("no room".to_owned()));
        assert!(old.receive(Duration::from_secs(5)).expect("in time").is_none());
    }
}
