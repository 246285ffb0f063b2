//! How well a run that was written down still fits: of the recorded deviations how many were asked for,
//! what made them fit if they did not by themselves, and whether the recorded violation came.

use std::fmt;

use serde::Serialize;
use sim_core::{ChoiceName, Summary};

/// What is known of a run that was written down and is run again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    /// How many deviations the recording has.
    pub deviations: usize,
    /// The property that it expects to be violated.
    pub violates: Option<String>,
    /// What made it fit, if anything had to.
    pub repair: Option<Repair>,
}

/// How the deviations of a recording were fitted to a protocol that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// How their questions were found.
    pub how: FoundBy,
    /// The names that are others now: what they were, and what they are.
    pub moved: Vec<(ChoiceName, ChoiceName)>,
    /// Those whose questions no longer exist.
    pub gone: Vec<ChoiceName>,
}

/// How the questions of a recording are found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// By what the messages say that they are about.
    Content,
    /// By numbers that are shifted.
    Shift,
}

impl FoundBy {
    const fn word(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Shift => "shift",
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::Content => "found by what messages say",
            Self::Shift => "by a shift of their numbers",
        }
    }
}

impl Fit {
    /// The deviations whose questions the run did not ask.
    pub fn misfits<'f>(&'f self, summary: &'f Summary) -> impl Iterator<Item = &'f ChoiceName> {
        self.repair.iter().flat_map(|repair| &repair.gone).chain(&summary.unused)
    }

    /// Whether the run violates what it was recorded for; nothing if it was recorded for nothing.
    pub(crate) fn violated(&self, summary: &Summary) -> Option<bool> {
        let property = self.violates.as_deref()?;
        Some(summary.verdict.violation().is_some_and(|violation| violation.property == property))
    }

    /// As in `15 of 17 deviations were asked for; Election Safety was violated, as then`.
    pub fn in_words(&self, summary: &Summary) -> String {
        let fitting = self.deviations - self.misfits(summary).count();
        let asked = match self.deviations {
            0 => "without deviations".to_owned(),
            all => format!("{fitting} of {all} deviations were asked for"),
        };
        match (&self.violates, self.violated(summary)) {
            (Some(property), Some(true)) => format!("{asked}; {property} was violated, as then"),
            (Some(property), _) => format!("{asked}; {property} was not violated, unlike then"),
            (None, _) => asked,
        }
    }
}

impl Repair {
    /// As in `3 of 17 deviations moved, found by what messages say: n0>n1 AppendEntries#3 → #4`.
    pub fn in_words(&self, fit: &Fit) -> String {
        let moves = self.moves();
        let more = if moves.len() > LISTED { ", …" } else { "" };
        let named: Vec<String> = moves.iter().take(LISTED).map(Move::to_string).collect();
        let (moved, of, how) = (self.moved.len(), fit.deviations, self.how.in_words());
        format!("{moved} of {of} deviations moved, {how}: {}{more}", named.join(", "))
    }

    /// What moved by the same number on the same link is one move.
    fn moves(&self) -> Vec<Move<'_>> {
        let mut moves: Vec<Move<'_>> = Vec::new();
        for (before, now) in &self.moved {
            let Some((before, now)) = before.parts().zip(now.parts()) else { continue };
            let by = now.ordinal as i64 - before.ordinal as i64;
            match moves.iter_mut().find(|of| (of.stem, of.by) == (before.stem, by)) {
                Some(of) => (of.first, of.last) = (of.first.min(before.ordinal), of.last.max(before.ordinal)),
                None => moves.push(Move { stem: before.stem, first: before.ordinal, last: before.ordinal, by }),
            }
        }
        moves
    }
}

/// Of a repair so many moves are named.
const LISTED: usize = 8;

/// Ordinals of a link or a timer that have become others.
struct Move<'r> {
    stem: &'r str,
    first: u64,
    last: u64,
    by: i64,
}

/// As in `n0>n1 AppendEntries#3 → #4`, or `n0>n1 AppendEntries#3 to #9 → #4 to #10`.
impl fmt::Display for Move<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stem, first, last, by } = self;
        let range = |by: i64| match (first.saturating_add_signed(by), last.saturating_add_signed(by)) {
            (first, last) if first == last => format!("#{first}"),
            (first, last) => format!("#{first} to #{last}"),
        };
        write!(f, "{stem}{} → {}", range(0), range(*by))
    }
}

/// The same for programs.
#[derive(Serialize)]
pub(crate) struct FitLine<'a> {
    deviations: usize,
    deviations_fitting: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    violates: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    violated_as_recorded: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repair: Option<RepairLine<'a>>,
}

#[derive(Serialize)]
struct RepairLine<'a> {
    found_by: &'static str,
    moved: Vec<[&'a str; 2]>,
    gone: Vec<&'a str>,
}

impl<'a> FitLine<'a> {
    pub(crate) fn of(fit: &'a Fit, summary: &'a Summary) -> Self {
        Self {
            deviations: fit.deviations,
            deviations_fitting: fit.deviations - fit.misfits(summary).count(),
            violates: fit.violates.as_deref(),
            violated_as_recorded: fit.violated(summary),
            repair: fit.repair.as_ref().map(RepairLine::from),
        }
    }
}

impl<'a> From<&'a Repair> for RepairLine<'a> {
    fn from(Repair { how, moved, gone }: &'a Repair) -> Self {
        let moved = moved.iter().map(|(before, now)| [before.as_str(), now.as_str()]).collect();
        Self { found_by: how.word(), moved, gone: gone.iter().map(ChoiceName::as_str).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: [[&str; 2]; 4]) -> Vec<(ChoiceName, ChoiceName)> {
        names.map(|[before, now]| (ChoiceName::new(before), ChoiceName::new(now))).to_vec()
    }

    #[test]
    fn what_moved_together_is_told_together() {
        let moved = names([
            ["n0>n1 Put#3 delay", "n0>n1 Put#4 delay"],
            ["n0>n1 Put#3 copy delay", "n0>n1 Put#4 copy delay"],
            ["n0>n2 Put#3 delay", "n0>n2 Put#2 delay"],
            ["n0>n2 Put#7 delay", "n0>n2 Put#6 delay"],
        ]);
        let repair = Repair { how: FoundBy::Shift, moved, gone: Vec::new() };
        let fit = Fit { deviations: 9, violates: None, repair: None };
        let told =
            "4 of 9 deviations moved, by a shift of their numbers: n0>n1 Put#3 → #4, n0>n2 Put#3 to #7 → #2 to #6";
        assert_eq!(repair.in_words(&fit), told);
    }
}
