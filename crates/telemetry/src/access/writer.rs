//! The thread that owns the target of the access log: it collects the lanes, writes, counts what is lost, and says so.

use super::{
    file::LogFile,
    json::Member,
    log::{AccessTarget, Lane, Pending, Shared, lock},
};
use model::Timestamp;
use std::{
    io::{self, Write},
    sync::{Arc, Weak, atomic::Ordering, mpsc},
    thread,
    time::Duration,
};

/// What the writer is told to do, in order.
pub(super) enum Order {
    /// Write everything that is pending, then answer.
    Flush(mpsc::Sender<()>),
    /// Open the same target again: the file was moved away.
    Reopen,
    Switch(AccessTarget, Sink),
}

/// The target, open for writing.
pub(super) enum Sink {
    Stdout,
    File(LogFile),
    Off,
}

impl Sink {
    /// Opens a target, of which `cached` bytes stay in memory when it is a file.
    pub fn open(target: &AccessTarget, cached: usize) -> io::Result<Sink> {
        match target {
            AccessTarget::Stdout => Ok(Sink::Stdout),
            AccessTarget::Off => Ok(Sink::Off),
            AccessTarget::File(path) => Ok(Sink::File(LogFile::open(path, cached)?)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Sink::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes)?;
                stdout.flush()
            }
            Sink::File(file) => file.write(bytes),
            Sink::Off => Ok(()),
        }
    }
}

/// The thread that owns the target.
pub(super) struct Writer {
    target: AccessTarget,
    sink: Sink,
    /// See [`super::AccessLogSettings::cache_bytes`].
    cached: usize,
    inbox: mpsc::Receiver<Order>,
    /// Lost lines not yet announced in the log itself.
    losses: u64,
    /// Whether the last write failed: the operator is told when this changes, not each time.
    failing: bool,
}

impl Writer {
    /// A writer of an open target.
    pub fn new(target: AccessTarget, sink: Sink, cached: usize, inbox: mpsc::Receiver<Order>) -> Self {
        Self { target, sink, cached, inbox, losses: 0, failing: false }
    }

    /// Runs until the last handle of the log is gone.
    pub fn run(mut self, shared: &Weak<Shared>, flush_every: Duration) {
        let mut batch = Pending::default();
        loop {
            let Some(log) = shared.upgrade() else { return };
            let orders: Vec<Order> = self.inbox.try_iter().collect();
            self.collect(&log, &mut batch);
            orders.into_iter().for_each(|order| self.obey(order));
            drop(log);
            thread::park_timeout(flush_every);
        }
    }

    /// Takes every lane's lines and writes them. A lane whose worker is gone is forgotten once it is empty.
    fn collect(&mut self, log: &Shared, batch: &mut Pending) {
        let lanes: Vec<Arc<Lane>> = {
            let mut lanes = lock(&log.lanes);
            lanes.retain(|lane| Arc::strong_count(lane) > 1 || !lock(&lane.pending).bytes.is_empty());
            lanes.clone()
        };
        for lane in lanes {
            // The worker gets the emptied buffer of the last turn, so buffers go round instead of growing anew.
            std::mem::swap(&mut *lock(&lane.pending), batch);
            self.write(log, batch);
            batch.bytes.clear();
            (batch.lines, batch.dropped) = (0, 0);
        }
    }

    fn write(&mut self, log: &Shared, batch: &Pending) {
        self.lose(log, batch.dropped);
        if batch.lines == 0 && self.losses == 0 {
            return;
        }
        match self.announce_losses().and_then(|()| self.sink.write(&batch.bytes)) {
            Ok(()) => {
                log.lines.fetch_add(batch.lines, Ordering::Relaxed);
                if std::mem::take(&mut self.failing) {
                    tracing::info!(target = ?self.target, "the access log can be written again");
                }
            }
            Err(error) => {
                self.lose(log, batch.lines);
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(target = ?self.target, %error, "the access log cannot be written; lines are lost");
                }
            }
        }
    }

    fn lose(&mut self, log: &Shared, lines: u64) {
        self.losses += lines;
        log.dropped.fetch_add(lines, Ordering::Relaxed);
    }

    /// Says in the log itself how many lines are missing at this place.
    fn announce_losses(&mut self) -> io::Result<()> {
        if self.losses == 0 {
            return Ok(());
        }
        let mut line = b"{\"AccessLogDropped\":".to_vec();
        self.losses.write(&mut line);
        line.extend_from_slice(b",\"Timestamp\":");
        Timestamp::now().write(&mut line);
        line.extend_from_slice(b"}\n");
        self.sink.write(&line)?;
        self.losses = 0;
        Ok(())
    }

    fn obey(&mut self, order: Order) {
        match order {
            // Whoever asked may have stopped waiting.
            Order::Flush(done) => drop(done.send(())),
            Order::Switch(target, sink) => (self.target, self.sink) = (target, sink),
            Order::Reopen => match Sink::open(&self.target, self.cached) {
                Ok(sink) => self.sink = sink,
                Err(error) => {
                    tracing::error!(target = ?self.target, %error, "the access log stays with the file it had open");
                }
            },
        }
    }
}
