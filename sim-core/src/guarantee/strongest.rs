//! Which levels of consistency runs have kept, and which of them is the strongest.

use std::collections::BTreeMap;

use super::Guarantee;
use crate::consistency::isolation::IsolationLevel;
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
pub struct Levels(BTreeMap<Guarantee, Kept>);

impl Kept {
    const fn by<W>(answer: &Answer<W>) -> Self {
        match answer {
            Answer::Satisfied => Self::Kept,
            Answer::Unknown(_) => Self::Unknown,
            Answer::Violated(_) => Self::Broken,
        }
    }

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
    /// Judges a history for every level, each within the default budget: for isolation levels if there are
    /// transactions. Nothing if the protocol has no model of its clients' operations.
    pub fn of<P: SystemUnderTest>(history: &History<P::Op, P::Reply>) -> Option<Self> {
        let budget = Budget::default();
        (P::CHECK_LEVEL)(Level::Linearizable, &History::new(), budget)?;
        let answers = check_all_levels(|level| (P::CHECK_LEVEL)(level, history, budget).unwrap_or(Answer::Satisfied));
        let mut levels: BTreeMap<Guarantee, Kept> =
            answers.into_iter().map(|(level, answer)| (level.into(), Kept::by(&answer))).collect();
        for &asked in IsolationLevel::ALL {
            let level = Guarantee::from(asked);
            let follows = |(strong, kept): (&Guarantee, &Kept)| *kept == Kept::Kept && strong.implies(level);
            if levels.iter().any(follows) {
                levels.insert(level, Kept::Kept);
            } else if let Some(answer) = (P::CHECK_ISOLATION)(asked, history, budget) {
                levels.insert(level, Kept::by(&answer));
            }
        }
        Some(Self(levels))
    }

    /// Each level, before those that follow from it.
    pub fn iter(&self) -> impl Iterator<Item = (Guarantee, Kept)> {
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
    pub fn strongest(&self) -> Vec<Guarantee> {
        self.without_what_follows(Kept::Kept)
    }

    /// The levels that may be kept, and do not follow from others that may be.
    pub fn unknown(&self) -> Vec<Guarantee> {
        self.without_what_follows(Kept::Unknown)
    }

    fn without_what_follows(&self, wanted: Kept) -> Vec<Guarantee> {
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
        Levels(Level::ALL.iter().map(|level| ((*level).into(), kept(level))).collect())
    }

    #[test]
    fn runs_together_have_kept_what_each_of_them_has() {
        let sequential = levels(&[Level::Linearizable], &[]);
        assert_eq!(sequential.strongest(), [Guarantee::Level(Level::Sequential)]);
        let unclear = levels(&[], &[Level::Linearizable, Level::Sequential]);
        assert_eq!(unclear.strongest(), [Guarantee::Level(Level::Causal), Guarantee::Level(Level::CausalMemory)]);
        assert_eq!(unclear.unknown(), [Guarantee::Level(Level::Linearizable)]);
        let both = sequential.and(&unclear);
        assert_eq!(both.strongest(), [Guarantee::Level(Level::Causal), Guarantee::Level(Level::CausalMemory)]);
        assert_eq!(both.unknown(), [Guarantee::Level(Level::Sequential)]);
    }
}
