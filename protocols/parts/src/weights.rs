//! Drawing one of several things, some more often than others.

use sim_core::SimRng;

/// One of these, in proportion to its weight. At least one weight is above 0.
pub(crate) fn draw<T: Copy>(weights: &[(T, u32)], rng: &mut SimRng) -> T {
    let mut left = rng.below(weights.iter().map(|(_, weight)| u64::from(*weight)).sum());
    for &(thing, weight) in weights {
        match left.checked_sub(u64::from(weight)) {
            Some(rest) => left = rest,
            None => return thing,
        }
    }
    unreachable!("what is drawn lies below the sum of the weights")
}
