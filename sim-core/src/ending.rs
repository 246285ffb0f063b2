//! What a run comes to: the one rule, for tests and for the command line.
//!
//! A violation is a failure, unless it was asked for, or unless the run did not keep to what the
//! protocol takes for granted. Then it is shown, and is no failure of the protocol. What a whole
//! sweep comes to is told in `coverage.rs`.

use crate::outcome::{Summary, Verdict, Violation};

/// What a run comes to for whoever asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything held.
    Passed,
    /// The property was violated that was to be.
    Wanted,
    /// A property was violated outside of the protocol's model for it: shown, and no failure.
    Excused,
    /// A property was violated: a failure.
    Violated,
    /// It cannot be told whether everything held: neither a failure nor a pass.
    Inconclusive,
}

impl Ending {
    /// Whether any one run may end like that.
    pub const fn is_expected(self) -> bool {
        matches!(self, Self::Passed | Self::Wanted | Self::Excused)
    }
}

impl Summary {
    /// What the run comes to, if the property `wanted` is to be violated.
    pub fn ending(&self, wanted: Option<&str>) -> Ending {
        match &self.verdict {
            Verdict::Passed => Ending::Passed,
            Verdict::Inconclusive { .. } => Ending::Inconclusive,
            Verdict::Violated(Violation { property, .. }) if wanted == Some(property) => Ending::Wanted,
            Verdict::Violated(_) if self.excuse().is_empty() => Ending::Violated,
            Verdict::Violated(_) => Ending::Excused,
        }
    }
}
