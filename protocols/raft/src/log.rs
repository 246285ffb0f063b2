//! The log of a node, as it is in memory: what follows the last snapshot.

use std::fmt;

use serde::Serialize;
use sim_core::{RequestId, Value};

use super::configuration::Configuration;
use parts::kv::KvOp;

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The term of the leader that created it.
    pub term: u64,
    /// What the state machine is to do.
    pub command: Command,
}

/// As in a trace.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Value::of(self).nested())
    }
}

/// What an entry asks of the state machine, or of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Command {
    /// Nothing: a new leader begins its term with it (8; thesis 6.4).
    NoOp,
    /// The operation of a client.
    Client {
        /// Which request it is, for the suppression of duplicates.
        request: RequestId,
        /// What was asked.
        op: KvOp,
    },
    /// These are the members from now on: a node goes by it as soon as it has the entry
    /// (thesis 4.1).
    Configuration(Box<Configuration>),
}

/// Names an entry, and with it the whole log up to it: its index, counted from 1, and its term.
/// Index 0 is the beginning of every log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LogPosition {
    /// The entry's index.
    pub index: u64,
    /// The entry's term.
    pub term: u64,
}

/// The entries that follow the last snapshot.
///
/// The log remembers the lowest index that it changed since `begin_step`,
/// which every handler calls first. So after a step that completed, everything below
/// [`changed_from`](Self::changed_from) is as it was after the step before; and while a node waits
/// for its disk in the middle of a step, everything below is what it has long written. That is
/// what lets properties look at what changed instead of at the whole log. Entries are forgotten
/// only at the beginning of a step, so that what was committed and applied can still be looked at
/// when the step that did it is over.
///
/// Of the entries that change the membership it keeps a list, which follows whatever becomes of
/// them.
#[derive(Clone, Debug)]
pub struct Log {
    base: LogPosition,
    /// The entries behind `base`.
    entries: Vec<Entry>,
    /// The configuration at the base, and those behind it, each with the index from which on it is
    /// in force.
    configurations: Vec<(u64, Configuration)>,
    changed_from: u64,
}

/// No index is changed.
const UNCHANGED: u64 = u64::MAX;

impl Log {
    /// The log of a node that knows a snapshot up to `base`, where `configuration` was in force, and
    /// nothing behind it.
    pub fn new(base: LogPosition, configuration: Configuration) -> Self {
        Self { base, entries: Vec::new(), configurations: vec![(base.index, configuration)], changed_from: 0 }
    }

    /// The last entry that a snapshot stands for.
    #[inline]
    pub const fn base(&self) -> LogPosition {
        self.base
    }

    /// The last entry.
    #[inline]
    pub fn last(&self) -> LogPosition {
        self.entries.last().map_or(self.base, |entry| LogPosition { index: self.last_index(), term: entry.term })
    }

    /// The index of the last entry.
    #[inline]
    pub const fn last_index(&self) -> u64 {
        self.base.index + self.entries.len() as u64
    }

    /// The entry at `index`, unless that lies behind the end or in the snapshot.
    #[inline]
    pub fn entry(&self, index: u64) -> Option<&Entry> {
        let behind_base = index.checked_sub(self.base.index + 1)?;
        self.entries.get(usize::try_from(behind_base).ok()?)
    }

    /// The term of the entry at `index`, if it is known: also at the base.
    #[inline]
    pub fn term_at(&self, index: u64) -> Option<u64> {
        if index == self.base.index { Some(self.base.term) } else { self.entry(index).map(|entry| entry.term) }
    }

    /// Whether its own entry at that index is of that term, so that (Log Matching) both logs are
    /// the same up to there.
    #[inline]
    pub fn has(&self, position: LogPosition) -> bool {
        self.term_at(position.index) == Some(position.term)
    }

    /// Whether a log that ends in `other` is at least as up to date as this one (5.4.1).
    pub fn is_no_newer_than(&self, other: LogPosition) -> bool {
        let last = self.last();
        (other.term, other.index) >= (last.term, last.index)
    }

    /// The latest configuration in the log, which is in force, committed or not.
    #[inline]
    pub fn configuration(&self) -> &Configuration {
        &self.latest_configuration().1
    }

    /// The index of the entry that brought the latest configuration; an index up to the base if a
    /// snapshot stands for it.
    #[inline]
    pub fn configuration_index(&self) -> u64 {
        self.latest_configuration().0
    }

    /// The configuration in force when the log ended at `index`, which does not lie before the base.
    pub fn configuration_at(&self, index: u64) -> &Configuration {
        let not_later = self.configurations.iter().rev().find(|(from, _)| *from <= index);
        &not_later.unwrap_or(&self.configurations[0]).1
    }

    /// The configuration at the base, and those behind it in order, each with the index from which
    /// on it is in force.
    #[inline]
    pub fn configurations(&self) -> &[(u64, Configuration)] {
        &self.configurations
    }

    fn latest_configuration(&self) -> &(u64, Configuration) {
        self.configurations.last().expect("there is one at the base")
    }

    /// The entries behind the base.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries from `index` on, which lies behind the base: at most `limit`, if there is one.
    pub(crate) fn copy_from(&self, index: u64, limit: Option<u32>) -> Vec<Entry> {
        let from = self.offset(index);
        let to = limit.map_or(usize::MAX, |limit| from + limit as usize);
        self.entries[from..to.min(self.entries.len())].to_vec()
    }

    /// The first index behind the base whose entry, like all between, has the term of the entry at
    /// `index`.
    pub(crate) fn first_of_same_term(&self, index: u64) -> u64 {
        let term = self.term_at(index);
        let before = (self.base.index + 1..index).rev();
        before.take_while(|at| self.term_at(*at) == term).last().unwrap_or(index)
    }

    /// The last index at or below `from` whose entry is of `term`.
    pub(crate) fn last_of_term(&self, term: u64, from: u64) -> Option<u64> {
        let down = (self.base.index..=from.min(self.last_index())).rev();
        let mut not_later = down.skip_while(|at| self.term_at(*at).is_some_and(|found| found > term));
        not_later.next().filter(|at| self.term_at(*at) == Some(term))
    }

    /// The lowest index that was written or cut off since the step began, if any was.
    #[inline]
    pub const fn changed_from(&self) -> Option<u64> {
        if self.changed_from == UNCHANGED { None } else { Some(self.changed_from) }
    }

    /// A handler begins: nothing is changed so far.
    #[inline]
    pub(crate) const fn begin_step(&mut self) {
        self.changed_from = UNCHANGED;
    }

    /// Adds an entry and gives its index.
    pub(crate) fn append(&mut self, entry: Entry) -> u64 {
        let index = self.last_index() + 1;
        if let Command::Configuration(configuration) = &entry.command {
            self.configurations.push((index, (**configuration).clone()));
        }
        self.entries.push(entry);
        self.changed_from = self.changed_from.min(index);
        index
    }

    /// Cuts off the entry at `from` and all behind it.
    pub(crate) fn truncate_from(&mut self, from: u64) {
        if from <= self.last_index() {
            self.entries.truncate(self.offset(from));
            let base = self.base.index;
            self.configurations.retain(|(index, _)| *index < from || *index <= base);
            self.changed_from = self.changed_from.min(from);
        }
    }

    /// Forgets the entries up to `base`, for which a snapshot stands from now on.
    pub(crate) fn compact_to(&mut self, base: LogPosition) {
        if !self.has(base) {
            self.changed_from = self.changed_from.min(base.index + 1);
        }
        let keep_from = self.offset(base.index + 1);
        self.entries.drain(..keep_from);
        self.base = base;
        let superseded = self.configurations.iter().skip(1).take_while(|(index, _)| *index <= base.index).count();
        self.configurations.drain(..superseded);
    }

    /// Begins anew behind the snapshot of another node.
    pub(crate) fn install(&mut self, base: LogPosition, configuration: Configuration) {
        *self = Self::new(base, configuration);
    }

    /// Where the entry at `index` is, or would be; the first one for an index at or below the base.
    fn offset(&self, index: u64) -> usize {
        usize::try_from(index.saturating_sub(self.base.index + 1)).expect("a log fits into memory")
    }
}

#[cfg(test)]
mod tests {
    use sim_core::NodeId;

    use super::*;

    fn log(base: (u64, u64), terms: &[u64]) -> Log {
        let (index, term) = base;
        let mut log = Log::new(LogPosition { index, term }, Configuration::default());
        for term in terms {
            log.append(Entry { term: *term, command: Command::NoOp });
        }
        log.begin_step();
        log
    }

    fn check(log: &Log, base: u64, terms: &[u64], changed_from: Option<u64>) {
        let found: Vec<u64> = log.entries().iter().map(|entry| entry.term).collect();
        assert_eq!((log.base().index, found.as_slice(), log.changed_from()), (base, terms, changed_from));
    }

    #[test]
    fn indexes_count_through_the_snapshot() {
        let log = log((10, 2), &[2, 3]);
        let terms: Vec<_> = (9..=13).map(|index| log.term_at(index)).collect();
        assert_eq!(terms, [None, Some(2), Some(2), Some(3), None]);
        assert_eq!(log.last(), LogPosition { index: 12, term: 3 });
        assert_eq!(log.entry(10), None);
        assert_eq!(Log::new(LogPosition::default(), Configuration::default()).last(), LogPosition::default());
    }

    #[test]
    fn the_lowest_change_of_a_step_is_remembered() {
        let mut log = log((0, 0), &[1, 1, 2]);
        check(&log, 0, &[1, 1, 2], None);
        log.append(Entry { term: 4, command: Command::NoOp });
        check(&log, 0, &[1, 1, 2, 4], Some(4));
        log.truncate_from(2);
        check(&log, 0, &[1], Some(2));
        log.append(Entry { term: 5, command: Command::NoOp });
        check(&log, 0, &[1, 5], Some(2));
        log.begin_step();
        log.truncate_from(3);
        check(&log, 0, &[1, 5], None);
        log.compact_to(LogPosition { index: 1, term: 1 });
        check(&log, 1, &[5], None);
        log.install(LogPosition { index: 7, term: 5 }, Configuration::default());
        check(&log, 7, &[], Some(0));
    }

    #[test]
    fn a_log_is_compared_by_its_last_term_and_then_by_its_length() {
        let log = log((0, 0), &[1, 3]);
        let check = |term, index, expected| {
            assert_eq!(log.is_no_newer_than(LogPosition { index, term }), expected, "{term} {index}");
        };
        check(3, 2, true);
        check(3, 1, false);
        check(2, 9, false);
        check(4, 1, true);
    }

    #[test]
    fn terms_are_found_for_the_hints_of_a_conflict() {
        let log = log((2, 1), &[1, 2, 2, 2, 5]);
        assert_eq!(log.first_of_same_term(6), 4);
        assert_eq!(log.first_of_same_term(3), 3);
        assert_eq!(log.last_of_term(2, 7), Some(6));
        assert_eq!(log.last_of_term(2, 5), Some(5));
        assert_eq!(log.last_of_term(1, 99), Some(3));
        assert_eq!(log.last_of_term(3, 99), None);
    }

    #[test]
    fn a_copy_stops_at_the_limit_and_at_the_end() {
        let log = log((2, 1), &[1, 2, 3]);
        let terms = |from, limit| -> Vec<u64> { log.copy_from(from, limit).iter().map(|e| e.term).collect() };
        assert_eq!(terms(3, Some(2)), [1, 2]);
        assert_eq!(terms(5, Some(9)), [3]);
        assert_eq!(terms(6, Some(9)), [0; 0]);
        assert_eq!(terms(4, None), [2, 3]);
    }

    #[test]
    fn the_configuration_follows_the_entries() {
        let of = |voters: u32| Configuration::of((0..voters).map(NodeId::node));
        let change = |voters| Entry { term: 2, command: Command::Configuration(Box::new(of(voters))) };
        let mut log = Log::new(LogPosition::default(), of(3));
        for entry in [change(4), Entry { term: 2, command: Command::NoOp }, change(5)] {
            log.append(entry);
        }
        let check = |log: &Log, index, voters| {
            assert_eq!((log.configuration_index(), log.configuration()), (index, &of(voters)));
        };
        check(&log, 3, 5);
        assert_eq!([0, 1, 2, 3].map(|index| log.configuration_at(index).voters.len()), [3, 4, 4, 5]);
        log.truncate_from(3);
        check(&log, 1, 4);
        log.compact_to(LogPosition { index: 2, term: 2 });
        check(&log, 1, 4);
        assert_eq!(log.configuration_at(2), &of(4));
        log.append(change(3));
        log.truncate_from(1);
        check(&log, 1, 4);
        log.install(LogPosition { index: 9, term: 3 }, of(2));
        check(&log, 9, 2);
    }
}
