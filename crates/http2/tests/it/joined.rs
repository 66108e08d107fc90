//! Two machines that speak with each other, in whatever pieces the bytes come and however small the windows are.

use crate::machine::settings;
use http2::{Connection, ErrorCode, Event, Inbox, Key, Settings, Side};
use proptest::prelude::*;
use std::{
    task::{Context, Poll, Waker},
    time::Instant,
};

/// Rounds after which both would have been done with everything, had nobody waited in vain.
const ROUNDS: usize = 60_000;

/// What one side says on a stream: content, and whether trailers end it.
#[derive(Clone, Debug)]
struct Speech {
    content: Vec<u8>,
    trailers: bool,
}

/// One side of a stream: what it has still to say, and what it has heard.
#[derive(Debug)]
struct Talk {
    key: Key,
    speech: Speech,
    said: usize,
    is_said: bool,
    heard: Vec<u8>,
    trailers: Option<Vec<u8>>,
    is_heard: bool,
}

impl Talk {
    fn new(key: Key, speech: Speech) -> Self {
        Self { key, speech, said: 0, is_said: false, heard: Vec::new(), trailers: None, is_heard: false }
    }

    /// Says as much as there is room for, `most` bytes at most.
    fn speak(&mut self, side: &mut Connection, most: usize) {
        let cx = &mut Context::from_waker(Waker::noop());
        let rest = &self.speech.content[self.said..];
        if self.is_said {
            return;
        }
        if rest.is_empty() {
            self.is_said = true;
            let told = match self.speech.trailers {
                true => side.head(self.key, true, |out| out.field(b"x-sum", b"7")),
                false => side.content(self.key, b"", true),
            };
            return told.expect("the stream is open");
        }
        if let Poll::Ready(room) = side.poll_room(self.key, cx) {
            let count = room.expect("the stream is open").min(rest.len()).min(most);
            side.content(self.key, &rest[..count], false).expect("the stream is open");
            self.said += count;
        }
    }

    /// Takes what has come, `most` bytes at most.
    fn listen(&mut self, side: &mut Connection, most: usize) {
        let cx = &mut Context::from_waker(Waker::noop());
        let Poll::Ready(inbox) = side.poll_inbox(self.key, cx) else { return };
        let count = match inbox.expect("the stream is open") {
            Inbox::Content(content) => {
                let count = content.len().min(most);
                self.heard.extend_from_slice(&content[..count]);
                count
            }
            Inbox::Ended { trailers } => {
                self.trailers = trailers.map(<[u8]>::to_vec);
                self.is_heard = true;
                0
            }
        };
        side.take(self.key, count);
    }

    fn is_over(&self) -> bool {
        self.is_said && self.is_heard
    }
}

/// A way for bytes from one side to the other, which lets some of them through at a time.
#[derive(Default)]
struct Way {
    bytes: Vec<u8>,
}

impl Way {
    fn carry(&mut self, from: &mut Connection, to: &mut Connection, most: usize) -> Vec<(Key, bool)> {
        let count = from.output().len().min(most);
        self.bytes.extend_from_slice(&from.output()[..count]);
        from.sent(count);
        let mut requests = Vec::new();
        loop {
            let received = to.receive(&self.bytes, Instant::now()).expect("both keep the rules");
            self.bytes.drain(..received.taken);
            match received.event {
                Some(Event::Request { key, ends }) => requests.push((key, ends)),
                Some(other) => panic!("{other:?}"),
                None => return requests,
            }
        }
    }
}

fn speech() -> impl Strategy<Value = Speech> {
    let content = prop_oneof![Just(0_usize), 1_usize..40, 40_usize..3_000, 3_000_usize..20_000];
    (content, any::<u8>(), any::<bool>()).prop_map(|(length, seed, trailers)| Speech {
        content: (0..length).map(|at| (at as u8).wrapping_mul(31) ^ seed).collect(),
        trailers,
    })
}

fn bounds() -> impl Strategy<Value = (u32, usize, u32)> {
    (prop_oneof![16_u32..200, 200_u32..70_000], prop_oneof![16_usize..200, 200_usize..70_000], 1_u32..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Everything that is said is heard, in order and to its end, on every stream; then nothing is left.
    #[test]
    fn what_is_said_is_heard(
        speeches in prop::collection::vec((speech(), speech()), 1..7),
        (client_window, client_room, _) in bounds(),
        (server_window, server_room, streams) in bounds(),
        pieces in prop::collection::vec(32_usize..5_000, 1..12),
    ) {
        let bounded = |side, stream_window, send_room| Settings {
            streams, stream_window, send_room, control_frames: usize::MAX, ..settings(side)
        };
        let mut client = Connection::new(bounded(Side::Client, client_window, client_room));
        let mut server = Connection::new(bounded(Side::Server, server_window, server_room));
        let (mut there, mut back) = (Way::default(), Way::default());
        let (mut asking, mut answering): (Vec<Talk>, Vec<Talk>) = (Vec::new(), Vec::new());
        let mut rounds = 0;
        while asking.len() < speeches.len() || !asking.iter().chain(&answering).all(Talk::is_over) {
            rounds += 1;
            prop_assert!(rounds < ROUNDS, "somebody waits in vain: {} and {}", asking.len(), answering.len());
            let piece = pieces[rounds % pieces.len()];
            let under_way = asking.iter().filter(|talk| !talk.is_over()).count();
            if asking.len() < speeches.len() && client.is_settled() && under_way < streams as usize {
                let key = client.request(false, false, |out| {
                    out.field(b":method", b"POST");
                    out.field(b"x-number", asking.len().to_string().as_bytes());
                });
                asking.push(Talk::new(key.expect("there is room for one more"), speeches[asking.len()].0.clone()));
            }
            for (key, _) in there.carry(&mut client, &mut server, piece) {
                server.head(key, false, |out| out.status(200)).expect("the stream is open");
                answering.push(Talk::new(key, speeches[answering.len()].1.clone()));
            }
            prop_assert_eq!(back.carry(&mut server, &mut client, piece).len(), 0);
            for (talks, side) in [(&mut asking, &mut client), (&mut answering, &mut server)] {
                for talk in talks.iter_mut().filter(|talk| !talk.is_over()) {
                    talk.speak(side, piece);
                    talk.listen(side, piece);
                    if talk.is_over() {
                        side.release(talk.key, ErrorCode::INTERNAL_ERROR);
                    }
                }
            }
        }
        for (one, other) in asking.iter().zip(&answering) {
            for (said, heard) in [(one, other), (other, one)] {
                prop_assert_eq!(&said.speech.content, &heard.heard);
                prop_assert_eq!(said.speech.trailers.then(|| b"x-sum: 7\r\n".to_vec()), heard.trailers.clone());
            }
        }
        prop_assert_eq!((client.open_streams(), server.open_streams()), (0, 0));
        prop_assert!(!client.has_ended() && !server.has_ended());
    }
}
