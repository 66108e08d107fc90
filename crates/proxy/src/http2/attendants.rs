//! The tasks that serve the streams of visitors, one request after the other.
//!
//! To the rest of the house a stream is a visitor's connection with one request, and whatever serves a connection is
//! some kilobytes large. Making that anew for every request of HTTP/2 (allocate it, move it into place, enter it and its
//! timer into the runtime's books, and take all of that back) costs more than the request. So a task that has served a
//! stream rests, and serves the next one that comes on its worker.

use crate::{
    connection::Connection,
    deadline::Deadline,
    presence::Place,
    visitor::{Socket, VisitorFacts},
    worker::Worker,
};
use std::{
    cell::RefCell,
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};
use verdict::Reason;

/// How many tasks of a worker may rest; each takes some kilobytes.
const RESTING: usize = 256;

/// The resting tasks of a worker.
#[derive(Default)]
pub(crate) struct Attendants(RefCell<Vec<Rc<Seat>>>);

/// A stream that is to be served.
pub(super) struct Guest {
    pub(super) socket: Socket,
    pub(super) facts: Rc<VisitorFacts>,
    pub(super) place: Place,
    /// What is wrong with its request, when that is known already.
    pub(super) problem: Option<Reason>,
}

/// Where a resting task waits.
#[derive(Default)]
struct Seat {
    guest: RefCell<Option<Guest>>,
    waker: RefCell<Option<Waker>>,
}

/// Has a stream served: by a task that rests, or by a new one.
pub(super) fn attend(worker: &Rc<Worker>, guest: Guest) {
    let seat = worker.attendants.0.borrow_mut().pop();
    match seat {
        Some(seat) => seat.offer(guest),
        None => drop(tokio::task::spawn_local(serve(worker.clone(), guest))),
    }
}

async fn serve(worker: Rc<Worker>, first: Guest) {
    let seat = Rc::new(Seat::default());
    let mut deadline = Deadline::after(worker.settings.timeouts.request_head);
    let mut guest = first;
    loop {
        deadline = serve_one(&worker, guest, deadline).await;
        if !worker.attendants.rest(&seat) {
            return;
        }
        guest = seat.next().await;
    }
}

/// Serves the one request of a stream. Gives the timer back, which goes on running.
async fn serve_one(worker: &Rc<Worker>, guest: Guest, deadline: Deadline) -> Deadline {
    let Guest { socket, facts, place, problem } = guest;
    let mut connection = Connection::within(worker.clone(), socket, facts, place, deadline);
    let mut scratch = worker.take_scratch();
    // Whatever it says of the connection, which would be HTTP/1.1's, the stream ends here.
    match problem {
        None => drop(connection.serve_one(&mut scratch).await),
        Some(reason) => drop(connection.serve_malformed(&mut scratch, reason).await),
    }
    worker.give_scratch(scratch);
    connection.deadline
}

impl Attendants {
    /// Lets a task rest in its seat. False when enough of them do.
    fn rest(&self, seat: &Rc<Seat>) -> bool {
        let mut resting = self.0.borrow_mut();
        let has_room = resting.len() < RESTING;
        if has_room {
            resting.push(seat.clone());
        }
        has_room
    }
}

impl Seat {
    fn offer(&self, guest: Guest) {
        *self.guest.borrow_mut() = Some(guest);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    async fn next(&self) -> Guest {
        poll_fn(|cx| match self.guest.borrow_mut().take() {
            Some(guest) => Poll::Ready(guest),
            None => {
                self.waker.borrow_mut().get_or_insert_with(|| cx.waker().clone()).clone_from(cx.waker());
                Poll::Pending
            }
        })
        .await
    }
}
