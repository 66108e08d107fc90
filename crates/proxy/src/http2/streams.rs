//! What the streams of a visitor's connection tell their connection.

use super::Http2;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::Waker,
    time::Duration,
};
use tokio::time::Instant;
use wire::ResponseHead;

/// The streams of one connection.
pub(super) struct Streams {
    open: Cell<usize>,
    idle_since: Cell<Instant>,
    /// Streams that the visitor gave up, and since when they are counted.
    resets: Cell<(usize, Instant)>,
    resets_allowed: (usize, Duration),
    /// Requests that were malformed in a way that the library does not mind.
    faults: Cell<usize>,
    faults_allowed: usize,
    abused: Cell<bool>,
    driver: RefCell<Option<Waker>>,
    /// What the head of an answer is read into; holds nothing from one poll to the next.
    pub(super) answer_head: RefCell<ResponseHead>,
}

impl Streams {
    /// No streams yet.
    pub(super) fn new(settings: &Http2) -> Rc<Self> {
        let now = Instant::now();
        Rc::new(Self {
            open: Cell::new(0),
            idle_since: Cell::new(now),
            resets: Cell::new((0, now)),
            resets_allowed: (settings.resets, settings.resets_within),
            faults: Cell::new(0),
            faults_allowed: settings.faults,
            abused: Cell::new(false),
            driver: RefCell::default(),
            answer_head: RefCell::default(),
        })
    }

    /// Notes a new stream.
    pub(super) fn begin(&self) {
        self.open.set(self.open.get() + 1);
    }

    /// Notes that the visitor gave a stream up before its answer was complete. Too many of them are an attack: each
    /// costs the visitor next to nothing, and us a request (CVE-2023-44487).
    pub(super) fn note_reset(&self) {
        let (count, since) = self.resets.get();
        let (most, within) = self.resets_allowed;
        let (count, since) = if since.elapsed() > within { (1, Instant::now()) } else { (count + 1, since) };
        self.resets.set((count, since));
        if count > most {
            self.abuse();
        }
    }

    /// Notes a malformed request.
    pub(super) fn note_fault(&self) {
        self.faults.set(self.faults.get() + 1);
        if self.faults.get() > self.faults_allowed {
            self.abuse();
        }
    }

    fn abuse(&self) {
        self.abused.set(true);
        if let Some(waker) = self.driver.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Notes that a stream has ended.
    pub(super) fn end(&self) {
        self.open.set(self.open.get().saturating_sub(1));
        if self.open.get() == 0 {
            self.idle_since.set(Instant::now());
        }
    }

    /// Whether too many of them were given up or malformed.
    pub(super) fn are_abused(&self) -> bool {
        self.abused.get()
    }

    /// Since when there is none; `None` while there is one.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        (self.open.get() == 0).then(|| self.idle_since.get())
    }

    /// Who is to be woken when they are abused.
    pub(super) fn watched_by(&self, waker: &Waker) {
        self.driver.borrow_mut().get_or_insert_with(|| waker.clone()).clone_from(waker);
    }
}
