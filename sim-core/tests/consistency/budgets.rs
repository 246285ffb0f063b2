//! Long histories are decided within the default budget, hostile ones are an honest "unknown".

use std::collections::BTreeMap;

use sim_core::consistency::models::{Action, Datum, ModelKind, Op, Reply};
use sim_core::consistency::{Answer, Budget, Counterexample, Level, Undecided};
use sim_core::{History, OperationId, SimRng};

use crate::play::Foreign;

fn answer(kind: ModelKind, history: &Foreign, level: Level, budget: Budget) -> Answer<Counterexample> {
    kind.check(history, &Datum::Nil, level, budget).expect("the operations fit")
}

/// Additions of unknown outcome, and a sum that no choice of them makes.
fn lost_additions() -> Foreign {
    let mut history = History::new();
    for client in 0..40 {
        history.invoke(client, 0, Op::on_the_only(Action::Add(1 << (client + 1))), 0);
    }
    let read = history.invoke(40, 0, Op::on_the_only(Action::Read), 1);
    history.ok(read, Reply::Value(Datum::Int((1 << 41) - 1)), 2);
    history
}

#[test]
fn steps_run_out() {
    let budget = Budget { steps: 200_000, bytes: 1 << 20 };
    for level in [Level::Linearizable, Level::Sequential] {
        match answer(ModelKind::Counter, &lost_additions(), level, budget) {
            Answer::Unknown(Undecided::OutOfSteps { steps }) => assert!((200_000..201_000).contains(&steps), "{steps}"),
            Answer::Unknown(Undecided::OutOfMemory { .. }) if level == Level::Sequential => {}
            other => panic!("{level}: {other:?}"),
        }
    }
}

#[test]
fn memory_runs_out() {
    // Forty clients in flight at all times, each with a text of its own appended to one that grows.
    let mut history = History::new();
    let long: String = "x".repeat(1000);
    for round in 0..20 {
        let ids: Vec<_> = (0..40)
            .map(|client| {
                // The same in each round: a text does not tell which of them it was.
                let text = format!("{client} {long}");
                history.invoke(client, 0, Op::on_the_only(Action::Append(Datum::from(&*text))), round)
            })
            .collect();
        ids.into_iter().for_each(|id| history.ok(id, Reply::Done, round));
    }
    // It might empty the text, for all the model knows.
    history.invoke(40, 0, Op::on_the_only(Action::Write(Datum::from("y"))), 100);
    let read = history.invoke(41, 0, Op::on_the_only(Action::Read), 100);
    history.ok(read, Reply::Value(Datum::from("")), 100);
    let small = Budget { bytes: 100_000, ..Budget::default() };
    let unknown = Answer::Unknown(Undecided::OutOfMemory { limit_bytes: 100_000 });
    assert_eq!(answer(ModelKind::Kv, &history, Level::Sequential, small), unknown);
    // In real time the read comes after everything else: that takes no search.
    assert!(answer(ModelKind::Kv, &history, Level::Linearizable, small).is_violated());
}

#[test]
fn more_sessions_than_clocks_have_room_for() {
    let mut history = History::new();
    for client in 0..2000 {
        let id = history.invoke(client, 0, Op::on_the_only(Action::Write(Datum::Int(client.into()))), client.into());
        history.ok(id, Reply::Done, client.into());
    }
    let small = Budget { bytes: 1 << 14, ..Budget::default() };
    let unknown = Answer::Unknown(Undecided::OutOfMemory { limit_bytes: 1 << 14 });
    assert_eq!(answer(ModelKind::Register, &history, Level::Causal, small), unknown);
    assert_eq!(answer(ModelKind::Register, &history, Level::Causal, Budget::default()), Answer::Satisfied);
    assert_eq!(answer(ModelKind::Register, &history, Level::MonotonicReads, small), Answer::Satisfied);
}

#[test]
fn a_value_written_twice_leaves_open_what_an_order_does_not_show() {
    let mut history = History::new();
    let mut add = |client: u32, action: Action, reply: Reply, time: u64| {
        let id = history.invoke(client, 0, Op::on_the_only(action), time);
        history.ok(id, reply, time + 1);
    };
    add(0, Action::Write(1.into()), Reply::Done, 0);
    add(1, Action::Write(1.into()), Reply::Done, 2);
    add(2, Action::Read, Reply::Value(1.into()), 4);
    assert_eq!(answer(ModelKind::Register, &history, Level::Causal, Budget::default()), Answer::Satisfied);
    let mut add = |client: u32, action: Action, reply: Reply, time: u64| {
        let id = history.invoke(client, 0, Op::on_the_only(action), time);
        history.ok(id, reply, time + 1);
    };
    // No order shows this; and which of the two was read decides.
    add(2, Action::Read, Reply::Value(Datum::Nil), 6);
    let what = "a value was read that had been written twice, by #0 `write 1` and #1 `write 1`".to_owned();
    let unknown = Answer::Unknown(Undecided::Ambiguous { what });
    assert_eq!(answer(ModelKind::Register, &history, Level::Causal, Budget::default()), unknown);
}

/// Clients whose writes overlap and get an order when they return, and whose reads are of copies that
/// lag behind. If `back` says so, one read in the middle is told what was there so many writes to its
/// register before.
fn lagging_copies(operations: i64, back: Option<usize>) -> Foreign {
    const CLIENTS: u64 = 20;
    let mut rng = SimRng::new(5, 1);
    let mut history = History::new();
    let mut log: Vec<(i64, i64)> = Vec::new();
    let mut seen = [0; CLIENTS as usize];
    let mut open = BTreeMap::<u64, OperationId>::new();
    let mut back = back;
    for turn in 0..2 * operations {
        let client = rng.below(CLIENTS);
        let Some(id) = open.remove(&client) else {
            let key = rng.below(10) as i64;
            let action = if rng.below(2) == 0 { Action::Read } else { Action::Write(turn.into()) };
            let id = history.invoke(client as u32, 0, Op { key: key.into(), action }, turn as u64);
            open.insert(client, id);
            continue;
        };
        let seen = &mut seen[client as usize];
        let (key, action) = (history.get(id).op.key.clone(), history.get(id).op.action.clone());
        let Datum::Int(key) = key else { panic!("keys are numbers") };
        let reply = if let Action::Write(Datum::Int(value)) = action {
            log.push((key, value));
            *seen = log.len();
            Reply::Done
        } else {
            *seen = log.len().saturating_sub(rng.below(50) as usize).max(*seen);
            let mut values = log[..*seen].iter().rev().filter(|(other, _)| *other == key);
            let back = if turn > operations { back.take() } else { None };
            Reply::Value(values.nth(back.unwrap_or(0)).map_or(Datum::Nil, |&(_, value)| value.into()))
        };
        history.ok(id, reply, turn as u64);
    }
    history
}

#[test]
fn long_histories_are_decided() {
    let good = lagging_copies(20_000, None);
    let bad = lagging_copies(20_000, Some(20));
    for level in [Level::Sequential, Level::Causal, Level::CausalMemory, Level::WeakCausal, Level::Pram] {
        assert_eq!(answer(ModelKind::Register, &good, level, Budget::default()), Answer::Satisfied, "{level}");
        let answer = answer(ModelKind::Register, &bad, level, Budget::default());
        assert!(answer.is_violated(), "{level}: {answer:?}");
    }
}
