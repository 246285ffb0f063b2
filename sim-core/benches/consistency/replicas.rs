//! Histories of clients each of whom has a copy of the registers that lags behind.

use std::collections::BTreeMap;

use sim_core::consistency::models::{Action, Datum, Op, Reply};
use sim_core::{History, SimRng};

use crate::histories::{Service, Shape, in_turns};

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

/// The copies of all clients.
struct Replicas {
    told: Told,
    logs: Logs,
    copies: Vec<Copy>,
    /// How many writes ago one read is to be told of, and after how many operations.
    to_alter: Option<(usize, u32)>,
}

impl Service for Replicas {
    fn take_effect(&mut self, client: usize, op: &Op, asked: u32, rng: &mut SimRng) -> Reply {
        let (told, copy) = (self.told, &mut self.copies[client]);
        if op.action == Action::Read {
            copy.catch_up(&self.logs, told, rng);
            let back = self.to_alter.filter(|(_, from)| *from < asked).map(|(back, _)| back);
            let wrong = back.and_then(|back| copy.read(&op.key, back));
            self.to_alter = self.to_alter.filter(|_| wrong.is_none());
            return wrong.or_else(|| copy.read(&op.key, 0)).expect("what is there can be read");
        }
        let own = if told == Told::InOneOrder { 0 } else { client };
        let causes = if told == Told::CausesFirst { copy.told.clone() } else { Vec::new() };
        self.logs[own].push(Write { op: op.clone(), causes });
        while (copy.told[own] as usize) < self.logs[own].len() {
            copy.tell(&self.logs, own);
        }
        Reply::Done
    }
}

/// The history of clients that read and write their own copies. If `altered` says so, one read in the
/// middle is told what its copy held so many writes ago.
pub(crate) fn replicas(shape: Shape, told: Told, altered: Option<usize>) -> History<Op, Reply> {
    let mut logs = Logs::new();
    logs.resize_with(if told == Told::InOneOrder { 1 } else { shape.clients as usize }, Vec::new);
    let copy = |_| Copy { told: vec![0; logs.len()], values: BTreeMap::new() };
    let copies = (0..shape.clients).map(copy).collect();
    let to_alter = altered.map(|back| (back, shape.operations / 2));
    in_turns(shape, &mut SimRng::new(shape.seed, 3), &mut Replicas { told, logs, copies, to_alter })
}
