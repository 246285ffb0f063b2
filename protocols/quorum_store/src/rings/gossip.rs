//! Rings that nodes change on their own and tell each other.

use parts::placement::Ring;
use sim_core::NodeId;

use super::{Change, Refusal, Rings};
use crate::config::Rings as Kind;
use crate::message::{Message, Timer};
use crate::node::{Ctx, QuorumStore};
use crate::storage::Record;

impl Rings {
    /// The present ring with all that another one knows, if that is new. Where so many have left, told of each other or
    /// not, that keys would have too few replicas, the first of these are taken back.
    fn merged(&self, other: &Ring) -> Option<Ring> {
        let mut ring = self.current().clone();
        if !ring.merge(other) {
            return None;
        }
        for node in &self.plan.stores {
            if ring.members().count() < self.plan.replication {
                ring.join(self.plan.member(*node));
            }
        }
        Some(ring)
    }
}

impl QuorumStore {
    /// Changes its own ring, and tells others.
    pub(super) fn change_own(&mut self, change: Change, ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
        let table = self.rings.plan.changed(change, self.rings.table())?;
        self.take_ring(table.ring, ctx);
        self.tell_ring(ctx);
        Ok(())
    }

    /// Another has told its ring.
    pub(crate) fn told_ring(&mut self, ring: &Ring, ctx: &mut Ctx<'_>) {
        if let Some(merged) = self.rings.merged(ring) {
            self.take_ring(merged, ctx);
        }
    }

    fn take_ring(&mut self, ring: Ring, ctx: &mut Ctx<'_>) {
        let before = self.rings.current().clone();
        self.rings.take(ring.clone());
        self.memory.ring = Some(ring.clone());
        self.journal.append(Record::Ring(ring), ctx);
        self.journal.make_durable(ctx);
        self.ring_changed(&before, ctx);
    }

    /// Now and then: tells another its ring, or asks for changes that it lacks, and for what it waits for.
    pub(crate) fn tend_ring(&mut self, ctx: &mut Ctx<'_>) {
        match self.config.rings {
            Kind::Fixed => return,
            Kind::Gossiped => self.tell_ring(ctx),
            Kind::Agreed => {
                self.ask_for_changes(ctx);
                self.ask_for_copies(ctx);
            }
        }
        ctx.set_timer(Timer::Ring, self.config.ring_interval);
    }

    /// Another goes by another ring: whichever of the two is behind is to learn what it lacks.
    pub(crate) fn compare_rings(&self, with: NodeId, ctx: &mut Ctx<'_>) {
        match self.config.rings {
            Kind::Fixed => {}
            Kind::Gossiped => ctx.send(with, Message::Ring(self.rings.current().clone())),
            Kind::Agreed => {
                self.tell_changes(with, 0, ctx);
                ctx.send(with, Message::AskChanges { known: self.rings.version() });
            }
        }
    }

    fn tell_ring(&self, ctx: &mut Ctx<'_>) {
        if let Some(other) = self.any_other(ctx) {
            ctx.send(other, Message::Ring(self.rings.current().clone()));
        }
    }

    /// One of the other nodes that can be members.
    pub(super) fn any_other(&self, ctx: &mut Ctx<'_>) -> Option<NodeId> {
        let others: Vec<_> = self.rings.plan.stores.iter().copied().filter(|node| *node != self.me).collect();
        let place = (!others.is_empty()).then(|| ctx.choose("whom to tell of the ring", 0..others.len() as u64))?;
        Some(others[place as usize])
    }
}
