//! What reads conceded: how many of them were stale.

use super::accesses::{Accesses, Source};
use super::{RegisterModel, Undecided};
use crate::history::{History, OperationId};

/// The reads of a history, in order of invocation, and those that showed less than the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// All that were answered.
    pub all: Vec<OperationId>,
    /// Those that returned a value although another had certainly replaced it before they were invoked: a
    /// write that was invoked after the value's own had returned, and that had itself returned.
    pub stale: Vec<OperationId>,
    /// Those that returned several values which were written without knowledge of each other.
    pub conflicting: Vec<OperationId>,
}

/// Finds the reads of registers, and the stale ones among them. None is conflicting.
///
/// A read of which it cannot be said what write it saw counts as fresh.
///
/// # Errors
/// If the model cannot say what some operation did.
pub fn reads_of<M: RegisterModel>(model: &M, history: &History<M::Op, M::Reply>) -> Result<Reads, Undecided> {
    let accesses = Accesses::of(model, history)?;
    let returned = |entry: u32| history.get(accesses.entries[entry as usize].id).returned().map(|at| at.order);
    let mut writes: Vec<Vec<(u64, u64)>> = vec![Vec::new(); accesses.registers.len()];
    for (entry, access) in (0..).zip(&accesses.entries) {
        let invoked = history.get(access.id).invoked.order;
        if access.writes
            && let Some(returned) = returned(entry)
        {
            writes[access.register as usize].push((returned, invoked));
        }
    }
    for of_register in &mut writes {
        of_register.sort_unstable();
        // Of those that have returned by then, when the last was invoked.
        let mut latest = 0;
        for (_, invoked) in of_register {
            latest = latest.max(*invoked);
            *invoked = latest;
        }
    }
    let mut reads = Reads::default();
    for access in &accesses.entries {
        let operation = history.get(access.id);
        if access.read == Source::Unsaid && access.writes || operation.reply().is_none() {
            continue;
        }
        reads.all.push(access.id);
        let writes = &writes[access.register as usize];
        let before = writes.partition_point(|(returned, _)| *returned < operation.invoked.order);
        let Some((_, latest)) = before.checked_sub(1).map(|last| writes[last]) else { continue };
        let is_stale = match access.read {
            Source::Initial => true,
            Source::Write(writer) => returned(writer).is_some_and(|returned| returned < latest),
            Source::Unsaid | Source::Nowhere => false,
        };
        if is_stale {
            reads.stale.push(access.id);
        }
    }
    Ok(reads)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{Action, Map, MapHistory, Reply, history_of, r, unsteady_histories, w};
    use super::*;

    const MAP: Map = Map { has_keys: true, only_grows: false };

    fn stale(history: &MapHistory) -> Vec<usize> {
        reads_of(&MAP, history).unwrap().stale.into_iter().map(OperationId::index).collect()
    }

    #[test]
    fn a_read_is_stale_if_a_later_write_had_returned() {
        // The first reads while the second write is under way, the others after it.
        let first = w(0, 'x', 1, [0, 1]);
        let calls = [first, w(0, 'x', 2, [2, 5]), r(1, 'x', 1, [4, 7]), r(2, 'x', 1, [6, 8]), r(1, 'x', 2, [9, 10])];
        let history = history_of(&calls);
        assert_eq!(stale(&history), [3]);
        assert_eq!(reads_of(&MAP, &history).unwrap().all.len(), 3);
        // Of two writes at the same time either can be the last; and nothing replaces the initial value twice.
        let calls = [w(0, 'x', 1, [0, 5]), w(1, 'x', 2, [1, 4]), r(2, 'x', 1, [6, 7]), r(2, 'x', 2, [8, 9])];
        assert!(stale(&history_of(&calls)).is_empty());
        assert_eq!(stale(&history_of(&[w(0, 'x', 1, [0, 1]), r(1, 'x', 0, [2, 3]), r(1, 'y', 0, [4, 5])])), [1]);
    }

    proptest! {
        /// Each read against each pair of writes, of histories in which no value is written twice.
        #[test]
        fn agrees_with_the_definition(history in unsteady_histories(60)) {
            let operations: Vec<_> = history.iter().collect();
            let writes = |key: char, value: u8| {
                operations.iter().map(|(_, write)| *write).find(|write| match write.op.action {
                    Action::Write(written) | Action::Swap(_, written) => write.op.key == key && written == value,
                    _ => false,
                })
            };
            let is_stale = |id: OperationId| {
                let read = history.get(id);
                let value = match (read.op.action, read.reply()) {
                    (Action::Read, Some(Reply::Value(value))) => value[0],
                    (Action::Swap(from, _), _) => from,
                    _ => return false,
                };
                let source = writes(read.op.key, value);
                operations.iter().any(|(_, other)| {
                    other.op.key == read.op.key
                        && !matches!(other.op.action, Action::Read)
                        && other.precedes(read)
                        && source.map_or(value == 0, |source| source.precedes(other))
                })
            };
            let expected: Vec<_> = operations.iter().map(|(id, _)| *id).filter(|id| is_stale(*id)).collect();
            prop_assert_eq!(reads_of(&MAP, &history).unwrap().stale, expected);
        }
    }
}
