//! What is replicated for ZooKeeper's recipe: sessions, and the ephemeral sequential nodes of locks.

use std::collections::{BTreeMap, BTreeSet};

use parts::kv::WriteId;
use serde::Serialize;
use sim_core::{Flaws, NodeId};

use super::flaws::LockFlaw;
use super::message::SectionId;

/// Names a session: a holder, and the number of its boot or of the session after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SessionId {
    /// Whose it is.
    pub holder: NodeId,
    /// Its number.
    pub boot: u64,
}

impl SectionId {
    /// The session in which a section is.
    pub(super) const fn session(self) -> SessionId {
        SessionId { holder: self.holder, boot: self.boot }
    }
}

/// What is put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// A session is alive, for the time of this number. The first one begins it.
    Touch { session: SessionId, beat: u64 },
    /// A session ends if it has not been alive again after the time of this number.
    Expire { session: SessionId, beat: u64 },
    /// A section has a node made in the line for a lock.
    Create { section: SectionId, lock: u32 },
    /// A section's node goes, and never comes again.
    Delete { section: SectionId },
}

/// How wide the fields of a command are that make it a value of the map which Raft replicates: a name of a write, of 64
/// bits. Locks whose numbers are further apart than that share a line.
const KIND: u32 = 2;
const HOLDER: u32 = 8;
const BOOT: u32 = 14;
const LOCK: u32 = 20;
const NUMBER: u32 = 20;

/// The most nodes of which holders can be told apart.
pub(super) const MOST_NODES: u32 = 1 << HOLDER;

impl Command {
    pub(super) fn encode(self) -> WriteId {
        let (kind, session, lock, number) = match self {
            Self::Touch { session, beat } => (0, session, 0, beat),
            Self::Expire { session, beat } => (1, session, 0, beat),
            Self::Create { section, lock } => (2, section.session(), lock, section.number),
            Self::Delete { section } => (3, section.session(), 0, section.number),
        };
        let fields = [
            (u64::from(session.holder.index()), HOLDER),
            (session.boot, BOOT),
            (u64::from(lock), LOCK),
            (number, NUMBER),
        ];
        let bits = fields.into_iter().fold(kind, |bits, (field, width)| bits << width | field & ((1 << width) - 1));
        WriteId { client: (bits >> 32) as u32, index: bits as u32 }
    }

    pub(super) fn decode(write: &WriteId) -> Self {
        let mut bits = u64::from(write.client) << 32 | u64::from(write.index);
        let mut field = |width: u32| {
            let field = bits & ((1 << width) - 1);
            bits >>= width;
            field
        };
        let (number, lock, boot, holder) = (field(NUMBER), field(LOCK) as u32, field(BOOT), field(HOLDER) as u32);
        let session = SessionId { holder: NodeId::node(holder), boot };
        let section = SectionId { holder: session.holder, boot, number };
        match field(KIND) {
            0 => Self::Touch { session, beat: number },
            1 => Self::Expire { session, beat: number },
            2 => Self::Create { section, lock },
            _ => Self::Delete { section },
        }
    }
}

/// A session.
#[derive(Clone, Debug)]
struct Session {
    /// The last time of which it was alive; nothing if it has ended.
    beat: Option<u64>,
    /// The sections that have had a node, or never will.
    made: BTreeSet<u64>,
}

/// A node in the line for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Znode {
    pub(super) lock: u32,
    pub(super) section: SectionId,
}

/// What a command has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A session is alive.
    Touched(SessionId, u64),
    /// A node was made.
    Created(u64, Znode),
    /// A node has gone.
    Deleted(u64, Znode),
    /// A session has ended.
    Ended(SessionId),
}

/// The state that all servers have in common.
#[derive(Debug, Default)]
pub(super) struct Tree {
    sessions: BTreeMap<SessionId, Session>,
    /// By their sequence numbers: the places of the commands that made them.
    nodes: BTreeMap<u64, Znode>,
    /// How many commands it is made of.
    applied: u64,
}

impl Tree {
    pub(super) const fn applied(&self) -> u64 {
        self.applied
    }

    /// The last time of which a session was alive: nothing if it has not begun, and nothing in there if it has ended.
    pub(super) fn beat(&self, session: SessionId) -> Option<Option<u64>> {
        self.sessions.get(&session).map(|session| session.beat)
    }

    /// The sequence number of a section's node, the first if there are several, if there are any.
    pub(super) fn node_of(&self, section: SectionId) -> Option<u64> {
        self.nodes.iter().find(|(_, node)| node.section == section).map(|(number, _)| *number)
    }

    /// Whether a section's node has gone, or will never be made.
    pub(super) fn is_gone(&self, section: SectionId) -> bool {
        let session = self.sessions.get(&section.session());
        session.is_some_and(|session| session.made.contains(&section.number)) && self.node_of(section).is_none()
    }

    /// The nodes of a session.
    pub(super) fn nodes_of(&self, session: SessionId) -> impl Iterator<Item = u64> {
        self.nodes.iter().filter(move |(_, node)| node.section.session() == session).map(|(number, _)| *number)
    }

    pub(super) fn has_node(&self, number: u64) -> bool {
        self.nodes.contains_key(&number)
    }

    /// The node that is right before another one in the line for its lock, if that is not the first.
    pub(super) fn before(&self, number: u64) -> Option<u64> {
        let lock = self.nodes.get(&number)?.lock;
        self.nodes.range(..number).rev().find(|(_, node)| node.lock == lock).map(|(number, _)| *number)
    }

    /// Applies the next command.
    pub(super) fn apply(&mut self, command: Command, flaws: Flaws<LockFlaw>) -> Vec<Change> {
        self.applied += 1;
        match command {
            Command::Touch { session, beat } => self.touch(session, beat),
            Command::Expire { session, beat } => self.expire(session, beat, flaws),
            Command::Create { section, lock } => self.create(section, lock, flaws),
            Command::Delete { section } => self.delete(section),
        }
    }

    fn touch(&mut self, id: SessionId, beat: u64) -> Vec<Change> {
        let begun = || Session { beat: Some(beat), made: BTreeSet::new() };
        let session = self.sessions.entry(id).or_insert_with(begun);
        match &mut session.beat {
            Some(last) if *last <= beat => {
                *last = beat;
                vec![Change::Touched(id, beat)]
            }
            // It comes too late.
            Some(_) | None => Vec::new(),
        }
    }

    fn expire(&mut self, id: SessionId, beat: u64, flaws: Flaws<LockFlaw>) -> Vec<Change> {
        let Some(session) = self.sessions.get_mut(&id) else { return Vec::new() };
        let Some(last) = session.beat else { return Vec::new() };
        // It has been alive again since somebody decided that.
        if last != beat && !flaws.has(LockFlaw::ExpiresTheLiving) {
            return Vec::new();
        }
        session.beat = None;
        let nodes: Vec<u64> =
            if flaws.has(LockFlaw::EphemeralStays) { Vec::new() } else { self.nodes_of(id).collect() };
        let mut changes: Vec<Change> = nodes.into_iter().filter_map(|number| self.remove(number)).collect();
        changes.push(Change::Ended(id));
        changes
    }

    fn create(&mut self, section: SectionId, lock: u32, flaws: Flaws<LockFlaw>) -> Vec<Change> {
        let Some(session) = self.sessions.get_mut(&section.session()) else { return Vec::new() };
        let is_new = session.made.insert(section.number) || flaws.has(LockFlaw::CreatesAgain);
        if session.beat.is_none() || !is_new {
            return Vec::new();
        }
        let node = Znode { lock, section };
        self.nodes.insert(self.applied, node);
        vec![Change::Created(self.applied, node)]
    }

    fn delete(&mut self, section: SectionId) -> Vec<Change> {
        let Some(session) = self.sessions.get_mut(&section.session()) else { return Vec::new() };
        session.made.insert(section.number);
        self.node_of(section).and_then(|number| self.remove(number)).into_iter().collect()
    }

    fn remove(&mut self, number: u64) -> Option<Change> {
        self.nodes.remove(&number).map(|node| Change::Deleted(number, node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionId = SessionId { holder: NodeId::node(5), boot: 3 };
    const SECTION: SectionId = SectionId { holder: SESSION.holder, boot: 3, number: 77 };

    #[test]
    fn a_command_is_read_as_it_was_written() {
        let all = [
            Command::Touch { session: SESSION, beat: 1_000_000 },
            Command::Expire { session: SESSION, beat: 0 },
            Command::Create { section: SECTION, lock: 1_000_000 },
            Command::Delete { section: SECTION },
        ];
        assert_eq!(all.map(|command| Command::decode(&command.encode())), all);
    }

    #[test]
    fn a_node_is_made_once_and_ends_with_its_session() {
        let none = Flaws::default();
        let mut tree = Tree::default();
        let create = Command::Create { section: SECTION, lock: 1 };
        assert_eq!(tree.apply(create, none), [], "there is no session");
        tree.apply(Command::Touch { session: SESSION, beat: 1 }, none);
        let node = Znode { lock: 1, section: SECTION };
        assert_eq!(tree.apply(create, none), [Change::Created(3, node)]);
        assert_eq!(tree.apply(create, none), []);
        tree.apply(Command::Touch { session: SESSION, beat: 2 }, none);
        assert_eq!(tree.apply(Command::Expire { session: SESSION, beat: 1 }, none), []);
        let ended = tree.apply(Command::Expire { session: SESSION, beat: 2 }, none);
        assert_eq!(ended, [Change::Deleted(3, node), Change::Ended(SESSION)]);
        assert_eq!(tree.apply(Command::Touch { session: SESSION, beat: 3 }, none), []);
        assert!(tree.is_gone(SECTION));
    }
}
