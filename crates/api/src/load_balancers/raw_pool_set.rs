//! A pool set as it comes in.

use crate::json::{FromJson, Place};
use model::{PoolSet, PoolSetMatch, PoolSetOverrides, PoolSetTopology};

impl FromJson for PoolSet {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut set = PoolSet::default();
            body.set("name", &mut set.name, String::new());
            body.set("disabled", &mut set.disabled, false);
            body.set_optional("match", &mut set.matches);
            body.set_optional("overrides", &mut set.overrides);
            body.set_optional("fixed_response", &mut set.fixed_response);
            set
        })
    }
}

impl FromJson for PoolSetMatch {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut matches = PoolSetMatch::default();
            body.set("default", &mut matches.default, false);
            body.set_optional("topology", &mut matches.topology);
            matches
        })
    }
}

impl FromJson for PoolSetTopology {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut topology = PoolSetTopology::default();
            body.set_optional("pops", &mut topology.pops);
            body.set_optional("countries", &mut topology.countries);
            body.set_optional("regions", &mut topology.regions);
            topology
        })
    }
}

impl FromJson for PoolSetOverrides {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut overrides = PoolSetOverrides::default();
            body.set_optional("pools", &mut overrides.pools);
            body.set("pool_weights", &mut overrides.pool_weights, Default::default());
            body.set_optional("pool_default_weight", &mut overrides.pool_default_weight);
            body.set_optional("fallback_pool", &mut overrides.fallback_pool);
            body.set_optional("steering_policy", &mut overrides.steering_policy);
            overrides
        })
    }
}
