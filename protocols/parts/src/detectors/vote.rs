//! A hybrid: several detectors, and a weighted vote among them.

use super::status::Opinion;

/// What several detectors come to together. The peer is suspected when those that suspect it have at least half of the
/// weight; below that, the level is their part of that half. The confidence is the weight of those that agree with the
/// outcome.
///
/// *Class*: the classes that detectors with at least half of the weight have together: a hybrid is complete if they
/// are, and accurate if those that are not have less than half.
pub fn vote(opinions: impl IntoIterator<Item = (Opinion, u32)>) -> Opinion {
    let (mut all, mut against) = (0.0, 0.0);
    for (opinion, weight) in opinions {
        let weight = f64::from(weight);
        all += weight;
        if opinion.is_suspicion() {
            against += weight;
        }
    }
    if all == 0.0 {
        return Opinion::new(0.0, 0.0);
    }
    let is_suspect = 2.0 * against >= all;
    let agree = if is_suspect { against } else { all - against };
    Opinion::new(if is_suspect { 1.0 } else { 2.0 * against / all }, agree / all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_weight_decides() {
        let (yes, no) = (Opinion::new(1.0, 0.3), Opinion::new(0.99, 1.0));
        let check = |votes: &[(Opinion, u32)], level, confidence| {
            assert_eq!(vote(votes.iter().copied()), Opinion { level, confidence }, "{votes:?}");
        };
        check(&[(yes, 1), (no, 1), (no, 2)], 0.5, 0.75);
        check(&[(yes, 2), (no, 1), (no, 1)], 1.0, 0.5);
        check(&[(yes, 1), (yes, 1), (no, 6)], 0.5, 0.75);
        check(&[(no, 0)], 0.0, 0.0);
    }
}
