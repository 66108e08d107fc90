//! What probers are asked to probe.

use crate::fixture::{World, endpoint, group, monitor, pool};
use model::{Endpoint, Monitor, Pool, ProbePlan};
use std::{collections::BTreeSet, sync::Arc};

impl World {
    fn plan(&self) -> Arc<ProbePlan> {
        self.control.plans().borrow().clone()
    }
}

/// LB-57, the part about probes: what is switched off or has no monitor is not in the plan.
#[tokio::test]
async fn what_is_off_or_unmonitored_is_not_probed() {
    let world = World::new().await;
    let monitor = world.monitor().await;
    let off = Endpoint { enabled: false, ..endpoint("off", "192.0.2.2") };
    let idle = Endpoint { weight: 0.0, ..endpoint("idle", "192.0.2.3") };
    let origins = vec![endpoint("on", "192.0.2.1"), off, idle];
    let probed = Pool { monitor: Some(monitor.id), origins, ..pool(world.account, "probed") };
    world.put(probed.clone()).await.unwrap();
    world.put(Pool { monitor: Some(monitor.id), enabled: false, ..pool(world.account, "off") }).await.unwrap();
    world.pool("unmonitored").await;
    let plan = world.plan();
    let names: Vec<&str> = plan.targets().map(|target| target.endpoint.name.as_str()).collect();
    assert_eq!(names, ["on", "idle"], "weight 0 is probed all the same");
    assert!(plan.targets().all(|target| target.pool == probed.id && target.monitor.id == monitor.id));
}

/// LB-70, the part about probes: an enabled member probes though it has no vote, a disabled one does not.
#[tokio::test]
async fn the_enabled_members_of_a_group_probe() {
    let world = World::new().await;
    let monitors = [world.monitor().await, world.monitor().await, world.monitor().await];
    let mut group = group(world.account, &monitors.each_ref().map(|monitor| monitor.id));
    group.members[1].monitoring_only = true;
    group.members[2].enabled = false;
    world.put(group.clone()).await.unwrap();
    world.put(Pool { monitor_group: Some(group.id), ..pool(world.account, "web") }).await.unwrap();
    let probing: BTreeSet<_> = world.plan().targets().map(|target| target.monitor.id).collect();
    assert_eq!(probing, [monitors[0].id, monitors[1].id].into());
}

#[tokio::test]
async fn a_simulated_zone_brings_its_trust_store() {
    let world = World::new().await;
    let simulating = Monitor { probe_zone: "example.com".to_owned(), ..monitor(world.account) };
    world.put(simulating.clone()).await.unwrap();
    world.put(Pool { monitor: Some(simulating.id), ..pool(world.account, "web") }).await.unwrap();
    let zone = || world.plan().targets().next().unwrap().simulated_zone.clone().unwrap();
    assert_eq!((zone().name.as_str(), zone().trust_anchors_pem.len()), ("example.com", 0));
    let anchor = crate::rules::trust_anchor(world.zone);
    world.put(anchor.clone()).await.unwrap();
    assert_eq!(zone().trust_anchors_pem, [anchor.certificate_pem]);
}

#[tokio::test]
async fn a_new_plan_is_announced() {
    let world = World::new().await;
    let mut plans = world.control.plans();
    let before = plans.borrow_and_update().revision;
    world.monitored_pool("web").await;
    plans.changed().await.unwrap();
    assert!(plans.borrow().revision > before);
}

/// Whatever is shared with the plan before, a plan is the one that the intent alone would give.
#[tokio::test]
async fn a_plan_after_many_changes_is_the_plan_of_the_intent() {
    let world = World::new().await;
    let (first, second) = (world.monitor().await, world.monitor().await);
    let group = group(world.account, &[first.id, second.id]);
    world.put(group.clone()).await.unwrap();
    let origins = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|address| endpoint(address, address)).to_vec();
    let base = Pool { monitor_group: Some(group.id), origins, ..pool(world.account, "web") };
    let mut reversed = base.clone();
    reversed.origins.reverse();
    let mut edited = base.clone();
    edited.origins[1].host = Some("www.example.com".to_owned());
    edited.origins[2].enabled = false;
    let single = Pool { monitor: Some(first.id), monitor_group: None, ..base.clone() };
    for pool in [base.clone(), edited, single, reversed, base] {
        world.put(pool).await.unwrap();
        world.pool(&format!("other-{}", world.control.intent().revision)).await;
        assert_eq!(*world.plan(), control::probe_plan(&world.control.intent()));
    }
}
