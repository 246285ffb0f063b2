//! What models decide themselves, against the search.

use proptest::prelude::*;

use super::super::{Answer, Budget, Decision, SequentialModel, check_linearizable};
use super::*;
use crate::history::History;

/// A model that leaves everything to the search.
struct Searched<M>(M);

impl<M: SequentialModel> SequentialModel for Searched<M> {
    type Op = M::Op;
    type Reply = M::Reply;
    type State = M::State;
    type Key = M::Key;

    fn initial(&self) -> M::State {
        self.0.initial()
    }

    fn apply(&self, state: &M::State, op: &M::Op, reply: Option<&M::Reply>) -> Option<M::State> {
        self.0.apply(state, op, reply)
    }

    fn key(&self, op: &M::Op) -> Option<M::Key> {
        self.0.key(op)
    }

    fn is_read(&self, op: &M::Op, reply: Option<&M::Reply>) -> bool {
        self.0.is_read(op, reply)
    }
}

/// One turn of a client: an idle one asks, a busy one's operation ends.
#[derive(Clone, Debug)]
struct Turn {
    client: u32,
    /// Which kind of operation, and with which value.
    choice: (u8, u8),
    /// Whether it takes effect at once rather than at the end.
    early: bool,
    end: End,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Truth,
    /// It is told what another operation might be.
    Lie(u8),
    Failed,
    /// Nothing, whether it took effect or not.
    Unknown,
}

fn turns(length: usize) -> impl Strategy<Value = Vec<Turn>> {
    let end = prop_oneof![
        12 => Just(End::Truth),
        1 => (0..16u8).prop_map(End::Lie),
        1 => Just(End::Failed),
        2 => Just(End::Unknown),
    ];
    let turn = (0..4u32, (any::<u8>(), any::<u8>()), any::<bool>(), end)
        .prop_map(|(client, choice, early, end)| Turn { client, choice, early, end });
    prop::collection::vec(turn, 0..=length)
}

/// An object to play with.
struct Object<M: SequentialModel> {
    model: M,
    /// The action of a choice, and of how many actions were before.
    action: fn((u8, u8), usize) -> Action,
    tell: fn(&M::State, &Action) -> Reply,
    lie: fn(u8) -> Reply,
}

impl<M: SequentialModel<Op = Op, Reply = Reply>> Object<M> {
    fn play(&self, turns: &[Turn]) -> History<Op, Reply> {
        let mut history = History::new();
        let mut state = self.model.initial();
        let mut open = [const { None }; 4];
        for (time, turn) in (0..).zip(turns) {
            let mut act = |op: &Op| {
                let reply = (self.tell)(&state, &op.action);
                state = self.model.apply(&state, op, Some(&reply)).expect("it is the right reply");
                reply
            };
            match open[turn.client as usize].take() {
                None => {
                    let op = Op::on_the_only((self.action)(turn.choice, history.len()));
                    let id = history.invoke(turn.client, 0, op.clone(), time);
                    let is_possible = turn.early && !matches!(turn.end, End::Failed);
                    open[turn.client as usize] = Some((id, is_possible.then(|| act(&op)), turn.end));
                }
                Some((id, told, end)) => {
                    let op = history.get(id).op.clone();
                    let mut truth = || told.clone().unwrap_or_else(|| act(&op));
                    match end {
                        End::Truth => history.ok(id, truth(), time),
                        End::Lie(lie) if self.is_question(&op) => history.ok(id, (self.lie)(lie), time),
                        End::Lie(_) => history.ok(id, truth(), time),
                        End::Failed => history.failed(id, time),
                        End::Unknown => history.unknown(id),
                    }
                }
            }
        }
        history
    }

    fn is_question(&self, op: &Op) -> bool {
        matches!(op.action, Action::Read | Action::Dequeue | Action::Pop | Action::Contains(_))
    }

    /// Whether the search agrees, and whether it was not asked.
    fn check(&self, history: &History<Op, Reply>) -> Result<(), TestCaseError>
    where
        M: Clone,
    {
        let decided = check_linearizable(&self.model, history, Budget::default());
        let searched = check_linearizable(&Searched(self.model.clone()), history, Budget::default());
        prop_assert!(!matches!(searched, Answer::Unknown(_)));
        prop_assert_eq!(decided.is_satisfied(), searched.is_satisfied(), "{:?}\n{}", decided, history);
        prop_assert_eq!(decided.is_violated(), searched.is_violated(), "\n{}", history);
        Ok(())
    }

    /// How many of these histories the model decides itself to be good, and bad.
    fn count(&self, histories: impl Iterator<Item = History<Op, Reply>>) -> [usize; 2] {
        let mut counts = [0; 2];
        for history in histories {
            let ids: Vec<_> = super::super::searched(&self.model, &history);
            match self.model.decide(&history, &ids) {
                Decision::Open => {}
                Decision::Order => counts[0] += 1,
                Decision::NoOrder(_) => counts[1] += 1,
            }
        }
        counts
    }
}

fn some_histories<M: SequentialModel<Op = Op, Reply = Reply>>(
    object: &Object<M>,
) -> impl Iterator<Item = History<Op, Reply>> {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let turns = turns(30);
    (0..500).map(move |_| {
        let tree = turns.new_tree(&mut runner).expect("nothing is rejected");
        object.play(&proptest::strategy::ValueTree::current(&tree))
    })
}

fn key_value(action: fn((u8, u8), usize) -> Action) -> Object<KeyValue> {
    Object {
        model: KeyValue::new("".into(), &History::new()),
        action,
        tell: |state, action| match (action, state) {
            (Action::Read, Stored::Put(value)) => Reply::Value(value.clone()),
            (Action::Read, Stored::Text(text)) => {
                Reply::Value(Datum::from(&*String::from_utf8(text.to_vec()).expect("it is a text")))
            }
            _ => Reply::Done,
        },
        lie: |lie| Reply::Value(["", "a", "b", "p", "aa", "c", "pa", "xyz"][usize::from(lie % 8)].into()),
    }
}

/// Every value is told from all others, though one may begin with another.
fn told_apart() -> Object<KeyValue> {
    key_value(|(kind, _), number| match kind % 10 {
        0..4 => Action::Read,
        4..8 => Action::Append(Datum::from(&*format!("a{number}"))),
        _ => Action::Write(Datum::from(&*format!("p{number}"))),
    })
}

/// Values of few kinds, some empty, some that begin with others.
fn alike() -> Object<KeyValue> {
    key_value(|(kind, value), _| {
        let value = Datum::from(["", "a", "b", "aa", "c", "p", "pa", "cc"][usize::from(value % 8)]);
        match kind % 10 {
            0..4 => Action::Read,
            4..8 => Action::Append(value),
            _ => Action::Write(value),
        }
    })
}

/// Elements are all of their own, or now and then not.
fn queue() -> Object<Queue> {
    Object {
        model: Queue,
        action: |(kind, value), number| match kind % 16 {
            0..8 => Action::Dequeue,
            8 => Action::Enqueue(Datum::from(i64::from(value % 4))),
            _ => Action::Enqueue(Datum::from(number as i64 + 100)),
        },
        tell: |state, action| match action {
            Action::Dequeue => state.dequeue().map_or(Reply::Empty, |(first, _)| Reply::Value(first)),
            _ => Reply::Done,
        },
        lie: taken,
    }
}

/// Elements are all of their own; many takings are of unknown outcome.
fn distinct_queue() -> Object<Queue> {
    Object {
        action: |(kind, _), number| match kind % 2 {
            0 => Action::Dequeue,
            _ => Action::Enqueue(Datum::from(number as i64 + 100)),
        },
        ..queue()
    }
}

fn distinct_stack() -> Object<Stack> {
    Object {
        action: |(kind, _), number| match kind % 2 {
            0 => Action::Pop,
            _ => Action::Push(Datum::from(number as i64 + 100)),
        },
        ..stack()
    }
}

fn counter() -> Object<Counter> {
    Object {
        model: Counter::default(),
        action: |(kind, value), _| match kind % 2 {
            0 => Action::Read,
            _ => Action::Add(i64::from(value % 3)),
        },
        tell: |state, action| match action {
            Action::Read => Reply::Value(Datum::from(i64::try_from(*state).expect("few small numbers"))),
            _ => Reply::Done,
        },
        lie: |lie| Reply::Value(Datum::from(i64::from(lie))),
    }
}

fn stack() -> Object<Stack> {
    Object {
        model: Stack,
        action: |(kind, value), number| match kind % 16 {
            0..8 => Action::Pop,
            8 => Action::Push(Datum::from(i64::from(value % 4))),
            _ => Action::Push(Datum::from(number as i64 + 100)),
        },
        tell: |state, action| match action {
            Action::Pop => state.pop().map_or(Reply::Empty, |(top, _)| Reply::Value(top.clone())),
            _ => Reply::Done,
        },
        lie: taken,
    }
}

/// Elements that are inserted once, or now and then again, and removed hardly ever.
fn set() -> Object<Set> {
    Object {
        model: Set::default(),
        action: |(kind, value), number| match kind % 32 {
            0..14 => Action::Read,
            14 => Action::Insert(Datum::from(i64::from(value % 16))),
            15 if value % 4 == 0 => Action::Remove(Datum::from(i64::from(value % 16))),
            15 if value % 4 == 1 => Action::Contains(Datum::from(i64::from(value % 16))),
            _ => Action::Insert(Datum::from(number as i64)),
        },
        tell: |state, action| match action {
            Action::Read => Reply::Value(state.iter().cloned().collect()),
            Action::Contains(element) => Reply::Flag(state.contains(element)),
            _ => Reply::Done,
        },
        lie: |lie| {
            let lists: [&[i64]; 8] = [&[], &[0], &[1], &[0, 1], &[1, 2], &[2, 0, 1], &[0, 0, 1], &[0, 1, 2, 3]];
            Reply::Value(lists[usize::from(lie % 8)].iter().copied().map(Datum::from).collect())
        },
    }
}

fn taken(lie: u8) -> Reply {
    if lie == 0 { Reply::Empty } else { Reply::Value(Datum::from(i64::from(lie) + 98)) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lineages_agree_with_the_search(turns in turns(40)) {
        told_apart().check(&told_apart().play(&turns))?;
    }

    #[test]
    fn queues_agree_with_the_search(turns in turns(30)) {
        queue().check(&queue().play(&turns))?;
    }

    #[test]
    fn stacks_agree_with_the_search(turns in turns(30)) {
        stack().check(&stack().play(&turns))?;
    }

    #[test]
    fn queues_of_distinct_elements_agree_with_the_search(turns in turns(30)) {
        distinct_queue().check(&distinct_queue().play(&turns))?;
    }

    #[test]
    fn stacks_of_distinct_elements_agree_with_the_search(turns in turns(30)) {
        distinct_stack().check(&distinct_stack().play(&turns))?;
    }

    /// What a counter knows of its history changes no answer.
    #[test]
    fn growing_counters_agree_with_the_search(turns in turns(30)) {
        let history = counter().play(&turns);
        let object = Object { model: Counter::new(&history), ..counter() };
        object.check(&history)?;
    }

    #[test]
    fn sets_agree_with_the_search(turns in turns(24)) {
        set().check(&set().play(&turns))?;
    }

    #[test]
    fn lineages_of_like_values_agree_with_the_search(turns in turns(24)) {
        alike().check(&alike().play(&turns))?;
    }
}

#[test]
fn most_histories_are_decided() {
    let [good, bad] = distinct_queue().count(some_histories(&distinct_queue()));
    assert!(good > 50 && bad > 50 && good + bad > 490, "queue: {good} {bad}");
    let [good, bad] = distinct_stack().count(some_histories(&distinct_stack()));
    assert!(good > 50 && bad > 50 && good + bad > 490, "stack: {good} {bad}");
    let [good, bad] = set().count(some_histories(&set()));
    assert!(good > 50 && bad > 50, "set: {good} {bad}");
    let [good, bad] = told_apart().count(some_histories(&told_apart()));
    assert!(good > 50 && bad > 50 && good + bad == 500, "{good} {bad}");
    let [good, bad] = alike().count(some_histories(&alike()));
    assert!(good > 50 && bad > 5, "{good} {bad}");
}
