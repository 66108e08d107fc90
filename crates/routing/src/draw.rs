//! From one seed to several independent places on a wheel.
//!
//! The caller gives one random number per request; each decision of the request draws from it in its own name, so that
//! the pool chosen says nothing about the endpoint chosen in it.

/// What is being decided. The value keeps the draws of one seed apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Draw {
    Pool = 0x706f_6f6c,
    Endpoint = 0x656e_6470,
    RetryPool = 0x7270_6f6f,
    RetryEndpoint = 0x7265_6e64,
}

/// A place between 0 (included) and 1 (excluded), fixed by the seed and the decision.
pub(crate) fn place(seed: u64, draw: Draw) -> f64 {
    // The finaliser of SplitMix64: every bit of the input moves every bit of the output.
    let mut bits = seed.wrapping_add((draw as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    unit(bits ^ (bits >> 31))
}

/// The upper 53 bits of `bits` as a number between 0 (included) and 1 (excluded).
fn unit(bits: u64) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
    (bits >> 11) as f64 * STEP
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_is_on_the_wheel(seed: u64) {
            for draw in [Draw::Pool, Draw::Endpoint, Draw::RetryPool, Draw::RetryEndpoint] {
                prop_assert!((0.0..1.0).contains(&place(seed, draw)));
            }
        }
    }

    #[test]
    fn places_fill_the_wheel_evenly_even_for_seeds_in_a_row() {
        let mut tenths = [0_u32; 10];
        for seed in 0..10_000 {
            tenths[(place(seed, Draw::Pool) * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|count| (900..1100).contains(count)), "{tenths:?}");
    }

    #[test]
    fn the_draws_of_one_seed_are_independent() {
        let both_low = (0..10_000).filter(|&seed| place(seed, Draw::Pool) < 0.5 && place(seed, Draw::Endpoint) < 0.5);
        let count = both_low.count();
        assert!((2_300..2_700).contains(&count), "{count}");
    }
}
