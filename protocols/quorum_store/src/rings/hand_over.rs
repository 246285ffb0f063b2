//! Hand-over: what moves with the ring gets to where it belongs.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::NodeId;

use super::Awaited;
use crate::flaws::QuorumFlaw;
use crate::message::{Event, Message};
use crate::node::{Ctx, QuorumStore};
use crate::storage::Record;
use crate::version::Version;

/// How many keys one message tells of at most.
const KEYS_PER_MESSAGE: usize = 2;

/// Of one that a key moves away from.
impl QuorumStore {
    /// Keeps what it has and need not have for those that need it, and forgets its own copy.
    ///
    /// What it keeps is durable before it forgets anything: a disk may lose any of the writes since the last sync.
    pub(crate) fn give_away(&mut self, ctx: &mut Ctx<'_>) {
        let forgets = self.has(QuorumFlaw::ForgetsHandOver);
        let given = self.memory.cells.iter().filter(|(key, _)| !self.is_replica(**key));
        let given: Vec<(u32, Vec<Version>)> =
            given.map(|(key, cell)| (*key, if forgets { Vec::new() } else { cell.versions().to_vec() })).collect();
        // What it keeps for others of a key that it is a replica of now.
        let own = self.memory.hints.iter().filter(|((_, key), _)| self.is_replica(*key));
        let own: Vec<(u32, Vec<Version>)> = own.map(|((_, key), cell)| (*key, cell.versions().to_vec())).collect();
        let is_due = |(replica, key): &(NodeId, u32)| self.rings.replicas(*key).contains(replica);
        let passed: Vec<(NodeId, u32)> = self.memory.hints.keys().copied().filter(|hint| !is_due(hint)).collect();
        if own.is_empty() && given.is_empty() && passed.is_empty() {
            return;
        }
        for (key, versions) in &own {
            versions.iter().for_each(|version| self.take(*key, version, ctx));
        }
        for (key, versions) in &given {
            self.pass_on(*key, versions, ctx);
        }
        for (replica, key) in &passed {
            let versions = self.memory.hints[&(*replica, *key)].versions().to_vec();
            self.pass_on(*key, &versions, ctx);
        }
        self.journal.make_durable(ctx);
        for (key, versions) in given {
            self.give(key, versions, ctx);
            self.deleted_since.remove(&key);
            ctx.emit(Event::Given { key });
        }
        for (replica, key) in passed {
            let dots = self.memory.hints[&(replica, key)].dots().collect();
            self.handed_off(replica, key, dots, ctx);
        }
        self.journal.make_durable(ctx);
    }

    /// Is no replica of a key, and keeps versions of it for those that ask.
    fn give(&mut self, key: u32, versions: Vec<Version>, ctx: &mut Ctx<'_>) {
        let ring = self.rings.version();
        self.memory.give(key, ring, &versions);
        self.journal.append(Record::Given { key, ring, versions }, ctx);
    }

    /// Keeps versions for all replicas of their key. The caller makes that durable.
    pub(crate) fn pass_on(&mut self, key: u32, versions: &[Version], ctx: &mut Ctx<'_>) {
        for replica in self.rings.replicas(key) {
            for version in versions {
                if replica == self.me {
                    self.take(key, version, ctx);
                } else {
                    self.keep_hint(replica, key, version, ctx);
                }
            }
        }
    }
}

/// Of one that a key moves to.
impl QuorumStore {
    /// Asks the replicas that have not told it all for their copies of what a ring has given it.
    pub(super) fn ask_for_copies(&self, ctx: &mut Ctx<'_>) {
        for (version, awaited) in &self.rings.awaited {
            let replicas: BTreeSet<&NodeId> = awaited.replicas.iter().flatten().collect();
            for replica in replicas.into_iter().filter(|replica| !awaited.told.contains(replica)) {
                self.ask_copies_of(*replica, *version, awaited, ctx);
            }
        }
    }

    fn ask_copies_of(&self, replica: NodeId, version: u64, awaited: &Awaited, ctx: &mut Ctx<'_>) {
        ctx.send(replica, Message::AskCopies { version, after: awaited.last.get(&replica).copied() });
    }

    /// Another one asks for what this node has of the keys that a ring gave the other. Whoever still waits for something
    /// of a ring before does not know what it ought to have.
    pub(crate) fn tell_copies(&self, to: NodeId, version: u64, after: Option<u32>, ctx: &mut Ctx<'_>) {
        if version > self.rings.version() {
            return ctx.send(to, Message::AskChanges { known: self.rings.version() });
        }
        if self.rings.waits_before(version) {
            return;
        }
        let mut copies: BTreeMap<u32, Vec<Version>> = BTreeMap::new();
        let hints = self.memory.hints.iter().map(|((_, key), cell)| (key, cell));
        // What it gave away before it was a replica again is out of date, and may have been deleted since, which nobody
        // knows any more.
        let given = self.memory.given.iter().filter(|((_, ring), _)| *ring >= version);
        let given = given.map(|((key, _), cell)| (key, cell));
        for (key, cell) in self.memory.cells.iter().chain(given).chain(hints) {
            if after.is_none_or(|after| *key > after) && self.rings.gave(version, *key, to) {
                copies.entry(*key).or_default().extend_from_slice(cell.versions());
            }
        }
        let is_all = copies.len() <= KEYS_PER_MESSAGE;
        let copies = copies.into_iter().take(KEYS_PER_MESSAGE).collect();
        ctx.send(to, Message::Copies { version, after, copies, is_all });
    }

    /// A replica of the ring before has told of some of the keys.
    pub(crate) fn told_copies(
        &mut self,
        from: NodeId,
        (version, after): (u64, Option<u32>),
        copies: &[(u32, Vec<Version>)],
        is_all: bool,
        ctx: &mut Ctx<'_>,
    ) {
        let is_asked = self.rings.awaited.get(&version).is_some_and(|awaited| {
            let is_replica = awaited.replicas.iter().any(|replicas| replicas.contains(&from));
            is_replica && awaited.last.get(&from).copied() == after && !awaited.told.contains(&from)
        });
        if !is_asked {
            return;
        }
        for (key, versions) in copies {
            self.receive(*key, versions, ctx);
        }
        // Only then is anybody told that this node has it.
        self.journal.make_durable(ctx);
        if is_all {
            self.memory.told.insert((version, from));
            self.journal.append(Record::Told { version, from }, ctx);
            self.journal.make_durable(ctx);
            if self.rings.has_told_all(version, from) {
                ctx.emit(Event::TookOver { version });
            }
        } else if let Some(awaited) = self.rings.awaited.get_mut(&version) {
            awaited.last.extend(copies.last().map(|(key, _)| (from, *key)));
            let awaited = &self.rings.awaited[&version];
            self.ask_copies_of(from, version, awaited, ctx);
        }
    }

    /// Takes in what is for it, and keeps the rest for whom it is for. The caller makes it durable.
    pub(crate) fn receive(&mut self, key: u32, versions: &[Version], ctx: &mut Ctx<'_>) {
        if self.rings.replicas(key).contains(&self.me) {
            versions.iter().for_each(|version| self.take(key, version, ctx));
        } else {
            self.pass_on(key, versions, ctx);
            self.give(key, versions.to_vec(), ctx);
        }
    }

    pub(crate) fn is_replica(&self, key: u32) -> bool {
        self.rings.replicas(key).contains(&self.me)
    }
}
