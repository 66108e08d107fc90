//! A monitor group as it comes in.

use crate::{
    json::{FromJson, Object, Place},
    resource::Identity,
};
use model::{MonitorGroup, MonitorGroupMember, MonitorId, Timestamp};

/// A group of which nothing was said.
pub(super) fn blank(Identity { id, home, created_on }: Identity<MonitorGroup>) -> MonitorGroup {
    MonitorGroup {
        id,
        account: home,
        created_on,
        modified_on: created_on,
        description: String::new(),
        members: Vec::new(),
    }
}

/// Reads what the body says over `group`.
pub(super) fn read(body: &Object<'_>, group: &mut MonitorGroup) {
    body.read_only(&["id", "created_on", "modified_on"]);
    body.require("description", &mut group.description);
    body.require("members", &mut group.members);
}

impl FromJson for MonitorGroupMember {
    /// The times are the writer's to set.
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            body.read_only(&["created_at", "updated_at"]);
            let mut member = MonitorGroupMember {
                monitor_id: MonitorId::from_bytes([0; 16]),
                enabled: false,
                monitoring_only: false,
                must_be_healthy: false,
                created_at: Timestamp::UNIX_EPOCH,
                updated_at: Timestamp::UNIX_EPOCH,
            };
            body.require("monitor_id", &mut member.monitor_id);
            body.require("enabled", &mut member.enabled);
            body.require("monitoring_only", &mut member.monitoring_only);
            body.require("must_be_healthy", &mut member.must_be_healthy);
            member
        })
    }
}
