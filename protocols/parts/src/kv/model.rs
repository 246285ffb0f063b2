//! The map as one client alone would see it: what histories of clients are compared with.

use std::rc::Rc;

use sim_core::History;
use sim_core::consistency::{
    Access, Answer, Budget, Counterexample, Level, Reads, RegisterModel, SequentialModel, check_level as judge,
    reads_of,
};

use super::{KvOp, KvReply, KvView, WriteId};

/// Decides whether a history of the map keeps a consistency level: the
/// [`CHECK_LEVEL`](sim_core::SystemUnderTest::CHECK_LEVEL) of whatever replicates it.
pub fn check_level(level: Level, history: &History<KvOp, KvReply>, budget: Budget) -> Option<Answer<Counterexample>> {
    Some(judge(&KvModel, history, level, budget))
}

/// Finds the reads in a history of the map: the [`READS`](sim_core::SystemUnderTest::READS) of whatever replicates it.
pub fn find_reads(history: &History<KvOp, KvReply>) -> Option<Reads> {
    reads_of(&KvModel, history).ok()
}

/// The sequential model of the key-value map. Keys are independent of one another unless there are
/// transactions, which are about several.
#[derive(Clone, Copy, Debug, Default)]
pub struct KvModel;

impl SequentialModel for KvModel {
    type Op = KvOp;
    type Reply = KvReply;
    type State = KvView;
    type Key = u32;

    fn initial(&self) -> KvView {
        KvView::default()
    }

    fn apply(&self, state: &Self::State, op: &KvOp, reply: Option<&KvReply>) -> Option<Self::State> {
        let told = |expected: &KvReply| reply.is_none_or(|reply| reply == expected);
        match *op {
            KvOp::Get { key } | KvOp::GetSince { key, .. } | KvOp::GetAt { key, .. } => saw(state, key, reply),
            KvOp::Put { key, write } => told(&KvReply::Done).then(|| state.with(key, Rc::from([write]))),
            KvOp::Delete { key } => told(&KvReply::Done).then(|| state.with(key, Rc::default())),
            KvOp::Append { key, write } => told(&KvReply::Done).then(|| state.and(key, write)),
            KvOp::Cas { key, expected, write } if state.get(key).last().copied() == expected => {
                told(&KvReply::Swapped).then(|| state.with(key, Rc::from([write])))
            }
            KvOp::Cas { key, .. } => saw(state, key, reply),
            KvOp::GetBoth { keys } => saw_all(state, keys, reply).then(|| state.clone()),
            KvOp::Transact { reads, appends: [one, other], write } => {
                saw_all(state, reads, reply).then(|| state.and(one, write).and(other, write))
            }
        }
    }

    fn key(&self, op: &KvOp) -> Option<u32> {
        (!op.is_transaction()).then(|| op.key())
    }

    fn is_read(&self, op: &KvOp, reply: Option<&KvReply>) -> bool {
        op.is_read() || matches!(reply, Some(KvReply::Mismatch(_)))
    }

    /// Its write. It is in the value until something replaces the whole value; up to then every read, and
    /// every compare-and-swap that fails, tells of it, and one that succeeds does not look beyond the last
    /// write, which it expected.
    fn mark(&self, op: &KvOp) -> Option<u64> {
        match op {
            KvOp::Put { write, .. }
            | KvOp::Append { write, .. }
            | KvOp::Cas { write, .. }
            | KvOp::Transact { write, .. } => Some(mark(*write)),
            KvOp::Get { .. }
            | KvOp::GetSince { .. }
            | KvOp::GetAt { .. }
            | KvOp::GetBoth { .. }
            | KvOp::Delete { .. } => None,
        }
    }

    fn name_marks(&self, op: &KvOp, reply: Option<&KvReply>, name: &mut dyn FnMut(u64)) {
        match reply {
            Some(KvReply::Value(value) | KvReply::Mismatch(value)) => {
                value.iter().for_each(|write| name(mark(*write)));
            }
            Some(KvReply::Values(values)) => values.iter().flatten().for_each(|write| name(mark(*write))),
            Some(KvReply::Done | KvReply::Swapped | KvReply::At { .. } | KvReply::AtMost { .. }) | None => {}
        }
        if let KvOp::Cas { expected: Some(write), .. } = op {
            name(mark(*write));
        }
    }

    fn heap_bytes(&self, state: &Self::State) -> u64 {
        state.heap_bytes()
    }
}

/// Each key as a register, of which the last write in its value is told.
///
/// A value of several writes says more than that, and so does an append, since it makes such values
/// of what was there: with either, what is wrong is wrong, but it takes an order of all operations to
/// show that nothing is.
impl RegisterModel for KvModel {
    type Value = Option<WriteId>;

    fn initial_value(&self, _: &u32) -> Option<WriteId> {
        None
    }

    fn access(&self, op: &KvOp, reply: Option<&KvReply>) -> Option<Access<u32, Option<WriteId>>> {
        let key = op.key();
        match (*op, reply) {
            (KvOp::Get { .. } | KvOp::GetSince { .. } | KvOp::GetAt { .. }, None) => Some(Access::nothing(key)),
            (KvOp::Get { .. } | KvOp::GetSince { .. } | KvOp::GetAt { .. }, Some(KvReply::Value(value))) => {
                Some(reads(key, value))
            }
            (KvOp::Put { write, .. }, None | Some(KvReply::Done)) => Some(Access::write(key, Some(write))),
            (KvOp::Append { write, .. }, None | Some(KvReply::Done)) => Some(Access::write(key, Some(write)).in_part()),
            (KvOp::Delete { .. }, None | Some(KvReply::Done)) => Some(Access::write(key, None)),
            (KvOp::Cas { expected, write, .. }, None | Some(KvReply::Swapped)) => {
                Some(Access::update(key, expected, Some(write)))
            }
            (KvOp::Cas { expected, .. }, Some(KvReply::Mismatch(value))) if value.last() != expected.as_ref() => {
                Some(reads(key, value))
            }
            _ => None,
        }
    }
}

fn reads(key: u32, value: &[WriteId]) -> Access<u32, Option<WriteId>> {
    let access = Access::read(key, value.last().copied());
    if value.len() > 1 { access.in_part() } else { access }
}

fn mark(WriteId { client, index }: WriteId) -> u64 {
    u64::from(client) << 32 | u64::from(index)
}

/// The same state, if the reply tells what `key` has in it.
fn saw(state: &KvView, key: u32, reply: Option<&KvReply>) -> Option<KvView> {
    match reply {
        None => Some(state.clone()),
        Some(KvReply::Value(value) | KvReply::Mismatch(value)) => (value == state.get(key)).then(|| state.clone()),
        Some(KvReply::Done | KvReply::Swapped | KvReply::At { .. } | KvReply::AtMost { .. } | KvReply::Values(_)) => {
            None
        }
    }
}

/// Whether the reply tells what these keys have in the state.
fn saw_all(state: &KvView, keys: [u32; 2], reply: Option<&KvReply>) -> bool {
    match reply {
        None => true,
        Some(KvReply::Values(values)) => values.iter().map(Vec::as_slice).eq(keys.map(|key| state.get(key))),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{KvMix, KvState, KvWorkload};
    use super::*;
    use crate::machine::StateMachine as _;
    use sim_core::consistency::{Answer, Budget, check_linearizable};
    use sim_core::{History, OperationId, SimRng, Workload};

    /// The model accepts what the map answers, step by step, and nothing else.
    #[test]
    fn the_model_and_the_map_agree() {
        let mix = KvMix { get: 1, put: 1, append: 2, delete: 1, cas: 3, get_both: 1, transact: 2 };
        let workload = KvWorkload { keys: 3, mix, ..KvWorkload::default() };
        let (mut map, mut state) = (KvState::default(), KvModel.initial());
        let mut rng = SimRng::new(7, 1);
        for index in 0..2000 {
            let op = workload.operation(0, index, &mut rng);
            let reply = map.apply(&op);
            for other in wrong_replies(&reply) {
                assert_eq!(KvModel.apply(&state, &op, Some(&other)), None, "{op:?} {other:?}");
            }
            let unseen = KvModel.apply(&state, &op, None);
            let next = KvModel.apply(&state, &op, Some(&reply)).expect("this is what the map answers");
            assert_eq!(unseen.as_ref(), Some(&next));
            assert!(!KvModel.is_read(&op, Some(&reply)) || state == next);
            assert!((0..3).all(|key| map.get(key) == next.get(key)));
            state = next;
        }
    }

    /// Whatever the map does, what it tells of is the last write; without appends that is all it tells.
    #[test]
    fn a_key_is_a_register_of_its_last_write() {
        for append in [0, 2] {
            let mix = KvMix { get: 2, put: 1, append, delete: 1, cas: 3, ..KvMix::default() };
            let workload = KvWorkload { keys: 1, mix, ..KvWorkload::default() };
            let (mut map, mut last) = (KvState::default(), None);
            let mut rng = SimRng::new(7, 1);
            for index in 0..2000 {
                let op = workload.operation(0, index, &mut rng);
                let reply = map.apply(&op);
                let access = KvModel.access(&op, Some(&reply)).expect("this is what the map answers");
                assert!(access.read.is_none_or(|read| read == last), "{op:?} {reply:?}");
                last = access.write.unwrap_or(last);
                assert_eq!(map.get(0).last().copied(), last);
                assert!(access.is_whole || append > 0, "{op:?} {reply:?}");
            }
        }
    }

    /// The model without marks.
    struct Unmarked;

    impl SequentialModel for Unmarked {
        type Op = KvOp;
        type Reply = KvReply;
        type State = KvView;
        type Key = u32;

        fn initial(&self) -> Self::State {
            KvModel.initial()
        }

        fn apply(&self, state: &Self::State, op: &KvOp, reply: Option<&KvReply>) -> Option<Self::State> {
            KvModel.apply(state, op, reply)
        }

        fn key(&self, op: &KvOp) -> Option<u32> {
            KvModel.key(op)
        }
    }

    /// What four clients ask at once of a map of one key, with some answers lost, some operations without
    /// effect, and one answer that may be wrong.
    fn history(rng: &mut SimRng) -> History<KvOp, KvReply> {
        let mix = KvMix { get: 3, put: 1, append: 2, delete: 1, cas: 2, ..KvMix::default() };
        let workload = KvWorkload { keys: 1, mix, ..KvWorkload::default() };
        let (mut map, mut history) = (KvState::default(), History::new());
        let mut open: Vec<(OperationId, KvOp, bool)> = Vec::new();
        for index in 0..40 {
            let time = u64::from(index);
            if open.len() < 4 && rng.below(2) == 0 {
                let client = rng.below(4) as u32;
                let op = workload.operation(client, index, rng);
                open.push((history.invoke(client, index.into(), op, time), op, rng.below(3) > 0));
            } else if !open.is_empty() {
                let (id, op, is_told) = open.swap_remove(rng.below(open.len() as u64) as usize);
                let has_effect = is_told || rng.below(2) == 0;
                let reply = has_effect.then(|| map.apply(&op));
                match reply.filter(|_| is_told) {
                    Some(KvReply::Value(value)) if rng.below(8) == 0 && !value.is_empty() => {
                        history.ok(id, KvReply::Value(value[1..].to_vec()), time);
                    }
                    Some(reply) => history.ok(id, reply, time),
                    None => history.unknown(id),
                }
            }
        }
        history
    }

    #[test]
    fn what_nobody_was_told_of_decides_nothing() {
        let mut rng = SimRng::new(9, 1);
        let (mut good, mut bad) = (0, 0);
        for _ in 0..3000 {
            let history = history(&mut rng);
            let (with, without) = (
                check_linearizable(&KvModel, &history, Budget::default()),
                check_linearizable(&Unmarked, &history, Budget::default()),
            );
            assert_eq!(with.is_satisfied(), without.is_satisfied(), "{history}");
            assert_eq!(with.is_violated(), without.is_violated(), "{history}");
            good += u32::from(with.is_satisfied());
            bad += u32::from(with.is_violated());
        }
        assert!(good > 500 && bad > 500, "{good} {bad}");
    }

    /// Appends in any number and any order, and then none of them, leave the same state: without marks all
    /// their orders are tried before the read that none of them permits.
    #[test]
    fn lost_appends_cost_nothing() {
        let mut history = History::new();
        let write = |index| WriteId { client: 0, index };
        for index in 0..20 {
            let append = history.invoke(0, index.into(), KvOp::Append { key: 0, write: write(index) }, 1);
            history.unknown(append);
        }
        let mut told = |op, reply, time| {
            let id = history.invoke(1, 0, op, time);
            history.ok(id, reply, time + 1);
        };
        told(KvOp::Delete { key: 0 }, KvReply::Done, 2);
        told(KvOp::Put { key: 0, write: write(50) }, KvReply::Done, 4);
        told(KvOp::Get { key: 0 }, KvReply::Value(vec![write(51)]), 6);
        let budget = Budget { steps: 1000, ..Budget::default() };
        assert!(check_linearizable(&KvModel, &history, budget).is_violated());
        assert!(matches!(check_linearizable(&Unmarked, &history, budget), Answer::Unknown(_)));
    }

    fn wrong_replies(right: &KvReply) -> Vec<KvReply> {
        let other = vec![WriteId { client: 9, index: 9 }];
        let all = [KvReply::Done, KvReply::Swapped, KvReply::Value(other.clone()), KvReply::Mismatch(other)];
        all.into_iter().filter(|reply| reply != right).collect()
    }
}
