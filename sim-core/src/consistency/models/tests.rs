//! What each model permits, as scripts of operations and replies.

use super::super::SequentialModel;
use super::*;
use crate::history::History;

/// Carries out the script, in which the right reply of each operation is given; no other of the
/// usual replies may be permitted, and whatever is a read must change nothing.
fn check_script<M: SequentialModel<Op = Op, Reply = Reply>>(model: &M, script: &[(Action, Reply)]) {
    let mut state = model.initial();
    for (action, reply) in script {
        let op = Op::on_the_only(action.clone());
        for wrong in wrong_replies(reply) {
            assert_eq!(model.apply(&state, &op, Some(&wrong)), None, "{op:?} -> {wrong:?} in {state:?}");
        }
        let next = model.apply(&state, &op, Some(reply));
        let next = next.unwrap_or_else(|| panic!("{op:?} -> {reply:?} in {state:?}"));
        assert_eq!(model.apply(&state, &op, None).as_ref(), Some(&next), "{op:?} in {state:?}");
        assert!(!model.is_read(&op, Some(reply)) || next == state, "{op:?} in {state:?}");
        assert!(!model.rules_out(&state, &op, reply), "{op:?} -> {reply:?} in {state:?}");
        state = next;
    }
}

/// Acknowledging without a word is right wherever anything is.
fn wrong_replies(right: &Reply) -> Vec<Reply> {
    let list = [Datum::Int(1), Datum::Int(7)].into_iter().collect();
    let all = [
        Reply::Value(Datum::Nil),
        Reply::Value(Datum::Int(7)),
        Reply::Value(Datum::from("other")),
        Reply::Value(list),
        Reply::Flag(true),
        Reply::Flag(false),
        Reply::Empty,
    ];
    // Who is told `done` is not told whether it changed anything.
    all.into_iter().filter(|reply| reply != right && *right != Reply::Done).collect()
}

fn value(datum: impl Into<Datum>) -> Reply {
    Reply::Value(datum.into())
}

fn list(numbers: &[i64]) -> Datum {
    numbers.iter().copied().map(Datum::from).collect()
}

#[test]
fn a_transaction_over_registers_takes_effect_as_a_whole() {
    let step =
        |register: i64, write: Option<i64>| RegisterStep { register: register.into(), write: write.map(Datum::from) };
    let txn = |steps: &[RegisterStep]| Action::Transact(steps.into());
    let told = |values: &[i64]| Reply::Value(values.iter().copied().map(Datum::from).collect());
    check_script(
        &MultiRegister::new(Datum::from(0)),
        &[
            (txn(&[step(1, None), step(2, None)]), told(&[0, 0])),
            (txn(&[step(1, None), step(1, Some(5)), step(1, None)]), told(&[0, 5, 5])),
            (txn(&[step(2, Some(6)), step(1, None)]), told(&[6, 5])),
            (txn(&[step(1, None), step(2, None)]), told(&[5, 6])),
        ],
    );
}

#[test]
fn a_register_holds_what_was_written_last() {
    let script = [
        (Action::Read, value(Datum::Nil)),
        (Action::Write(5.into()), Reply::Done),
        (Action::Read, value(5)),
        (Action::cas(4, 6), Reply::Flag(false)),
        (Action::cas(5, 6), Reply::Flag(true)),
        (Action::Read, value(6)),
    ];
    check_script(&Register::default(), &script);
}

#[test]
fn a_map_appends_to_texts_and_lists() {
    let model = KeyValue::new("".into(), &History::new());
    let texts = [
        (Action::Read, value("")),
        (Action::Append("ab".into()), Reply::Done),
        (Action::Append("c".into()), Reply::Done),
        (Action::Read, value("abc")),
        (Action::cas("abc", "x"), Reply::Flag(true)),
        (Action::Append("y".into()), Reply::Done),
        (Action::cas("x", "z"), Reply::Flag(false)),
        (Action::Read, value("xy")),
    ];
    check_script(&model, &texts);
    let lists = [
        (Action::Append(list(&[1, 2])), Reply::Done),
        (Action::Append(list(&[3])), Reply::Done),
        (Action::Read, Reply::Value(list(&[1, 2, 3]))),
        (Action::Write(list(&[4])), Reply::Done),
        (Action::Append(list(&[5])), Reply::Done),
        (Action::Read, Reply::Value(list(&[4, 5]))),
    ];
    check_script(&model, &lists);
}

#[test]
fn a_map_knows_which_keys_only_grow() {
    let mut history = History::new();
    history.invoke(0, 0, Op::new("grows", Action::Append("a".into())), 0);
    history.invoke(0, 1, Op::new("both", Action::Append("a".into())), 0);
    history.invoke(0, 2, Op::new("both", Action::Write("b".into())), 0);
    let model = KeyValue::new(Datum::Nil, &history);
    let state = |text: &str| Stored::Text(Grown::new(text.as_bytes()));
    let rules_out =
        |key: &str, state: &Stored, reply: &str| model.rules_out(state, &Op::new(key, Action::Read), &value(reply));
    assert!(rules_out("grows", &state("ab"), "a") && rules_out("grows", &state("ab"), "xab"));
    assert!(!rules_out("grows", &state("ab"), "abc") && !rules_out("grows", &state("ab"), "ab"));
    assert!(!rules_out("both", &state("ab"), "a"));
}

#[test]
fn a_counter_adds() {
    let script = [
        (Action::Read, value(0)),
        (Action::Add(5), value(5)),
        (Action::Add(-7), Reply::Done),
        (Action::Read, value(-2)),
    ];
    check_script(&Counter::default(), &script);
}

/// What a client cannot be told does not become a smaller number.
#[test]
fn sums_do_not_wrap() {
    let most = i64::MAX;
    let beyond = [(Action::Add(most), Reply::Done), (Action::Add(most), Reply::Done)];
    let back = [(Action::Add(-most), value(most)), (Action::Read, value(most))];
    check_script(&Counter::default(), &[beyond.clone(), back].concat());
    let state = [most, most].iter().fold(0, |sum: i128, more| sum + i128::from(*more));
    let read = Op::on_the_only(Action::Read);
    assert_eq!(Counter::default().apply(&state, &read, Some(&value(-2))), None);

    let bank = Bank::new(&[most.into(), 5.into()].into_iter().collect());
    let transfer = Op::on_the_only(Action::Transfer { from: 1, to: 0, amount: 5 });
    assert_eq!(bank.apply(&bank.initial(), &transfer, Some(&Reply::Done)), None);
}

#[test]
fn a_set_tells_what_changed_it() {
    let script = [
        (Action::Insert(3.into()), Reply::Flag(true)),
        (Action::Insert(3.into()), Reply::Flag(false)),
        (Action::Insert(1.into()), Reply::Done),
        (Action::Contains(3.into()), Reply::Flag(true)),
        (Action::Read, Reply::Value(list(&[3, 1]))),
        (Action::Remove(3.into()), Reply::Flag(true)),
        (Action::Remove(3.into()), Reply::Flag(false)),
        (Action::Contains(3.into()), Reply::Flag(false)),
        (Action::Read, Reply::Value(list(&[1]))),
    ];
    check_script(&Set::default(), &script);
    let doubled = Reply::Value(list(&[1, 1]));
    let one = Set::default().apply(&Set::default().initial(), &Op::on_the_only(Action::Insert(1.into())), None);
    let read = Op::on_the_only(Action::Read);
    assert_eq!(one.and_then(|state| Set::default().apply(&state, &read, Some(&doubled))), None);
}

#[test]
fn elements_are_independent_where_nobody_reads_the_set() {
    let mut history = History::new();
    history.invoke(0, 0, Op::new("s", Action::Insert(3.into())), 0);
    let key = |history: &History<Op, Reply>, set: Datum| {
        let key = Set::new(history).key(&Op { key: set, action: Action::Insert(3.into()) });
        format!("{:?}", key.expect("every operation has one"))
    };
    assert_eq!(key(&history, "s".into()), "\"s\" 3");
    assert_eq!(key(&history, Datum::Nil), "3");
    history.invoke(0, 1, Op::new("t", Action::Read), 0);
    assert_eq!(key(&history, "s".into()), "\"s\"");
    assert_eq!(key(&history, Datum::Nil), "nil");
}

#[test]
fn a_queue_gives_back_in_order() {
    let script = [
        (Action::Dequeue, Reply::Empty),
        (Action::Enqueue(1.into()), Reply::Done),
        (Action::Enqueue(2.into()), Reply::Done),
        (Action::Dequeue, value(1)),
        (Action::Enqueue(3.into()), Reply::Done),
        (Action::Dequeue, value(2)),
        (Action::Dequeue, value(3)),
        (Action::Dequeue, Reply::Empty),
    ];
    check_script(&Queue, &script);
}

#[test]
fn queues_are_equal_however_they_are_kept() {
    let filled = |n: i64| (0..n).fold(Fifo::default(), |queue, i| queue.enqueue(i.into()));
    let turned = filled(3).dequeue().expect("it is not empty").1.enqueue(3.into());
    let straight = filled(4).dequeue().expect("it is not empty").1;
    assert_eq!(turned, straight);
    assert_ne!(turned, filled(3));
    assert_ne!(turned, filled(3).dequeue().expect("it is not empty").1.enqueue(4.into()));
}

#[test]
fn a_stack_gives_back_in_reverse() {
    let script = [
        (Action::Pop, Reply::Empty),
        (Action::Push(1.into()), Reply::Done),
        (Action::Push(2.into()), Reply::Done),
        (Action::Pop, value(2)),
        (Action::Push(3.into()), Reply::Done),
        (Action::Pop, value(3)),
        (Action::Pop, value(1)),
    ];
    check_script(&Stack, &script);
}

#[test]
fn a_long_chain_is_dropped() {
    let long = (0..1_000_000).fold(Chain::new(), |chain, i| chain.push(i));
    assert_eq!(long.len(), 1_000_000);
}

#[test]
fn a_log_never_changes_what_is_in_it() {
    let script = [
        (Action::ReadAt(0), Reply::Empty),
        (Action::Append("a".into()), value(0)),
        (Action::Append("b".into()), Reply::Done),
        (Action::Append("c".into()), value(2)),
        (Action::ReadAt(1), value("b")),
        (Action::ReadAt(3), Reply::Empty),
        (Action::ReadAt(-1), Reply::Empty),
        (Action::Read, Reply::Value(["a", "b", "c"].into_iter().map(Datum::from).collect())),
    ];
    check_script(&Log, &script);
    let log = Grown::new(&[Datum::from("a")]);
    let rules_out = |action, reply: &Reply| Log.rules_out(&log, &Op::on_the_only(action), reply);
    assert!(rules_out(Action::ReadAt(0), &Reply::Empty) && rules_out(Action::ReadAt(0), &value("b")));
    assert!(!rules_out(Action::ReadAt(1), &value("b")) && rules_out(Action::Read, &Reply::Value(list(&[]))));
}

#[test]
fn a_sequence_is_what_it_was_grown_from() {
    let stem = Grown::new(&[1, 2]);
    let [one, other, same] = [[3, 4], [3, 5], [3, 4]].map(|more| stem.grow(&more));
    assert_eq!(one.to_vec(), [1, 2, 3, 4]);
    assert_eq!(other.to_vec(), [1, 2, 3, 5]);
    assert!(one == same && one != other && one == Grown::new(&[1]).grow(&[2, 3, 4]));
    assert_eq!([one.heap_bytes(), other.heap_bytes(), same.heap_bytes()], [8, 16, 0]);
    assert!(stem.begins(&[1, 2, 9]) && !stem.begins(&[1]) && stem.is(&[1, 2]));
}

#[test]
fn a_lock_has_one_holder() {
    let script = [
        (Action::Release("a".into()), Reply::Flag(false)),
        (Action::Acquire("a".into()), Reply::Done),
        (Action::Acquire("b".into()), Reply::Flag(false)),
        (Action::Release("b".into()), Reply::Flag(false)),
        (Action::Release("a".into()), Reply::Flag(true)),
        (Action::Acquire("b".into()), Reply::Flag(true)),
    ];
    check_script(&Lock, &script);
    let acquire = |holder: Datum| Lock.apply(&Lock.initial(), &Op::on_the_only(Action::Acquire(holder)), None);
    let held = acquire("a".into()).expect("a free lock is granted");
    assert_eq!(format!("{held:?}"), "held by \"a\"");
    assert_eq!(format!("{:?} {:?}", Lock.initial(), acquire(Datum::Nil)), "free Some(held)");
    assert_eq!(Lock.apply(&held, &Op::on_the_only(Action::Acquire("b".into())), Some(&Reply::Done)), None);
}

#[test]
fn a_bank_only_moves_money() {
    let transfer = |from, to, amount| Action::Transfer { from, to, amount };
    let script = [
        (Action::Read, Reply::Value(list(&[5, 10]))),
        (transfer(0, 1, 6), Reply::Flag(false)),
        (transfer(0, 1, 4), Reply::Flag(true)),
        (transfer(0, 2, 1), Reply::Flag(false)),
        (transfer(2, 0, 0), Reply::Flag(false)),
        (transfer(1, 1, 14), Reply::Flag(true)),
        (transfer(1, 0, 14), Reply::Done),
        (Action::Read, Reply::Value(list(&[15, 0]))),
    ];
    check_script(&Bank::new(&list(&[5, 10])), &script);
    check_script(&Bank::new(&Datum::Nil), &[(transfer(0, 0, 0), Reply::Flag(false))]);
}

/// As one would write it by hand, and the same again when it is read.
#[test]
fn operations_and_replies_are_written_as_plain_json() {
    fn check<T: Serialize + serde::de::DeserializeOwned + PartialEq + fmt::Debug>(value: &T, expected: &str) {
        let written = serde_json::to_string(value).unwrap();
        assert_eq!(written, expected);
        assert_eq!(&serde_json::from_str::<T>(&written).unwrap(), value);
    }
    let datum: Datum = [Datum::Nil, true.into(), 5.into(), "a".into(), list(&[1])].into_iter().collect();
    check(&datum, r#"[null,true,5,"a",[1]]"#);
    check(&Op::on_the_only(Action::Dequeue), r#"{"key":null,"action":"Dequeue"}"#);
    check(&Op::new(1, Action::cas(Datum::Nil, 2)), r#"{"key":1,"action":{"Cas":[null,2]}}"#);
    check(&[Reply::Value(Datum::Nil), Reply::Empty], r#"[{"Value":null},"Empty"]"#);
    for kind in ModelKind::ALL {
        check(kind, &format!("{:?}", kind.name()));
    }
}

#[test]
fn what_a_model_does_not_know_is_refused() {
    let mut history = History::new();
    let write = history.invoke(0, 0, Op::new("x", Action::Write(5.into())), 0);
    history.ok(write, Reply::Done, 1);
    let append = history.invoke(0, 0, Op::new("x", Action::Append("a".into())), 2);
    history.ok(append, Reply::Done, 3);
    let message = |kind: ModelKind| kind.check_fit(&history).map_err(|unfit| unfit.to_string());
    let register =
        "operation #1 `append \"x\" \"a\" -> done` is none of a register: read -> VALUE, write VALUE -> done";
    assert_eq!(message(ModelKind::Register), Err(register.to_owned()));
    assert!(message(ModelKind::Kv).is_err_and(|message| message.contains("(to a key that holds nothing else)")));
    assert!(message(ModelKind::Log).is_err_and(|message| message.starts_with("operation #0")));
}
