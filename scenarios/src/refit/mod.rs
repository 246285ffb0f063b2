//! Fits a run that was written down to a protocol that has changed since.
//!
//! A deviation names its question by an ordinal, and one message more shifts those after it. Two ways lead
//! to the new names. Messages can be found by what they say, where the recording tells: that takes one run
//! and is no guess. Otherwise the ordinals of a link or a timer are shifted, and whatever fits better is
//! kept: a guess, which counts only if the recorded violation comes (or, if none was recorded, if every
//! deviation fits).
//!
//! In either case the violation is one of the changed protocol, in a run that can happen.

mod shift;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use reports::{FoundBy, Repair};
use sim_core::{Answers, ChoiceName, Deviation, Elsewhere, Summary};

use crate::prepared::Prepared;
use crate::run::run_guarded;

/// Runs that are tried at most.
const MOST_RUNS: u32 = 200;

/// A recording that is to fit.
pub(crate) struct Recording<'r> {
    /// The scenario.
    pub(crate) prepared: &'r dyn Prepared,
    /// The property that it is to violate.
    pub(crate) violates: Option<&'r str>,
    /// Its deviations.
    pub(crate) deviations: &'r [Deviation],
}

/// What came of the attempts.
pub(crate) struct Refit {
    /// The deviations that fit better than those of the recording, some of them under other names, and how they
    /// were found.
    pub(crate) repaired: Option<(Vec<Deviation>, Repair)>,
    /// Runs that were tried.
    pub(crate) runs: u32,
}

/// A recorded name, and the deviation under the name that it may have now.
#[derive(Clone)]
struct Entry {
    recorded: ChoiceName,
    now: Deviation,
}

/// How well a run fits; the greater the better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    violates: bool,
    /// How many deviations were asked for.
    fitting: usize,
    /// The place of the first that was not.
    first_misfit: usize,
}

/// Entries, and the run with them.
struct Tried {
    entries: Vec<Entry>,
    unused: BTreeSet<ChoiceName>,
    rank: Rank,
}

impl Recording<'_> {
    /// Whether a run needs no repair.
    pub(crate) fn is_fine(&self, summary: &Summary) -> bool {
        summary.unused.is_empty() && self.violates.is_none_or(|property| violates(summary, property))
    }

    /// Looks for names under which the deviations fit, after a run in which they did not.
    pub(crate) fn refit(&self, summary: &Summary) -> Refit {
        let mut search = Search { recording: self, runs: 0 };
        let entry = |deviation: &Deviation| Entry { recorded: deviation.name.clone(), now: deviation.clone() };
        let as_it_is = self.tried(self.deviations.iter().map(entry).collect(), summary);
        let repaired = search.repair(as_it_is);
        let repaired = repaired.map(|(how, found)| (found.fitting().cloned().collect(), self.told(how, &found)));
        // Without what nothing asks for it is the run that it was.
        let repaired = repaired.filter(|(_, repair)| !repair.moved.is_empty());
        Refit { repaired, runs: search.runs }
    }

    fn tried(&self, entries: Vec<Entry>, summary: &Summary) -> Tried {
        let unused: BTreeSet<ChoiceName> = summary.unused.iter().cloned().collect();
        let is_misfit = |entry: &Entry| unused.contains(&entry.now.name);
        let rank = Rank {
            violates: self.violates.is_some_and(|property| violates(summary, property)),
            fitting: entries.iter().filter(|entry| !is_misfit(entry)).count(),
            first_misfit: entries.iter().position(is_misfit).unwrap_or(entries.len()),
        };
        Tried { entries, unused, rank }
    }

    /// Whether entries need no further repair.
    fn is_settled(&self, tried: &Tried) -> bool {
        tried.rank.fitting == self.deviations.len() && (tried.rank.violates || self.violates.is_none())
    }

    fn told(&self, how: FoundBy, found: &Tried) -> Repair {
        let fitting: BTreeMap<&ChoiceName, &ChoiceName> = found
            .entries
            .iter()
            .filter(|entry| found.fits(entry))
            .map(|entry| (&entry.recorded, &entry.now.name))
            .collect();
        let recorded = || self.deviations.iter().map(|deviation| &deviation.name);
        let moved = recorded().filter_map(|name| Some((name, *fitting.get(name)?))).filter(|(name, now)| name != now);
        Repair {
            how,
            moved: moved.map(|(name, now)| (name.clone(), now.clone())).collect(),
            gone: recorded().filter(|name| !fitting.contains_key(name)).cloned().collect(),
        }
    }
}

impl Tried {
    fn fits(&self, entry: &Entry) -> bool {
        !self.unused.contains(&entry.now.name)
    }

    fn fitting(&self) -> impl Iterator<Item = &Deviation> {
        self.entries.iter().filter(|entry| self.fits(entry)).map(|entry| &entry.now)
    }
}

struct Search<'s> {
    recording: &'s Recording<'s>,
    runs: u32,
}

impl Search<'_> {
    fn repair(&mut self, as_it_is: Tried) -> Option<(FoundBy, Tried)> {
        let recording = self.recording;
        let by_content = self.by_content();
        if by_content.as_ref().is_some_and(|found| recording.is_settled(found)) {
            return by_content.map(|found| (FoundBy::Content, found));
        }
        let with_rest = by_content.as_ref().and_then(|found| self.with_rest(found, &as_it_is));
        let start = with_rest.filter(|found| found.rank > as_it_is.rank);
        if let Some(found) = self.by_shifts(start.as_ref().unwrap_or(&as_it_is))
            && (found.rank.violates || recording.is_settled(&found))
        {
            return Some((FoundBy::Shift, found));
        }
        // Unlike a shift it is no guess: that all of it fits says something even if nothing is violated.
        let is_worth = |found: &Tried| found.rank.violates || found.rank.fitting == recording.deviations.len();
        let found = by_content.filter(|found| found.rank > as_it_is.rank && is_worth(found));
        found.map(|found| (FoundBy::Content, found))
    }

    /// The deviations about messages that say what those in the recording said, and those about anything
    /// else that still exists; nothing if the recording does not tell what messages said.
    fn by_content(&mut self) -> Option<Tried> {
        let Recording { prepared, deviations, .. } = *self.recording;
        if deviations.iter().all(|deviation| deviation.name.content().is_none()) {
            return None;
        }
        self.runs += 1;
        let found = run_guarded(|| prepared.simulation(0).found_by_content(answers(deviations))).ok()?;
        let now: BTreeMap<String, &ChoiceName> =
            found.iter().map(|deviation| (deviation.name.by_content(), &deviation.name)).collect();
        let entry = |recorded: &Deviation| {
            let name = (*now.get(&recorded.name.by_content())?).clone();
            let now = Deviation { name, value: recorded.value };
            Some(Entry { recorded: recorded.name.clone(), now })
        };
        self.run(deviations.iter().filter_map(entry).collect())
    }

    /// What was found, and the rest of the recording under the names that it had.
    fn with_rest(&mut self, found: &Tried, as_it_is: &Tried) -> Option<Tried> {
        let names: BTreeMap<&ChoiceName, &Entry> = found.entries.iter().map(|entry| (&entry.recorded, entry)).collect();
        let taken: BTreeSet<&ChoiceName> = found.entries.iter().map(|entry| &entry.now.name).collect();
        let rest = |entry: &&Entry| names.contains_key(&entry.recorded) || !taken.contains(&entry.recorded);
        let entries = as_it_is.entries.iter().filter(rest);
        self.run(entries.map(|entry| (*names.get(&entry.recorded).unwrap_or(&entry)).clone()).collect())
    }

    /// What is found by one shift after the other, each of which makes more of it fit.
    fn by_shifts(&mut self, start: &Tried) -> Option<Tried> {
        let mut best: Option<Tried> = None;
        loop {
            let current = best.as_ref().unwrap_or(start);
            let proposals = shift::proposals(&current.entries, &current.unused);
            let mut better = None;
            for entries in proposals.iter().filter_map(|shift| shift.applied_to(&current.entries)) {
                if self.runs >= MOST_RUNS {
                    break;
                }
                better = self.run(entries).filter(|tried| tried.rank > current.rank);
                if better.is_some() {
                    break;
                }
            }
            let Some(better) = better else { return best };
            if self.recording.is_settled(&better) {
                return Some(better);
            }
            best = Some(better);
        }
    }

    fn run(&mut self, entries: Vec<Entry>) -> Option<Tried> {
        self.runs += 1;
        let deviations: Vec<Deviation> = entries.iter().map(|entry| entry.now.clone()).collect();
        let (prepared, never) = (self.recording.prepared, AtomicBool::new(false));
        let summary = run_guarded(|| prepared.simulation(0).run_answered(answers(&deviations), &never)).ok()??;
        Some(self.recording.tried(entries, &summary))
    }
}

fn answers(deviations: &[Deviation]) -> Answers<'_> {
    Answers { deviations, elsewhere: Elsewhere::Calm, seed: 0 }
}

fn violates(summary: &Summary, property: &str) -> bool {
    summary.verdict.violation().is_some_and(|violation| violation.property == property)
}
