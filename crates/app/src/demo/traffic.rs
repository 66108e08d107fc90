//! The demo's own visitors: requests through the edge at a fixed rate, and what became of each.

use http_body_util::{BodyExt, Empty};
use hyper::{Request, body::Bytes, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{task::AbortHandle, time::Instant};

/// The longest that a visitor of the demo waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long results are looked back at.
pub const WINDOW: Duration = Duration::from_secs(10);

type Visitor = Client<HttpConnector, Empty<Bytes>>;

/// Requests that are sent for as long as this lives.
pub struct Traffic {
    book: Arc<Mutex<Book>>,
    task: AbortHandle,
}

/// What became of all requests so far.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Answers with a status below 500, by the origin that gave them.
    pub answered: BTreeMap<String, u64>,
    /// Answers with a status from 500, by status; 0 for no answer at all.
    pub failed: BTreeMap<u16, u64>,
}

impl Totals {
    /// How many answers there were.
    pub fn answers(&self) -> u64 {
        self.answered.values().sum()
    }

    /// How many failures there were.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    fn add(&mut self, result: &Answer) {
        match result {
            Answer::From(origin) => *self.answered.entry(origin.clone()).or_default() += 1,
            Answer::Failed(status) => *self.failed.entry(*status).or_default() += 1,
        }
    }
}

#[derive(Clone, Debug)]
enum Answer {
    From(String),
    Failed(u16),
}

#[derive(Default)]
struct Book {
    totals: Totals,
    latest: VecDeque<(Instant, Answer)>,
}

impl Traffic {
    /// Starts sending so many requests a second for a host to the edge.
    pub fn start(edge: SocketAddr, host: &'static str, rate: u32) -> Traffic {
        let book = Arc::new(Mutex::new(Book::default()));
        let task = tokio::spawn(send(edge, host, rate, book.clone())).abort_handle();
        Traffic { book, task }
    }

    /// Everything since the start.
    pub fn totals(&self) -> Totals {
        lock(&self.book).totals.clone()
    }

    /// What became of the requests that ended within the last [`WINDOW`].
    pub fn lately(&self) -> Totals {
        let mut book = lock(&self.book);
        let oldest = Instant::now().checked_sub(WINDOW);
        while book.latest.front().is_some_and(|(at, _)| Some(*at) < oldest) {
            book.latest.pop_front();
        }
        let mut totals = Totals::default();
        book.latest.iter().for_each(|(_, answer)| totals.add(answer));
        totals
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends at the fixed rate whatever the answers do, as visitors would.
async fn send(edge: SocketAddr, host: &'static str, rate: u32, book: Arc<Mutex<Book>>) {
    let visitor: Visitor = Client::builder(TokioExecutor::new()).build_http();
    let mut tick = tokio::time::interval(Duration::from_secs(1) / rate.max(1));
    loop {
        tick.tick().await;
        let (visitor, book) = (visitor.clone(), book.clone());
        tokio::spawn(async move {
            let asked = tokio::time::timeout(PATIENCE, ask(&visitor, edge, host)).await;
            let answer = asked.ok().flatten().unwrap_or(Answer::Failed(0));
            let mut book = lock(&book);
            book.totals.add(&answer);
            book.latest.push_back((Instant::now(), answer));
        });
    }
}

/// One request; `None` when no whole answer came.
async fn ask(visitor: &Visitor, edge: SocketAddr, host: &str) -> Option<Answer> {
    let request = Request::get(format!("http://{edge}/")).header(header::HOST, host);
    let request = request.header(header::USER_AGENT, "bellwether-demo").body(Empty::new()).ok()?;
    let response = visitor.request(request).await.ok()?;
    let status = response.status().as_u16();
    let origin = response.headers().get("x-origin").and_then(|name| name.to_str().ok()).map(str::to_owned);
    response.into_body().collect().await.ok()?;
    Some(match origin {
        Some(origin) if status < 500 => Answer::From(origin),
        _ => Answer::Failed(status),
    })
}
