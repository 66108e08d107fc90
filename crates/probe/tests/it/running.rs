//! The loop: plans in, observations out.

use crate::support::{Check, http, other_pool};
use model::{Observation, Outcome, ProbePlan, ProbeTarget};
use probe::{Prober, ProberSettings};
use std::{sync::Arc, time::Duration};
use testkit::{Answer, Origin, PATIENCE, rude};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// A running prober.
struct Loop {
    plans: watch::Sender<Arc<ProbePlan>>,
    observations: mpsc::Receiver<Observation>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Loop {
    fn start(settings: ProberSettings, targets: Vec<ProbeTarget>) -> Self {
        let (plans, plan) = watch::channel(Arc::new(ProbePlan::new(1, targets)));
        let (out, observations) = mpsc::channel(64);
        let stop = CancellationToken::new();
        let settings = ProberSettings { first_within: Duration::from_millis(20), ..settings };
        let task = tokio::spawn(Prober::new(settings).run(plan, out, stop.clone()));
        Self { plans, observations, stop, task }
    }

    async fn next(&mut self) -> Observation {
        timeout(PATIENCE, self.observations.recv()).await.expect("an observation in time").expect("a running loop")
    }

    fn plan(&self, revision: u64, targets: Vec<ProbeTarget>) {
        self.plans.send(Arc::new(ProbePlan::new(revision, targets))).expect("a running loop");
    }
}

fn every_second(check: Check) -> Check {
    check.monitor(|monitor| monitor.interval = 1)
}

#[tokio::test]
async fn targets_are_checked_again_and_again() {
    let origin = Origin::saying("hello").await;
    let check = every_second(http(origin.address()));
    let mut probing = Loop::start(check.settings.clone(), vec![check.target()]);
    for _ in 0..3 {
        let seen = probing.next().await;
        assert_eq!((seen.outcome, seen.revision), (Outcome::Pass, 1));
    }
    assert_eq!(origin.connections(), 3);
}

#[tokio::test]
async fn an_edit_counts_at_once() {
    let origin = Origin::start(|request| match request.target() {
        "/" => Answer::ok("hello"),
        _ => Answer::status(500, "no"),
    })
    .await;
    let check = http(origin.address()).monitor(|monitor| monitor.interval = 3_600);
    let mut probing = Loop::start(check.settings.clone(), vec![check.target()]);
    probing.next().await;
    let edited = check.monitor(|monitor| monitor.path = "/other".to_owned());
    probing.plan(2, vec![edited.target()]);
    let seen = probing.next().await;
    assert_eq!(seen.revision, 2);
    assert!(matches!(seen.outcome, Outcome::Fail(_)));
}

#[tokio::test]
async fn the_result_of_a_target_that_was_deleted_meanwhile_is_dropped() {
    let slow = rude::silent().await;
    let fast = Origin::saying("hello").await;
    let (gone, kept) = (http(slow.address()), every_second(http(fast.address())));
    let mut probing = Loop::start(gone.settings.clone(), vec![gone.target(), kept.target()]);
    slow.wait_for_connections(1).await;
    probing.plan(2, vec![kept.target()]);
    // The check under way ends within a second; two seconds of the other's results show that it is not heard of.
    for _ in 0..3 {
        assert_eq!(probing.next().await.target, kept.target().id());
    }
}

#[tokio::test]
async fn no_more_checks_are_under_way_than_the_setting_says() {
    let slow = rude::silent().await;
    let check = http(slow.address());
    let mut targets = vec![check.target(), check.target()];
    targets[1].pool = other_pool();
    let settings = ProberSettings { concurrency: 1, ..check.settings.clone() };
    let mut probing = Loop::start(settings, targets);
    let first = probing.next().await;
    assert_eq!(slow.connections(), 1, "the second check waited for the first");
    assert_ne!(probing.next().await.target, first.target);
}

#[tokio::test]
async fn the_loop_stops_when_told_even_with_checks_under_way() {
    let slow = rude::silent().await;
    let check = http(slow.address());
    let probing = Loop::start(check.settings.clone(), vec![check.target()]);
    slow.wait_for_connections(1).await;
    probing.stop.cancel();
    timeout(Duration::from_millis(500), probing.task).await.expect("a prompt end").unwrap();
}
