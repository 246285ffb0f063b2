//! Figures: what is measured of runs, and is neither right nor wrong by itself.

use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::property::Step;
use crate::protocol::Protocol;
use crate::world::World;

/// A figure: a part of a whole. A share, a rate or a mean is one, and those of several runs add up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figure {
    /// What is counted: hits, or the sum of what a mean is of.
    pub part: f64,
    /// Out of what: cases, seconds, samples.
    pub whole: f64,
}

impl Figure {
    /// The part divided by the whole; nothing if there is no whole.
    pub fn value(self) -> Option<f64> {
        (self.whole > 0.0).then(|| self.part / self.whole)
    }
}

impl AddAssign for Figure {
    fn add_assign(&mut self, other: Self) {
        self.part += other.part;
        self.whole += other.whole;
    }
}

/// Measures a figure of a run: it sees what a [`Property`](crate::Property) sees, and violates nothing.
pub trait Measure<P: Protocol> {
    /// Looks at the world after a step.
    fn after_step(&mut self, world: &World<'_, P>, step: &Step<'_, P>);

    /// What it was in the run that ends now.
    fn at_end(&mut self, world: &World<'_, P>) -> Figure;
}

/// Between which bounds a figure of all runs of a sweep together must lie, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// The least that it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The most that it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

impl Bounds {
    /// Whether a value lies between them.
    pub fn hold(self, value: f64) -> bool {
        self.at_least.is_none_or(|least| value >= least) && self.at_most.is_none_or(|most| value <= most)
    }
}

/// As in `at least 0.95`.
impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => write!(f, "from {least} to {most}"),
            (Some(least), None) => write!(f, "at least {least}"),
            (None, Some(most)) => write!(f, "at most {most}"),
            (None, None) => f.write_str("anything"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_several_runs_add_up() {
        let mut sum = Figure::default();
        assert_eq!(sum.value(), None);
        sum += Figure { part: 1.0, whole: 4.0 };
        sum += Figure { part: 2.0, whole: 2.0 };
        assert_eq!(sum.value(), Some(0.5));
    }

    #[test]
    fn bounds_are_included() {
        let bounds = |at_least, at_most| Bounds { at_least, at_most };
        assert!(bounds(Some(0.5), None).hold(0.5) && !bounds(Some(0.5), None).hold(0.49));
        assert!(bounds(None, Some(0.5)).hold(0.5) && !bounds(None, Some(0.5)).hold(0.51));
        assert_eq!(bounds(Some(0.5), Some(1.0)).to_string(), "from 0.5 to 1");
        assert!(!bounds(Some(0.0), None).hold(f64::NAN));
    }
}
