//! Histories of transactions of clients of one server, of several kinds.

use std::collections::{BTreeMap, VecDeque};

use sim_core::SimRng;
use sim_core::consistency::isolation::{Key, MicroOp, Transaction, TransactionHistory, TransactionOutcome};

/// What the keys are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    Lists,
    Registers,
}

/// How the server goes about transactions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// One after the other.
    Serial,
    /// The same, but in the middle one transaction that only reads is told what was there a thousand
    /// transactions before.
    OneStaleRead,
    /// Each on a snapshot from its call. It is aborted if what it writes has been written since.
    Snapshots,
    /// The same, and nobody is aborted. No transaction reads what it has written.
    LosesUpdates,
}

/// Micro-operations of a transaction.
const MOST_OPS: u64 = 5;
/// Writes of a key until another takes its place.
const WRITES_A_KEY: u32 = 32;
/// Keys in use.
const KEYS: usize = 10;
const PROCESSES: u64 = 20;

/// What a key holds: the values written to it, in order.
type Values = Vec<i64>;

struct Making {
    keys: Keys,
    server: Server,
    history: TransactionHistory,
    rng: SimRng,
    /// The keys in use, with the number of writes asked for.
    active: Vec<(Key, u32)>,
    values: BTreeMap<Key, Values>,
    /// By key, how many transactions had committed at its last write.
    written_at: BTreeMap<Key, usize>,
    /// The values of keys at recent commits: what each commit replaced.
    log: VecDeque<Vec<(Key, usize)>>,
    committed: usize,
}

#[derive(Clone, Copy)]
enum Asked {
    Read(Key),
    Write(Key, i64),
}

/// A transaction in flight.
struct Open {
    called: u64,
    asked: Vec<Asked>,
    /// How many transactions had committed at its call.
    begin: usize,
    done: Option<(TransactionOutcome, Vec<Values>)>,
}

/// A history of about `micro_ops` micro-operations.
pub(crate) fn make(keys: Keys, server: Server, micro_ops: usize) -> TransactionHistory {
    let mut history = TransactionHistory::new();
    let active = (0..KEYS).map(|number| (history.key(&number.to_string()), 0)).collect();
    let mut making = Making {
        keys,
        server,
        history,
        rng: SimRng::new(11, 1),
        active,
        values: BTreeMap::new(),
        written_at: BTreeMap::new(),
        log: VecDeque::new(),
        committed: 0,
    };
    let mut open = BTreeMap::<u64, Open>::new();
    let mut asked = 0;
    let mut is_stale_read_due = server == Server::OneStaleRead;
    for time in 0.. {
        let process = making.rng.below(PROCESSES);
        match open.remove(&process) {
            None if asked >= micro_ops && open.is_empty() => break,
            None if asked >= micro_ops => {}
            None => {
                let mut transaction = Open { called: time, asked: making.ask(), begin: making.committed, done: None };
                asked += transaction.asked.len();
                if is_stale_read_due && asked > micro_ops / 2 {
                    is_stale_read_due = false;
                    transaction.asked = making.active.iter().map(|&(key, _)| Asked::Read(key)).collect();
                    transaction.done = Some(making.read_old(&transaction.asked));
                }
                open.insert(process, transaction);
            }
            Some(mut transaction) if transaction.done.is_none() => {
                transaction.done = Some(making.execute(&transaction));
                open.insert(process, transaction);
            }
            Some(transaction) => making.end(process as u32, time, transaction),
        }
    }
    making.history
}

impl Making {
    fn ask(&mut self) -> Vec<Asked> {
        let length = self.rng.between(1, MOST_OPS);
        let mut asked: Vec<Asked> = (0..length).map(|_| self.ask_one()).collect();
        if self.server == Server::LosesUpdates {
            asked.sort_by_key(|asked| matches!(asked, Asked::Write(..)));
        }
        asked
    }

    fn ask_one(&mut self) -> Asked {
        let place = self.rng.below(KEYS as u64) as usize;
        let key = self.active[place].0;
        if self.rng.below(2) == 0 {
            return Asked::Read(key);
        }
        let (_, writes) = &mut self.active[place];
        *writes += 1;
        let value = i64::from(*writes);
        if *writes == WRITES_A_KEY {
            let name = self.history.keys().to_string();
            self.active[place] = (self.history.key(&name), 0);
        }
        Asked::Write(key, value)
    }

    fn read_old(&self, asked: &[Asked]) -> (TransactionOutcome, Vec<Values>) {
        let commits = self.committed.saturating_sub(1_000);
        let read = |asked: &Asked| match *asked {
            Asked::Read(key) => self.read(key, self.committed - commits, &[]),
            Asked::Write(..) => Values::new(),
        };
        (TransactionOutcome::Committed, asked.iter().map(read).collect())
    }

    fn execute(&mut self, transaction: &Open) -> (TransactionOutcome, Vec<Values>) {
        let has_snapshot = matches!(self.server, Server::Snapshots | Server::LosesUpdates);
        let commits = if has_snapshot { transaction.begin } else { self.committed };
        let written = |asked: &Asked| match *asked {
            Asked::Write(key, _) => Some(key),
            Asked::Read(_) => None,
        };
        let is_overtaken =
            |key| self.server == Server::Snapshots && self.written_at.get(&key).is_some_and(|&at| at > commits);
        if transaction.asked.iter().filter_map(written).any(is_overtaken) {
            return (TransactionOutcome::Aborted, Vec::new());
        }
        let missing = self.committed - commits;
        let mut replaced = Vec::new();
        let mut own = BTreeMap::<Key, Values>::new();
        let mut reads = Vec::new();
        for asked in &transaction.asked {
            match *asked {
                Asked::Read(key) => {
                    let missing = if own.contains_key(&key) { 0 } else { missing };
                    let mut read = self.read(key, missing, &replaced);
                    read.extend(own.get(&key).into_iter().flatten());
                    reads.push(read);
                }
                Asked::Write(key, value) => {
                    let values = self.values.entry(key).or_default();
                    replaced.push((key, values.len()));
                    values.push(value);
                    own.entry(key).or_default().push(value);
                }
            }
        }
        self.committed += 1;
        self.written_at.extend(own.keys().map(|&key| (key, self.committed)));
        self.log.push_back(replaced);
        if self.log.len() > 2_000 {
            self.log.pop_front();
        }
        (TransactionOutcome::Committed, reads)
    }

    /// What a key held before the last `missing` commits and before what was `replaced` since.
    fn read(&self, key: Key, missing: usize, replaced: &[(Key, usize)]) -> Values {
        let values = self.values.get(&key).map_or(&[][..], |values| values);
        let undone = self.log.iter().skip(self.log.len().saturating_sub(missing)).flatten().chain(replaced);
        let first = undone.into_iter().find(|(other, _)| *other == key);
        let length = first.map_or(values.len(), |&(_, length)| length);
        values[..length].to_vec()
    }

    fn end(&mut self, process: u32, time: u64, transaction: Open) {
        let (outcome, reads) = transaction.done.expect("it has taken effect");
        let mut reads = reads.iter();
        let keys = self.keys;
        let ops = transaction.asked.iter().filter_map(|asked| match (*asked, keys) {
            (Asked::Write(key, value), Keys::Lists) => Some(MicroOp::Append { key, value }),
            (Asked::Write(key, value), Keys::Registers) => Some(MicroOp::Write { key, value }),
            (Asked::Read(key), Keys::Lists) => reads.next().map(|values| MicroOp::ReadList { key, values }),
            (Asked::Read(key), Keys::Registers) => {
                reads.next().map(|values| MicroOp::ReadRegister { key, value: values.last().copied() })
            }
        });
        let returned = Some(time);
        let header = Transaction { process, called: transaction.called, returned, outcome };
        self.history.push(header, ops).expect("processes have one transaction at a time");
    }
}
