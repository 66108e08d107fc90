//! The thread that talks to DNS servers.
//!
//! The resolver keeps sockets and tasks on the runtime it was first used from. Were that a worker's runtime, the
//! other workers would depend on it being polled; so the resolver has a runtime of its own, and everyone asks over a
//! channel, which no runtime minds. The thread ends when the last dialer is gone.

use super::{Answer, Unresolved, query::Resolver};
use crate::DialerSettings;
use std::{collections::HashMap, sync::Arc};
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::JoinSet,
};
use verdict::Reason;

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
            Some(done) = room.shared.join_next() => room.tell(done),
        }
    }
}

/// The questions under way.
#[derive(Default)]
struct Room {
    resolver: Option<(Arc<DialerSettings>, Arc<Resolver>, Arc<Semaphore>)>,
    /// Lookups that several may wait for.
    shared: JoinSet<(String, Result<Answer, Unresolved>)>,
    waiting: HashMap<String, Vec<Reply>>,
    fresh: JoinSet<()>,
}

impl Room {
    fn take(&mut self, question: Question) {
        while self.fresh.try_join_next().is_some() {}
        let (resolver, slots) = self.resolver(&question.settings);
        let name = question.name;
        if question.fresh {
            self.fresh.spawn(answer_alone(resolver, slots, name, question.reply));
        } else if let Some(waiting) = self.waiting.get_mut(&name) {
            waiting.push(question.reply);
        } else {
            self.waiting.insert(name.clone(), vec![question.reply]);
            self.shared.spawn(async move {
                let _slot = slots.acquire().await;
                let answer = resolver.addresses(&name).await;
                (name, answer)
            });
        }
    }

    fn tell(&mut self, done: Result<(String, Result<Answer, Unresolved>), tokio::task::JoinError>) {
        // A lookup that panicked names nobody; its askers hear of it when their own timers run out.
        let Ok((name, answer)) = done else { return };
        for reply in self.waiting.remove(&name).unwrap_or_default() {
            let _ = reply.send(answer.clone());
        }
    }

    /// The resolver for these settings, made anew when they changed.
    fn resolver(&mut self, settings: &Arc<DialerSettings>) -> (Arc<Resolver>, Arc<Semaphore>) {
        match &self.resolver {
            Some((known, resolver, slots)) if Arc::ptr_eq(known, settings) => (resolver.clone(), slots.clone()),
            _ => {
                let resolver = Arc::new(Resolver::new(settings.clone()));
                let slots = Arc::new(Semaphore::new(settings.dns_in_flight.max(1)));
                self.resolver = Some((settings.clone(), resolver.clone(), slots.clone()));
                (resolver, slots)
            }
        }
    }
}

/// Answers one question that nobody else waits for; stops when the asker is gone.
async fn answer_alone(resolver: Arc<Resolver>, slots: Arc<Semaphore>, name: String, mut reply: Reply) {
    let answer = tokio::select! {
        answer = async { let _slot = slots.acquire().await; resolver.addresses(&name).await } => answer,
        () = reply.closed() => return,
    };
    let _ = reply.send(answer);
}
