//! Trying a monitor out.

use crate::fixture::{World, endpoint, monitor, observation, pool, until};
use model::{Endpoint, Pool};
use std::{sync::Arc, time::Duration};
use verdict::Reason;

/// LB-37: the preview is answered for, and nothing of it is stored.
#[tokio::test]
async fn a_preview_probes_the_enabled_endpoints_and_stores_nothing() {
    let world = World::new().await;
    let mut jobs = world.control.take_preview_jobs().unwrap();
    assert!(world.control.take_preview_jobs().is_none(), "one prober does them");
    let off = Endpoint { enabled: false, ..endpoint("off", "192.0.2.2") };
    let tried = Arc::new(Pool { origins: vec![endpoint("one", "192.0.2.1"), off], ..pool(world.account, "web") });
    let (monitor, before) = (monitor(world.account), world.control.intent());
    let id = world.control.preview(monitor.clone(), vec![tried.clone()]);
    let result = || world.control.preview_result(id).unwrap().pools[&tried.id].clone();
    assert_eq!((result().name.as_str(), result().endpoints.len(), result().healthy()), ("web", 1, None));

    let job = jobs.recv().await.unwrap();
    assert_eq!((job.target.endpoint.name.as_str(), job.revision), ("one", before.revision));
    job.reply.send(observation(&monitor, &tried, job.revision, world.hands.now(), None)).unwrap();
    until("the answer is noted", async || result().healthy() == Some(true)).await;
    assert!(jobs.try_recv().is_err(), "the disabled endpoint is not probed");
    assert!(Arc::ptr_eq(&world.control.intent(), &before));
    assert!(world.control.health().pools.is_empty());
}

#[tokio::test]
async fn a_pool_of_a_preview_is_as_healthy_as_its_minimum_asks() {
    let world = World::new().await;
    let mut jobs = world.control.take_preview_jobs().unwrap();
    let origins = vec![endpoint("one", "192.0.2.1"), endpoint("two", "192.0.2.2")];
    let tried = Arc::new(Pool { origins, minimum_origins: 2, ..pool(world.account, "web") });
    let monitor = monitor(world.account);
    let id = world.control.preview(monitor.clone(), vec![tried.clone()]);
    for failure in [None, Some(Reason::TcpRefused)] {
        let job = jobs.recv().await.unwrap();
        job.reply.send(observation(&monitor, &tried, 1, world.hands.now(), failure)).unwrap();
    }
    let healthy = || world.control.preview_result(id).unwrap().pools[&tried.id].healthy();
    until("both answers are noted", async || healthy() == Some(false)).await;
}

#[tokio::test(start_paused = true)]
async fn previews_are_forgotten_in_time_and_number() {
    let world = World::with(|options| {
        options.previews = 2;
        options.timers.preview_lifetime = Duration::from_secs(600);
    })
    .await;
    let preview = || world.control.preview(monitor(world.account), Vec::new());
    let (first, second, third) = (preview(), preview(), preview());
    let known = |id| world.control.preview_result(id).is_some();
    assert_eq!([known(first), known(second), known(third)], [false, true, true]);
    tokio::time::advance(Duration::from_secs(599)).await;
    assert!(known(third));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(!known(third));
}
