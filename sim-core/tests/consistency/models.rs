//! Every model: the search against the definition of linearizability, tried out over all orders.

use proptest::prelude::*;
use sim_core::consistency::models::{
    Action, Bank, Counter, Datum, KeyValue, Lock, Log, ModelKind, MultiRegister, Op, Queue, Register, RegisterStep,
    Reply, Set, Stack,
};
use sim_core::consistency::{Answer, Budget, Level, SequentialModel};
use sim_core::{History, OperationId, OperationOutcome};

use crate::play::{Foreign, Turn, play, turns};

fn value(datum: impl Into<Datum>) -> Reply {
    Reply::Value(datum.into())
}

fn list(numbers: &[i64]) -> Datum {
    numbers.iter().copied().map(Datum::from).collect()
}

fn lists() -> Vec<Reply> {
    let all: [&[i64]; 7] = [&[], &[1], &[2], &[1, 1], &[1, 2], &[2, 1], &[1, 2, 1]];
    all.into_iter().map(list).map(Reply::Value).collect()
}

fn flags() -> [Reply; 2] {
    [Reply::Flag(true), Reply::Flag(false)]
}

/// Operations and replies that the model knows.
fn vocabulary(kind: ModelKind) -> (Vec<Action>, Vec<Reply>) {
    let numbers = || [value(0), value(1), value(2), value(3)];
    match kind {
        ModelKind::Register | ModelKind::CasRegister => {
            let swaps = [Action::cas(Datum::Nil, 1), Action::cas(1, 2), Action::cas(2, 1)];
            let is_swap = kind == ModelKind::CasRegister;
            let actions = [Action::Read, Action::Write(1.into()), Action::Write(2.into())];
            let actions = actions.into_iter().chain(swaps.into_iter().filter(|_| is_swap)).collect();
            let replies = [Reply::Done, value(Datum::Nil), value(1), value(2)];
            (actions, replies.into_iter().chain(flags().into_iter().filter(|_| is_swap)).collect())
        }
        ModelKind::Kv => {
            let texts = ["", "a", "b", "ab", "ba", "aa", "aba"].map(value);
            let actions = [Action::Read, Action::Append("a".into()), Action::Append("b".into())];
            let writes = [Action::Write("".into()), Action::Write("b".into()), Action::cas("a", "b")];
            (
                actions.into_iter().chain(writes).collect(),
                [Reply::Done].into_iter().chain(texts).chain(flags()).collect(),
            )
        }
        ModelKind::Counter => {
            let actions = vec![Action::Read, Action::Add(1), Action::Add(2), Action::Add(-1)];
            (actions, numbers().into_iter().chain([Reply::Done]).collect())
        }
        ModelKind::Set => {
            let of = |element: i64| {
                let element = Datum::from(element);
                [Action::Insert(element.clone()), Action::Remove(element.clone()), Action::Contains(element)]
            };
            let actions = of(1).into_iter().chain(of(2)).chain([Action::Read]).collect();
            (actions, lists().into_iter().chain(flags()).collect())
        }
        ModelKind::Queue => {
            let actions = vec![Action::Enqueue(1.into()), Action::Enqueue(2.into()), Action::Dequeue];
            (actions, vec![Reply::Done, value(1), value(2), Reply::Empty])
        }
        ModelKind::Stack => {
            let actions = vec![Action::Push(1.into()), Action::Push(2.into()), Action::Pop];
            (actions, vec![Reply::Done, value(1), value(2), Reply::Empty])
        }
        ModelKind::Log => {
            let actions = vec![
                Action::Append(1.into()),
                Action::Append(2.into()),
                Action::Read,
                Action::ReadAt(0),
                Action::ReadAt(1),
            ];
            (actions, lists().into_iter().chain(numbers()).chain([Reply::Empty]).collect())
        }
        ModelKind::Lock => {
            let of = |holder: &str| [Action::Acquire(holder.into()), Action::Release(holder.into())];
            (of("a").into_iter().chain(of("b")).collect(), flags().to_vec())
        }
        ModelKind::Bank => {
            let transfer = |from, to, amount| Action::Transfer { from, to, amount };
            let balances = |first, second| Reply::Value(list(&[first, second, 100, 100, 100]));
            let actions = vec![Action::Read, transfer(0, 1, 60), transfer(1, 0, 110), transfer(0, 9, 1)];
            let all = (0..=20).map(|tens| balances(10 * tens, 200 - 10 * tens));
            (actions, all.chain(flags()).collect())
        }
        ModelKind::MultiRegister => {
            let step = |register: &str, write: Option<i64>| RegisterStep {
                register: register.into(),
                write: write.map(Datum::from),
            };
            let txn = |steps: [RegisterStep; 2]| Action::Transact(steps.into());
            let actions = vec![
                txn([step("x", None), step("y", None)]),
                txn([step("x", Some(1)), step("y", Some(1))]),
                txn([step("x", Some(2)), step("y", None)]),
                txn([step("x", None), step("y", Some(2))]),
            ];
            let values = [Datum::Nil, Datum::from(1), Datum::from(2)];
            let pair = |one: &Datum, other: &Datum| value([one.clone(), other.clone()].into_iter().collect::<Datum>());
            (actions, values.iter().flat_map(|one| values.iter().map(|other| pair(one, other))).collect())
        }
    }
}

/// Whether the first operation has to come before the second.
type Precedes<'a> = dyn Fn(OperationId, OperationId) -> bool + 'a;

/// Whether some order of the operations is permitted: all with a reply, and any of the others.
fn has_order<M: SequentialModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    left: &[OperationId],
    state: &M::State,
    precedes: &Precedes<'_>,
) -> bool {
    if left.iter().all(|&id| history.get(id).returned().is_none()) {
        return true;
    }
    left.iter().any(|&id| {
        let operation = history.get(id);
        let rest: Vec<_> = left.iter().copied().filter(|&other| other != id).collect();
        let next = model.apply(state, &operation.op, operation.reply());
        !left.iter().any(|&other| precedes(other, id))
            && next.is_some_and(|next| has_order(model, history, &rest, &next, precedes))
    })
}

fn check_against_definition<M: SequentialModel<Op = Op, Reply = Reply>>(
    kind: ModelKind,
    model: impl Fn(&Foreign) -> M,
    turns: &[Turn],
) -> Result<(), TestCaseError> {
    let (_, replies) = vocabulary(kind);
    let fits = |op: &Op, reply: &Reply| {
        let mut history = History::new();
        let id = history.invoke(0, 0, op.clone(), 0);
        history.ok(id, reply.clone(), 0);
        kind.check_fit(&history).is_ok()
    };
    let history = play(&model(&History::new()), &replies, &fits, turns);
    let model = model(&history);
    let is_possible = |id: &OperationId| !matches!(history.get(*id).outcome, OperationOutcome::Failed { .. });
    let ids: Vec<_> = history.iter().map(|(id, _)| id).filter(is_possible).collect();
    let in_time = |a: OperationId, b: OperationId| history.get(a).precedes(history.get(b));
    let in_session = |a: OperationId, b: OperationId| {
        let session = |id: OperationId| (history.get(id).client, history.get(id).session);
        session(a) == session(b) && in_time(a, b)
    };
    let orders: [(Level, &Precedes); 2] = [(Level::Linearizable, &in_time), (Level::Sequential, &in_session)];
    for (level, precedes) in orders {
        let answer = kind.check(&history, &kind.default_initial(), level, Budget::default()).expect("it fits");
        let expected = has_order(&model, &history, &ids, &model.initial(), precedes);
        prop_assert_eq!(answer.is_satisfied(), expected, "{} {}: {:?}\n{}", kind, level, answer, history);
        prop_assert_eq!(answer.is_violated(), !expected, "{} {}: {:?}\n{}", kind, level, answer, history);
    }
    Ok(())
}

fn turns_of(kind: ModelKind) -> impl Strategy<Value = Vec<Turn>> {
    let (actions, replies) = vocabulary(kind);
    turns(3, 14, actions.into_iter().map(Op::on_the_only).collect(), replies)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn register(turns in turns_of(ModelKind::Register)) {
        check_against_definition(ModelKind::Register, |_| Register::default(), &turns)?;
    }

    #[test]
    fn cas_register(turns in turns_of(ModelKind::CasRegister)) {
        check_against_definition(ModelKind::CasRegister, |_| Register::default(), &turns)?;
    }

    #[test]
    fn key_value(turns in turns_of(ModelKind::Kv)) {
        check_against_definition(ModelKind::Kv, |history| KeyValue::new("".into(), history), &turns)?;
    }

    #[test]
    fn counter(turns in turns_of(ModelKind::Counter)) {
        check_against_definition(ModelKind::Counter, Counter::new, &turns)?;
    }

    #[test]
    fn set(turns in turns_of(ModelKind::Set)) {
        check_against_definition(ModelKind::Set, Set::new, &turns)?;
    }

    #[test]
    fn queue(turns in turns_of(ModelKind::Queue)) {
        check_against_definition(ModelKind::Queue, |_| Queue, &turns)?;
    }

    #[test]
    fn stack(turns in turns_of(ModelKind::Stack)) {
        check_against_definition(ModelKind::Stack, |_| Stack, &turns)?;
    }

    #[test]
    fn log(turns in turns_of(ModelKind::Log)) {
        check_against_definition(ModelKind::Log, |_| Log, &turns)?;
    }

    #[test]
    fn lock(turns in turns_of(ModelKind::Lock)) {
        check_against_definition(ModelKind::Lock, |_| Lock, &turns)?;
    }

    #[test]
    fn bank(turns in turns_of(ModelKind::Bank)) {
        let initial = ModelKind::Bank.default_initial();
        check_against_definition(ModelKind::Bank, |_| Bank::new(&initial), &turns)?;
    }

    #[test]
    fn multi_register(turns in turns_of(ModelKind::MultiRegister)) {
        check_against_definition(ModelKind::MultiRegister, |_| MultiRegister::new(Datum::Nil), &turns)?;
    }
}

// A map that is only appended to tells the search what can never come right.
proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_map_that_only_grows(turns in {
        let actions = [Action::Read, Action::Append("a".into()), Action::Append("b".into())];
        turns(3, 14, actions.into_iter().map(Op::on_the_only).collect(), vocabulary(ModelKind::Kv).1)
    }) {
        check_against_definition(ModelKind::Kv, |history| KeyValue::new("".into(), history), &turns)?;
    }
}

#[test]
fn an_operation_of_another_object_is_refused() {
    let mut history = Foreign::new();
    history.invoke(0, 0, Op::on_the_only(Action::Pop), 0);
    let answer: Result<Answer<_>, _> =
        ModelKind::Queue.check(&history, &Datum::Nil, Level::Linearizable, Budget::default());
    let message = answer.map_err(|unfit| unfit.to_string());
    let expected = "operation #0 `pop -> unknown` is none of a queue: enqueue VALUE -> done, dequeue -> VALUE or empty";
    assert_eq!(message, Err(expected.to_owned()));
}
