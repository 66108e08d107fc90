//! A wheel of weights: things numbered from zero, each on an arc as long as its weight, ready to be spun.
//!
//! The cumulative weights are worked out once, when the table is compiled, so that a spin is one binary search.

/// One thing on the wheel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slot {
    /// The number of the thing.
    pub index: usize,
    pub weight: f64,
    /// The sum of the weights up to and including this one.
    upto: f64,
}

/// Weighted numbers in ascending order. Only positive, finite weights are on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Wheel {
    slots: Box<[Slot]>,
}

impl Wheel {
    /// The wheel of these numbers, which must ascend, with their weights.
    pub fn new(weights: impl IntoIterator<Item = (usize, f64)>) -> Self {
        let mut upto = 0.0;
        let with_weight = weights.into_iter().filter(|(_, weight)| weight.is_finite() && *weight > 0.0);
        let slots = with_weight.map(|(index, weight)| {
            upto += weight;
            Slot { index, weight, upto }
        });
        Self { slots: slots.collect() }
    }

    /// Whether nothing can be chosen.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// What is on the wheel, in ascending order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Whether `index` is on the wheel.
    pub fn contains(&self, index: usize) -> bool {
        self.slots.binary_search_by_key(&index, |slot| slot.index).is_ok()
    }

    /// The number at `at`, a place between 0 (included) and 1 (excluded) of the way round.
    pub fn spin(&self, at: f64) -> Option<usize> {
        let last = self.slots.last()?;
        let place = at * last.upto;
        let landing = self.slots.get(self.slots.partition_point(|slot| slot.upto <= place));
        Some(landing.unwrap_or(last).index)
    }

    /// Like [`Wheel::spin`], on the wheel that has only what is admitted. What is admitted may change meanwhile.
    pub fn spin_where(&self, at: f64, admits: impl Fn(usize) -> bool) -> Option<usize> {
        let admitted = self.slots.iter().filter(|slot| admits(slot.index));
        spin_among(admitted.map(|slot| (slot.index, slot.weight)), at)
    }
}

/// Like [`Wheel::spin`], on the wheel of these, which is not made for it.
pub(crate) fn spin_among(weights: impl Iterator<Item = (usize, f64)> + Clone, at: f64) -> Option<usize> {
    let with_weight = weights.filter(|(_, weight)| weight.is_finite() && *weight > 0.0);
    let place = at * with_weight.clone().map(|(_, weight)| weight).sum::<f64>();
    let (mut upto, mut last) = (0.0, None);
    for (index, weight) in with_weight {
        upto += weight;
        last = Some(index);
        if upto > place {
            break;
        }
    }
    // A place may be rounded up to the very end, which belongs to the last.
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(weights: &[f64]) -> Wheel {
        Wheel::new(weights.iter().copied().enumerate())
    }

    #[test]
    fn what_has_no_weight_is_not_on_the_wheel() {
        let wheel = numbered(&[0.0, 0.5, f64::NAN, -1.0, f64::INFINITY]);
        assert!(wheel.contains(1));
        assert_eq!(wheel.slots().len(), 1);
        assert_eq!((wheel.spin(0.0), wheel.spin(0.999)), (Some(1), Some(1)));
    }

    #[test]
    fn an_empty_wheel_gives_nothing() {
        assert_eq!(numbered(&[0.0]).spin(0.5), None);
        assert_eq!(numbered(&[1.0]).spin_where(0.5, |_| false), None);
    }

    #[test]
    fn the_very_end_belongs_to_the_last() {
        let wheel = numbered(&[0.1, 0.2, 0.3]);
        assert_eq!(wheel.spin(1.0), Some(2));
        assert_eq!(
            [0, 1, 2].map(|without| wheel.spin_where(1.0, |index| index != without)),
            [Some(2), Some(2), Some(1)]
        );
    }

    proptest! {
        /// Walking the wheel in even steps meets each number as often as its weight says, give or take a step.
        #[test]
        fn arcs_are_as_long_as_their_weights(weights in prop::collection::vec(0.0_f64..=1.0, 1..20)) {
            let wheel = numbered(&weights);
            let total: f64 = weights.iter().sum();
            prop_assume!(total > 0.0);
            let steps = 4000;
            let mut met = vec![0_u32; weights.len()];
            for step in 0..steps {
                let index = wheel.spin(f64::from(step) / f64::from(steps)).unwrap();
                met[index] += 1;
            }
            for (met, weight) in met.iter().zip(&weights) {
                let expected = weight / total * f64::from(steps);
                prop_assert!((f64::from(*met) - expected).abs() <= 2.0, "{met} for {expected}");
            }
        }

        /// Taking one off gives the same shares as a wheel that never had it.
        #[test]
        fn a_wheel_without_one_equals_the_wheel_of_the_others(
            weights in prop::collection::vec(0.0_f64..=1.0, 1..20), gap in 0_usize..20, at in 0.0_f64..1.0,
        ) {
            let others = Wheel::new(weights.iter().copied().enumerate().filter(|(index, _)| *index != gap));
            let chosen = numbered(&weights).spin_where(at, |index| index != gap);
            prop_assert_eq!(chosen.is_some(), !others.is_empty());
            if let Some(chosen) = chosen {
                prop_assert_ne!(chosen, gap);
                // Sums in another order may differ in their last digit, so a neighbour on the very edge is right too.
                let near = |shift: f64| others.spin((at + shift).clamp(0.0, 0.999_999_999));
                prop_assert!([near(-1e-9), near(0.0), near(1e-9)].contains(&Some(chosen)));
            }
        }
    }
}
