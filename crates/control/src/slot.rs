//! Documents by their id, whatever their kind: where each lives in an intent.

use model::Intent;
use store::{Kind, Object, ObjectId};

macro_rules! slots {
    ($($variant:ident in $map:ident;)*) => {
        /// The document with this id.
        pub(crate) fn get(intent: &Intent, id: ObjectId) -> Option<Object> {
            match id { $(ObjectId::$variant(id) => intent.$map.get(&id).cloned().map(Object::$variant),)* }
        }

        /// Every document of a kind.
        pub(crate) fn all(intent: &Intent, kind: Kind) -> Vec<Object> {
            match kind { $(Kind::$variant => intent.$map.values().cloned().map(Object::$variant).collect(),)* }
        }

        /// Creates or replaces a document.
        pub(crate) fn put(intent: &mut Intent, object: Object) {
            match object { $(Object::$variant(value) => drop(intent.$map.insert(value.id, value)),)* }
        }

        /// Removes a document, and says whether there was one.
        pub(crate) fn remove(intent: &mut Intent, id: ObjectId) -> bool {
            match id { $(ObjectId::$variant(id) => intent.$map.remove(&id).is_some(),)* }
        }
    };
}

slots! {
    Account in accounts;
    Zone in zones;
    Monitor in monitors;
    MonitorGroup in monitor_groups;
    Pool in pools;
    LoadBalancer in load_balancers;
    Certificate in certificates;
    TrustAnchor in trust_anchors;
}
