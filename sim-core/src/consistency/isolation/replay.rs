//! A history replayed in the order of a certificate: what the definition of a level asks of that order.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::Certificate;
use super::history::{MicroOp, TransactionHistory, TransactionId, TransactionOutcome};
use super::level::{IsolationLevel, Order, View};

/// What is wrong with a transaction.
type Wrong = (TransactionId, &'static str);

/// What the first transactions of an order have left.
struct Replay<'a> {
    history: &'a TransactionHistory,
    view: View,
    /// By key, each value written so far, with the place of its writer in the order.
    written: Vec<Vec<(i64, u32)>>,
    /// By place, what its transaction adds to the past of who has it in its past.
    past: Vec<Vec<u32>>,
}

/// Whether the history keeps the level in the order of the certificate.
pub(super) fn validate(history: &TransactionHistory, shown: &Certificate, level: IsolationLevel) -> Result<(), Wrong> {
    let mut placed = BTreeSet::new();
    // By group of transactions that have an order from outside, and by time: who returned, or who of those that
    // returned by then has the last place.
    let mut returns = Vec::new();
    let group = |id| if level.order() == Order::Session { history.get(id).process } else { 0 };
    for (place, &id) in (0..).zip(&shown.order) {
        if !placed.insert(id) || shown.snapshots.get(place as usize).is_none_or(|&begin| begin > place) {
            return Err((id, "is in the order twice, or before its snapshot"));
        }
        let returned = history.get(id).returned.filter(|_| level.order() != Order::None);
        returns.extend(returned.map(|returned| (group(id), returned, place)));
    }
    let wrong = |is_placed| if is_placed { TransactionOutcome::Aborted } else { TransactionOutcome::Committed };
    if let Some((id, _)) = history.iter().find(|(id, it)| it.outcome == wrong(placed.contains(id))) {
        return Err((id, "is in the order, or not, against its outcome"));
    }
    returns.sort_unstable();
    for of_group in returns.chunk_by_mut(|a, b| a.0 == b.0) {
        (1..of_group.len()).for_each(|next| of_group[next].2 = of_group[next].2.max(of_group[next - 1].2));
    }
    let mut replay = Replay { history, view: level.view(), written: vec![vec![]; history.keys()], past: vec![] };
    for ((place, &id), &snapshot) in (0..).zip(&shown.order).zip(&shown.snapshots) {
        let begin = if matches!(replay.view, View::Snapshot | View::Prefix) { snapshot } else { place };
        let earlier = returns.partition_point(|it| (it.0, it.1) < (group(id), history.get(id).called));
        let before = returns[..earlier].last().filter(|it| it.0 == group(id)).map(|it| it.2);
        if before >= Some(begin) {
            return Err((id, "comes before what has to come before it"));
        }
        replay.commit(id, place, begin, before).map_err(|why| (id, why))?;
    }
    Ok(())
}

impl Replay<'_> {
    /// Lets the transaction at `place` read what it sees, with snapshots what comes before `begin`, and
    /// write. Of what came before it in an order from outside, the last is at `before`.
    fn commit(&mut self, id: TransactionId, place: u32, begin: u32, before: Option<u32>) -> Result<(), &'static str> {
        let is_told = self.history.get(id).outcome == TransactionOutcome::Committed;
        let mut past = Vec::from_iter(before);
        let (mut missed, mut lists) = (BTreeSet::new(), BTreeMap::new());
        for op in self.history.ops(id).filter(|op| is_told || op.written().is_some()) {
            let versions = &mut self.written[op.key().0 as usize];
            let last = versions.last().map(|version| version.1);
            let has_written = last == Some(place);
            if let Some(value) = op.written() {
                if self.view == View::Snapshot && !has_written && last >= Some(begin) {
                    return Err("replaces what it does not see");
                }
                past.extend(last.filter(|_| self.view == View::Parallel && !has_written));
                versions.push((value, place));
                continue;
            }
            let length = length_read(op, versions).ok_or("reads what nobody wrote before")?;
            let up_to = |end: u32| versions.partition_point(|version| version.1 < end);
            let source = length.checked_sub(1).map(|at| versions[at].1).filter(|&source| source != place);
            // A list that was read before its own appends has to be the same then.
            let is_list = matches!(op, MicroOp::ReadList { .. });
            let first = if is_list { *lists.entry(op.key()).or_insert(length) } else { length };
            let is_right = match self.view {
                View::Committed => source.is_none() || source != versions.get(length).map(|next| next.1),
                _ if has_written => length == versions.len() && first >= up_to(place),
                View::All | View::Snapshot | View::Prefix => length == up_to(begin),
                View::Parallel | View::Causal | View::Atomic => {
                    missed.extend(versions[length..].iter().map(|version| version.1));
                    past.extend(source);
                    true
                }
            };
            if !is_right {
                return Err("reads what is not the last that it sees");
            }
        }
        let (mut seen, mut to_visit) = (BTreeSet::new(), past.clone());
        while let (Some(place), Some(&first)) = (to_visit.pop(), missed.first()) {
            if missed.contains(&place) {
                return Err("reads what is older than what it sees");
            }
            if place > first && seen.insert(place) {
                to_visit.extend(&self.past[place as usize]);
            }
        }
        self.past.push(if self.view == View::Atomic { Vec::new() } else { past });
        Ok(())
    }
}

/// How many of the values written to a key come up to the last that was read; `None` if it was not written.
fn length_read(read: MicroOp<'_>, versions: &[(i64, u32)]) -> Option<usize> {
    let begin_with = |list: &[i64]| versions.iter().take(list.len()).map(|version| &version.0).eq(list);
    match read {
        MicroOp::ReadRegister { value: Some(value), .. } => Some(versions.iter().rposition(|it| it.0 == value)? + 1),
        MicroOp::ReadList { values, .. } => begin_with(values).then_some(values.len()),
        _ => Some(0),
    }
}
