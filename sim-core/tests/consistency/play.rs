//! Random histories of clients of a nearly perfect server.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sim_core::consistency::SequentialModel;
use sim_core::consistency::models::{Op, Reply};
use sim_core::{History, OperationId, OperationOutcome};

pub(crate) type Foreign = History<Op, Reply>;

/// One turn of a client: an idle one asks, a busy one's operation ends.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    client: u32,
    op: Op,
    /// Whether an operation takes effect when it is asked rather than when it ends.
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

impl Turn {
    /// Asks something else.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Op)) {
        change(&mut self.op);
    }
}

/// Turns of `clients` with these operations, and sometimes one of these replies for a lie.
pub(crate) fn turns(
    clients: u32,
    length: usize,
    ops: Vec<Op>,
    replies: Vec<Reply>,
) -> impl Strategy<Value = Vec<Turn>> {
    let end = prop_oneof![
        8 => Just(End::Truth),
        1 => prop::sample::select(replies).prop_map(End::Lie),
        1 => Just(End::Failed),
        1 => Just(End::Unknown),
    ];
    let turn = (0..clients, prop::sample::select(ops), any::<bool>(), end).prop_map(|(client, op, early, end)| Turn {
        client,
        op,
        early,
        end,
    });
    prop::collection::vec(turn, 0..=length)
}

/// Plays the turns. What the server says is the first of `replies` that its model permits. A lie
/// that would not fit is none.
pub(crate) fn play<M>(model: &M, replies: &[Reply], fits: &dyn Fn(&Op, &Reply) -> bool, turns: &[Turn]) -> Foreign
where
    M: SequentialModel<Op = Op, Reply = Reply>,
{
    let mut history = History::new();
    let mut states = BTreeMap::new();
    let mut act = |op: &Op| {
        let state = states.entry(op.key.clone()).or_insert_with(|| model.initial());
        let permitted = |reply: &Reply| Some((reply.clone(), model.apply(state, op, Some(reply))?));
        let (reply, next) = replies.iter().find_map(permitted)?;
        *state = next;
        Some(reply)
    };
    let mut busy = BTreeMap::<u32, (OperationId, Option<Reply>)>::new();
    let mut sessions = BTreeMap::<u32, u64>::new();
    for (time, turn) in (0..).zip(turns) {
        let session = sessions.entry(turn.client).or_default();
        let Some((id, answer)) = busy.remove(&turn.client) else {
            let id = history.invoke(turn.client, *session, turn.op.clone(), time);
            let answer = if turn.early { act(&turn.op) } else { None };
            busy.insert(turn.client, (id, answer));
            continue;
        };
        let op = history.get(id).op.clone();
        match (&turn.end, answer) {
            (End::Failed, None) => history.failed(id, time),
            (End::Lie(reply), _) if fits(&op, reply) => history.ok(id, reply.clone(), time),
            (End::Truth | End::Lie(_), Some(answer)) => history.ok(id, answer, time),
            (End::Truth | End::Lie(_), None) => match act(&op) {
                Some(answer) => history.ok(id, answer, time),
                None => history.unknown(id),
            },
            (End::Failed | End::Unknown, _) => {
                history.unknown(id);
                *session += 1;
            }
        }
    }
    history
}

/// The same history with other clients and operations, and without some of them.
pub(crate) fn remade(
    history: &Foreign,
    client: impl Fn(u32) -> u32,
    change: impl Fn(&Op, Option<&Reply>) -> (Op, Option<Reply>),
    keep: impl Fn(OperationId) -> bool,
) -> Foreign {
    let kept = history.iter().filter(|(id, _)| keep(*id));
    let mut events: Vec<_> = kept
        .flat_map(|(id, operation)| [Some((operation.invoked, id)), operation.returned().map(|at| (at, id))])
        .flatten()
        .collect();
    events.sort_by_key(|(at, _)| at.order);
    let mut made = History::new();
    let mut ids = BTreeMap::new();
    for (at, id) in events {
        let operation = history.get(id);
        let (op, reply) = change(&operation.op, operation.reply());
        match (ids.get(&id), &operation.outcome) {
            (None, _) => {
                ids.insert(id, made.invoke(client(operation.client), operation.session, op, at.time_ns));
            }
            (Some(&new), OperationOutcome::Failed { .. }) => made.failed(new, at.time_ns),
            (Some(&new), _) => made.ok(new, reply.expect("it returned"), at.time_ns),
        }
    }
    made
}
