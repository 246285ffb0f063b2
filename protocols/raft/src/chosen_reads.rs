//! Reads that each choose their level of consistency (`"reads": "chosen"`).
//!
//! The log orders all updates, so a node that has applied more has seen all that one with less has. What a
//! level demands is then how far the node that answers must have applied:
//!
//! | level | answered by | once it has applied |
//! |---|---|---|
//! | strong | the leader | all that was committed when it was asked, while it leads |
//! | sequential | any node | the session's updates, and what its reads had seen |
//! | causal | any node | what the session's reads had seen |
//! | session | any node | what the session's reads of this key had seen |
//! | eventual | any node | nothing in particular |
//!
//! The first is the read index (thesis 6.4), the second the index of the session (thesis 6.4, at the end). "Its
//! reads" are those at the level or a stronger one; and each level also waits for what the weaker ones would wait for.
//! At the causal and the session level a client remembers the last value that it put to each key, and takes that where
//! the node has not come so far: it need not wait for its own puts and deletes. Its appends and compare-and-swaps depend on what others wrote, so it
//! takes them for reads too.
//!
//! **Why that suffices.** Let L be a level, and look at all updates and the reads at L or stronger.
//! *Sequential*: put each update at its index, and each read behind what its node had applied. *Causal*: order
//! updates by the log. To a read, those are visible that its node had applied, and its session's own; what
//! those depend on lies before them in the log, or is in the session's past too. *Session*: each of the four
//! guarantees holds with the same order. Visible to a read are the updates of its key up to the last that it
//! returns, and what the guarantee adds lies before those.
//!
//! **Why no more does.** Of two sessions that put to one key each and then read the other's, both may miss what the
//! other put: that is causal, and not sequential. Who reads a message and then looks for what it answers may
//! not find that at the session level: another key is another matter there.

use std::collections::BTreeMap;

use sim_core::{Flaws, SessionMemory};

use super::flaws::RaftFlaw;
use super::node::Raft;
use parts::kv::{KvOp, KvReply, ReadLevel, WriteId};

/// What a client remembers of its session.
#[derive(Debug)]
pub(super) struct ChosenReads {
    flaws: Flaws<RaftFlaw>,
    /// The node that was asked to read last.
    reads_at: usize,
    /// How much of the log its updates and its sequential and strong reads have seen.
    sequential: u64,
    /// How much its causal and stronger reads have seen, and its updates that read.
    causal: u64,
    /// The same of reads of one key at the session level or stronger.
    by_key: BTreeMap<u32, u64>,
    /// The last value that it put to each key, and the entry of the log that did.
    own: BTreeMap<u32, (u64, Vec<WriteId>)>,
    /// A flaw: what was read of each key first.
    cached: BTreeMap<u32, KvReply>,
}

impl ChosenReads {
    /// Client number `client` begins at the node of that number.
    pub(super) const fn of_client(client: u32, flaws: Flaws<RaftFlaw>) -> Self {
        Self {
            flaws,
            reads_at: client as usize,
            sequential: 0,
            causal: 0,
            by_key: BTreeMap::new(),
            own: BTreeMap::new(),
            cached: BTreeMap::new(),
        }
    }

    /// At which level a read of a key is served, and the key. Whatever asks for no level is strong.
    fn served(&self, op: &KvOp) -> Option<(u32, ReadLevel)> {
        let (key, asked) = match *op {
            KvOp::Get { key } => (key, ReadLevel::Strong),
            KvOp::GetAt { key, level } => (key, level),
            _ => return None,
        };
        let (flaw, weaker) = match asked {
            ReadLevel::Strong => (RaftFlaw::StrongReadAsSequential, ReadLevel::Sequential),
            ReadLevel::Sequential => (RaftFlaw::SequentialReadAsCausal, ReadLevel::Causal),
            ReadLevel::Causal => (RaftFlaw::CausalReadAsSession, ReadLevel::Session),
            ReadLevel::Session => (RaftFlaw::SessionReadAsEventual, ReadLevel::Eventual),
            ReadLevel::Eventual => return Some((key, asked)),
        };
        Some((key, if self.flaws.has(flaw) { weaker } else { asked }))
    }

    /// How much of the log a node must have applied that answers a read of `key`.
    fn needs(&self, key: u32, level: ReadLevel) -> u64 {
        let of_key = self.by_key.get(&key).copied().unwrap_or(0);
        match level {
            ReadLevel::Strong | ReadLevel::Sequential => self.sequential.max(self.causal).max(of_key),
            ReadLevel::Causal => self.causal.max(of_key),
            ReadLevel::Session => of_key,
            ReadLevel::Eventual => 0,
        }
    }

    /// A read of `key` has seen the log up to `index`.
    fn has_read(&mut self, key: u32, level: ReadLevel, index: u64) {
        if level.is_at_least(ReadLevel::Sequential) {
            self.sequential = self.sequential.max(index);
        }
        if level.is_at_least(ReadLevel::Causal) {
            self.causal = self.causal.max(index);
        }
        if level.is_at_least(ReadLevel::Session) {
            let seen = self.by_key.entry(key).or_default();
            *seen = index.max(*seen);
        }
    }

    /// The value as the session knows it, where the node has not come as far as the session's own last put.
    fn with_own(&self, key: u32, level: ReadLevel, index: u64, reply: KvReply) -> KvReply {
        let knows_own = matches!(level, ReadLevel::Causal | ReadLevel::Session);
        match self.own.get(&key).filter(|(own, _)| knows_own && index < *own) {
            Some((_, value)) => KvReply::Value(value.clone()),
            None => reply,
        }
    }

    /// An operation on one key or several that is not a read of one has taken effect, with the entry of the log
    /// at `index` if that `is_exact`, or at the latest.
    fn has_done(&mut self, op: &KvOp, index: u64, is_exact: bool) {
        self.sequential = self.sequential.max(index);
        match *op {
            KvOp::Put { key, write } if is_exact => drop(self.own.insert(key, (index, vec![write]))),
            KvOp::Delete { key } if is_exact => drop(self.own.insert(key, (index, Vec::new()))),
            _ => self.has_read_all(op, index),
        }
    }

    fn has_read_all(&mut self, op: &KvOp, index: u64) {
        let keys = match *op {
            KvOp::GetBoth { keys } => keys.to_vec(),
            KvOp::Transact { reads, appends, .. } => [reads, appends].concat(),
            _ => vec![op.key()],
        };
        keys.into_iter().for_each(|key| self.has_read(key, ReadLevel::Strong, index));
    }
}

impl SessionMemory<Raft> for ChosenReads {
    fn begins_at(&mut self, op: &KvOp, nodes: usize) -> Option<usize> {
        self.served(op).filter(|(_, level)| *level != ReadLevel::Strong)?;
        self.reads_at = (self.reads_at + 1) % nodes;
        Some(self.reads_at)
    }

    fn request(&self, op: &KvOp) -> KvOp {
        match self.served(op) {
            Some((key, ReadLevel::Strong)) => KvOp::Get { key },
            Some((key, level)) => KvOp::GetSince { key, index: self.needs(key, level) },
            None => *op,
        }
    }

    fn reply(&mut self, op: &KvOp, reply: KvReply) -> KvReply {
        let (index, reply, is_exact) = match reply {
            KvReply::At { index, reply } => (index, *reply, true),
            KvReply::AtMost { index, reply } => (index, *reply, false),
            // Nothing else is answered to a client that keeps a session index.
            reply => return reply,
        };
        let Some((key, level)) = self.served(op) else {
            self.has_done(op, index, is_exact);
            return reply;
        };
        self.has_read(key, level, index);
        if level == ReadLevel::Eventual && self.flaws.has(RaftFlaw::EventualReadCached) {
            return self.cached.entry(key).or_insert(reply).clone();
        }
        self.with_own(key, level, index, reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: u32 = 1;
    const OTHER: u32 = 2;

    fn write(index: u32) -> WriteId {
        WriteId { client: 0, index }
    }

    fn at(index: u64, reply: KvReply) -> KvReply {
        KvReply::At { index, reply: Box::new(reply) }
    }

    /// What a session that has put to `KEY` at entry 5, has read `KEY` at the session level as of entry 3 and
    /// `OTHER` at the causal level as of entry 4 waits for when it reads a key at each level.
    fn session(flaws: Flaws<RaftFlaw>) -> ChosenReads {
        let mut session = ChosenReads::of_client(0, flaws);
        let value = || KvReply::Value(vec![write(0)]);
        let read = |key, level| KvOp::GetAt { key, level };
        assert_eq!(session.reply(&read(KEY, ReadLevel::Session), at(3, value())), value());
        assert_eq!(session.reply(&read(OTHER, ReadLevel::Causal), at(4, value())), value());
        assert_eq!(session.reply(&KvOp::Put { key: KEY, write: write(1) }, at(5, KvReply::Done)), KvReply::Done);
        session
    }

    fn waits(session: &ChosenReads, key: u32) -> [Option<u64>; 5] {
        ReadLevel::ALL.map(|level| match session.request(&KvOp::GetAt { key, level }) {
            KvOp::GetSince { index, .. } => Some(index),
            _ => None,
        })
    }

    #[test]
    fn each_level_waits_for_more_than_the_next() {
        let session = session(Flaws::default());
        assert_eq!(waits(&session, KEY), [None, Some(5), Some(4), Some(3), Some(0)]);
        assert_eq!(waits(&session, OTHER), [None, Some(5), Some(4), Some(4), Some(0)]);
        assert_eq!(session.request(&KvOp::Get { key: KEY }), KvOp::Get { key: KEY });
    }

    #[test]
    fn a_flaw_serves_a_level_as_the_one_below() {
        let waits = |flaw: RaftFlaw| waits(&session([flaw].into()), KEY);
        assert_eq!(waits(RaftFlaw::StrongReadAsSequential), [Some(5), Some(5), Some(4), Some(3), Some(0)]);
        assert_eq!(waits(RaftFlaw::SequentialReadAsCausal), [None, Some(4), Some(4), Some(3), Some(0)]);
        let mut cached = session([RaftFlaw::EventualReadCached].into());
        let read = KvOp::GetAt { key: KEY, level: ReadLevel::Eventual };
        for value in [write(2), write(3)] {
            assert_eq!(cached.reply(&read, at(9, KvReply::Value(vec![value]))), KvReply::Value(vec![write(2)]));
        }
    }

    #[test]
    fn a_session_knows_what_it_has_put_until_the_node_does() {
        let read = |session: &mut ChosenReads, level, index| {
            session.reply(&KvOp::GetAt { key: KEY, level }, at(index, KvReply::Value(vec![write(0)])))
        };
        let (own, found) = (KvReply::Value(vec![write(1)]), KvReply::Value(vec![write(0)]));
        for level in [ReadLevel::Causal, ReadLevel::Session] {
            assert_eq!(read(&mut session(Flaws::default()), level, 4), own);
            assert_eq!(read(&mut session(Flaws::default()), level, 5), found);
        }
        assert_eq!(read(&mut session(Flaws::default()), ReadLevel::Eventual, 4), found);
    }

    #[test]
    fn what_depends_on_others_is_waited_for() {
        let expected = [None, Some(9), Some(9), Some(9), Some(0)];
        let append = KvOp::Append { key: KEY, write: write(2) };
        let mut appended = session(Flaws::default());
        appended.reply(&append, at(9, KvReply::Done));
        assert_eq!(waits(&appended, KEY), expected);
        // When it took effect is not known.
        let mut repeated = session(Flaws::default());
        let again = KvReply::AtMost { index: 9, reply: Box::new(KvReply::Done) };
        repeated.reply(&KvOp::Put { key: KEY, write: write(2) }, again);
        assert_eq!(waits(&repeated, KEY), expected);
    }
}
