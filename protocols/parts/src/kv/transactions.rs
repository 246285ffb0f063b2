//! The operations of the map as transactions over lists.

use sim_core::consistency::isolation::IsolationLevel;
use sim_core::consistency::{Answer, Budget, Counterexample, Step, Undecided, check_transactions};
use sim_core::{History, Operation, OperationId};

use super::{KvOp, KvReply, WriteId};

/// Decides whether a history of the map keeps an isolation level: the
/// [`CHECK_ISOLATION`](sim_core::SystemUnderTest::CHECK_ISOLATION) of whatever replicates it. Gets and
/// appends count as transactions of one step. Nothing if there are operations, and none is a transaction;
/// unknown if a value is replaced, because then reads do not tell what all that was appended before.
pub fn check_isolation(
    level: IsolationLevel,
    history: &History<KvOp, KvReply>,
    budget: Budget,
) -> Option<Answer<Counterexample>> {
    if !history.is_empty() && !history.iter().any(|(_, operation)| operation.op.is_transaction()) {
        return None;
    }
    let replaces = |(_, operation): &(OperationId, &Operation<KvOp, KvReply>)| {
        matches!(operation.op, KvOp::Put { .. } | KvOp::Delete { .. } | KvOp::Cas { .. })
    };
    if let Some((id, _)) = history.iter().find(replaces) {
        let what =
            format!("{} replaces a value: isolation is told of gets, appends and transactions", history.name(id));
        return Some(Answer::Unknown(Undecided::Unclear { what }));
    }
    Some(check_transactions(history, steps, level, budget))
}

/// What an operation did, as far as its reply tells.
fn steps(op: &KvOp, reply: Option<&KvReply>) -> Vec<Step> {
    let read =
        |key: u32, value: &[WriteId]| Step::Read { key, values: value.iter().map(|write| number(*write)).collect() };
    let append = |key: u32, write: WriteId| Step::Append { key, value: number(write) };
    let reads = |keys: [u32; 2]| match reply {
        Some(KvReply::Values(values)) => keys.iter().zip(values).map(|(key, value)| read(*key, value)).collect(),
        _ => Vec::new(),
    };
    match (*op, reply) {
        (KvOp::Get { key } | KvOp::GetSince { key, .. }, Some(KvReply::Value(value))) => vec![read(key, value)],
        (KvOp::Append { key, write }, _) => vec![append(key, write)],
        (KvOp::GetBoth { keys }, _) => reads(keys),
        (KvOp::Transact { reads: keys, appends, write }, _) => {
            let mut steps: Vec<Step> = reads(keys);
            steps.extend(appends.map(|key| append(key, write)));
            steps
        }
        _ => Vec::new(),
    }
}

/// A write as a number that no other write of the run has. One can read off it whose it is: `c3#7` is
/// 30000000007.
fn number(WriteId { client, index }: WriteId) -> i64 {
    i64::from(client).wrapping_mul(10_000_000_000).wrapping_add(i64::from(index))
}

#[cfg(test)]
mod tests {
    use super::super::{KvMix, KvState, KvWorkload};
    use super::*;
    use crate::machine::StateMachine as _;
    use sim_core::{SimRng, Workload as _};

    /// A history in which the operations of three clients are answered one after the other by `answer`.
    fn history(mix: KvMix, mut answer: impl FnMut(&mut KvState, &KvOp) -> KvReply) -> History<KvOp, KvReply> {
        let workload = KvWorkload { keys: 3, mix, ..KvWorkload::default() };
        let (mut map, mut history) = (KvState::default(), History::new());
        let mut rng = SimRng::new(3, 1);
        for index in 0..60 {
            let op = workload.operation(index % 3, index / 3, &mut rng);
            let id = history.invoke(index % 3, 0, op, u64::from(index));
            history.ok(id, answer(&mut map, &op), u64::from(index));
        }
        history
    }

    const TRANSACTIONS: KvMix = KvMix { get: 1, put: 0, append: 1, delete: 0, cas: 0, get_both: 1, transact: 2 };

    fn check(level: IsolationLevel, history: &History<KvOp, KvReply>) -> Option<Answer<Counterexample>> {
        check_isolation(level, history, Budget::default())
    }

    #[test]
    fn what_the_map_answers_is_strict_serializable() {
        let history = history(TRANSACTIONS, KvState::apply);
        assert_eq!(check(IsolationLevel::StrictSerializable, &history), Some(Answer::Satisfied));
    }

    /// Whose appends are there only one after the other can be seen in between.
    #[test]
    fn a_transaction_that_is_torn_is_not_atomic() {
        let mut late = None;
        let history = history(TRANSACTIONS, |map, op| {
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
    fn what_has_no_transactions_or_replaces_values_is_not_judged() {
        assert_eq!(check(IsolationLevel::ReadCommitted, &History::new()), Some(Answer::Satisfied));
        let plain = history(KvMix { get: 1, append: 1, ..KvMix::default() }, KvState::apply);
        assert_eq!(check(IsolationLevel::ReadCommitted, &plain), None);
        let mixed = history(KvMix { put: 1, ..TRANSACTIONS }, KvState::apply);
        assert!(matches!(check(IsolationLevel::ReadCommitted, &mixed), Some(Answer::Unknown(_))));
    }
}
