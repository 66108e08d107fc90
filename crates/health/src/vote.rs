//! Votes: what several monitors together say of one endpoint.

use verdict::Reason;

/// What one voice, or several together, say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ballot {
    Healthy,
    Unhealthy(Option<Reason>),
}

impl Ballot {
    /// The ballot of a verdict.
    pub fn new(healthy: bool, reason: Option<Reason>) -> Self {
        if healthy { Ballot::Healthy } else { Ballot::Unhealthy(reason) }
    }

    pub fn is_healthy(self) -> bool {
        self == Ballot::Healthy
    }

    /// Why it is unhealthy.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Ballot::Healthy => None,
            Ballot::Unhealthy(reason) => reason,
        }
    }
}

/// A monitor's ballot, with the weight of its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vote {
    pub ballot: Ballot,
    /// Its failure alone decides.
    pub must_be_healthy: bool,
}

/// The outcome of the vote: unhealthy when one that must be healthy is not, or when more than half say so; a tie is
/// healthy. Monitors without a verdict have no vote; `None` when nobody has one. The reason is that of the deciding
/// monitor, else of the first that failed.
pub(crate) fn count(votes: impl Iterator<Item = Vote>) -> Option<Ballot> {
    let (mut all, mut failed, mut first, mut veto) = (0, 0, None, None);
    for vote in votes {
        all += 1;
        if !vote.ballot.is_healthy() {
            failed += 1;
            first.get_or_insert(vote.ballot);
            if vote.must_be_healthy {
                veto.get_or_insert(vote.ballot);
            }
        }
    }
    match veto {
        Some(ballot) => Some(ballot),
        None if all == 0 => None,
        None if 2 * failed > all => first,
        None => Some(Ballot::Healthy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ballot::{Healthy, Unhealthy};

    const REFUSED: Ballot = Unhealthy(Some(Reason::TcpRefused));
    const SLOW: Ballot = Unhealthy(Some(Reason::ReadTimeout));

    fn plain(ballots: &[Ballot]) -> Option<Ballot> {
        count(ballots.iter().map(|&ballot| Vote { ballot, must_be_healthy: false }))
    }

    // LB-68
    #[test]
    fn more_than_half_must_fail() {
        assert_eq!(plain(&[]), None);
        assert_eq!(plain(&[Healthy]), Some(Healthy));
        assert_eq!(plain(&[REFUSED]), Some(REFUSED));
        assert_eq!(plain(&[Healthy, REFUSED]), Some(Healthy));
        assert_eq!(plain(&[Healthy, REFUSED, SLOW]), Some(REFUSED));
        assert_eq!(plain(&[Healthy, Healthy, SLOW, SLOW]), Some(Healthy));
    }

    // LB-69
    #[test]
    fn one_that_must_be_healthy_decides_alone() {
        let votes = [(Healthy, false), (Healthy, false), (SLOW, true)];
        let votes = votes.map(|(ballot, must_be_healthy)| Vote { ballot, must_be_healthy });
        assert_eq!(count(votes.into_iter()), Some(SLOW));
    }

    #[test]
    fn the_reason_is_that_of_the_monitor_that_decided() {
        let votes = [(REFUSED, false), (SLOW, true)];
        let votes = votes.map(|(ballot, must_be_healthy)| Vote { ballot, must_be_healthy });
        assert_eq!(count(votes.into_iter()), Some(SLOW));
    }
}
