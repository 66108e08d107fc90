//! What became of an observation: it moved health, it was merely recorded, or it does not count and why.

use model::HealthEvent;

/// What an observation did.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// It does not count, and nothing moved.
    Ignored(Ignored),
    /// It counts, and health stays as it is.
    Recorded,
    /// It changed the health of the endpoint.
    Changed(Box<HealthEvent>),
}

/// Why an observation does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ignored {
    /// The pool or endpoint does not exist any more.
    TargetGone,
    /// The pool or endpoint is switched off.
    TargetDisabled,
    /// The monitor is not the pool's, or has no vote in its group.
    NoVote,
    /// The data center lies outside the pool's check regions.
    OutsideRegions,
    /// The question or the endpoint was edited after the prober got its plan.
    OldPlan,
    /// The prober doubts itself.
    Inconclusive,
    /// It comes so late that it has outlived its time.
    Expired,
    /// A newer check from the same place was there first, or it is the same one again.
    Overtaken,
}

impl Ignored {
    /// The text form, such as `old_plan`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Ignored::TargetGone => "target_gone",
            Ignored::TargetDisabled => "target_disabled",
            Ignored::NoVote => "no_vote",
            Ignored::OutsideRegions => "outside_regions",
            Ignored::OldPlan => "old_plan",
            Ignored::Inconclusive => "inconclusive",
            Ignored::Expired => "expired",
            Ignored::Overtaken => "overtaken",
        }
    }
}
