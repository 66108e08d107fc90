//! A monitor group as it goes out.

use crate::answer::stamp;
use model::{MonitorGroup, MonitorGroupMember};
use serde::Serialize;
use utoipa::ToSchema;

/// Several monitors that vote on the endpoints of a pool.
#[derive(Serialize, ToSchema)]
#[schema(as = MonitorGroup)]
pub(crate) struct MonitorGroupView {
    #[schema(read_only)]
    id: String,
    #[schema(read_only)]
    created_on: String,
    #[schema(read_only)]
    modified_on: String,
    description: String,
    members: Vec<MemberView>,
}

/// One monitor of a group, and its say.
#[derive(Serialize, ToSchema)]
#[schema(as = MonitorGroupMember)]
struct MemberView {
    monitor_id: String,
    /// False: sends no probes and has no vote.
    enabled: bool,
    /// True: probes, but has no vote.
    monitoring_only: bool,
    /// True: its failure alone makes an endpoint unhealthy.
    must_be_healthy: bool,
    #[schema(read_only)]
    created_at: String,
    #[schema(read_only)]
    updated_at: String,
}

/// The view of a group.
pub(super) fn view(group: &MonitorGroup) -> MonitorGroupView {
    MonitorGroupView {
        id: group.id.to_string(),
        created_on: stamp(group.created_on),
        modified_on: stamp(group.modified_on),
        description: group.description.clone(),
        members: group.members.iter().map(member).collect(),
    }
}

fn member(member: &MonitorGroupMember) -> MemberView {
    MemberView {
        monitor_id: member.monitor_id.to_string(),
        enabled: member.enabled,
        monitoring_only: member.monitoring_only,
        must_be_healthy: member.must_be_healthy,
        created_at: stamp(member.created_at),
        updated_at: stamp(member.updated_at),
    }
}
