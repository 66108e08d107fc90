//! The ends of the access log that others hold: the log itself, and each worker's hand on it.
//!
//! Every worker has a lane: a buffer that the worker appends to and the writer thread takes away. The lock of a lane is
//! held for one append or one exchange of buffers, so the two hardly ever meet. The writer wakes by itself every
//! [`AccessLogSettings::flush_every`], or earlier when a worker says that its lane is filling up.

use super::{
    AccessRecord,
    writer::{Order, Sink, Writer},
};
use std::{
    io,
    path::PathBuf,
    str::FromStr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, Thread},
    time::Duration,
};

/// Where the access log goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AccessTarget {
    #[default]
    Stdout,
    /// Appended to; created when missing.
    File(PathBuf),
    Off,
}

impl FromStr for AccessTarget {
    type Err = std::convert::Infallible;

    /// `stdout`, `off`, or anything else as a path.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "stdout" => AccessTarget::Stdout,
            "off" => AccessTarget::Off,
            path => AccessTarget::File(path.into()),
        })
    }
}

/// How the access log is buffered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessLogSettings {
    /// A lane holding this many bytes wakes the writer. Default 256 KiB.
    pub batch_bytes: usize,
    /// The longest that a line waits. Default 100 ms.
    pub flush_every: Duration,
    /// A lane holding this many bytes takes no more lines until the writer has caught up. Default 4 MiB per worker.
    pub lane_bytes: usize,
    /// How much of the end of a file is meant to stay in the machine's page cache, in bytes; 0 leaves that to the kernel.
    /// Default 1 MiB.
    pub cache_bytes: usize,
}

impl Default for AccessLogSettings {
    fn default() -> Self {
        Self {
            batch_bytes: 256 << 10,
            flush_every: Duration::from_millis(100),
            lane_bytes: 4 << 20,
            cache_bytes: 1 << 20,
        }
    }
}

/// The access log of the process. Clones share it. Call [`AccessLog::flush`] before the process ends.
#[derive(Clone)]
pub struct AccessLog {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    settings: AccessLogSettings,
    /// Mirrors "the target is not off", so that a worker skips the work of formatting.
    on: AtomicBool,
    pub lanes: Mutex<Vec<Arc<Lane>>>,
    orders: Mutex<mpsc::Sender<Order>>,
    writer: Mutex<Option<Thread>>,
    pub lines: AtomicU64,
    pub dropped: AtomicU64,
}

/// One worker's lines on their way.
#[derive(Default)]
pub(super) struct Lane {
    pub pending: Mutex<Pending>,
}

/// What waits in a lane.
#[derive(Default)]
pub(super) struct Pending {
    pub bytes: Vec<u8>,
    pub lines: u64,
    pub dropped: u64,
}

/// A poisoned lock only means that a thread panicked between two appends; the bytes in it are whole lines still.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl AccessLog {
    /// Opens the target and starts the writer thread.
    ///
    /// # Errors
    /// When the file cannot be opened for appending or the thread cannot be started.
    pub fn open(target: AccessTarget, settings: AccessLogSettings) -> io::Result<Self> {
        let sink = Sink::open(&target, settings.cache_bytes)?;
        let (orders, inbox) = mpsc::channel();
        let shared = Arc::new(Shared {
            settings,
            on: AtomicBool::new(target != AccessTarget::Off),
            lanes: Mutex::default(),
            orders: Mutex::new(orders),
            writer: Mutex::default(),
            lines: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        });
        let weak = Arc::downgrade(&shared);
        let writer = Writer::new(target, sink, settings.cache_bytes, inbox);
        let thread =
            thread::Builder::new().name("access-log".into()).spawn(move || writer.run(&weak, settings.flush_every))?;
        *lock(&shared.writer) = Some(thread.thread().clone());
        Ok(Self { shared })
    }

    /// A log that writes nothing and has no thread.
    pub fn off() -> Self {
        let (orders, _) = mpsc::channel();
        let shared = Shared {
            settings: AccessLogSettings::default(),
            on: AtomicBool::new(false),
            lanes: Mutex::default(),
            orders: Mutex::new(orders),
            writer: Mutex::default(),
            lines: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// A lane for one worker.
    pub fn worker(&self) -> AccessWriter {
        let lane = Arc::new(Lane::default());
        lock(&self.shared.lanes).push(lane.clone());
        AccessWriter { shared: self.shared.clone(), lane }
    }

    /// Opens the file again, after it was moved away, and waits until that is done. What was logged before goes to the
    /// old one. Blocks the thread: not for a worker.
    pub fn reopen(&self) {
        self.order(Order::Reopen);
        self.flush();
    }

    /// Continues at another target, and waits until that is done. What was logged before goes to the old one. Blocks the
    /// thread: not for a worker.
    ///
    /// # Errors
    /// When the file cannot be opened; the log then stays where it is.
    pub fn switch(&self, target: AccessTarget) -> io::Result<()> {
        let sink = Sink::open(&target, self.shared.settings.cache_bytes)?;
        let on = target != AccessTarget::Off;
        self.order(Order::Switch(target, sink));
        self.flush();
        self.shared.on.store(on, Ordering::Relaxed);
        Ok(())
    }

    /// Waits until everything that was logged before is written. Blocks the thread: not for a worker.
    pub fn flush(&self) {
        let (done, wait) = mpsc::channel();
        self.order(Order::Flush(done));
        // No writer, no answer: then there is nothing to wait for.
        let _ = wait.recv();
    }

    /// Lines written so far.
    pub fn lines(&self) -> u64 {
        self.shared.lines.load(Ordering::Relaxed)
    }

    /// Lines lost so far because the target was too slow or failed.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    fn order(&self, order: Order) {
        // The writer is gone only when there never was one.
        let _ = lock(&self.shared.orders).send(order);
        self.shared.wake();
    }
}

impl Shared {
    fn wake(&self) {
        if let Some(writer) = lock(&self.writer).as_ref() {
            writer.unpark();
        }
    }
}

/// One worker's end of the log. Cheap to write to; the line is on its way within
/// [`AccessLogSettings::flush_every`] without any further call.
pub struct AccessWriter {
    shared: Arc<Shared>,
    lane: Arc<Lane>,
}

impl AccessWriter {
    /// Whether anybody reads what is logged. A caller may skip gathering a record when not.
    pub fn is_on(&self) -> bool {
        self.shared.on.load(Ordering::Relaxed)
    }

    /// Adds one record. Never waits for the target: when the lane is full the record is lost and counted.
    pub fn log(&mut self, record: &AccessRecord<'_>) {
        if !self.is_on() {
            return;
        }
        let settings = &self.shared.settings;
        let mut pending = lock(&self.lane.pending);
        let before = pending.bytes.len();
        if before >= settings.lane_bytes {
            pending.dropped += 1;
            return;
        }
        record.write_json(&mut pending.bytes);
        pending.bytes.push(b'\n');
        pending.lines += 1;
        let filled = before < settings.batch_bytes && pending.bytes.len() >= settings.batch_bytes;
        drop(pending);
        if filled {
            self.shared.wake();
        }
    }

    /// Asks the writer to take what is pending now instead of at its next turn.
    pub fn flush(&self) {
        self.shared.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn settings(lane_bytes: usize) -> AccessLogSettings {
        AccessLogSettings { flush_every: Duration::from_secs(60), lane_bytes, ..AccessLogSettings::default() }
    }

    fn record(ray_id: &str) -> AccessRecord<'_> {
        AccessRecord { ray_id, ..AccessRecord::default() }
    }

    fn rays(path: &std::path::Path) -> Vec<String> {
        let text = fs::read_to_string(path).expect("the log");
        let values = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        values.filter_map(|value| Some(value.get("RayID")?.as_str()?.to_owned())).collect()
    }

    #[test]
    fn lines_of_all_workers_arrive() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("access.log");
        let log = AccessLog::open(AccessTarget::File(path.clone()), settings(1 << 20)).expect("open");
        let mut workers = [log.worker(), log.worker()];
        for (index, worker) in workers.iter_mut().enumerate() {
            worker.log(&record(&format!("{index}")));
        }
        drop(workers);
        log.flush();
        let mut seen = rays(&path);
        seen.sort();
        assert_eq!(seen, ["0", "1"]);
        assert_eq!((log.lines(), log.dropped()), (2, 0));
    }

    #[test]
    fn a_full_lane_loses_lines_and_says_how_many() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("access.log");
        let log = AccessLog::open(AccessTarget::File(path.clone()), settings(1)).expect("open");
        log.flush();
        let mut worker = log.worker();
        for ray in ["kept", "lost", "lost"] {
            worker.log(&record(ray));
        }
        log.flush();
        worker.log(&record("later"));
        log.flush();
        assert_eq!(rays(&path), ["kept", "later"]);
        assert_eq!((log.lines(), log.dropped()), (2, 2));
        let text = fs::read_to_string(&path).expect("the log");
        let announced: Vec<_> = text.lines().filter(|line| line.starts_with(r#"{"AccessLogDropped":2,"#)).collect();
        assert_eq!(announced.len(), 1, "{text}");
    }

    #[test]
    fn a_rotated_file_is_left_at_reopen() {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, moved) = (dir.path().join("access.log"), dir.path().join("access.log.1"));
        let log = AccessLog::open(AccessTarget::File(path.clone()), settings(1 << 20)).expect("open");
        let mut worker = log.worker();
        worker.log(&record("before"));
        log.flush();
        fs::rename(&path, &moved).expect("rename");
        worker.log(&record("still old"));
        log.flush();
        log.reopen();
        log.flush();
        worker.log(&record("after"));
        log.flush();
        assert_eq!(rays(&moved), ["before", "still old"]);
        assert_eq!(rays(&path), ["after"]);
    }

    #[test]
    fn a_log_that_is_off_can_be_switched_on_and_off() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("access.log");
        let log = AccessLog::open(AccessTarget::Off, settings(1 << 20)).expect("open");
        let mut worker = log.worker();
        worker.log(&record("unheard"));
        log.switch(AccessTarget::File(path.clone())).expect("switch");
        worker.log(&record("heard"));
        log.flush();
        log.switch(AccessTarget::Off).expect("switch");
        worker.log(&record("unheard"));
        log.flush();
        assert_eq!(rays(&path), ["heard"]);
        assert!(log.switch(AccessTarget::File(dir.path().join("no/such/place"))).is_err());
    }

    #[test]
    fn a_line_is_written_without_being_asked_for() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("access.log");
        let quick = AccessLogSettings { flush_every: Duration::from_millis(5), ..AccessLogSettings::default() };
        let log = AccessLog::open(AccessTarget::File(path.clone()), quick).expect("open");
        log.worker().log(&record("alone"));
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while log.lines() == 0 {
            assert!(std::time::Instant::now() < deadline, "the line never came");
            thread::yield_now();
        }
        assert_eq!(rays(&path), ["alone"]);
    }
}
