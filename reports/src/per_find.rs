//! What a find costs: seeds or seconds, and how well they are known.
//!
//! Seeds are run until one shows what is looked for, or up to a cap; and that several times. All seeds
//! count, those of searches that ended at the cap too. So the estimate is their number by that of finds.
//!
//! The intervals need tails of two distributions, which are sums of as many terms as there are finds.
//! That is less than a library of statistics would bring along.

use std::fmt;

/// What a find costs on average, in seeds or in seconds, and between which values that is with 95 %
/// confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PerFind {
    /// All that was spent by the number of finds; nothing without any.
    pub mean: Option<f64>,
    /// It hardly costs less than this.
    pub least: f64,
    /// It hardly costs more than this; nothing without any find.
    pub most: Option<f64>,
}

/// The probability of either error: that a find costs less than `least`, and that it costs more than `most`.
const TAIL: f64 = 0.025;

/// How finds came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finds {
    /// How many there are.
    pub count: u64,
    /// Whether every search ended with one; otherwise some ended at the cap.
    pub ended_all: bool,
}

impl PerFind {
    /// Seeds, when so many were run. A seed shows what is looked for with a probability that is the same for
    /// each.
    ///
    /// If every search ended with a find, the number of seeds has a negative binomial distribution, and the
    /// interval is its exact one. Otherwise the upper bound of the probability is that of Clopper and Pearson
    /// (1934) for a fixed number of seeds, which is higher.
    ///
    /// # Panics
    /// If there are no seeds, or fewer than finds.
    pub fn seeds(finds: Finds, seeds: u64) -> Self {
        assert!(seeds > 0 && finds.count <= seeds, "{} finds in {seeds} seeds", finds.count);
        let found = finds.count;
        let highest = match finds.ended_all {
            true => solve(1.0, TAIL, |chance| binomial_below(found, seeds - 1, chance)),
            false => solve(1.0, TAIL, |chance| binomial_below(found + 1, seeds, chance)),
        };
        let lowest = solve(1.0, 1.0 - TAIL, |chance| binomial_below(found, seeds, chance));
        let seeds = seeds as f64;
        Self::of(found, seeds, lowest * seeds, highest * seeds)
    }

    /// Seconds, when it took so many. Finds come at a constant rate, which is close to the truth where most
    /// seeds show nothing, and makes the interval too wide where most do.
    ///
    /// If every search ended with a find, that is the exact interval of Epstein and Sobel (1953). Otherwise the
    /// upper bound of the rate is that of Garwood (1936) for a fixed time, which is higher.
    pub fn seconds(finds: Finds, seconds: f64) -> Self {
        let found = finds.count;
        // Further than any bound is from the number of finds.
        let far = found as f64 + 10.0 * (found as f64).sqrt() + 10.0;
        let at_most = if finds.ended_all { found } else { found + 1 };
        let highest = solve(far, TAIL, |mean| poisson_below(at_most, mean));
        let lowest = solve(far, 1.0 - TAIL, |mean| poisson_below(found, mean));
        Self::of(found, seconds, lowest, highest)
    }

    /// What was spent, by the finds, and by how many there would be on average at the bounds.
    fn of(found: u64, spent: f64, lowest: f64, highest: f64) -> Self {
        let by = |finds: f64| (found > 0).then(|| spent / finds);
        Self { mean: by(found as f64), least: spent / highest, most: by(lowest) }
    }
}

/// As in `96 (51–213)`: the mean and the interval. Without a find as in `> 2504`.
impl fmt::Display for PerFind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match (self.mean, self.most) {
            (Some(mean), Some(most)) => format!("{} ({}–{})", short(mean), short(self.least), short(most)),
            _ => format!("> {}", short(self.least)),
        };
        f.pad(&text)
    }
}

/// To two digits, or to the whole number if that has more.
fn short(value: f64) -> String {
    let scientific = format!("{value:.1e}");
    let exponent = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok());
    let decimals = exponent.map_or(0, |exponent: i64| usize::try_from(1 - exponent).unwrap_or(0));
    format!("{value:.decimals$}")
}

/// Where a falling function has a value, between 0 and `end`.
fn solve(end: f64, value: f64, falling: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, end);
    // More often than a number has digits: what is looked for can be close to 0.
    for _ in 0..100 {
        let middle = low + (high - low) / 2.0;
        if falling(middle) > value {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The probability that fewer than `count` of `trials` succeed, if each does with this probability.
fn binomial_below(count: u64, trials: u64, chance: f64) -> f64 {
    if count > trials {
        return 1.0;
    }
    let n = trials as f64;
    let ln_choose = |j: f64| libm::lgamma(n + 1.0) - libm::lgamma(j + 1.0) - libm::lgamma(n - j + 1.0);
    let ln_probability = |j: f64| ln_choose(j) + j * libm::log(chance) + (n - j) * libm::log1p(-chance);
    below(count, n * chance, ln_probability, |j| (n - j + 1.0) / j * (chance / (1.0 - chance)))
}

/// The probability that fewer than `count` events happen, if so many do on average.
fn poisson_below(count: u64, mean: f64) -> f64 {
    let ln_probability = |j: f64| j * libm::log(mean) - mean - libm::lgamma(j + 1.0);
    below(count, mean, ln_probability, |j| mean / j)
}

/// The sum of the probabilities of all numbers below `count`. `ratio` is how much more probable a number is
/// than the one before it. The sum begins where they are greatest, so that nothing that matters is rounded
/// to zero.
fn below(count: u64, mean: f64, ln_probability: impl Fn(f64) -> f64, ratio: impl Fn(f64) -> f64) -> f64 {
    let Some(last) = count.checked_sub(1) else { return 0.0 };
    let first = last.min(mean as u64);
    let up = (first + 1..=last).scan(1.0, |term, j| next(term, ratio(j as f64)));
    let down = (1..=first).rev().scan(1.0, |term, j| next(term, 1.0 / ratio(j as f64)));
    let relative: f64 = 1.0 + up.sum::<f64>() + down.sum::<f64>();
    (relative * libm::exp(ln_probability(first as f64))).min(1.0)
}

/// The next of the terms of a sum, until they are too small to matter.
fn next(term: &mut f64, ratio: f64) -> Option<f64> {
    *term *= ratio;
    (*term > f64::EPSILON * f64::EPSILON).then_some(*term)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn finds(count: u64, ended_all: bool) -> Finds {
        Finds { count, ended_all }
    }

    /// Whether it is the value, as far as that is told.
    #[track_caller]
    fn check(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-4 * expected, "{found} instead of {expected}");
    }

    /// The bounds of the probability, and of the number of finds in the time that was spent.
    #[track_caller]
    fn check_bounds(per_find: PerFind, spent: f64, lowest: f64, highest: f64) {
        check(spent / per_find.least, highest);
        per_find.most.map_or_else(|| assert_eq!(lowest, 0.0), |most| check(spent / most, lowest));
    }

    #[test]
    fn of_a_fixed_number_of_seeds_the_bounds_are_those_of_clopper_and_pearson() {
        for (found, of, lowest, highest) in [
            (0, 10, 0.0, 0.308_497),
            (1, 10, 0.002_528_6, 0.445_016),
            (5, 10, 0.187_086, 0.812_914),
            (9, 10, 0.554_984, 0.997_471),
            (10, 100, 0.049_005, 0.176_223),
        ] {
            check_bounds(PerFind::seeds(finds(found, false), of), 1.0, lowest, highest);
        }
    }

    /// For one search they can be written down.
    #[test]
    fn where_all_searches_end_with_a_find_the_bounds_are_those_of_the_negative_binomial_distribution() {
        for seeds in [2_u64, 7, 5_000, 1_000_000] {
            let root = |of: f64, degree: u64| -libm::expm1(libm::log(of) / degree as f64);
            let bounds = (root(0.975, seeds), root(0.025, seeds - 1));
            check_bounds(PerFind::seeds(finds(1, true), seeds), 1.0, bounds.0, bounds.1);
        }
        // Every seed shows it: perhaps that is certain.
        assert_eq!(PerFind::seeds(finds(20, true), 20).least, 1.0);
    }

    /// The table of Garwood, and quantiles of chi-square for twice as many degrees of freedom.
    #[test]
    fn bounds_of_a_rate_are_those_of_the_tables() {
        for (found, ended_all, lowest, highest) in [
            (0, false, 0.0, 3.688_88),
            (1, false, 0.025_318, 5.571_64),
            (5, false, 1.623_49, 11.668_3),
            (10, false, 4.795_39, 18.390_4),
            (100, false, 81.364, 121.627),
            (10, true, 4.795_39, 34.169_6 / 2.0),
            (15, true, 16.790_8 / 2.0, 46.979_2 / 2.0),
        ] {
            check_bounds(PerFind::seconds(finds(found, ended_all), 1.0), 1.0, lowest, highest);
        }
    }

    /// Rare finds in many seeds come as if at a rate.
    #[test]
    fn large_numbers_are_no_trouble() {
        let (seeds, finds) = (10_000_000_000, finds(10_000, false));
        let (trials, rate) = (PerFind::seeds(finds, seeds), PerFind::seconds(finds, seeds as f64));
        check(trials.least, rate.least);
        check(trials.most.expect("there are finds"), rate.most.expect("there are finds"));
        assert_eq!(trials.mean, Some(1e6));
    }

    /// All ways in which searches can end, each with its probability: the true one lies beyond either bound
    /// with at most the probability that it may.
    #[test]
    fn intervals_hold_when_searches_end_with_a_find_or_at_the_cap() {
        use std::collections::BTreeMap;
        for (searches, cap) in [(1, 5), (3, 4), (5, 5), (2, 10)] {
            for chance in (1..40).map(|step| f64::from(step) / 40.0) {
                let mut ways = BTreeMap::from([((0, 0), 1.0)]);
                for _ in 0..searches {
                    let mut longer = BTreeMap::new();
                    for ((found, seeds), probability) in ways {
                        let mut left = probability;
                        for tried in 1..=cap {
                            *longer.entry((found + 1, seeds + tried)).or_insert(0.0) += left * chance;
                            left *= 1.0 - chance;
                        }
                        *longer.entry((found, seeds + cap)).or_insert(0.0) += left;
                    }
                    ways = longer;
                }
                let beyond = |is_beyond: &dyn Fn(PerFind) -> bool| -> f64 {
                    let per_find = |found, seeds| PerFind::seeds(finds(found, found == searches), seeds);
                    let beyond = ways.iter().filter(|((found, seeds), _)| is_beyond(per_find(*found, *seeds)));
                    beyond.map(|(_, probability)| probability).sum()
                };
                let cheaper = beyond(&|per_find| 1.0 / chance < per_find.least);
                let dearer = beyond(&|per_find| per_find.most.is_some_and(|most| 1.0 / chance > most));
                assert!(
                    cheaper <= TAIL && dearer <= TAIL,
                    "{searches} searches up to {cap}, {chance}: {cheaper} and {dearer}"
                );
            }
        }
    }

    #[test]
    fn numbers_have_two_digits_or_are_whole() {
        let shown = |mean, least, most| PerFind { mean: Some(mean), least, most: Some(most) }.to_string();
        assert_eq!(shown(96.4, 51.2, 213.4), "96 (51–213)");
        assert_eq!(shown(1.0, 1.0, 9.96), "1.0 (1.0–10)");
        assert_eq!(shown(0.001_24, 0.000_066_6, 1.26), "0.0012 (0.000067–1.3)");
        assert_eq!(PerFind { mean: None, least: 2503.6, most: None }.to_string(), "> 2504");
    }
}
