//! The thread that talks to DNS servers.
//!
//! The resolver keeps sockets and tasks on the runtime it was first used from. Were that a worker's runtime, the
//! other workers would depend on it being polled; so the resolver has a runtime of its own, and everyone asks over a
//! channel, which no runtime minds. The thread ends when the last dialer is gone.

use super::{Answer, Unresolved, query::Resolver};
use crate::DialerSettings;
use std::{collections::HashMap, sync::Arc, time::SystemTime};
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::{Id, JoinError, JoinSet},
};
use verdict::Reason;

/// Where the system keeps its list of DNS servers (resolv.conf(5)).
const SYSTEM_SERVERS: &str = "/etc/resolv.conf";

type Reply = oneshot::Sender<Result<Answer, Unresolved>>;

struct Question {
    name: String,
    /// Never shares the answer to an earlier question.
    fresh: bool,
    settings: Arc<DialerSettings>,
    reply: Reply,
}

/// Where questions are handed in.
#[derive(Debug)]
pub(super) struct Desk {
    questions: mpsc::UnboundedSender<Question>,
}

impl Desk {
    /// Starts the thread. `None` when the system has none to give.
    pub(super) fn open() -> Option<Desk> {
        let (questions, inbox) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        let thread = std::thread::Builder::new().name("dns".to_owned());
        thread.spawn(move || runtime.block_on(serve(inbox))).ok()?;
        Some(Desk { questions })
    }

    /// Asks, and waits for what comes of it. Dropping the future withdraws a fresh question.
    pub(super) async fn ask(
        &self,
        name: String,
        fresh: bool,
        settings: Arc<DialerSettings>,
    ) -> Result<Answer, Unresolved> {
        let (reply, answer) = oneshot::channel();
        // Neither can fail while the thread lives, and it lives as long as this desk.
        let _ = self.questions.send(Question { name, fresh, settings, reply });
        answer.await.unwrap_or(Err(Unresolved::new(Reason::EdgeResource)))
    }
}

async fn serve(mut inbox: mpsc::UnboundedReceiver<Question>) {
    let mut room = Room::default();
    loop {
        tokio::select! {
            question = inbox.recv() => match question {
                Some(question) => room.take(question),
                None => return,
            },
            Some(done) = room.shared.join_next_with_id() => room.tell(done),
        }
    }
}

/// Asks the servers of some settings.
#[derive(Clone)]
struct Asker {
    settings: Arc<DialerSettings>,
    /// When the system's list of servers was last edited, as far as that can be told.
    edited: Option<SystemTime>,
    resolver: Arc<Resolver>,
    slots: Arc<Semaphore>,
}

impl Asker {
    async fn addresses(self, name: &str) -> Result<Answer, Unresolved> {
        let _slot = self.slots.acquire().await;
        self.resolver.addresses(name).await
    }
}

/// The questions under way.
#[derive(Default)]
struct Room {
    asker: Option<Asker>,
    /// Lookups that several may wait for.
    shared: JoinSet<Result<Answer, Unresolved>>,
    /// Which name each of them looks up.
    names: HashMap<Id, String>,
    /// Who waits for a name.
    waiting: HashMap<String, Vec<Reply>>,
    fresh: JoinSet<()>,
}

impl Room {
    fn take(&mut self, question: Question) {
        while self.fresh.try_join_next().is_some() {}
        let asker = self.asker(&question.settings);
        let name = question.name;
        if question.fresh {
            self.fresh.spawn(answer_alone(asker, name, question.reply));
        } else if let Some(waiting) = self.waiting.get_mut(&name) {
            waiting.push(question.reply);
        } else {
            let looked_up = name.clone();
            let task = self.shared.spawn(async move { asker.addresses(&looked_up).await });
            self.names.insert(task.id(), name.clone());
            self.waiting.insert(name, vec![question.reply]);
        }
    }

    fn tell(&mut self, done: Result<(Id, Result<Answer, Unresolved>), JoinError>) {
        // A lookup that panicked is a defect of ours, and nothing is known of the name.
        let (id, answer) = done.unwrap_or_else(|error| (error.id(), Err(Unresolved::new(Reason::EdgeResource))));
        let waiting = self.names.remove(&id).and_then(|name| self.waiting.remove(&name));
        for reply in waiting.unwrap_or_default() {
            let _ = reply.send(answer.clone());
        }
    }

    /// The asker for these settings, made anew when they or the system's list of servers changed.
    fn asker(&mut self, settings: &Arc<DialerSettings>) -> Asker {
        let edited = std::fs::metadata(SYSTEM_SERVERS).and_then(|file| file.modified()).ok();
        let known =
            self.asker.as_ref().filter(|asker| Arc::ptr_eq(&asker.settings, settings) && asker.edited == edited);
        if let Some(asker) = known {
            return asker.clone();
        }
        let asker = Asker {
            settings: settings.clone(),
            edited,
            resolver: Arc::new(Resolver::new(settings.clone())),
            slots: Arc::new(Semaphore::new(settings.dns_in_flight.max(1))),
        };
        self.asker.insert(asker).clone()
    }
}

/// Answers one question that nobody else waits for; stops when the asker is gone.
async fn answer_alone(asker: Asker, name: String, mut reply: Reply) {
    let answer = tokio::select! {
        answer = asker.addresses(&name) => answer,
        () = reply.closed() => return,
    };
    let _ = reply.send(answer);
}
