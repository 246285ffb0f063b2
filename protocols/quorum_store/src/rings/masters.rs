//! Rings that are agreed: the ring masters put changes in one order by Raft, and everybody else goes by that.

use parts::journal::write_again;
use parts::kv::{KvOp, WriteId};
use raft::{HostRequests, Raft, RaftConfig};
use sim_core::{DiskEvent, Embedded, Embeds, NodeId, OperatorAction, Said};

use super::{Change, JOIN, LEAVE, MASTERS, Refusal};
use crate::message::{Event, Message, Phase, Timer};
use crate::node::{Ctx, QuorumStore};
use crate::storage::Record;

/// The key of the map that Raft replicates. Its value is the list of changes.
const CHANGES: u32 = 0;

/// What makes a node a ring master.
#[derive(Debug)]
pub(crate) struct Masters {
    raft: Embedded<Raft>,
    requests: HostRequests,
}

impl Embeds<Raft> for QuorumStore {
    fn message(message: raft::Message) -> Message {
        Message::Raft(message)
    }

    fn timer(timer: raft::Timer) -> Timer {
        Timer::Raft(timer)
    }

    fn record(record: raft::Record) -> Record {
        Record::Raft(record)
    }

    fn guest_record(record: Record) -> Option<raft::Record> {
        match record {
            Record::Raft(record) => Some(record),
            _ => None,
        }
    }
}

/// How many kinds of changes there are.
const KINDS: u32 = 5;

/// A change as a value of the map, the only ones of which are names of writes.
fn encode(change: Change) -> WriteId {
    let (kind, node, index) = match change {
        Change::Leave(node) => (0, node.index(), 0),
        Change::Join(node) => (1, node.index(), 0),
        Change::Split(at) => (2, 0, at),
        Change::Merge(at) => (3, 0, at),
        Change::Move(within, node) => (4, node.index(), within),
    };
    WriteId { client: KINDS * node + kind, index }
}

fn decode(&WriteId { client, index }: &WriteId) -> Change {
    let node = NodeId::node(client / KINDS);
    match client % KINDS {
        0 => Change::Leave(node),
        1 => Change::Join(node),
        2 => Change::Split(index),
        3 => Change::Merge(index),
        _ => Change::Move(index, node),
    }
}

impl Masters {
    /// One that has not booted yet.
    pub(crate) fn new(me: NodeId, nodes: &[NodeId]) -> Self {
        let masters = &nodes[..MASTERS.min(nodes.len())];
        Self {
            raft: Embedded::new(Raft::new(&RaftConfig::default(), me, masters), masters),
            requests: HostRequests::default(),
        }
    }

    /// What a step of the guest comes to: nothing is asked that waits for an answer, and nobody looks at its events.
    fn said(_: Said<Raft>, _: &mut Ctx<'_>) {}

    pub(crate) fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        write_again(ctx);
        self.raft.on_start(ctx, Self::said);
    }

    pub(crate) fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        self.raft.on_disk(event, ctx, Self::said);
    }

    pub(crate) fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        if let Timer::Raft(timer) = timer {
            self.raft.on_timer(timer, ctx, Self::said);
        }
    }

    pub(crate) fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Raft(message) => self.raft.on_message(from, message, ctx, Self::said),
            Message::AskChanges { known } => {
                let changes: Vec<Change> = self.raft.node().machine().state.get(CHANGES).iter().map(decode).collect();
                if changes.len() as u64 > known {
                    ctx.send(from, Message::Changes(changes));
                }
            }
            Message::Propose(change) => self.order(change, ctx),
            // Nobody sends it anything else.
            _ => {}
        }
    }

    /// An operator asks for a change of the members; those of ranges are asked of primaries.
    pub(crate) fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Ctx<'_>) {
        let change = match action.name.as_str() {
            JOIN => Change::Join,
            LEAVE => Change::Leave,
            _ => return,
        };
        match action.nodes[..] {
            [node] => self.order(change(node), ctx),
            _ => ctx.emit(Event::Refused { action: action.to_string(), why: Refusal::NotOneNode }),
        }
    }

    /// The leader has a change put in order. If it fails before that is done, the operator has to ask again.
    fn order(&mut self, change: Change, ctx: &mut Ctx<'_>) {
        if !self.raft.node().is_leader() {
            return;
        }
        let request = self.requests.next(self.raft.node());
        let op = KvOp::Append { key: CHANGES, write: encode(change) };
        self.raft.on_request(request, op, ctx, Self::said);
    }
}

impl QuorumStore {
    /// Asks the ring masters, and another node, for the changes that it lacks.
    pub(super) fn ask_for_changes(&self, ctx: &mut Ctx<'_>) {
        let masters = &ctx.nodes()[..MASTERS];
        let other = self.any_other(ctx);
        for node in masters.iter().copied().chain(other) {
            ctx.send(node, Message::AskChanges { known: self.rings.version() });
        }
    }

    /// Another asks for changes.
    pub(crate) fn tell_changes(&self, to: NodeId, known: u64, ctx: &mut Ctx<'_>) {
        if self.rings.version() > known {
            ctx.send(to, Message::Changes(self.memory.changes.clone()));
        }
    }

    /// Another has told all changes that it knows of. One after another the node goes through those that are new to it:
    /// all nodes know the first so many of the same changes.
    pub(crate) fn told_changes(&mut self, changes: &[Change], ctx: &mut Ctx<'_>) {
        let before = self.rings.current().clone();
        let new = changes.get(self.memory.changes.len()..).unwrap_or_default();
        if new.is_empty() {
            return;
        }
        let mut of_ranges = Vec::new();
        for change in new {
            let is_possible = self.rings.check(*change).is_ok();
            of_ranges.extend(Event::of_ranges(*change).filter(|_| is_possible));
            self.rings.apply(*change, self.me);
            self.memory.changes.push(*change);
            self.journal.append(Record::Change { version: self.rings.version(), change: *change }, ctx);
        }
        // Before anything is done by the new ring, so that a crash cannot undo the one without the other.
        self.journal.make_durable(ctx);
        of_ranges.into_iter().for_each(|event| ctx.emit(event));
        self.ring_changed(&before, ctx);
    }

    /// Whether what a phase asks of a replica, or of who stands in for it, is to be done. Not if the phase goes by another
    /// ring: then whichever of the two is behind is told what it lacks. And not before the hand-over of the key is done.
    pub(crate) fn admits(&self, from: NodeId, phase: Phase, (key, replica): (u32, NodeId), ctx: &mut Ctx<'_>) -> bool {
        if !self.rings.are_agreed() {
            return true;
        }
        let answers = replica != self.me || self.rings.answers_for(key, self.me);
        answers && self.goes_by_this_ring(from, phase, ctx)
    }

    fn goes_by_this_ring(&self, from: NodeId, phase: Phase, ctx: &mut Ctx<'_>) -> bool {
        let version = self.rings.version();
        if phase.ring < version {
            self.tell_changes(from, phase.ring, ctx);
        } else if phase.ring > version {
            ctx.send(from, Message::AskChanges { known: version });
        }
        phase.ring == version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_read_as_it_was_written() {
        let node = NodeId::node(7);
        let all = [Change::Join(node), Change::Leave(node), Change::Split(3), Change::Merge(3), Change::Move(3, node)];
        assert_eq!(all.map(|change| decode(&encode(change))), all);
    }
}
