//! The rules of a monitor group.

use super::{Scene, value};
use model::{Complaints, MonitorGroup};
use std::collections::BTreeSet;

/// Everything that is wrong with a monitor group.
pub fn check(group: &MonitorGroup, scene: &Scene<'_>) -> Complaints {
    let mut complaints = Complaints::new();
    scene.require_account(&mut complaints, group.account);
    value::description(&mut complaints, &group.description);
    let allowed = scene.quotas.members_per_monitor_group;
    if group.members.is_empty() || group.members.len() > allowed {
        let problem = format!("has {} members", group.members.len());
        complaints.add("members", problem, format!("list at least 1 and at most {allowed} monitors"));
    }
    let mut seen = BTreeSet::new();
    for (index, member) in group.members.iter().enumerate() {
        let (path, id) = (format!("members[{index}].monitor_id"), member.monitor_id);
        let monitor = scene.intent.monitors.get(&id);
        if monitor.is_none_or(|monitor| monitor.account != group.account) {
            let problem = format!("there is no monitor {id} in the account");
            complaints.add(&path, problem, "create the monitor first, or name another");
        }
        if !seen.insert(id) {
            complaints.add(&path, format!("monitor {id} is a member already"), "list each monitor once");
        }
    }
    complaints
}
