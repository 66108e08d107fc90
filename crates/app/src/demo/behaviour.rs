//! How a sample origin behaves, and whose turn it is to misbehave.

use std::time::Duration;
use tokio::time::Instant;

/// What a sample origin does to those who connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Answers,
    /// Nothing listens on its port.
    Refuses,
    /// Takes the request and never answers.
    Hangs,
    /// Takes the request and resets the connection.
    Resets,
    /// Answers 500.
    WrongStatus,
    /// Shows a certificate that ran out.
    ExpiredCertificate,
}

impl Behaviour {
    /// What can go wrong, in the order of the script.
    const FAULTS: [Behaviour; 5] = [
        Behaviour::Refuses,
        Behaviour::Hangs,
        Behaviour::Resets,
        Behaviour::WrongStatus,
        Behaviour::ExpiredCertificate,
    ];

    /// What it does, to follow the name of an origin.
    pub const fn as_str(self) -> &'static str {
        match self {
            Behaviour::Answers => "answers as it should",
            Behaviour::Refuses => "refuses connections",
            Behaviour::Hangs => "takes requests and stays silent",
            Behaviour::Resets => "takes requests and resets the connection",
            Behaviour::WrongStatus => "answers 500",
            Behaviour::ExpiredCertificate => "shows an expired certificate",
        }
    }
}

/// Who misbehaves when: one origin at a time, each time another one in another way, with a while of peace in between.
pub struct Script {
    cycle: Duration,
    origins: usize,
    turn: usize,
    next: Instant,
    failing: bool,
}

impl Script {
    /// The first misbehaviour begins after a short peace.
    pub fn new(cycle: Duration, origins: usize, now: Instant) -> Self {
        Self { cycle, origins, turn: 0, next: now + cycle / 5, failing: false }
    }

    /// The change of behaviour that is due, if one is: the number of the origin and what it does from now on.
    pub fn next(&mut self, now: Instant) -> Option<(usize, Behaviour)> {
        if now < self.next {
            return None;
        }
        let number = self.turn % self.origins;
        self.failing = !self.failing;
        if self.failing {
            self.next = now + self.cycle * 3 / 5;
            return Some((number, Behaviour::FAULTS[self.turn % Behaviour::FAULTS.len()]));
        }
        self.turn += 1;
        self.next = now + self.cycle * 2 / 5;
        Some((number, Behaviour::Answers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn one_origin_fails_at_a_time_and_every_pair_has_its_turn() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut script = Script::new(30 * second, 3, start);
        let mut failing: Option<usize> = None;
        let mut seen = HashSet::new();
        for tick in 0..15 * 30 {
            let Some((number, behaviour)) = script.next(start + tick * second) else { continue };
            match behaviour {
                Behaviour::Answers => assert_eq!(failing.take(), Some(number)),
                fault => {
                    assert_eq!(failing.replace(number), None);
                    assert!(seen.insert((number, fault.as_str())), "{number} {fault:?} twice");
                }
            }
        }
        assert!(seen.len() >= 14, "{seen:?}");
    }
}
