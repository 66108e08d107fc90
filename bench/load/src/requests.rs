//! Requests over kept connections.
//!
//! With a rate, request `n` is due at `start + n / rate`, whatever became of the ones before it, and its latency counts
//! from that moment: a proxy that stalls is charged for every request that fell due meanwhile (no coordinated omission).
//! Without a rate, each connection asks again as soon as it is answered.

use crate::{answer::Answer, start, target::Target};
use anyhow::{Context, ensure};
use clap::Args;
use hdrhistogram::Histogram;
use rustix::event::{Timespec, epoll};
use std::{
    collections::VecDeque,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

/// The longest wait for events, so that the end of the run is noticed.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long answers may take to come in after the last request.
const GRACE: Duration = Duration::from_secs(10);
/// Connections that are opened together; fewer than any proxy lets wait to be accepted.
const OPENED_AT_ONCE: usize = 64;
/// Bytes of one read.
const READ: usize = 256 * 1024;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    target: Target,
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// The most requests under way at once; without it, one on each connection. Connections take turns.
    #[arg(long)]
    in_flight: Option<usize>,
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Requests per second; without it, as many as get answered.
    #[arg(long)]
    rate: Option<f64>,
    /// Go on after a failed request, and count it.
    #[arg(long)]
    count_failures: bool,
}

struct Connection {
    stream: TcpStream,
    answer: Answer,
    /// When the request under way was due.
    due: Option<Instant>,
}

struct Run<'a> {
    options: &'a Options,
    request: Vec<u8>,
    connections: Vec<Connection>,
    idle: VecDeque<usize>,
    epoll: OwnedFd,
    latency: Histogram<u64>,
    failed: u64,
    first_failure: Option<String>,
}

pub fn run(options: &Options) -> anyhow::Result<serde_json::Value> {
    let mut run = Run {
        options,
        request: options.target.request(false),
        connections: Vec::new(),
        idle: VecDeque::new(),
        epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
        latency: Histogram::new_with_bounds(1, 60_000_000_000, 3)?,
        failed: 0,
        first_failure: None,
    };
    for batch in (0..options.connections).collect::<Vec<_>>().chunks(OPENED_AT_ONCE) {
        run.open(batch)?;
    }
    start::wait()?;
    let took = run.measure()?;
    Ok(run.report(took))
}

fn read_some<'a>(stream: &mut TcpStream, buffer: &'a mut [u8]) -> anyhow::Result<&'a [u8]> {
    let count = stream.read(buffer)?;
    ensure!(count > 0, "closed before the first answer");
    Ok(&buffer[..count])
}

impl Run<'_> {
    /// Opens connections that have done one request, so that both sides are past their beginnings.
    fn open(&mut self, numbers: &[usize]) -> anyhow::Result<()> {
        let mut streams = Vec::new();
        for number in numbers {
            let mut stream = self.options.target.connect(*number).context("connecting")?;
            stream.write_all(&self.request)?;
            streams.push(stream);
        }
        let mut buffer = vec![0; READ];
        for (number, mut stream) in numbers.iter().zip(streams) {
            let mut answer = Answer::default();
            while !answer.take(read_some(&mut stream, &mut buffer)?)? {}
            let connection = self.watch(*number, stream)?;
            self.connections.push(connection);
            self.idle.push_back(*number);
        }
        Ok(())
    }

    fn watch(&self, number: usize, stream: TcpStream) -> anyhow::Result<Connection> {
        stream.set_nonblocking(true)?;
        epoll::add(&self.epoll, &stream, epoll::EventData::new_u64(number as u64), epoll::EventFlags::IN)?;
        Ok(Connection { stream, answer: Answer::default(), due: None })
    }

    fn measure(&mut self) -> anyhow::Result<Duration> {
        let start = Instant::now();
        let end = start + Duration::from_secs_f64(self.options.seconds);
        let mut sent = 0;
        let mut events = Vec::with_capacity(1024);
        let mut buffer = vec![0; READ];
        loop {
            let now = Instant::now();
            let mut next = self.due(start, sent, now);
            while next <= now && next < end && self.may_ask() {
                self.ask(next)?;
                sent += 1;
                next = self.due(start, sent, now);
            }
            let is_over = next.max(now) >= end;
            if is_over && (self.idle.len() == self.connections.len() || now > end + GRACE) {
                ensure!(self.idle.len() == self.connections.len(), "requests without an answer after {GRACE:?}");
                return Ok(now.min(end.max(now)) - start);
            }
            let wait = if is_over || !self.may_ask() { PATIENCE } else { next.saturating_duration_since(now) };
            events.clear();
            let wait = Timespec::try_from(wait.min(PATIENCE))?;
            epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), Some(&wait))?;
            for event in &events {
                self.read(event.data.u64() as usize, &mut buffer)?;
            }
        }
    }

    fn may_ask(&self) -> bool {
        let under_way = self.connections.len() - self.idle.len();
        !self.idle.is_empty() && self.options.in_flight.is_none_or(|most| under_way < most)
    }

    /// When the request with this number is to be sent; without a rate, that is always.
    fn due(&self, start: Instant, number: u64, now: Instant) -> Instant {
        match self.options.rate {
            Some(rate) => start + Duration::from_secs_f64(number as f64 / rate),
            None => now,
        }
    }

    fn ask(&mut self, due: Instant) -> anyhow::Result<()> {
        let Some(number) = self.idle.pop_front() else { return Ok(()) };
        let connection = &mut self.connections[number];
        connection.due = Some(due);
        match connection.stream.write(&self.request) {
            Ok(count) if count == self.request.len() => Ok(()),
            Ok(count) => self.fail(number, anyhow::anyhow!("only {count} bytes of the request were taken")),
            Err(error) => self.fail(number, error.into()),
        }
    }

    fn read(&mut self, number: usize, buffer: &mut [u8]) -> anyhow::Result<()> {
        let connection = &mut self.connections[number];
        let outcome = match connection.stream.read(buffer) {
            Ok(0) => Err(anyhow::anyhow!("the connection was closed")),
            Ok(count) => connection.answer.take(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error.into()),
        };
        match outcome {
            Ok(false) => Ok(()),
            Ok(true) => {
                let due = connection.due.take().context("an answer that nobody asked for")?;
                self.latency.saturating_record(due.elapsed().as_nanos() as u64);
                self.idle.push_back(number);
                Ok(())
            }
            Err(error) => self.fail(number, error),
        }
    }

    /// Gives the request of a connection up, and replaces the connection.
    fn fail(&mut self, number: usize, error: anyhow::Error) -> anyhow::Result<()> {
        if !self.options.count_failures {
            return Err(error);
        }
        self.first_failure.get_or_insert_with(|| format!("{error:#}"));
        let was_asked = self.connections[number].due.is_some();
        self.connections[number] = self.watch(number, self.options.target.connect(number)?)?;
        if was_asked {
            self.failed += 1;
            self.idle.push_back(number);
        }
        Ok(())
    }

    fn report(&self, took: Duration) -> serde_json::Value {
        let millis = |quantile: f64| self.latency.value_at_quantile(quantile) as f64 / 1e6;
        serde_json::json!({
            "requests": self.latency.len(),
            "failed": self.failed,
            "first_failure": self.first_failure,
            "seconds": took.as_secs_f64(),
            "rps": self.latency.len() as f64 / took.as_secs_f64(),
            "p50": millis(0.5),
            "p90": millis(0.9),
            "p99": millis(0.99),
            "p999": millis(0.999),
            "max": self.latency.max() as f64 / 1e6,
        })
    }
}
