//! Laws that hold of every history and every level.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sim_core::consistency::models::{Action, Datum, ModelKind, Op, Register, Reply};
use sim_core::consistency::{Answer, Budget, Counterexample, Level, check_all_levels, strongest};

use crate::play::{Foreign, Turn, play, remade, turns};

fn answer(history: &Foreign, level: Level) -> Answer<Counterexample> {
    let answer = ModelKind::CasRegister.check(history, &Datum::Nil, level, Budget::default());
    answer.expect("the operations are those of a register")
}

fn replies(values: i64) -> Vec<Reply> {
    let mut replies: Vec<_> = (1..=values).map(|value| Reply::Value(Datum::Int(value))).collect();
    replies.extend([Reply::Value(Datum::Nil), Reply::Done, Reply::Flag(true), Reply::Flag(false)]);
    replies
}

/// What reads can be told, for a lie.
fn lies(values: i64) -> Vec<Reply> {
    replies(values).into_iter().filter(|reply| matches!(reply, Reply::Value(_))).collect()
}

/// Turns of four clients on two registers, in which no value is written twice: each write is made
/// one of its own, and lies are told to reads alone.
fn histories(length: usize) -> impl Strategy<Value = Foreign> {
    let keys = || ["x", "y"].into_iter();
    let ops = keys().flat_map(|key| {
        let actions = [Action::Read, Action::Read, Action::Write(Datum::Nil)];
        actions.into_iter().map(move |action| Op::new(key, action))
    });
    turns(4, length, ops.collect(), lies(9)).prop_map(|turns| without_doubles(&turns))
}

fn without_doubles(turns: &[Turn]) -> Foreign {
    let mut next = 0;
    let mut unique: Vec<Turn> = turns.to_vec();
    for turn in &mut unique {
        turn.change(|op| {
            if matches!(op.action, Action::Write(_)) {
                next += 1;
                op.action = Action::Write(Datum::Int(next));
            }
        });
    }
    play(&Register::default(), &replies(next), &|op, _| is_read(op), &unique)
}

fn is_read(op: &Op) -> bool {
    op.action == Action::Read
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stronger_levels_imply_weaker_ones(history in histories(40)) {
        let answers: BTreeMap<_, _> = Level::ALL.iter().map(|&level| (level, answer(&history, level))).collect();
        for (strong, kept) in answers.iter().filter(|(_, answer)| answer.is_satisfied()) {
            for (weak, answer) in answers.iter().filter(|(weak, _)| strong.implies(**weak)) {
                prop_assert!(answer.is_satisfied(), "{} {:?}, {} {:?}\n{}", strong, kept, weak, answer, history);
            }
        }
        prop_assert_eq!(check_all_levels(|level| answer(&history, level)), answers);
    }

    #[test]
    fn names_change_nothing(history in histories(30)) {
        let other_value = |value: &Datum| if let Datum::Int(value) = value { Datum::Text(format!("{}", 100 - value).into()) } else { value.clone() };
        let change = |op: &Op, reply: Option<&Reply>| {
            let action = if let Action::Write(value) = &op.action { Action::Write(other_value(value)) } else { op.action.clone() };
            let reply = reply.map(|reply| if let Reply::Value(value) = reply { Reply::Value(other_value(value)) } else { reply.clone() });
            let key = if op.key == Datum::from("x") { "z" } else { "a" };
            (Op::new(key, action), reply)
        };
        let renamed = remade(&history, |client| 9 - client, change, |_| true);
        for &level in Level::ALL {
            let [before, after] = [&history, &renamed].map(|history| answer(history, level));
            prop_assert_eq!(before.is_satisfied(), after.is_satisfied(), "{}\n{}", level, history);
            prop_assert_eq!(before.is_violated(), after.is_violated(), "{}\n{}", level, history);
        }
    }

    #[test]
    fn good_stays_good_without_a_read(history in histories(30), dropped in 0..15usize) {
        let is_kept = |id: sim_core::OperationId| id.index() != dropped || !is_read(&history.get(id).op);
        let same = |op: &Op, reply: Option<&Reply>| (op.clone(), reply.cloned());
        let fewer = remade(&history, |client| client, same, is_kept);
        for &level in Level::ALL {
            let is_worse = answer(&history, level).is_satisfied() && !answer(&fewer, level).is_satisfied();
            prop_assert!(!is_worse, "{}\n{}", level, history);
        }
    }
}

#[test]
fn the_strongest_levels_kept_are_told() {
    // L18 of the litmus table, as far as these levels go: convergent, and so all session
    // guarantees, but neither causal memory nor PRAM.
    let mut history = Foreign::new();
    let mut time = 0;
    let mut add = |client: u32, key: &str, action: Action, reply: Reply| {
        let id = history.invoke(client, 0, Op::new(key, action), time);
        history.ok(id, reply, time + 1);
        time += 2;
    };
    for key in ["z", "x", "y"] {
        add(0, key, Action::Write(1.into()), Reply::Done);
    }
    add(1, "x", Action::Write(2.into()), Reply::Done);
    add(1, "z", Action::Read, Reply::Value(Datum::Nil));
    add(1, "y", Action::Read, Reply::Value(1.into()));
    add(1, "x", Action::Read, Reply::Value(2.into()));
    assert_eq!(strongest(&check_all_levels(|level| answer(&history, level))), [Level::Causal]);
}

/// Clients that write to a common log and read from copies of their own, each so many writes
/// behind: by construction this is sequential.
fn lagging(turns: &[(u32, bool, bool, usize)]) -> Foreign {
    let mut history = Foreign::new();
    let mut log: Vec<(Datum, Datum)> = Vec::new();
    let mut copies = vec![(0, BTreeMap::<Datum, Datum>::new()); 4];
    for (time, &(client, is_x, is_write, lag)) in (0..).zip(turns) {
        let key = Datum::from(if is_x { "x" } else { "y" });
        let (at, values) = &mut copies[client as usize];
        let value = Datum::Int(time as i64);
        if is_write {
            log.push((key.clone(), value.clone()));
        }
        let lag = if is_write { 0 } else { lag };
        while *at + lag < log.len() {
            let (key, value) = log[*at].clone();
            values.insert(key, value);
            *at += 1;
        }
        let read = values.get(&key).cloned().unwrap_or_default();
        let (action, reply) =
            if is_write { (Action::Write(value), Reply::Done) } else { (Action::Read, Reply::Value(read)) };
        let id = history.invoke(client, 0, Op::new(key, action), 2 * time);
        history.ok(id, reply, 2 * time + 1);
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn copies_that_lag_behind_are_sequential(
        turns in prop::collection::vec((0..4u32, any::<bool>(), prop::bool::weighted(0.4), 0..12usize), 0..200),
    ) {
        let history = lagging(&turns);
        for &level in Level::ALL.iter().filter(|&&level| Level::Sequential.implies(level)) {
            let answer = answer(&history, level);
            prop_assert!(answer.is_satisfied(), "{} {:?}\n{}", level, answer, history);
        }
    }
}
