//! The operations of the map as transactions.

use sim_core::History;
use sim_core::consistency::isolation::IsolationLevel;
use sim_core::consistency::{
    Answer, Budget, Counterexample, Step, check_isolation_by_order, check_level, check_transactions,
};

use super::{KvModel, KvOp, KvReply, WriteId};

/// Decides whether a history of the map keeps an isolation level: the
/// [`CHECK_ISOLATION`](sim_core::SystemUnderTest::CHECK_ISOLATION) of whatever replicates it. All operations
/// count as transactions. Nothing if there are operations, and none is about several keys at once.
///
/// A value is a list of what was appended. Where values are replaced, they do not tell what came before. Then
/// an order of all operations shows that a level is kept, and the last writes in the values that it is not; if
/// neither shows it, the answer is unknown.
pub fn check_isolation(
    level: IsolationLevel,
    history: &History<KvOp, KvReply>,
    budget: Budget,
) -> Option<Answer<Counterexample>> {
    let any = |is: fn(&KvOp) -> bool| history.iter().any(|(_, operation)| is(&operation.op));
    if !history.is_empty() && !any(KvOp::is_transaction) {
        return None;
    }
    if !any(|op| matches!(op, KvOp::Put { .. } | KvOp::Delete { .. } | KvOp::Cas { .. })) {
        return Some(check_transactions(history, of_lists, level, budget));
    }
    let answer = check_isolation_by_order(level, |order| check_level(&KvModel, history, order, budget));
    // An empty value may be the one at the start or what a removal left.
    if matches!(answer, Answer::Unknown(_)) && !any(|op| matches!(op, KvOp::Delete { .. })) {
        let by_last_writes = check_transactions(history, of_registers, level, budget);
        if by_last_writes.is_violated() {
            return Some(by_last_writes);
        }
    }
    Some(answer)
}

type Steps = Vec<Step<u32, WriteId>>;

/// What an operation did to lists, as far as its reply tells.
fn of_lists(op: &KvOp, reply: Option<&KvReply>) -> Steps {
    let read = |key, value: &[WriteId]| Step::ReadList { key, values: value.to_vec() };
    steps(op, reply, read, |key, value| Step::Append { key, value })
}

/// The same of keys as registers that hold the last write in their value.
fn of_registers(op: &KvOp, reply: Option<&KvReply>) -> Steps {
    let read = |key, value: &[WriteId]| Step::ReadRegister { key, value: value.last().copied() };
    steps(op, reply, read, |key, value| Step::Write { key, value })
}

fn steps(
    op: &KvOp,
    reply: Option<&KvReply>,
    read: impl Fn(u32, &[WriteId]) -> Step<u32, WriteId>,
    write: impl Fn(u32, WriteId) -> Step<u32, WriteId>,
) -> Steps {
    let reads = |keys: [u32; 2]| match reply {
        Some(KvReply::Values(values)) => keys.iter().zip(values).map(|(key, value)| read(*key, value)).collect(),
        _ => Vec::new(),
    };
    match (*op, reply) {
        (KvOp::Get { key } | KvOp::GetSince { key, .. } | KvOp::GetAt { key, .. }, Some(KvReply::Value(value))) => {
            vec![read(key, value)]
        }
        (KvOp::Append { key, write: id } | KvOp::Put { key, write: id }, _) => vec![write(key, id)],
        (KvOp::Cas { key, .. }, Some(KvReply::Mismatch(value))) => vec![read(key, value)],
        (KvOp::Cas { key, expected, write: id }, _) => vec![read(key, expected.as_slice()), write(key, id)],
        (KvOp::GetBoth { keys }, _) => reads(keys),
        (KvOp::Transact { reads: keys, appends, write: id }, _) => {
            let mut steps: Steps = reads(keys);
            steps.extend(appends.map(|key| write(key, id)));
            steps
        }
        (KvOp::Get { .. } | KvOp::GetSince { .. } | KvOp::GetAt { .. } | KvOp::Delete { .. }, _) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{KvMix, KvState, KvWorkload};
    use super::*;
    use crate::machine::StateMachine as _;
    use sim_core::{SimRng, Workload as _};

    /// A history in which the operations of three clients are answered one after the other by `answer`.
    fn history(
        workload: &KvWorkload,
        mut answer: impl FnMut(&mut KvState, &KvOp) -> KvReply,
    ) -> History<KvOp, KvReply> {
        let (mut map, mut history) = (KvState::default(), History::new());
        let mut rng = SimRng::new(3, 1);
        for index in 0..60 {
            let op = workload.operation(index % 3, index / 3, &mut rng);
            let id = history.invoke(index % 3, 0, op, u64::from(index));
            history.ok(id, answer(&mut map, &op), u64::from(index));
        }
        history
    }

    fn of_mix(mix: KvMix) -> KvWorkload {
        KvWorkload { mix, ..KvWorkload::default() }
    }

    fn check(level: IsolationLevel, history: &History<KvOp, KvReply>) -> Option<Answer<Counterexample>> {
        check_isolation(level, history, Budget::default())
    }

    #[test]
    fn what_the_map_answers_is_strict_serializable() {
        let history = history(&KvWorkload::list_append(3), KvState::apply);
        assert_eq!(check(IsolationLevel::StrictSerializable, &history), Some(Answer::Satisfied));
    }

    /// Whose appends are there only one after the other can be seen in between.
    #[test]
    fn a_transaction_that_is_torn_is_not_atomic() {
        let mut late = None;
        let history = history(&KvWorkload::list_append(3), |map, op| {
            let KvOp::Transact { reads, appends: [one, other], write } = *op else { return map.apply(op) };
            let reply = map.apply(&KvOp::GetBoth { keys: reads });
            map.apply(&KvOp::Append { key: one, write });
            if let Some(late) = late.replace(KvOp::Append { key: other, write }) {
                map.apply(&late);
            }
            reply
        });
        let answer = check(IsolationLevel::ReadAtomic, &history);
        assert!(matches!(answer, Some(Answer::Violated(Counterexample::Isolation(_)))), "{answer:?}");
    }

    #[test]
    fn what_has_no_transactions_is_not_judged() {
        assert_eq!(check(IsolationLevel::ReadCommitted, &History::new()), Some(Answer::Satisfied));
        let plain = history(&of_mix(KvMix { get: 1, append: 1, ..KvMix::default() }), KvState::apply);
        assert_eq!(check(IsolationLevel::ReadCommitted, &plain), None);
    }

    const REPLACING: KvMix = KvMix { get: 1, put: 1, append: 1, delete: 0, cas: 1, get_both: 4, transact: 2 };

    #[test]
    fn values_may_be_replaced_beside_transactions() {
        for mix in [REPLACING, KvMix { delete: 1, ..REPLACING }] {
            let history = history(&of_mix(mix), KvState::apply);
            for &level in IsolationLevel::ALL {
                assert_eq!(check(level, &history), Some(Answer::Satisfied), "{level}");
            }
        }
    }

    /// Who reads two keys is told of one of them what it held three operations ago.
    #[test]
    fn a_torn_read_beside_replaced_values_is_of_no_snapshot() {
        let mut old = std::collections::VecDeque::from(vec![KvState::default(); 3]);
        let history = history(&of_mix(REPLACING), |map, op| {
            old.push_back(map.clone());
            let behind = old.pop_front().expect("three are kept");
            match (map.apply(op), *op) {
                (KvReply::Values(values), KvOp::GetBoth { keys: [one, other] }) if one != other => {
                    KvReply::Values(vec![behind.get(one).to_vec(), values[1].clone()])
                }
                (reply, _) => reply,
            }
        });
        let answer = check(IsolationLevel::StrongSnapshotIsolation, &history);
        assert!(matches!(answer, Some(Answer::Violated(Counterexample::Isolation(_)))), "{answer:?}");
    }
}
