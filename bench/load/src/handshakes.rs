//! One handshake and one small request per connection, by several visitors at a time, each of whom reconnects as soon as
//! its connection is closed. A handshake of the wrong kind ends the run: a figure for resumption is about resumption.

use crate::{
    answer::Answer,
    start,
    target::Target,
    tls::{self, Version},
};
use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use hdrhistogram::Histogram;
use rustls::{ClientConfig, HandshakeKind, pki_types::ServerName};
use std::{
    cell::RefCell,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    task::LocalSet,
};
use tokio_rustls::TlsConnector;

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Kind {
    /// With certificate and key exchange.
    Full,
    /// From a ticket of the connection before.
    Resumed,
}

#[derive(Args, Clone)]
pub struct Options {
    #[command(flatten)]
    target: Target,
    #[arg(long, value_enum)]
    kind: Kind,
    #[arg(long, value_enum, default_value = "1.3")]
    version: Version,
    /// Visitors at a time.
    #[arg(long, default_value_t = 16)]
    visitors: usize,
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
}

struct Visitor {
    options: Options,
    number: usize,
    config: Arc<ClientConfig>,
    request: Vec<u8>,
}

type Latency = Rc<RefCell<Histogram<u64>>>;

pub fn run(options: &Options) -> anyhow::Result<serde_json::Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, crowd(options))
}

async fn crowd(options: &Options) -> anyhow::Result<serde_json::Value> {
    let mut visitors = Vec::new();
    for number in 0..options.visitors {
        let config = tls::config(options.version, options.kind == Kind::Resumed)?;
        let visitor = Visitor { options: options.clone(), number, config, request: options.target.request(true) };
        ensure!(visitor.come().await?.0 == HandshakeKind::Full, "the first handshake was not a full one");
        visitors.push(visitor);
    }
    start::wait()?;
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(options.seconds);
    let latency: Latency = Rc::new(RefCell::new(Histogram::new_with_bounds(1, 60_000_000_000, 3)?));
    let tasks: Vec<_> = visitors
        .into_iter()
        .map(|visitor| tokio::task::spawn_local(visitor.keep_coming(end, latency.clone())))
        .collect();
    for task in tasks {
        task.await??;
    }
    let (latency, took) = (latency.borrow(), start.elapsed().as_secs_f64());
    Ok(serde_json::json!({
        "requests": latency.len(),
        "seconds": took,
        "rps": latency.len() as f64 / took,
        "p50": latency.value_at_quantile(0.5) as f64 / 1e6,
        "p99": latency.value_at_quantile(0.99) as f64 / 1e6,
    }))
}

impl Visitor {
    async fn keep_coming(self, end: Instant, latency: Latency) -> anyhow::Result<()> {
        while Instant::now() < end {
            let (kind, took) = self.come().await?;
            ensure!(self.is_expected(kind), "a handshake was {kind:?}, not {:?}", self.options.kind);
            latency.borrow_mut().saturating_record(took.as_nanos() as u64);
        }
        Ok(())
    }

    fn is_expected(&self, kind: HandshakeKind) -> bool {
        match self.options.kind {
            Kind::Full => kind == HandshakeKind::Full,
            Kind::Resumed => kind == HandshakeKind::Resumed,
        }
    }

    /// One connection. Tells the kind of its handshake, and how long connecting and the handshake took.
    async fn come(&self) -> anyhow::Result<(HandshakeKind, Duration)> {
        let start = Instant::now();
        let socket = self.options.target.socket(self.number)?;
        socket.set_nonblocking(true)?;
        let stream = TcpSocket::from_std_stream(socket.into()).connect(self.options.target.address).await?;
        let name = ServerName::try_from(self.options.target.host.clone())?;
        let mut stream = TlsConnector::from(self.config.clone()).connect(name, stream).await.context("handshake")?;
        let took = start.elapsed();
        stream.write_all(&self.request).await?;
        let (mut answer, mut is_complete, mut buffer) = (Answer::default(), false, [0; 4096]);
        loop {
            // Some servers end the connection without saying so in TLS first; the answer tells whether it is whole.
            match stream.read(&mut buffer).await {
                Ok(count) if count > 0 => is_complete |= answer.take(&buffer[..count])?,
                Ok(_) => break,
                Err(_) if is_complete => break,
                Err(error) => return Err(error.into()),
            }
        }
        ensure!(is_complete, "closed before the answer was complete");
        let kind = stream.get_ref().1.handshake_kind().context("no handshake")?;
        Ok((kind, took))
    }
}
