//! A map model and small histories for the tests of the checkers.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Access, RegisterModel, SequentialModel};
use crate::history::{History, Operation, OperationId, OperationOutcome};

/// A map from keys to byte strings; a register holds a string of one byte.
pub(crate) struct Map {
    /// Whether the model tells the checker that keys are independent.
    pub(crate) has_keys: bool,
    /// Whether the model tells the checker that a value only ever grows, which
    /// holds as long as nobody writes.
    pub(crate) only_grows: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Op {
    pub(crate) key: char,
    pub(crate) action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Read,
    Write(u8),
    /// Writes the second if the register holds the first.
    Swap(u8, u8),
    Append(u8),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Done,
    Value(Vec<u8>),
    Swapped(bool),
}

/// The value of each key written; all others hold a single 0.
type State = BTreeMap<char, Vec<u8>>;

pub(crate) type MapHistory = History<Op, Reply>;

impl std::fmt::Debug for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} of {}", self.action, self.key)
    }
}

impl SequentialModel for Map {
    type Op = Op;
    type Reply = Reply;
    type State = State;
    type Key = char;

    fn initial(&self) -> State {
        State::new()
    }

    fn apply(&self, state: &State, op: &Op, reply: Option<&Reply>) -> Option<State> {
        let mut next = state.clone();
        let answer = act(&mut next, *op);
        reply.is_none_or(|reply| *reply == answer).then_some(next)
    }

    fn key(&self, op: &Op) -> Option<char> {
        self.has_keys.then_some(op.key)
    }

    fn is_read(&self, op: &Op, reply: Option<&Reply>) -> bool {
        op.action == Action::Read || reply == Some(&Reply::Swapped(false))
    }

    fn rules_out(&self, state: &State, op: &Op, reply: &Reply) -> bool {
        let is_prefix = matches!(reply, Reply::Value(value) if value.starts_with(value_of(state, op.key)));
        self.only_grows && !is_prefix
    }
}

impl RegisterModel for Map {
    type Value = Vec<u8>;

    fn initial_value(&self, _: &char) -> Vec<u8> {
        vec![0]
    }

    fn access(&self, op: &Op, reply: Option<&Reply>) -> Option<Access<char, Vec<u8>>> {
        match (op.action, reply) {
            (Action::Read, Some(Reply::Value(value))) => Some(Access::read(op.key, value.clone())),
            (Action::Read, None) => Some(Access::nothing(op.key)),
            (Action::Write(value), None | Some(Reply::Done)) => Some(Access::write(op.key, vec![value])),
            (Action::Swap(..), Some(Reply::Swapped(false))) => Some(Access::nothing(op.key).in_part()),
            (Action::Swap(from, to), None | Some(Reply::Swapped(true))) => {
                Some(Access::update(op.key, vec![from], vec![to]))
            }
            _ => None,
        }
    }
}

fn value_of(state: &State, key: char) -> &[u8] {
    state.get(&key).map_or(&[0], Vec::as_slice)
}

/// What a perfect server does.
fn act(state: &mut State, op: Op) -> Reply {
    let value = value_of(state, op.key).to_vec();
    match op.action {
        Action::Read => return Reply::Value(value),
        Action::Swap(from, _) if value != [from] => return Reply::Swapped(false),
        Action::Swap(_, to) => {
            state.insert(op.key, vec![to]);
            return Reply::Swapped(true);
        }
        Action::Write(value) => state.insert(op.key, vec![value]),
        Action::Append(more) => state.insert(op.key, [&value[..], &[more]].concat()),
    };
    Reply::Done
}

/// An operation with its interval; without a reply its outcome is unknown.
pub(crate) struct Call(pub(crate) u32, pub(crate) Op, pub(crate) Option<Reply>, pub(crate) [u64; 2]);

/// A write that returned.
pub(crate) fn w(client: u32, key: char, value: u8, interval: [u64; 2]) -> Call {
    let action = Action::Write(value);
    Call(client, Op { key, action }, Some(Reply::Done), interval)
}

/// A read that returned `value`.
pub(crate) fn r(client: u32, key: char, value: u8, interval: [u64; 2]) -> Call {
    let action = Action::Read;
    Call(client, Op { key, action }, Some(Reply::Value(vec![value])), interval)
}

/// The history of these calls. At the same time, invocations come before returns.
pub(crate) fn history_of(calls: &[Call]) -> MapHistory {
    let mut events: Vec<_> = (0..calls.len()).flat_map(|i| [(calls[i].3[0], 0, i), (calls[i].3[1], 1, i)]).collect();
    events.sort_unstable();
    let mut history = History::new();
    let mut ids = BTreeMap::new();
    for (time, kind, i) in events {
        let Call(client, op, reply, _) = &calls[i];
        match (kind, reply) {
            (0, _) => drop(ids.insert(i, history.invoke(*client, 0, *op, time))),
            (_, Some(reply)) => history.ok(ids[&i], reply.clone(), time),
            (_, None) => history.unknown(ids[&i]),
        }
    }
    history
}

/// The same history with other clients and without some operations.
pub(crate) fn remade(
    history: &MapHistory,
    client: impl Fn(u32) -> u32,
    keep: impl Fn(OperationId) -> bool,
) -> MapHistory {
    let mut events: Vec<_> = history
        .iter()
        .filter(|(id, _)| keep(*id))
        .flat_map(|(id, operation)| [Some((operation.invoked, id)), operation.returned().map(|at| (at, id))])
        .flatten()
        .collect();
    events.sort_by_key(|(at, _)| at.order);
    let mut made = History::new();
    let mut ids = BTreeMap::new();
    for (at, id) in events {
        let operation = history.get(id);
        match (ids.get(&id), &operation.outcome) {
            (None, _) => {
                let new = made.invoke(client(operation.client), operation.session, operation.op, at.time_ns);
                ids.insert(id, new);
            }
            (Some(&new), OperationOutcome::Ok { reply, .. }) => made.ok(new, reply.clone(), at.time_ns),
            (Some(&new), _) => made.failed(new, at.time_ns),
        }
    }
    made
}

/// One turn of a client: an idle one invokes, a busy one ends its operation.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    client: u32,
    op: Op,
    /// Whether an invocation takes effect at once rather than at the return.
    early: bool,
    end: End,
}

#[derive(Clone, Debug)]
enum End {
    Truth,
    Lie(Reply),
    Failed,
    Unknown,
}

/// Turns of three clients that append to two lists and read them.
pub(crate) fn growing_turns(length: usize) -> impl Strategy<Value = Vec<Turn>> {
    let append = (0..3u8).prop_map(Action::Append);
    let action = prop_oneof![Just(Action::Read), append].boxed();
    prop::collection::vec(turn(action), 0..=length)
}

/// Turns of three clients on two keys, with actions of one kind of object.
pub(crate) fn turns(length: usize) -> impl Strategy<Value = Vec<Turn>> {
    let value = || 0..3u8;
    let read = || Just(Action::Read);
    let write = || value().prop_map(Action::Write);
    let swap = (value(), value()).prop_map(|(from, to)| Action::Swap(from, to));
    let register = prop_oneof![read(), write()].boxed();
    let swap_register = prop_oneof![read(), write(), swap.clone(), swap].boxed();
    let list = prop_oneof![read(), write(), value().prop_map(Action::Append)].boxed();
    prop_oneof![Just(register), Just(swap_register), Just(list)]
        .prop_flat_map(move |action| prop::collection::vec(turn(action), 0..=length))
}

/// Turns of three clients that read two registers and write them, no value twice.
pub(crate) fn unique_turns(length: usize) -> impl Strategy<Value = Vec<Turn>> {
    let action = prop_oneof![Just(Action::Read), Just(Action::Write(0))].boxed();
    prop::collection::vec((turn(action), 0..12u8), 0..=length).prop_map(|turns| {
        let unique = |(i, (mut turn, lie)): (usize, (Turn, u8))| {
            if let Action::Write(value) = &mut turn.op.action {
                *value = i as u8 + 1;
            }
            if let End::Lie(reply) = &mut turn.end {
                *reply = if turn.op.action == Action::Read { Reply::Value(vec![lie]) } else { Reply::Done };
            }
            turn
        };
        turns.into_iter().enumerate().map(unique).collect()
    })
}

/// Operations of four clients, one after the other in time, on three registers, no value written
/// twice: reads, writes and swaps. What is read was mostly written not long before.
pub(crate) fn unsteady_histories(length: usize) -> impl Strategy<Value = MapHistory> {
    let step = (0..4u32, prop::sample::select(vec!['x', 'y', 'z']), 0..8u8, 0..40usize);
    prop::collection::vec(step, 0..=length).prop_map(|steps| {
        let mut values = BTreeMap::<char, Vec<u8>>::new();
        let call = |(number, (client, key, role, back)): (u8, (u32, char, u8, usize))| {
            let values = values.entry(key).or_insert_with(|| vec![0]);
            // One in ten goes far back.
            let back = if back >= 36 { back - 30 } else { back % 3 };
            let read = values[(values.len() - 1).saturating_sub(back)];
            let (action, reply) = match role {
                0..4 => (Action::Read, Reply::Value(vec![read])),
                4..7 => (Action::Write(number), Reply::Done),
                _ => (Action::Swap(read, number), Reply::Swapped(true)),
            };
            if role >= 4 {
                values.push(number);
            }
            let begin = 2 * u64::from(number);
            Call(client, Op { key, action }, Some(reply), [begin, begin + 1])
        };
        history_of(&(1..).zip(steps).map(call).collect::<Vec<_>>())
    })
}

fn turn(action: BoxedStrategy<Action>) -> impl Strategy<Value = Turn> {
    let lie =
        prop_oneof![prop::collection::vec(0..3u8, 1..3).prop_map(Reply::Value), any::<bool>().prop_map(Reply::Swapped)];
    let end = prop_oneof![
        6 => Just(End::Truth),
        1 => lie.prop_map(End::Lie),
        1 => Just(End::Failed),
        2 => Just(End::Unknown),
    ];
    let key = prop_oneof![3 => Just('x'), 1 => Just('y')];
    (0..3u32, key, action, any::<bool>(), end).prop_map(|(client, key, action, early, end)| Turn {
        client,
        op: Op { key, action },
        early,
        end,
    })
}

/// Plays the turns against a perfect server whose answers are sometimes replaced by lies.
pub(crate) fn play(turns: &[Turn]) -> MapHistory {
    let mut history = History::new();
    let mut state = State::new();
    let mut busy = BTreeMap::<u32, (OperationId, Option<Reply>)>::new();
    for (time, turn) in (0..).zip(turns) {
        let Some((id, answer)) = busy.remove(&turn.client) else {
            let id = history.invoke(turn.client, 0, turn.op, time);
            busy.insert(turn.client, (id, turn.early.then(|| act(&mut state, turn.op))));
            continue;
        };
        match (&turn.end, answer) {
            (End::Failed, None) => history.failed(id, time),
            (End::Failed | End::Unknown, _) => history.unknown(id),
            (End::Lie(reply), _) => history.ok(id, reply.clone(), time),
            (End::Truth, Some(answer)) => history.ok(id, answer, time),
            (End::Truth, None) => {
                let op = history.get(id).op;
                history.ok(id, act(&mut state, op), time);
            }
        }
    }
    history
}

/// The definition of linearizability, tried out over all orders.
pub(crate) fn is_linearizable_by_brute_force(history: &MapHistory) -> bool {
    let ids: Vec<_> = history
        .iter()
        .filter(|(_, operation)| !matches!(operation.outcome, OperationOutcome::Failed { .. }))
        .map(|(id, _)| id)
        .collect();
    can_complete(history, &ids, &State::new())
}

fn can_complete(history: &MapHistory, left: &[OperationId], state: &State) -> bool {
    let returned = |id: OperationId| history.get(id).returned().map(|at| at.order);
    if left.iter().all(|&id| returned(id).is_none()) {
        return true;
    }
    let model = Map { has_keys: false, only_grows: false };
    let first_return = left.iter().filter_map(|&id| returned(id)).min();
    left.iter().any(|&id| {
        let operation = history.get(id);
        let is_next = first_return.is_none_or(|order| operation.invoked.order < order);
        let rest: Vec<_> = left.iter().copied().filter(|&other| other != id).collect();
        let next = model.apply(state, &operation.op, operation.reply());
        is_next && next.is_some_and(|next| can_complete(history, &rest, &next))
    })
}

/// The definition of sequential consistency, tried out over all orders.
pub(crate) fn is_sequential_by_brute_force(history: &MapHistory) -> bool {
    let is_possible = |operation: &Operation<Op, Reply>| !matches!(operation.outcome, OperationOutcome::Failed { .. });
    let ids: Vec<_> = history.iter().filter(|(_, operation)| is_possible(operation)).map(|(id, _)| id).collect();
    can_complete_sessions(history, &ids, &State::new())
}

fn can_complete_sessions(history: &MapHistory, left: &[OperationId], state: &State) -> bool {
    if left.iter().all(|&id| history.get(id).returned().is_none()) {
        return true;
    }
    let model = Map { has_keys: false, only_grows: false };
    left.iter().any(|&id| {
        let operation = history.get(id);
        let is_before = |other: &OperationId| {
            let other = history.get(*other);
            (other.client, other.session) == (operation.client, operation.session) && other.precedes(operation)
        };
        let rest: Vec<_> = left.iter().copied().filter(|&other| other != id).collect();
        let next = model.apply(state, &operation.op, operation.reply());
        !left.iter().any(is_before) && next.is_some_and(|next| can_complete_sessions(history, &rest, &next))
    })
}
