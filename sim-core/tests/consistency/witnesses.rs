//! What people are told of a history that breaks a level.

use sim_core::History;
use sim_core::consistency::models::{Action, Datum, ModelKind, Op, Reply};
use sim_core::consistency::{Answer, Budget, Level};

use crate::play::Foreign;

/// A history of lines such as `0 w x 1`, `1 r x 1`: client, what it does, key and value, one after
/// the other in time; 0 is read of what nobody wrote.
fn history_of(text: &str) -> Foreign {
    let mut history = History::new();
    for (time, line) in (0..).zip(text.split(',')) {
        let [client, action, key, value] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let value: i64 = value.parse().expect("a value is a number");
        let value = if value == 0 { Datum::Nil } else { Datum::Int(value) };
        let (action, reply) = match action {
            "w" => (Action::Write(value), Reply::Done),
            _ => (Action::Read, Reply::Value(value)),
        };
        let id =
            history.invoke(client.parse().expect("a client is a number"), 0, Op::new(key, action), time * 1_000_000);
        history.ok(id, reply, time * 1_000_000 + 500_000);
    }
    history
}

fn witness(level: Level, text: &str) -> String {
    let history = history_of(text);
    match ModelKind::Register.check(&history, &Datum::Nil, level, Budget::default()) {
        Ok(Answer::Violated(witness)) => witness.to_string(),
        other => panic!("{level}: {other:?}\n{history}"),
    }
}

#[test]
fn not_linearizable() {
    insta::assert_snapshot!(witness(Level::Linearizable, "0 w x 1, 1 r y 0, 1 r x 0, 0 w x 2"));
}

#[test]
fn not_sequential_by_pattern() {
    let store_buffer = "0 w x 1, 0 r y 0, 1 w y 1, 1 r x 0";
    insta::assert_snapshot!(witness(Level::Sequential, store_buffer));
}

#[test]
fn not_sequential_by_search() {
    let mut history = History::new();
    let mut add = |client: u32, action: Action, reply: Reply, time: u64| {
        let id = history.invoke(client, 0, Op::on_the_only(action), time);
        history.ok(id, reply, time + 1);
    };
    add(0, Action::Enqueue(1.into()), Reply::Done, 0);
    add(0, Action::Enqueue(2.into()), Reply::Done, 2);
    add(1, Action::Dequeue, Reply::Value(1.into()), 4);
    add(1, Action::Dequeue, Reply::Empty, 6);
    add(2, Action::Dequeue, Reply::Empty, 8);
    add(0, Action::Dequeue, Reply::Value(1.into()), 10);
    match ModelKind::Queue.check(&history, &Datum::Nil, Level::Sequential, Budget::default()) {
        Ok(Answer::Violated(witness)) => insta::assert_snapshot!(witness.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn not_causal() {
    insta::assert_snapshot!("thin_air", witness(Level::WeakCausal, "0 w x 1, 1 r x 9"));
    insta::assert_snapshot!("causal_cycle", witness(Level::WeakCausal, "0 r x 1, 0 w y 1, 1 r y 1, 1 w x 1"));
    insta::assert_snapshot!("initial_value", witness(Level::WeakCausal, "0 w x 1, 0 w z 1, 0 w y 1, 1 r y 1, 1 r x 0"));
    insta::assert_snapshot!(
        "replaced_value",
        witness(Level::WeakCausal, "0 w x 1, 1 r x 1, 1 w x 2, 2 r x 2, 2 r x 1")
    );
    insta::assert_snapshot!(
        "unlike_orders",
        witness(Level::Causal, "0 w x 1, 1 w x 2, 2 r x 1, 2 r x 2, 3 r x 2, 3 r x 1")
    );
    let memory = "0 w z 1, 0 w x 1, 0 w y 1, 1 w x 2, 1 r z 0, 1 r y 1, 1 r x 2";
    insta::assert_snapshot!("no_order_for_a_session", witness(Level::CausalMemory, memory));
    insta::assert_snapshot!(
        "no_order_of_writes_for_a_session",
        witness(Level::Pram, "0 w x 1, 0 r x 2, 0 r x 1, 1 w x 2")
    );
}

#[test]
fn no_session_guarantee() {
    insta::assert_snapshot!("own_write", witness(Level::ReadYourWrites, "0 w x 1, 0 r x 0"));
    insta::assert_snapshot!("earlier_read", witness(Level::MonotonicReads, "0 w x 1, 1 r x 1, 1 r x 0"));
    insta::assert_snapshot!(
        "reads_back_and_forth",
        witness(Level::MonotonicReads, "0 w x 1, 1 w x 2, 2 r x 1, 2 r x 2, 3 r x 2, 3 r x 1")
    );
    insta::assert_snapshot!("from_the_future", witness(Level::MonotonicWrites, "0 r x 1, 0 w x 1"));
    insta::assert_snapshot!(
        "a_circle_of_reads",
        witness(Level::WritesFollowReads, "0 r x 1, 0 w y 1, 1 r y 1, 1 w x 1")
    );
}
