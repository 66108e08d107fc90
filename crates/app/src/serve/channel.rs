//! The channel between a server and the process that takes over from it: whole notes, some with a socket attached.
//!
//! It is a pair of connected sockets of which the successor is given one as its standard input. What goes over it is
//! a handle on the very same listening socket, not a copy of its address: nobody who waits in its queue is lost.

use anyhow::{Context, bail};
use proxy::CutOff;
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
    /// New to old, at any time: I cannot, because I refuse the configuration, and this is why.
    Unusable(String),
    /// New to old, after it serves: I am leaving in good order, so do not come back for me.
    Leaving,
    /// Old to new, while it drains: so many connections are still here.
    Draining(u64),
    /// Old to new: I have drained for so many milliseconds, and cut off that many of each protocol.
    Drained { milliseconds: u64, cut: CutOff },
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
            Note::Unusable(why) => format!("unusable {why}"),
            Note::Leaving => "leaving".to_owned(),
            Note::Draining(connections) => format!("draining {connections}"),
            Note::Drained { milliseconds, cut: CutOff { http1, http2, tunnels, tcp } } => {
                format!("drained {milliseconds} {http1} {http2} {tunnels} {tcp}")
            }
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
            "leaving" => Note::Leaving,
            other => match other.split_once(' ')? {
                ("socket", kind) => Note::Socket(Kind::Tcp(kind.strip_prefix("tcp ")?.parse().ok()?)),
                ("failed", why) => Note::Failed(why.to_owned()),
                ("unusable", why) => Note::Unusable(why.to_owned()),
                ("draining", connections) => Note::Draining(connections.parse().ok()?),
                ("drained", numbers) => drained(numbers)?,
                _ => return None,
            },
        };
        Some(note)
    }
}

fn drained(numbers: &str) -> Option<Note> {
    let numbers: Vec<u64> = numbers.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
    let &[milliseconds, http1, http2, tunnels, tcp] = numbers.as_slice() else { return None };
    Some(Note::Drained { milliseconds, cut: CutOff { http1, http2, tunnels, tcp } })
}

/// Why no note was heard.
#[derive(Debug, PartialEq, Eq)]
pub enum Unheard {
    /// Nothing came in time.
    Late,
    /// The other side is gone.
    Gone,
    /// What came is no note, or the channel broke: the other side is something else than was thought.
    Foreign(String),
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

    /// Waits for the next note. Blocks for up to `patience`.
    ///
    /// # Errors
    /// When there is none, and why.
    pub fn receive(&self, patience: Duration) -> Result<Received, Unheard> {
        let foreign = |problem: &dyn std::fmt::Display| Unheard::Foreign(problem.to_string());
        // Zero would mean for ever.
        set_socket_timeout(&self.0, Timeout::Recv, Some(patience.max(Duration::from_millis(1))))
            .map_err(|error| foreign(&error))?;
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
            Ok(message) if message.bytes == 0 => return Err(Unheard::Gone),
            Ok(message) => message.bytes,
            Err(Errno::AGAIN) => return Err(Unheard::Late),
            Err(Errno::CONNRESET) => return Err(Unheard::Gone),
            Err(error) => return Err(foreign(&error)),
        };
        let socket = attached.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut sockets) => sockets.next(),
            _ => None,
        });
        let text = text.get(..length).unwrap_or_default();
        let note = std::str::from_utf8(text).ok().and_then(Note::read);
        let note = note.ok_or_else(|| foreign(&format_args!("it said {:?}", String::from_utf8_lossy(text))))?;
        Ok(Received { note, socket })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::TcpListener, os::fd::AsFd};

    #[test]
    fn every_note_is_read_as_it_was_written() {
        let sockets = [Kind::Http, Kind::Https, Kind::Tcp(7), Kind::Api, Kind::Local].map(Note::Socket);
        let why = || "no: way".to_owned();
        let cut = CutOff { http1: 1, http2: 2, tunnels: 3, tcp: 4 };
        let others = [
            Note::Complete,
            Note::Prepared,
            Note::Released,
            Note::Ready,
            Note::Failed(why()),
            Note::Unusable(why()),
            Note::Leaving,
            Note::Draining(9),
            Note::Drained { milliseconds: 1_500, cut },
        ];
        for note in sockets.into_iter().chain(others) {
            assert_eq!(Note::read(&note.write()), Some(note));
        }
        for text in ["", "socket tcp x", "socket unix", "draining many", "drained 1 2 3", "drained 1 2 3 4 5 6"] {
            assert_eq!(Note::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_socket_arrives_as_the_same_socket_and_the_end_is_noticed() {
        let (old, end) = Channel::pair().expect("a channel");
        let new = Channel::from_end(end);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        old.send(&Note::Socket(Kind::Api), Some(listener.as_fd())).expect("sent");
        let received = new.receive(Duration::from_secs(5)).expect("a note");
        assert_eq!(received.note, Note::Socket(Kind::Api));
        let same = TcpListener::from(received.socket.expect("a socket"));
        assert_eq!(same.local_addr().expect("bound"), listener.local_addr().expect("bound"));
        assert_eq!(new.receive(Duration::from_millis(10)).err(), Some(Unheard::Late), "nothing more was said");
        drop(old);
        assert_eq!(new.receive(Duration::from_secs(5)).err(), Some(Unheard::Gone));
    }

    #[test]
    fn last_words_are_heard_though_the_speaker_left_notes_unread() {
        let (old, end) = Channel::pair().expect("a channel");
        let new = Channel::from_end(end);
        old.send(&Note::Complete, None).expect("sent");
        new.send(&Note::Failed("no room".to_owned()), None).expect("sent");
        drop(new);
        let heard = old.receive(Duration::from_secs(5)).expect("a note");
        assert_eq!(heard.note, Note::Failed("no room".to_owned()));
        assert_eq!(old.receive(Duration::from_secs(5)).err(), Some(Unheard::Gone));
    }
}
