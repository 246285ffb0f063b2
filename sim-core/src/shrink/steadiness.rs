//! Whether a run fails only at exactly these times.

use std::fmt;

use super::judge::{Accepted, Judge, Proposal};
use super::times::each_time;
use super::{Parts, Schedule};
use crate::choices::DISTURBED_BY;
use crate::random::SimRng;

/// Runs with other times.
const TRIED: u64 = 100;

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

/// The run with each time of its plan, each latency and each timeout changed a little, on their own.
fn disturbed(parts: &Parts, number: u64) -> Parts {
    let mut rng = SimRng::new(number, 0);
    let mut change = |time: u64| {
        let most = time / 100 * DISTURBED_BY;
        time - most + rng.below(2 * most + 1)
    };
    let mut disturbed = Parts { schedule: Schedule::NearlyCalm(number), ..parts.clone() };
    for fault in &mut disturbed.faults {
        each_time(fault, &mut change);
    }
    disturbed
}

/// As in `Of 100 runs in which each time, latency and timeout is up to 2 % longer or shorter, 97 violate it too.`
impl fmt::Display for Steadiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Of {TRIED} runs in which each time, latency and timeout is up to {DISTURBED_BY} % longer or shorter, "
        )?;
        write!(f, "{} violate it too.", self.failing)
    }
}
