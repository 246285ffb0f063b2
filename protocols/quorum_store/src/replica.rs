//! A node as a replica, and as one that stands in for others.

use parts::clocks::Dot;
use sim_core::NodeId;

use super::flaws::QuorumFlaw;
use super::message::Timer;
use super::message::{Event, Message, Phase};
use super::node::{Ctx, QuorumStore};
use super::storage::Record;
use super::version::{Cell, Version};

impl QuorumStore {
    /// Tells what it has, or what it keeps for the replica that it stands in for.
    pub(super) fn fetch(&self, coordinator: NodeId, phase: Phase, key: u32, replica: NodeId, ctx: &mut Ctx<'_>) {
        let cell =
            if replica == self.me { self.memory.cells.get(&key) } else { self.memory.hints.get(&(replica, key)) };
        let versions = cell.map(|cell| cell.versions().to_vec()).unwrap_or_default();
        ctx.send(coordinator, Message::Fetched { phase, replica, versions });
    }

    /// Keeps versions, and does not forget them: its own, or those of the replica that it stands in for.
    pub(super) fn store(&mut self, key: u32, replica: NodeId, versions: &[Version], ctx: &mut Ctx<'_>) {
        for version in versions {
            if replica == self.me {
                self.receive(key, std::slice::from_ref(version), ctx);
            } else if self.rings.replicas(key).contains(&replica) {
                self.keep_hint(replica, key, version, ctx);
            } else {
                // The coordinator goes by an older ring.
                self.pass_on(key, std::slice::from_ref(version), ctx);
            }
        }
        if !self.has(QuorumFlaw::AckBeforeSync) {
            self.journal.make_durable(ctx);
        }
    }

    /// Takes in a version of a key of which it is a replica. The caller makes it durable.
    pub(super) fn take(&mut self, key: u32, version: &Version, ctx: &mut Ctx<'_>) {
        if self.collected.contains_key(&version.dot()) {
            return;
        }
        ctx.emit(Event::Took { key, dot: version.dot() });
        let cell = self.memory.cells.entry(key).or_default();
        if cell.take(version, self.config.flaws) {
            let is_deleted = cell.is_deleted();
            self.journal.append(Record::Version { key, version: version.clone() }, ctx);
            self.update_tree(key);
            self.notice_deletion(key, is_deleted, ctx);
        }
    }

    /// Takes in several, durably.
    pub(super) fn take_all(&mut self, key: u32, versions: &[Version], ctx: &mut Ctx<'_>) {
        versions.iter().for_each(|version| self.take(key, version, ctx));
        self.journal.make_durable(ctx);
    }

    /// A coordinator has found it behind.
    pub(super) fn repair(&mut self, key: u32, versions: &[Version], ctx: &mut Ctx<'_>) {
        if !self.is_replica(key) {
            return;
        }
        if self.has(QuorumFlaw::RepairsBackwards) {
            self.memory.cells.remove(&key);
            self.journal.append(Record::Collected { key }, ctx);
        }
        self.take_all(key, versions, ctx);
    }
}

/// Hinted hand-off (Dynamo, section 4.6).
impl QuorumStore {
    pub(super) fn keep_hint(&mut self, replica: NodeId, key: u32, version: &Version, ctx: &mut Ctx<'_>) {
        if self.memory.hints.entry((replica, key)).or_default().take(version, self.config.flaws) {
            if !self.has(QuorumFlaw::HintLost) {
                self.journal.append(Record::Hint { replica, key, version: version.clone() }, ctx);
            }
            ctx.emit(Event::Hinted { replica, key, dot: version.dot() });
        }
    }

    /// Offers its hints to those that they are for.
    pub(super) fn offer_hints(&mut self, ctx: &mut Ctx<'_>) {
        for ((replica, key), cell) in &self.memory.hints {
            ctx.send(*replica, Message::Handoff { key: *key, versions: cell.versions().to_vec() });
        }
        if self.has(QuorumFlaw::HintDroppedEarly) {
            let sent: Vec<_> =
                self.memory.hints.iter().map(|(&(replica, key), cell)| (replica, key, dots_of(cell))).collect();
            sent.into_iter().for_each(|(replica, key, dots)| self.handed_off(replica, key, dots, ctx));
        }
        ctx.set_timer(Timer::Handoff, self.config.hint_interval);
    }

    /// Another has kept something for it.
    pub(super) fn take_over(&mut self, from: NodeId, key: u32, versions: &[Version], ctx: &mut Ctx<'_>) {
        // By its own ring it is not for this node, which would only keep it for others in turn: two nodes of different
        // rings could each take the other for whom it is for, and both forget it.
        if !self.is_replica(key) {
            return self.compare_rings(from, ctx);
        }
        self.take_all(key, versions, ctx);
        ctx.send(from, Message::HandedOff { key, dots: versions.iter().map(Version::dot).collect() });
    }

    /// A replica has what was kept for it.
    pub(super) fn handed_off(&mut self, replica: NodeId, key: u32, dots: Vec<Dot>, ctx: &mut Ctx<'_>) {
        if self.memory.hints.contains_key(&(replica, key)) {
            self.memory.drop_hints(replica, key, &dots);
            self.journal.append(Record::HandedOff { replica, key, dots }, ctx);
            ctx.emit(Event::HandedOff { replica, key });
        }
    }
}

fn dots_of(cell: &Cell) -> Vec<Dot> {
    cell.dots().collect()
}
