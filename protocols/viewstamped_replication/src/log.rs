//! The log of a replica, cut off at a checkpoint.

use parts::kv::{KvOp, Machine};
use serde::Serialize;
use sim_core::RequestId;

/// The request of a client, to which an op-number was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Which request it is, for the client table.
    pub request: RequestId,
    /// What was asked.
    pub op: KvOp,
}

/// The state after all requests up to an op-number, the client table included (Liskov and Cowling 2012, 5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// The op-number of the last request in it.
    pub op_number: u64,
    /// The map, and the last reply to each client.
    pub machine: Machine,
}

/// The requests in the order of their op-numbers, which begin with 1. A checkpoint stands for those before the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Log {
    checkpoint: Checkpoint,
    entries: Vec<Entry>,
}

/// What a replica that is behind is sent (5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Part {
    /// What follows in the log behind an op-number.
    Suffix {
        /// The op-number.
        after: u64,
        /// What follows.
        entries: Vec<Entry>,
    },
    /// All of it, as the checkpoint stands for what is lacking.
    Whole(Box<Log>),
}

impl Log {
    /// The op-number of the last request.
    #[inline]
    pub const fn op_number(&self) -> u64 {
        self.checkpoint.op_number + self.entries.len() as u64
    }

    /// The op-number of the last request for which the checkpoint stands.
    #[inline]
    pub const fn base(&self) -> u64 {
        self.checkpoint.op_number
    }

    /// What stands for the requests up to there.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The request of this op-number, unless the checkpoint stands for it or it is still to come.
    #[inline]
    pub fn get(&self, op_number: u64) -> Option<&Entry> {
        self.entries.get(op_number.checked_sub(self.base() + 1)? as usize)
    }

    /// The requests behind an op-number, with theirs.
    pub fn after(&self, op_number: u64) -> impl Iterator<Item = (u64, &Entry)> {
        let first = op_number.max(self.base()) + 1;
        (first..).map_while(|at| Some((at, self.get(at)?)))
    }

    /// Appends; gives the op-number.
    pub(crate) fn append(&mut self, entry: Entry) -> u64 {
        self.entries.push(entry);
        self.op_number()
    }

    /// Removes what lies behind an op-number; a checkpoint stays.
    pub(crate) fn truncate(&mut self, op_number: u64) {
        self.entries.truncate(op_number.saturating_sub(self.base()) as usize);
    }

    /// This is what follows behind an op-number, up to which the log goes at least.
    pub(crate) fn replace_after(&mut self, after: u64, entries: Vec<Entry>) {
        self.truncate(after);
        let known = self.base().saturating_sub(after) as usize;
        self.entries.extend(entries.into_iter().skip(known));
    }

    /// From now on this state stands for all up to an op-number.
    pub(crate) fn take_checkpoint(&mut self, op_number: u64, machine: Machine) {
        self.entries.drain(..(op_number.saturating_sub(self.base()) as usize).min(self.entries.len()));
        self.checkpoint = Checkpoint { op_number, machine };
    }

    /// The log without the client table of its checkpoint, for the flaw that leaves it out.
    pub(crate) fn without_clients(mut self) -> Self {
        self.checkpoint.machine.sessions = Default::default();
        self
    }

    /// What a replica lacks that has all up to an op-number.
    pub(crate) fn part_after(&self, op_number: u64) -> Part {
        if op_number < self.base() {
            Part::Whole(Box::new(self.clone()))
        } else {
            let entries = self.after(op_number).map(|(_, entry)| *entry).collect();
            Part::Suffix { after: op_number, entries }
        }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::NodeId;

    use super::*;

    fn entry(sequence: u32) -> Entry {
        let request = RequestId { client: NodeId::client(0), session: 0, sequence };
        Entry { request, op: KvOp::Get { key: 0 } }
    }

    /// A log of so many requests, with a checkpoint of the first ones.
    fn log(base: u64, op_number: u32) -> Log {
        let mut log = Log::default();
        (1..=op_number).for_each(|sequence| _ = log.append(entry(sequence)));
        log.take_checkpoint(base, Machine::default());
        log
    }

    fn numbers(log: &Log) -> Vec<(u64, u32)> {
        log.after(0).map(|(at, entry)| (at, entry.request.sequence)).collect()
    }

    #[test]
    fn a_checkpoint_stands_for_what_was_before() {
        let log = log(2, 4);
        assert_eq!((log.base(), log.op_number()), (2, 4));
        assert_eq!((log.get(2), log.get(3), log.get(5)), (None, Some(&entry(3)), None));
        assert_eq!(numbers(&log), [(3, 3), (4, 4)]);
    }

    #[test]
    fn a_replica_is_sent_what_it_lacks() {
        let log = log(2, 4);
        assert_eq!(log.part_after(3), Part::Suffix { after: 3, entries: vec![entry(4)] });
        assert_eq!(log.part_after(2), Part::Suffix { after: 2, entries: vec![entry(3), entry(4)] });
        assert_eq!(log.part_after(1), Part::Whole(Box::new(log.clone())));
    }

    #[test]
    fn a_suffix_replaces_what_was_there() {
        let mut log = log(2, 5);
        log.replace_after(3, vec![entry(9)]);
        assert_eq!(numbers(&log), [(3, 3), (4, 9)]);
        log.replace_after(1, vec![entry(2), entry(7)]);
        assert_eq!(numbers(&log), [(3, 7)], "the checkpoint stands for the first of these");
    }
}
