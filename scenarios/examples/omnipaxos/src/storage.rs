//! What a server keeps on its disk, and how it finds itself again after a crash.
//!
//! The crate writes while it handles an event, through a storage that it owns and lends to nobody.
//! So the server keeps a second handle to the same state: the writes gather in it until the
//! handler has returned, and then go to the simulated disk, one record each.

use std::cell::{Ref, RefCell};
use std::rc::Rc;

use omnipaxos::ballot_leader_election::Ballot;
use omnipaxos::storage::{NoSnapshot, StopSign, Storage, StorageOp, StorageResult};
use serde::Serialize;

use crate::command::Command;

/// One durable record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// A round was promised.
    Promise(Ballot),
    /// Entries are accepted in this round from here on.
    AcceptedRound(Ballot),
    /// This many entries are known to be decided.
    Decided(usize),
    /// Entries were accepted behind the first `keep`, and all others cut off.
    Entries {
        /// How many entries stay.
        keep: usize,
        /// What follows them.
        entries: Vec<Command>,
    },
    /// All of these, or none.
    Atomically(Vec<Record>),
}

/// What a server must not forget.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Durable {
    /// The latest round that it promised.
    pub(crate) promise: Option<Ballot>,
    /// The latest round in which it accepted.
    pub(crate) accepted_round: Option<Ballot>,
    /// The entries that it accepted.
    pub(crate) log: Vec<Command>,
    /// How many of them it knows to be decided.
    pub(crate) decided: usize,
}

impl Durable {
    /// What these records say.
    pub(crate) fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut durable = Self::default();
        records.into_iter().for_each(|record| durable.replay(record));
        durable
    }

    fn replay(&mut self, record: &Record) {
        match record {
            Record::Promise(round) => self.promise = Some(*round),
            Record::AcceptedRound(round) => self.accepted_round = Some(*round),
            Record::Decided(decided) => self.decided = *decided,
            Record::Entries { keep, entries } => {
                self.log.truncate(*keep);
                self.log.extend_from_slice(entries);
            }
            Record::Atomically(records) => records.iter().for_each(|record| self.replay(record)),
        }
    }
}

/// A handle to the storage of a server: the crate has one, the server another.
#[derive(Clone, Debug)]
pub(crate) struct SharedStorage(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    durable: Durable,
    /// What was written since the server last took it.
    written: Vec<Record>,
    /// The first entry that was written over in this step.
    changed_from: Option<usize>,
}

impl SharedStorage {
    pub(crate) fn new(durable: Durable) -> Self {
        Self(Rc::new(RefCell::new(State { durable, written: Vec::new(), changed_from: None })))
    }

    /// What a new step begins with.
    pub(crate) fn begin_step(&self) {
        self.0.borrow_mut().changed_from = None;
    }

    /// What was written since this was last asked.
    pub(crate) fn take_written(&self) -> Vec<Record> {
        std::mem::take(&mut self.0.borrow_mut().written)
    }

    /// The index, counted from 0, of the first entry that this step cut off or wrote over.
    pub(crate) fn changed_from(&self) -> Option<usize> {
        self.0.borrow().changed_from
    }

    /// The entries that are accepted.
    pub(crate) fn log(&self) -> Ref<'_, [Command]> {
        Ref::map(self.0.borrow(), |state| state.durable.log.as_slice())
    }

    fn write(&self, record: Record) -> StorageResult<()> {
        let mut state = self.0.borrow_mut();
        let length = state.durable.log.len();
        if let Some(keep) = record.keeps().filter(|keep| *keep < length) {
            state.changed_from = Some(state.changed_from.map_or(keep, |before| before.min(keep)));
        }
        state.durable.replay(&record);
        state.written.push(record);
        Ok(())
    }

    fn read<T>(&self, what: impl FnOnce(&Durable) -> T) -> StorageResult<T> {
        Ok(what(&self.0.borrow().durable))
    }
}

impl Record {
    /// How many entries it leaves, if it cuts any off.
    fn keeps(&self) -> Option<usize> {
        match self {
            Self::Entries { keep, .. } => Some(*keep),
            Self::Atomically(records) => records.iter().filter_map(Self::keeps).min(),
            Self::Promise(_) | Self::AcceptedRound(_) | Self::Decided(_) => None,
        }
    }
}

/// The crate asked for something that it was not told to do: to compact its log, or to hand over
/// to another configuration.
fn not_in_use<T>(what: &str) -> StorageResult<T> {
    Err(format!("{what}: logs are never compacted here, and the configuration never changes").into())
}

impl Storage<Command> for SharedStorage {
    fn write_atomically(&mut self, ops: Vec<StorageOp<Command>>) -> StorageResult<()> {
        // The length that appends find depends on what stands before them.
        let mut length = self.log().len();
        let mut records = Vec::with_capacity(ops.len());
        for op in ops {
            let record = match op {
                StorageOp::AppendEntry(entry) => Record::Entries { keep: length, entries: vec![entry] },
                StorageOp::AppendEntries(entries) => Record::Entries { keep: length, entries },
                StorageOp::AppendOnPrefix(keep, entries) => Record::Entries { keep, entries },
                StorageOp::SetPromise(round) => Record::Promise(round),
                StorageOp::SetDecidedIndex(decided) => Record::Decided(decided),
                StorageOp::SetAcceptedRound(round) => Record::AcceptedRound(round),
                StorageOp::SetCompactedIdx(_) | StorageOp::Trim(_) | StorageOp::SetSnapshot(_) => {
                    return not_in_use("compaction");
                }
                StorageOp::SetStopsign(_) => return not_in_use("reconfiguration"),
            };
            if let Record::Entries { keep, entries } = &record {
                length = keep + entries.len();
            }
            records.push(record);
        }
        self.write(Record::Atomically(records))
    }

    fn append_entry(&mut self, entry: Command) -> StorageResult<()> {
        self.append_entries(vec![entry])
    }

    fn append_entries(&mut self, entries: Vec<Command>) -> StorageResult<()> {
        // The crate appends nothing whenever it flushes an empty batch.
        if entries.is_empty() {
            return Ok(());
        }
        let keep = self.log().len();
        self.write(Record::Entries { keep, entries })
    }

    fn append_on_prefix(&mut self, from_idx: usize, entries: Vec<Command>) -> StorageResult<()> {
        self.write(Record::Entries { keep: from_idx, entries })
    }

    fn set_promise(&mut self, n_prom: Ballot) -> StorageResult<()> {
        self.write(Record::Promise(n_prom))
    }

    fn set_decided_idx(&mut self, ld: usize) -> StorageResult<()> {
        self.write(Record::Decided(ld))
    }

    fn get_decided_idx(&self) -> StorageResult<usize> {
        self.read(|durable| durable.decided)
    }

    fn set_accepted_round(&mut self, na: Ballot) -> StorageResult<()> {
        self.write(Record::AcceptedRound(na))
    }

    fn get_accepted_round(&self) -> StorageResult<Option<Ballot>> {
        self.read(|durable| durable.accepted_round)
    }

    fn get_entries(&self, from: usize, to: usize) -> StorageResult<Vec<Command>> {
        self.read(|durable| durable.log.get(from..to).map_or_else(Vec::new, <[Command]>::to_vec))
    }

    fn get_log_len(&self) -> StorageResult<usize> {
        self.read(|durable| durable.log.len())
    }

    fn get_suffix(&self, from: usize) -> StorageResult<Vec<Command>> {
        self.read(|durable| durable.log.get(from..).map_or_else(Vec::new, <[Command]>::to_vec))
    }

    fn get_promise(&self) -> StorageResult<Option<Ballot>> {
        self.read(|durable| durable.promise)
    }

    fn set_stopsign(&mut self, _: Option<StopSign>) -> StorageResult<()> {
        not_in_use("reconfiguration")
    }

    fn get_stopsign(&self) -> StorageResult<Option<StopSign>> {
        Ok(None)
    }

    fn trim(&mut self, _: usize) -> StorageResult<()> {
        not_in_use("compaction")
    }

    fn set_compacted_idx(&mut self, _: usize) -> StorageResult<()> {
        not_in_use("compaction")
    }

    fn get_compacted_idx(&self) -> StorageResult<usize> {
        Ok(0)
    }

    fn set_snapshot(&mut self, _: Option<NoSnapshot>) -> StorageResult<()> {
        not_in_use("compaction")
    }

    fn get_snapshot(&self) -> StorageResult<Option<NoSnapshot>> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use parts::kv::KvOp;
    use sim_core::{NodeId, RequestId};

    use super::*;

    fn command(sequence: u32) -> Command {
        let request = RequestId { client: NodeId::client(0), session: 0, sequence };
        Command { request, op: KvOp::Get { key: sequence } }
    }

    fn round(n: u32) -> Ballot {
        Ballot::with(1, n, 0, 1)
    }

    /// Does everything that the crate does to a storage.
    fn written() -> (SharedStorage, Vec<Record>) {
        let shared = SharedStorage::new(Durable::default());
        let mut storage = shared.clone();
        storage.set_promise(round(2)).expect("it can be written");
        storage.append_entry(command(0)).expect("it can be written");
        storage.append_entries(vec![command(1), command(2)]).expect("it can be written");
        storage.set_decided_idx(1).expect("it can be written");
        let ops = vec![
            StorageOp::SetAcceptedRound(round(2)),
            StorageOp::SetDecidedIndex(2),
            StorageOp::AppendOnPrefix(2, vec![command(7)]),
            StorageOp::AppendEntry(command(8)),
        ];
        storage.write_atomically(ops).expect("it can be written");
        let records = shared.take_written();
        (shared, records)
    }

    #[test]
    fn what_was_written_is_what_is_recovered() {
        let (shared, records) = written();
        let recovered = Durable::of(&records);
        assert_eq!(recovered.log, [0, 1, 7, 8].map(command));
        assert_eq!(recovered, shared.0.borrow().durable);
        assert_eq!((recovered.promise, recovered.decided), (Some(round(2)), 2));
    }

    #[test]
    fn the_first_entry_that_was_written_over_is_known() {
        let (shared, _) = written();
        assert_eq!(shared.changed_from(), Some(2));
        shared.begin_step();
        assert_eq!(shared.changed_from(), None);
    }

    #[test]
    fn what_is_not_in_use_is_refused() {
        let mut storage = SharedStorage::new(Durable::default());
        assert!(storage.trim(1).is_err() && storage.set_compacted_idx(1).is_err());
        assert!(storage.write_atomically(vec![StorageOp::Trim(1)]).is_err());
        assert!(storage.take_written().is_empty());
    }
}
