//! Whether a run fails only at exactly these times.

use std::fmt;

use super::Parts;
use super::judge::{Accepted, Judge, Proposal};
use super::times::{SHORTEST, each_time};
use crate::random::SimRng;

/// Runs with other times.
const TRIED: u64 = 100;

/// The most that times are changed by, in thousandths of them.
const THOUSANDTHS: u64 = 20;

/// Of how many runs with other times how many fail in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steadiness {
    failing: u64,
}

impl Steadiness {
    pub(super) fn of(judge: &Judge<'_>, run: &Accepted) -> Option<Self> {
        let failing = judge.each(run, TRIED, |number| Proposal::Parts(run.given_time(disturbed(&run.parts, number))));
        failing.map(|failing| Self { failing: failing.into_iter().filter(|fails| *fails).count() as u64 })
    }
}

/// The run with each of its times changed a little.
fn disturbed(parts: &Parts, number: u64) -> Parts {
    let mut rng = SimRng::new(number, 0);
    let mut change = |time: u64| {
        let most = time / 1000 * THOUSANDTHS;
        time - most + rng.below(2 * most + 1)
    };
    let mut disturbed = parts.clone();
    for fault in &mut disturbed.faults {
        each_time(fault, &mut change);
    }
    for deviation in disturbed.deviations.iter_mut().filter(|deviation| deviation.value >= SHORTEST) {
        deviation.value = change(deviation.value);
    }
    disturbed
}

/// As in `Of 100 runs in which each time is up to 2 % longer or shorter, 97 violate it too.`
impl fmt::Display for Steadiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (percent, failing) = (THOUSANDTHS / 10, self.failing);
        write!(
            f,
            "Of {TRIED} runs in which each time is up to {percent} % longer or shorter, {failing} violate it too."
        )
    }
}
