//! A history replayed in the order of a certificate: what the definition of a level asks of that order.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::Certificate;
use super::history::{MicroOp, TransactionHistory, TransactionId, TransactionOutcome};
use super::level::{IsolationLevel, View};

/// What is wrong with a transaction.
type Wrong = (TransactionId, &'static str);

/// A history with an order.
struct Replay<'a> {
    history: &'a TransactionHistory,
    certificate: &'a Certificate,
    /// By transaction, its place in the order; none if it takes no effect.
    places: Vec<Option<u32>>,
    /// By key, each value written, with the place of its writer, in order.
    written: Vec<Vec<(i64, u32)>>,
    /// By key and value, how many values of the key come up to it.
    lengths: BTreeMap<(u32, i64), usize>,
    /// By transaction, the first place after all that come before it: in no order from outside, in its
    /// process, and in real time.
    after: Vec<[u32; 3]>,
}

/// Whether the history keeps the level in the order of the certificate.
pub(super) fn validate(
    history: &TransactionHistory,
    certificate: &Certificate,
    level: IsolationLevel,
) -> Result<(), Wrong> {
    let (places, written, lengths) = (vec![None; history.len()], vec![Vec::new(); history.keys()], BTreeMap::new());
    let after = vec![[0; 3]; history.len()];
    let mut replay = Replay { history, certificate, places, written, lengths, after };
    replay.place()?;
    replay.look_outside();
    certificate.order.iter().try_for_each(|&id| replay.check(id, level).map_err(|why| (id, why)))
}

impl Replay<'_> {
    fn place(&mut self) -> Result<(), Wrong> {
        for (place, &id) in (0..).zip(&self.certificate.order) {
            let has_snapshot = self.certificate.snapshots.get(place as usize).is_some_and(|&before| before <= place);
            if self.places[id.index()].replace(place).is_some() || !has_snapshot {
                return Err((id, "is in the order twice, or before its snapshot"));
            }
            for (key, value) in self.history.ops(id).filter_map(|op| Some((op.key().0, op.written()?))) {
                self.written[key as usize].push((value, place));
                self.lengths.insert((key, value), self.written[key as usize].len());
            }
        }
        let is_right = |(id, outcome): &(TransactionId, TransactionOutcome)| match outcome {
            TransactionOutcome::Committed => self.places[id.index()].is_some(),
            TransactionOutcome::Aborted => self.places[id.index()].is_none(),
            TransactionOutcome::Unknown => true,
        };
        let mut outcomes = self.history.iter().map(|(id, transaction)| (id, transaction.outcome));
        outcomes
            .find(|it| !is_right(it))
            .map_or(Ok(()), |(id, _)| Err((id, "is in the order, or not, against its outcome")))
    }

    fn look_outside(&mut self) {
        let mut of_process = BTreeMap::<u32, u32>::new();
        let mut events = Vec::new();
        for (id, transaction) in self.history.iter() {
            let end = of_process.entry(transaction.process).or_default();
            self.after[id.index()][1] = *end;
            events.push((transaction.called, None, id));
            if let (Some(place), Some(returned)) = (self.places[id.index()], transaction.returned) {
                *end = (*end).max(place + 1);
                events.push((returned, Some(place), id));
            }
        }
        // At the same moment, calls come before returns.
        events.sort_unstable();
        let mut end = 0;
        for (_, returns, id) in events {
            match returns {
                Some(place) => end = end.max(place + 1),
                None => self.after[id.index()][2] = end.max(self.after[id.index()][1]),
            }
        }
    }

    fn check(&self, id: TransactionId, level: IsolationLevel) -> Result<(), &'static str> {
        let place = self.places[id.index()].expect("it is in the order");
        let has_snapshot = matches!(level.view(), View::Snapshot | View::Prefix);
        let begin = if has_snapshot { self.certificate.snapshots[place as usize] } else { place };
        let versions = self.versions(id, place, level.view())?;
        let missed = versions.iter().flat_map(|&(key, length)| &self.written[key as usize][length..]);
        let missed: BTreeSet<u32> = missed.map(|written| written.1).filter(|&writer| writer < begin).collect();
        let has_missed = match level.view() {
            View::Committed => false,
            View::All | View::Snapshot | View::Prefix => !missed.is_empty(),
            View::Parallel | View::Causal | View::Atomic => self.sees_any(place, level.view(), &missed),
        };
        if begin < self.after[id.index()][level.order() as usize] {
            Err("comes before what has to come before it")
        } else if self.sources(&versions).any(|source| source >= begin) {
            Err("reads what comes after it")
        } else if has_missed {
            Err("reads an older version than it sees")
        } else if level.view() == View::Snapshot && self.replaced(id, place).any(|before| before >= begin) {
            Err("replaces what it does not see")
        } else {
            Ok(())
        }
    }

    /// Of each key that is read and not of its own, how many of the values written come up to the last seen.
    fn versions(&self, id: TransactionId, place: u32, view: View) -> Result<Vec<(u32, usize)>, &'static str> {
        let mut versions: Vec<(u32, usize)> = Vec::new();
        let mut own = BTreeMap::<u32, usize>::new();
        let is_committed = self.history.get(id).outcome == TransactionOutcome::Committed;
        for op in self.history.ops(id).filter(|_| is_committed) {
            let (key, written) = (op.key().0, &self.written[op.key().0 as usize]);
            let own = own.entry(key).or_default();
            let length = match op {
                MicroOp::Append { .. } | MicroOp::Write { .. } => {
                    *own += 1;
                    continue;
                }
                MicroOp::ReadRegister { value: None, .. } => Some(0),
                MicroOp::ReadRegister { value: Some(value), .. } => self.lengths.get(&(key, value)).copied(),
                MicroOp::ReadList { values, .. } => {
                    let is_prefix = written.len() >= values.len() && values.iter().zip(written).all(|(a, b)| *a == b.0);
                    is_prefix.then_some(values.len())
                }
            };
            let length = length.ok_or("reads what nobody wrote")?;
            let source = length.checked_sub(1).map(|last| written[last].1);
            let is_own = source == Some(place);
            let others = written.partition_point(|&(_, writer)| writer < place);
            let before = versions.iter().find(|version| version.0 == key).map(|version| version.1);
            let goes_on = !matches!(op, MicroOp::ReadList { .. }) || before.is_none_or(|before| before == others);
            let agrees =
                if *own > 0 { length == others + *own && goes_on } else { before.is_none_or(|it| it == length) };
            let is_whole = written.get(length).is_none_or(|next| Some(next.1) != source);
            if view != View::Committed && !agrees || is_own && length > others + *own || !is_own && !is_whole {
                return Err("reads what is no version, or contradicts itself");
            }
            if !is_own {
                versions.push((key, length));
            }
        }
        Ok(versions)
    }

    fn sources(&self, versions: &[(u32, usize)]) -> impl Iterator<Item = u32> {
        versions.iter().filter(|version| version.1 > 0).map(|&(key, length)| self.written[key as usize][length - 1].1)
    }

    /// The places of those whose versions it replaces.
    fn replaced(&self, id: TransactionId, place: u32) -> impl Iterator<Item = u32> {
        let keys =
            self.history.ops(id).filter(|op| op.written().is_some()).map(|op| &self.written[op.key().0 as usize]);
        keys.filter_map(move |key| Some(key[key.partition_point(|&(_, writer)| writer < place).checked_sub(1)?].1))
    }

    /// Whether some of the places of `missed` are in the past of the transaction at `place`.
    fn sees_any(&self, place: u32, view: View, missed: &BTreeSet<u32>) -> bool {
        let (mut seen, mut to_visit) = (BTreeSet::new(), vec![place]);
        while let (Some(next), Some(&first)) = (to_visit.pop(), missed.first()) {
            let id = self.certificate.order[next as usize];
            let versions = self.versions(id, next, View::Committed).unwrap_or_default();
            let session = self.after[id.index()][1].checked_sub(1).filter(|_| view != View::Atomic);
            let replaced = self.replaced(id, next).filter(|_| view == View::Parallel);
            let direct = self.sources(&versions).chain(session).chain(replaced);
            let new: Vec<u32> = direct.filter(|&before| before >= first && seen.insert(before)).collect();
            to_visit.extend(new.iter().filter(|_| view != View::Atomic));
        }
        missed.iter().any(|missed| seen.contains(missed))
    }
}
