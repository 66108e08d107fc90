//! Whatever is asked for: what is accepted satisfies every rule, and what is rejected leaves no trace.

use crate::fixture::{Hands, balancer, endpoint, group, memory, monitor, pool, zone};
use control::{Control, Edit, Object, Options, Quotas};
use model::{
    AccountId, Intent, LoadBalancer, LoadBalancerId, Monitor, MonitorGroup, MonitorGroupId, MonitorId, Pool, PoolId,
    Scope, Zone, ZoneId,
};
use proptest::prelude::*;
use std::{collections::BTreeSet, sync::Arc};
use store::Store;
use telemetry::Telemetry;

/// How many ids of each kind there are: few, so that edits meet each other.
const IDS: u8 = 4;

/// An edit in small numbers, from which the real one is made.
#[derive(Clone, Debug)]
enum Step {
    Zone { id: u8, name: u8 },
    Monitor { id: u8, interval: u32, zone: Option<u8> },
    Group { id: u8, members: Vec<u8> },
    Pool { id: u8, name: u8, monitor: Option<u8>, group: Option<u8>, weight: u8, endpoints: u8 },
    Balancer { id: u8, zone: u8, name: u8, pools: Vec<u8>, fallback: u8, region: Option<u8> },
    Delete { kind: u8, id: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    let id = || 0..IDS;
    let some = || proptest::option::of(0..IDS);
    prop_oneof![
        (id(), id()).prop_map(|(id, name)| Step::Zone { id, name }),
        (id(), 14_u32..18, some()).prop_map(|(id, interval, zone)| Step::Monitor { id, interval, zone }),
        (id(), proptest::collection::vec(id(), 0..3)).prop_map(|(id, members)| Step::Group { id, members }),
        (id(), id(), some(), some(), 0..105_u8, 0..4_u8).prop_map(|(id, name, monitor, group, weight, endpoints)| {
            Step::Pool { id, name, monitor, group, weight, endpoints }
        }),
        (id(), id(), id(), proptest::collection::vec(id(), 0..3), id(), some()).prop_map(
            |(id, zone, name, pools, fallback, region)| Step::Balancer { id, zone, name, pools, fallback, region }
        ),
        (0..5_u8, id()).prop_map(|(kind, id)| Step::Delete { kind, id }),
    ]
}

fn bytes(id: u8) -> [u8; 16] {
    [id; 16]
}

fn zone_name(name: u8) -> String {
    ["example.com", "sub.example.com", "example.org", "Bad Name"][usize::from(name)].to_owned()
}

fn edit(step: &Step, account: AccountId) -> Edit {
    match step {
        Step::Zone { id, name } => {
            Edit::put(Zone { id: ZoneId::from_bytes(bytes(*id)), ..zone(account, &zone_name(*name)) })
        }
        Step::Monitor { id, interval, zone } => Edit::put(Monitor {
            id: MonitorId::from_bytes(bytes(*id)),
            interval: *interval,
            probe_zone: zone.map(zone_name).unwrap_or_default(),
            ..monitor(account)
        }),
        Step::Group { id, members } => {
            let members: Vec<_> = members.iter().map(|id| MonitorId::from_bytes(bytes(*id))).collect();
            Edit::put(MonitorGroup { id: MonitorGroupId::from_bytes(bytes(*id)), ..group(account, &members) })
        }
        Step::Pool { id, name, monitor, group, weight, endpoints } => {
            let origin = |n| {
                let endpoint = endpoint(&format!("origin-{n}"), &format!("192.0.2.{n}"));
                model::Endpoint { weight: f64::from(*weight) / 100.0, ..endpoint }
            };
            Edit::put(Pool {
                id: PoolId::from_bytes(bytes(*id)),
                monitor: monitor.map(|id| MonitorId::from_bytes(bytes(id))),
                monitor_group: group.map(|id| MonitorGroupId::from_bytes(bytes(id))),
                origins: (0..*endpoints).map(origin).collect(),
                ..pool(account, &format!("pool-{name}"))
            })
        }
        Step::Balancer { id, zone, name, pools, fallback, region } => {
            let pool = |id: &u8| PoolId::from_bytes(bytes(*id));
            let name = ["example.com", "a.sub.example.com", "*.example.org", "a..b"][usize::from(*name)];
            let region_pools = region.iter().map(|id| ("WEU".to_owned(), vec![pool(id)])).collect();
            Edit::put(LoadBalancer {
                id: LoadBalancerId::from_bytes(bytes(*id)),
                default_pools: pools.iter().map(pool).collect(),
                region_pools,
                ..balancer(Scope::Zone(ZoneId::from_bytes(bytes(*zone))), name, pool(fallback))
            })
        }
        Step::Delete { kind: 0, id } => Edit::delete(ZoneId::from_bytes(bytes(*id))),
        Step::Delete { kind: 1, id } => Edit::delete(MonitorId::from_bytes(bytes(*id))),
        Step::Delete { kind: 2, id } => Edit::delete(MonitorGroupId::from_bytes(bytes(*id))),
        Step::Delete { kind: 3, id } => Edit::delete(PoolId::from_bytes(bytes(*id))),
        Step::Delete { id, .. } => Edit::delete(LoadBalancerId::from_bytes(bytes(*id))),
    }
}

fn objects(intent: &Intent) -> Vec<Object> {
    let mut all: Vec<Object> = intent.accounts.values().cloned().map(Object::Account).collect();
    all.extend(intent.zones.values().cloned().map(Object::Zone));
    all.extend(intent.monitors.values().cloned().map(Object::Monitor));
    all.extend(intent.monitor_groups.values().cloned().map(Object::MonitorGroup));
    all.extend(intent.pools.values().cloned().map(Object::Pool));
    all.extend(intent.load_balancers.values().cloned().map(Object::LoadBalancer));
    all
}

/// Every rule that an intent in force satisfies, looked at from outside.
fn assert_sound(control: &Control, intent: &Intent) {
    for object in objects(intent) {
        let complaints = control.check(object.clone(), intent);
        assert!(complaints.is_empty(), "{object:?}: {complaints}");
    }
    let distinct = |names: Vec<&String>| assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    distinct(intent.zones.values().map(|zone| &zone.name).collect());
    distinct(intent.pools.values().map(|pool| &pool.name).collect());
    distinct(intent.load_balancers.values().map(|balancer| &balancer.name).collect());
    assert!(intent.pools.len() <= 3 && intent.monitors.len() <= 3);
}

async fn run(changes: Vec<Vec<Step>>) {
    let store: Arc<dyn Store> = memory();
    let quotas = Quotas { pools: 3, monitors: 3, origins_per_pool: 2, ..Quotas::default() };
    let options = Options { clock: Hands::new().clock(), quotas, ..Options::new(store.clone()) };
    let control = Control::start(options, Telemetry::silent()).await.unwrap();
    let account = *control.intent().accounts.keys().next().unwrap();
    for steps in changes {
        let (before, table) = (control.intent(), control.tables().load());
        let edits: Vec<Edit> = steps.iter().map(|step| edit(step, account)).collect();
        let asks_for_something = !edits.is_empty();
        match control.change(move |_, _| Ok((edits, ()))).await {
            Ok(applied) => {
                assert_eq!(applied.revision, before.revision + u64::from(asks_for_something));
                assert_sound(&control, &applied.intent);
                assert_eq!(control.tables().load().revision, applied.revision);
                let contents = store.load().await.unwrap();
                assert_eq!((contents.revision, contents.objects), (applied.revision, objects(&applied.intent)));
            }
            Err(_) => {
                assert!(Arc::ptr_eq(&control.intent(), &before));
                assert!(Arc::ptr_eq(&control.tables().load(), &table));
                assert_eq!(store.load().await.unwrap().revision, before.revision);
            }
        }
    }
    control.shutdown().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn accepted_intents_are_sound_and_rejected_changes_leave_no_trace(
        changes in proptest::collection::vec(proptest::collection::vec(step(), 1..3), 1..60)
    ) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run(changes));
    }
}
