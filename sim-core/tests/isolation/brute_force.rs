//! The definitions of the levels, tried out over all orders of commits, all snapshots and all outcomes.

use std::collections::BTreeSet;

use sim_core::consistency::isolation::{IsolationLevel, TransactionOutcome};

use crate::small::{Small, SmallOp};

/// Whether some order of commits makes the history keep the level.
pub(crate) fn keeps(transactions: &[Small], level: IsolationLevel) -> bool {
    let of = |wanted| {
        let outcome = move |index: &usize| transactions[*index].transaction.outcome == wanted;
        (0..transactions.len()).filter(outcome).collect::<Vec<usize>>()
    };
    let (committed, unknown) = (of(TransactionOutcome::Committed), of(TransactionOutcome::Unknown));
    (0..1_u32 << unknown.len()).any(|chosen| {
        let is_chosen = |place: &usize| chosen >> place & 1 == 1;
        let also = (0..unknown.len()).filter(is_chosen).map(|place| unknown[place]);
        let mut members: Vec<usize> = committed.iter().copied().chain(also).collect();
        any_order(&mut members, 0, &|order| Execution { transactions, order, level }.holds())
    })
}

/// Whether this order of commits, with the right snapshots, makes the history keep the level.
pub(crate) fn keeps_in_order(transactions: &[Small], order: &[usize], level: IsolationLevel) -> bool {
    Execution { transactions, order, level }.holds()
}

fn any_order(members: &mut [usize], fixed: usize, holds: &dyn Fn(&[usize]) -> bool) -> bool {
    if fixed == members.len() {
        return holds(members);
    }
    (fixed..members.len()).any(|next| {
        members.swap(fixed, next);
        let found = any_order(members, fixed + 1, holds);
        members.swap(fixed, next);
        found
    })
}

struct Execution<'a> {
    transactions: &'a [Small],
    /// By place, the transaction.
    order: &'a [usize],
    level: IsolationLevel,
}

impl Execution<'_> {
    fn holds(&self) -> bool {
        (0..self.order.len()).all(|place| self.holds_for(place))
    }

    fn at(&self, place: usize) -> &Small {
        &self.transactions[self.order[place]]
    }

    fn is_committed(&self, place: usize) -> bool {
        self.at(place).transaction.outcome == TransactionOutcome::Committed
    }

    fn holds_for(&self, place: usize) -> bool {
        use IsolationLevel as L;
        let session = self.before_in_session(place);
        let real_time = self.before_in_real_time(place);
        let all: BTreeSet<usize> = (0..place).collect();
        match self.level {
            L::StrictSerializable => real_time.is_subset(&all) && self.reads_last_of(place, &all),
            L::StrongSessionSerializable => session.is_subset(&all) && self.reads_last_of(place, &all),
            L::Serializable | L::RepeatableRead => self.reads_last_of(place, &all),
            L::StrongSnapshotIsolation => self.has_snapshot(place, &real_time, true),
            L::StrongSessionSnapshotIsolation => self.has_snapshot(place, &session, true),
            L::SnapshotIsolation => self.has_snapshot(place, &BTreeSet::new(), true),
            L::Prefix => self.has_snapshot(place, &session, false),
            L::ParallelSnapshotIsolation => self.sees_its_past(place, true, true, true),
            L::Causal => self.sees_its_past(place, true, true, false),
            L::ReadAtomic => self.sees_its_past(place, false, false, false),
            L::ReadCommitted => self.reads_committed(place),
        }
    }

    fn before_in_session(&self, place: usize) -> BTreeSet<usize> {
        let own = &self.at(place).transaction;
        let is_before = |&other: &usize| {
            let transaction = &self.at(other).transaction;
            transaction.process == own.process
                && self.order[other] < self.order[place]
                && transaction.outcome == TransactionOutcome::Committed
        };
        (0..self.order.len()).filter(is_before).collect()
    }

    fn before_in_real_time(&self, place: usize) -> BTreeSet<usize> {
        let called = self.at(place).transaction.called;
        let has_returned = |other: &usize| self.at(*other).transaction.returned.is_some_and(|at| at < called);
        (0..self.order.len()).filter(has_returned).collect()
    }

    fn has_snapshot(&self, place: usize, at_least: &BTreeSet<usize>, is_first_committer: bool) -> bool {
        (0..=place).any(|begin| {
            let snapshot: BTreeSet<usize> = (0..begin).collect();
            let overtaken = (begin..place).any(|other| self.write_same(other, place));
            at_least.is_subset(&snapshot) && !(is_first_committer && overtaken) && self.reads_last_of(place, &snapshot)
        })
    }

    fn sees_its_past(&self, place: usize, is_transitive: bool, with_session: bool, with_writes: bool) -> bool {
        let mut seen = BTreeSet::new();
        let mut to_visit = vec![place];
        while let Some(next) = to_visit.pop() {
            let mut direct: BTreeSet<usize> = self.sources(next);
            if with_session {
                direct.extend(self.before_in_session(next));
            }
            if with_writes {
                direct.extend((0..next).filter(|&other| self.write_same(other, next)));
            }
            for other in direct {
                if other >= next {
                    return false;
                }
                if seen.insert(other) && is_transitive {
                    to_visit.push(other);
                }
            }
        }
        self.reads_last_of(place, &seen)
    }

    fn written(&self, place: usize, key: u32) -> Vec<i64> {
        let value = |op: &SmallOp| match *op {
            SmallOp::Append(other, value) | SmallOp::Write(other, value) => (other == key).then_some(value),
            _ => None,
        };
        self.at(place).ops.iter().filter_map(value).collect()
    }

    fn write_same(&self, one: usize, other: usize) -> bool {
        (0..4).any(|key| !self.written(one, key).is_empty() && !self.written(other, key).is_empty())
    }

    /// The places of the transactions whose writes it read, other than its own.
    fn sources(&self, place: usize) -> BTreeSet<usize> {
        let read = |op: &SmallOp| match op {
            SmallOp::ReadList(key, values) => values.last().map(|&value| (*key, value)),
            SmallOp::ReadRegister(key, value) => value.map(|value| (*key, value)),
            _ => None,
        };
        let reads = self.at(place).ops.iter().filter_map(read).filter(|_| self.is_committed(place));
        let writer = |(key, value)| (0..self.order.len()).find(|&other| self.written(other, key).contains(&value));
        reads.filter_map(writer).filter(|&writer| writer != place).collect()
    }

    /// What a key holds after the transactions before `end`, as if it were a list in any case.
    fn state(&self, key: u32, end: usize) -> Vec<i64> {
        (0..end).flat_map(|place| self.written(place, key)).collect()
    }

    /// Whether it reads of each key the last version by one of `seen`, and its own writes.
    fn reads_last_of(&self, place: usize, seen: &BTreeSet<usize>) -> bool {
        let last = |key: u32| {
            let end = seen.iter().rev().find(|&&other| !self.written(other, key).is_empty()).map_or(0, |&it| it + 1);
            self.state(key, end)
        };
        // By key, the last that was read, and what was written since.
        let mut known: Vec<(Option<Vec<i64>>, Vec<i64>)> = vec![(None, Vec::new()); 4];
        let mut own: Vec<Vec<i64>> = vec![Vec::new(); 4];
        let is_committed = self.is_committed(place);
        self.at(place).ops.iter().all(|op| match op {
            SmallOp::Append(key, value) | SmallOp::Write(key, value) => {
                known[*key as usize].1.push(*value);
                own[*key as usize].push(*value);
                true
            }
            SmallOp::ReadList(key, values) => {
                let (read, since) = &mut known[*key as usize];
                let from_others = match (&read, since.is_empty()) {
                    (None, true) => *values == last(*key),
                    (None, false) => *values == [self.state(*key, place), since.clone()].concat(),
                    (Some(read), true) => values == read,
                    (Some(read), false) => {
                        let all = [self.state(*key, place), own[*key as usize].clone()].concat();
                        *values == [read.clone(), since.clone()].concat() && *values == all
                    }
                };
                *read = Some(values.clone());
                since.clear();
                from_others || !is_committed
            }
            SmallOp::ReadRegister(key, value) => {
                let expected = match own[*key as usize].last() {
                    Some(own) => Some(*own),
                    None => last(*key).last().copied(),
                };
                *value == expected || !is_committed
            }
        })
    }

    /// Whether each of its reads is, for itself, of a version that was committed before.
    fn reads_committed(&self, place: usize) -> bool {
        let mut own: Vec<Vec<i64>> = vec![Vec::new(); 4];
        let is_committed = self.is_committed(place);
        self.at(place).ops.iter().all(|op| match op {
            SmallOp::Append(key, value) | SmallOp::Write(key, value) => {
                own[*key as usize].push(*value);
                true
            }
            SmallOp::ReadList(key, values) => {
                let own = &own[*key as usize];
                let before = self.state(*key, place);
                let is_own = (1..=own.len()).any(|length| *values == [&before, &own[..length]].concat());
                let versions = (0..=place).map(|end| self.state(*key, end));
                is_own || versions.into_iter().any(|version| version == *values) || !is_committed
            }
            SmallOp::ReadRegister(key, value) => {
                let versions = (0..=place).map(|end| self.state(*key, end).last().copied());
                let is_own = value.is_some_and(|value| own[*key as usize].contains(&value));
                is_own || versions.into_iter().any(|version| version == *value) || !is_committed
            }
        })
    }
}
