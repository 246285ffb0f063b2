//! Reads of a register that saw a value which nobody wrote, or which was certainly overwritten
//! before, in O(n log n), however often each value was written.

use std::collections::BTreeMap;

use super::super::RegisterModel;
use super::zones::{Point, START, interval};
use crate::history::{History, OperationId};

/// A write among others in some order, and the latest other end of those up to it.
#[derive(Clone, Copy)]
struct Write {
    at: Point,
    latest: Point,
}

/// Writes of one value in order of invocation, with their latest returns; or all writes in order of
/// their returns, with their latest invocations.
#[derive(Default)]
struct Writes(Vec<Write>);

/// A read that no order of the operations of one register suits, with operations that show it, if
/// there is one. `None` as well if the model cannot tell what some operation did.
///
/// A value is certainly overwritten if all its writes returned before another was invoked that
/// returned before the read was invoked. It suffices to look at the one invoked last of those.
pub(super) fn find_impossible_read<M: RegisterModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    operations: &[OperationId],
) -> Option<Vec<OperationId>> {
    let mut by_value = BTreeMap::<M::Value, Writes>::new();
    let mut intervals = Vec::new();
    let mut reads = Vec::new();
    for &id in operations {
        let operation = history.get(id);
        let access = model.access(&operation.op, operation.reply())?;
        let (call, returned) = interval(history, id);
        if by_value.is_empty() {
            by_value.entry(model.initial_value(&access.key)).or_default().push(START, START);
        }
        if let Some(value) = access.write {
            by_value.entry(value).or_default().push(call, returned);
            intervals.push((returned, call));
        }
        if let Some(value) = access.read.filter(|_| operation.reply().is_some()) {
            reads.push((id, call, returned, value));
        }
    }
    intervals.sort_unstable();
    let mut all = Writes::default();
    intervals.into_iter().for_each(|(returned, call)| all.push(returned, call));
    reads.into_iter().find_map(|(id, call, returned, value)| {
        let overwritten = all.before(call).last();
        let possible = by_value.get(&value).map_or(&[][..], |writes| writes.before(returned));
        let latest = possible.last();
        if latest.is_some_and(|latest| overwritten.is_none_or(|by| by.latest <= latest.latest)) {
            return None;
        }
        let by = overwritten.filter(|_| latest.is_some()).and_then(|by| by.latest.operation);
        let mut few: Vec<_> = possible.iter().filter_map(|write| write.at.operation).chain(by).chain([id]).collect();
        few.sort_unstable();
        few.dedup();
        Some(few)
    })
}

impl Writes {
    fn push(&mut self, at: Point, other: Point) {
        let latest = self.0.last().map_or(other, |last| last.latest.max(other));
        self.0.push(Write { at, latest });
    }

    /// Those whose place is before this.
    fn before(&self, point: Point) -> &[Write] {
        &self.0[..self.0.partition_point(|write| write.at < point)]
    }
}
