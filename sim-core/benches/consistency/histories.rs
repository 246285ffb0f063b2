//! Histories of clients of a perfect server.

use std::collections::BTreeMap;

use sim_core::consistency::models::{Action, Datum, Op, Reply};
use sim_core::{History, OperationId, SimRng};

/// What is asked of what.
#[derive(Clone, Copy)]
pub(crate) enum Object {
    Map,
    Queue,
    Stack,
    Set,
}

/// What a history is like.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) object: Object,
    pub(crate) operations: u32,
    /// Each has one operation in flight nearly all the time.
    pub(crate) clients: u32,
    pub(crate) keys: u32,
    /// Of twenty operations, how many write a value of their own.
    pub(crate) writes: u64,
    /// How many append a text of their own.
    pub(crate) appends: u64,
    /// How many compare and swap small numbers; the rest read.
    pub(crate) swaps: u64,
    /// Of a hundred operations, how many end without an answer.
    pub(crate) lost: u64,
    /// Whether one read in the middle is told something else than what was there.
    pub(crate) is_altered: bool,
    pub(crate) seed: u64,
}

impl Shape {
    pub(crate) const REGISTER: Self = Self {
        object: Object::Map,
        operations: 0,
        clients: 0,
        keys: 0,
        writes: 10,
        appends: 0,
        swaps: 0,
        lost: 0,
        is_altered: false,
        seed: 7,
    };
    pub(crate) const KV: Self = Self { writes: 2, appends: 8, ..Self::REGISTER };
    pub(crate) const CAS: Self = Self { writes: 4, swaps: 8, ..Self::REGISTER };
    pub(crate) const QUEUE: Self = Self { object: Object::Queue, ..Self::REGISTER };
    pub(crate) const STACK: Self = Self { object: Object::Stack, ..Self::REGISTER };
    pub(crate) const SET: Self = Self { object: Object::Set, ..Self::REGISTER };
    pub(crate) const PUTS: Self = Self { keys: 10, writes: 3, appends: 9, ..Self::REGISTER };
}

/// What clients ask.
pub(crate) trait Service {
    /// An operation of a client takes effect, when so many have been asked for: gives its reply.
    fn take_effect(&mut self, client: usize, op: &Op, asked: u32, rng: &mut SimRng) -> Reply;

    /// What is told when it returns.
    fn told(&mut self, reply: Reply, _asked: u32) -> Reply {
        reply
    }
}

/// An operation in flight.
struct Open {
    id: OperationId,
    reply: Option<Reply>,
}

/// Clients in random turns: an idle one asks, a busy one's operation first takes effect and then
/// returns.
pub(crate) fn in_turns(shape: Shape, rng: &mut SimRng, service: &mut impl Service) -> History<Op, Reply> {
    let mut history = History::new();
    let mut open = BTreeMap::<u32, Open>::new();
    // Who lost an operation is another client from then on.
    let mut names: Vec<u32> = (0..shape.clients).collect();
    let mut asked = 0;
    for time in 0.. {
        let client = rng.below(u64::from(shape.clients)) as u32;
        let is_quiet = open.is_empty();
        match open.get_mut(&client) {
            None if asked < shape.operations => {
                asked += 1;
                let op = operation(shape, asked, rng);
                let id = history.invoke(names[client as usize], 0, op, time);
                open.insert(client, Open { id, reply: None });
            }
            None if is_quiet => break,
            None => {}
            // Before or after it takes effect.
            Some(Open { id, .. }) if rng.below(200) < shape.lost => {
                history.unknown(*id);
                names[client as usize] += shape.clients;
                open.remove(&client);
            }
            Some(Open { id, reply: reply @ None }) => {
                *reply = Some(service.take_effect(client as usize, &history.get(*id).op, asked, rng));
            }
            Some(Open { id, reply }) => {
                let reply = service.told(reply.take().expect("it has taken effect"), asked);
                history.ok(*id, reply, time);
                open.remove(&client);
            }
        }
    }
    history
}

/// One server, which does everything at once.
struct Server {
    values: BTreeMap<Datum, Datum>,
    /// After how many operations a read is to be told something else.
    to_alter: Option<u32>,
}

impl Service for Server {
    fn take_effect(&mut self, _client: usize, op: &Op, _asked: u32, _rng: &mut SimRng) -> Reply {
        act(&mut self.values, op)
    }

    fn told(&mut self, reply: Reply, asked: u32) -> Reply {
        let shorter = shortened(&reply).filter(|_| self.to_alter.is_some_and(|from| from < asked));
        self.to_alter = self.to_alter.filter(|_| shorter.is_none());
        shorter.unwrap_or(reply)
    }
}

/// The history of clients of a perfect server.
pub(crate) fn make(shape: Shape) -> History<Op, Reply> {
    let mut values = BTreeMap::<Datum, Datum>::new();
    if !matches!(shape.object, Object::Map) {
        values.insert(Datum::from(0), Datum::from_iter([]));
    }
    let mut server = Server { values, to_alter: shape.is_altered.then_some(shape.operations / 2) };
    in_turns(shape, &mut SimRng::new(shape.seed, 1), &mut server)
}

/// A text that was read without what was appended last.
fn shortened(reply: &Reply) -> Option<Reply> {
    let Reply::Value(Datum::Text(text)) = reply else { return None };
    let end = text.trim_end().rfind(' ')?;
    Some(Reply::Value(Datum::from(&text[..=end])))
}

fn operation(shape: Shape, number: u32, rng: &mut SimRng) -> Op {
    let key = Datum::from(rng.below(u64::from(shape.keys)) as i64);
    let kind = rng.below(20);
    let writes = shape.writes;
    let own = Datum::from(i64::from(number));
    let action = match shape.object {
        Object::Queue if kind < writes => Action::Enqueue(own),
        Object::Queue => Action::Dequeue,
        Object::Stack if kind < writes => Action::Push(own),
        Object::Stack => Action::Pop,
        Object::Set if rng.below(100) > 0 => Action::Insert(own),
        Object::Set => Action::Read,
        Object::Map => map_action(shape, number, kind, rng),
    };
    Op { key, action }
}

fn map_action(shape: Shape, number: u32, kind: u64, rng: &mut SimRng) -> Action {
    let Shape { writes, appends, swaps, .. } = shape;
    if kind < writes && appends > 0 {
        Action::Write(Datum::from(&*format!("w{number} ")))
    } else if kind < writes && swaps > 0 {
        Action::Write(Datum::from(rng.below(5) as i64))
    } else if kind < writes {
        Action::Write(Datum::from(i64::from(number)))
    } else if kind < writes + appends {
        Action::Append(Datum::from(&*format!("a{number} ")))
    } else if kind < writes + appends + swaps {
        Action::cas(rng.below(5) as i64, rng.below(5) as i64)
    } else {
        Action::Read
    }
}

fn act(values: &mut BTreeMap<Datum, Datum>, op: &Op) -> Reply {
    let value = values.entry(op.key.clone()).or_default();
    match &op.action {
        Action::Write(new) => {
            *value = new.clone();
            Reply::Done
        }
        Action::Append(more) => {
            *value = joined(value, more);
            Reply::Done
        }
        Action::Cas(values) => {
            let is_swapped = *value == values.0;
            if is_swapped {
                *value = values.1.clone();
            }
            Reply::Flag(is_swapped)
        }
        Action::Enqueue(element) | Action::Push(element) | Action::Insert(element) => {
            let mut items = items(value).to_vec();
            items.push(element.clone());
            *value = items.into_iter().collect();
            Reply::Done
        }
        Action::Dequeue | Action::Pop => {
            let mut items = items(value).to_vec();
            if items.is_empty() {
                return Reply::Empty;
            }
            let taken = items.remove(if op.action == Action::Pop { items.len() - 1 } else { 0 });
            *value = items.into_iter().collect();
            Reply::Value(taken)
        }
        _ => Reply::Value(value.clone()),
    }
}

fn items(value: &Datum) -> &[Datum] {
    if let Datum::List(items) = value { items } else { &[] }
}

fn joined(value: &Datum, more: &Datum) -> Datum {
    match (value, more) {
        (Datum::Text(value), Datum::Text(more)) => Datum::from(&*format!("{value}{more}")),
        _ => more.clone(),
    }
}

/// Clients that write to a common log and read from copies of their own that lag behind: a history
/// that is sequential, and not linearizable.
pub(crate) fn lagging(shape: Shape) -> History<Op, Reply> {
    let mut rng = SimRng::new(7, 2);
    let mut history = History::new();
    let mut log: Vec<Op> = Vec::new();
    let mut copies = vec![(0, BTreeMap::<Datum, Datum>::new()); shape.clients as usize];
    let mut names: Vec<u32> = (0..shape.clients).collect();
    for number in 1..=shape.operations {
        let client = rng.below(u64::from(shape.clients)) as u32;
        let op = operation(shape, number, &mut rng);
        let id = history.invoke(names[client as usize], 0, op.clone(), 0);
        let (at, values) = &mut copies[client as usize];
        let is_read = op.action == Action::Read;
        if !is_read {
            log.push(op.clone());
        }
        // A write is seen by its own client at once.
        let lag = if is_read { rng.below(50) as usize } else { 0 };
        while *at + lag < log.len() {
            act(values, &log[*at]);
            *at += 1;
        }
        let reply = if is_read { act(values, &op) } else { Reply::Done };
        if shape.lost > 0 && rng.below(100) < shape.lost {
            history.unknown(id);
            names[client as usize] += shape.clients;
        } else {
            history.ok(id, reply, 0);
        }
    }
    history
}

/// Additions of unknown outcome, of powers of two, and then sums that no choice of them makes.
pub(crate) fn hostile() -> History<Op, Reply> {
    let mut history = History::new();
    for client in 0..40 {
        let lost = history.invoke(client, 0, Op::on_the_only(Action::Add(1 << (client + 1))), 0);
        history.unknown(lost);
    }
    let read = history.invoke(40, 0, Op::on_the_only(Action::Read), 1);
    history.ok(read, Reply::Value(Datum::Int((1 << 41) - 1)), 2);
    history
}
