//! Histories of clients each of whom has a copy of the registers that lags behind.

use std::collections::BTreeMap;

use sim_core::consistency::models::{Action, Datum, Op, Reply};
use sim_core::{History, OperationId, SimRng};

use crate::histories::{Shape, operation};

/// In which order copies are told of writes, and so the level that the history keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// In one order: sequential.
    InOneOrder,
    /// After all that the writer had been told of before: causal memory.
    CausesFirst,
    /// In the order of each writer: PRAM.
    InOrderOfWriters,
}

/// By how many writes a copy may lag behind each writer, or behind all.
const LAG: u64 = 50;

/// How many earlier values of a register a copy knows.
const REMEMBERED: usize = 300;

struct Write {
    op: Op,
    /// How many writes of each writer its own had been told of.
    causes: Vec<u32>,
}

/// The writes of each writer, or of all.
type Logs = Vec<Vec<Write>>;

/// What one client knows.
struct Copy {
    /// How many writes of each log.
    told: Vec<u32>,
    /// The values of each register, the last last.
    values: BTreeMap<Datum, Vec<Datum>>,
}

/// An operation in flight.
struct Open {
    id: OperationId,
    reply: Option<Reply>,
}

impl Copy {
    fn tell(&mut self, logs: &Logs, log: usize) {
        let Op { key, action } = &logs[log][self.told[log] as usize].op;
        self.told[log] += 1;
        if let Action::Write(value) = action {
            let values = self.values.entry(key.clone()).or_default();
            if values.len() == 2 * REMEMBERED {
                values.drain(..REMEMBERED);
            }
            values.push(value.clone());
        }
    }

    /// Tells of some more of each log.
    fn catch_up(&mut self, logs: &Logs, told: Told, rng: &mut SimRng) {
        let mut order: Vec<usize> = (0..logs.len()).collect();
        rng.shuffle(&mut order);
        for log in order {
            let up_to = logs[log].len().saturating_sub(rng.below(LAG) as usize);
            while (self.told[log] as usize) < up_to {
                let causes = &logs[log][self.told[log] as usize].causes;
                let lacks = |(told, cause): (&u32, &u32)| told < cause;
                if told == Told::CausesFirst && self.told.iter().zip(causes).any(lacks) {
                    break;
                }
                self.tell(logs, log);
            }
        }
    }

    /// What it holds, or held so many writes ago.
    fn read(&self, key: &Datum, back: usize) -> Option<Reply> {
        let value = match self.values.get(key) {
            None => (back == 0).then_some(Datum::Nil),
            Some(values) => values.len().checked_sub(1 + back).map(|place| values[place].clone()),
        };
        value.map(Reply::Value)
    }
}

/// Clients in random turns: an idle one asks, a busy one's operation first takes effect and then
/// returns. If `altered` says so, one read in the middle is told what its copy held so many writes
/// ago.
pub(crate) fn replicas(shape: Shape, told: Told, altered: Option<usize>) -> History<Op, Reply> {
    let mut rng = SimRng::new(shape.seed, 3);
    let mut history = History::new();
    let mut logs = Logs::new();
    logs.resize_with(if told == Told::InOneOrder { 1 } else { shape.clients as usize }, Vec::new);
    let copy = |_| Copy { told: vec![0; logs.len()], values: BTreeMap::new() };
    let mut copies: Vec<Copy> = (0..shape.clients).map(copy).collect();
    let mut open = BTreeMap::<u32, Open>::new();
    // Who lost an operation is another client from then on.
    let mut names: Vec<u32> = (0..shape.clients).collect();
    let mut altered = altered;
    let mut asked = 0;
    for time in 0.. {
        let client = rng.below(u64::from(shape.clients)) as u32;
        let is_quiet = open.is_empty();
        let copy = &mut copies[client as usize];
        match open.get_mut(&client) {
            None if asked < shape.operations => {
                asked += 1;
                let op = operation(shape, asked, &mut rng);
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
                let op = history.get(*id).op.clone();
                if op.action == Action::Read {
                    copy.catch_up(&logs, told, &mut rng);
                    let back = altered.filter(|_| asked > shape.operations / 2);
                    let wrong = back.and_then(|back| copy.read(&op.key, back));
                    altered = altered.filter(|_| wrong.is_none());
                    *reply = wrong.or_else(|| copy.read(&op.key, 0));
                } else {
                    let own = if told == Told::InOneOrder { 0 } else { client as usize };
                    let causes = if told == Told::CausesFirst { copy.told.clone() } else { Vec::new() };
                    logs[own].push(Write { op, causes });
                    while (copy.told[own] as usize) < logs[own].len() {
                        copy.tell(&logs, own);
                    }
                    *reply = Some(Reply::Done);
                }
            }
            Some(Open { id, reply }) => {
                history.ok(*id, reply.take().expect("it has taken effect"), time);
                open.remove(&client);
            }
        }
    }
    history
}
