//! Which levels of consistency runs have kept, and which of them is the strongest.

use std::collections::BTreeMap;

use crate::consistency::{Answer, Budget, Level, check_all_levels};
use crate::history::History;
use crate::system::SystemUnderTest;

/// Whether a level was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// Certainly.
    Kept,
    /// It cannot be told, within the budget or at all.
    Unknown,
    /// Certainly not.
    Broken,
}

/// What is known of every level, of one run or of several together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels(BTreeMap<Level, Kept>);

impl Kept {
    /// One word: `kept`, `unknown` or `broken`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Unknown => "unknown",
            Self::Broken => "broken",
        }
    }
}

impl Levels {
    /// Judges a history for every level, each within the default budget. Nothing if the protocol has
    /// no model of its clients' operations.
    pub fn of<P: SystemUnderTest>(history: &History<P::Op, P::Reply>) -> Option<Self> {
        (P::CHECK_LEVEL)(Level::Linearizable, &History::new(), Budget::default())?;
        let answers =
            check_all_levels(|level| (P::CHECK_LEVEL)(level, history, Budget::default()).unwrap_or(Answer::Satisfied));
        let kept = answers.into_iter().map(|(level, answer)| match answer {
            Answer::Satisfied => (level, Kept::Kept),
            Answer::Unknown(_) => (level, Kept::Unknown),
            Answer::Violated(_) => (level, Kept::Broken),
        });
        Some(Self(kept.collect()))
    }

    /// Each level, before those that follow from it.
    pub fn iter(&self) -> impl Iterator<Item = (Level, Kept)> {
        self.0.iter().map(|(level, kept)| (*level, *kept))
    }

    /// What several runs have kept: what each of them has.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for (level, kept) in &mut self.0 {
            *kept = other.0.get(level).map_or(*kept, |other| (*kept).max(*other));
        }
        self
    }

    /// The levels that are certainly kept and do not follow from others that are.
    pub fn strongest(&self) -> Vec<Level> {
        self.without_what_follows(Kept::Kept)
    }

    /// The levels that may be kept, and do not follow from others that may be.
    pub fn unknown(&self) -> Vec<Level> {
        self.without_what_follows(Kept::Unknown)
    }

    fn without_what_follows(&self, wanted: Kept) -> Vec<Level> {
        let all = || self.iter().filter(|(_, kept)| *kept == wanted).map(|(level, _)| level);
        all().filter(|&weak| !all().any(|strong| strong != weak && strong.implies(weak))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(broken: &[Level], unknown: &[Level]) -> Levels {
        let kept = |level: &Level| match level {
            level if broken.contains(level) => Kept::Broken,
            level if unknown.contains(level) => Kept::Unknown,
            _ => Kept::Kept,
        };
        Levels(Level::ALL.iter().map(|level| (*level, kept(level))).collect())
    }

    #[test]
    fn runs_together_have_kept_what_each_of_them_has() {
        let sequential = levels(&[Level::Linearizable], &[]);
        assert_eq!(sequential.strongest(), [Level::Sequential]);
        let unclear = levels(&[], &[Level::Linearizable, Level::Sequential]);
        assert_eq!(unclear.strongest(), [Level::Causal, Level::CausalMemory]);
        assert_eq!(unclear.unknown(), [Level::Linearizable]);
        let both = sequential.and(&unclear);
        assert_eq!(both.strongest(), [Level::Causal, Level::CausalMemory]);
        assert_eq!(both.unknown(), [Level::Sequential]);
    }
}
