//! What can be seen of a connection from both its ends, which must not depend on how its bytes were cut.

use super::{
    cuts::Cuts,
    link::Link,
    peer::{Peer, machine},
};
use ::http2::{ErrorCode, Event, Side, hpack::FieldList};
use std::task::{Context, Poll, Waker};

/// A connection of which nothing was taken.
#[derive(Debug, PartialEq)]
struct Account {
    happened: Vec<(Event, String)>,
    broken: Option<ErrorCode>,
    told: Vec<u8>,
    /// What waits on each stream to be taken.
    waits: Vec<String>,
}

/// Says the same in pieces of several lengths.
pub fn does_not_depend_on_cuts(side: Side, says: &[u8]) {
    let whole = account(side, says, Cuts::Whole);
    for cuts in [Cuts::Bytes, Cuts::of(says)] {
        assert_eq!(account(side, says, cuts), whole, "{cuts:?}");
    }
}

fn account(side: Side, says: &[u8], cuts: Cuts) -> Account {
    let link = machine(side);
    let mut keys = Vec::new();
    if side == Side::Client {
        // A GET, a HEAD and a request whose body goes on.
        for (head_only, ends) in [(false, true), (true, true), (false, false)] {
            keys.extend(link.change().request(head_only, ends, |head| head.field(b":method", b"GET")));
        }
    }
    let mut peer = Peer::saying(says, cuts);
    let mut happened = Vec::new();
    while peer.talk(&link, |event| {
        let mut fields = String::new();
        if let Event::Request { key, .. } = event {
            keys.push(key);
            fields = written(link.look().fields());
        }
        happened.push((event, fields));
    }) {}
    let cx = &mut Context::from_waker(Waker::noop());
    let mut waits = Vec::new();
    for key in keys {
        let mut connection = link.change();
        if side == Side::Client {
            while let Poll::Ready(Ok(answer)) = connection.poll_answer(key, cx) {
                waits.push(format!("{} {}", written(&answer.fields), answer.ends));
            }
        }
        waits.push(format!("{:?}", connection.poll_inbox(key, cx)));
        waits.push(format!("{:?}", connection.poll_lost(key, cx)));
    }
    Account { happened, broken: peer.broken, told: peer.told, waits }
}

fn written(fields: &FieldList) -> String {
    let lines = fields.iter().map(|(name, value)| format!("{}: {}\n", name.escape_ascii(), value.escape_ascii()));
    lines.chain(fields.is_truncated().then(|| "and more".to_owned())).collect()
}
