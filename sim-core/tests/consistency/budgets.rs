//! Hostile histories: an honest "unknown" within the budget.

use sim_core::History;
use sim_core::consistency::models::{Action, Datum, ModelKind, Op, Reply};
use sim_core::consistency::{Answer, Budget, Counterexample, Level, Undecided};

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
