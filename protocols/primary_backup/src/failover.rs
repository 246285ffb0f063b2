//! How the view service makes another replica the primary.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use parts::epoch_log::Position;
use sim_core::{NodeId, Time};

use super::config::Failover;
use super::decisions::Decision;
use super::flaws::BackupFlaw;
use super::message::{Event, Message};
use super::node::Ctx;
use super::view::{Status, View};
use super::view_service::ViewService;

/// A failover.
#[derive(Debug)]
pub(super) struct Change {
    /// The number of the next view.
    pub(super) number: u64,
    pub(super) since: Time,
    /// Who takes part in no earlier view any more, and how far each is.
    pub(super) sealed: BTreeMap<NodeId, Position>,
}

impl ViewService {
    pub(super) fn is_failover_due(&self) -> bool {
        let is_automatic = self.config.failover == Failover::Automatic || self.has(BackupFlaw::OperatorNotAsked);
        let is_gone = |node: NodeId| self.suspected.contains(&node);
        let is_deposed_gone = self.has(BackupFlaw::FailsOverAgain) && self.deposed.is_some_and(is_gone);
        self.is_asked || is_automatic && (is_gone(self.view.primary) || is_deposed_gone)
    }

    /// Who may be the next primary.
    fn candidates(&self, ctx: &Ctx<'_>) -> Vec<NodeId> {
        let is_one = |node: &NodeId| match self.status(*node) {
            // It may have failed by now.
            _ if *node == self.view.primary => true,
            Status::Active => true,
            Status::Recovering => self.has(BackupFlaw::PromotesRecovering),
            Status::Spare => self.has(BackupFlaw::PromotesStale),
            Status::Passive | Status::Failed => {
                self.view.passive.contains(node) && !self.has(BackupFlaw::PromotesNobody)
            }
        };
        self.config.replicas_of(ctx.nodes()).filter(is_one).collect()
    }

    pub(super) fn begin_failover(&mut self, ctx: &mut Ctx<'_>) {
        let primary = self.view.primary;
        let is_there = |node: &NodeId| *node != primary && !self.suspected.contains(node);
        if !self.candidates(ctx).iter().any(is_there) {
            if std::mem::take(&mut self.is_asked) {
                ctx.emit(Event::FailoverRefused);
            }
            return;
        }
        self.is_asked = false;
        self.deposed = self.suspected.contains(&primary).then_some(primary).or(self.deposed);
        self.highest += 1;
        let number = self.highest;
        let is_kept = self.keep(Decision::Number(number), ctx);
        ctx.emit(Event::FailoverBegan { number, primary });
        if is_kept {
            self.begin_change(number, ctx);
        }
    }

    /// The number is given to no other view.
    pub(super) fn begin_change(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        self.change = Some(Change { number, since: ctx.now(), sealed: BTreeMap::new() });
        self.ask_to_seal(ctx);
    }

    pub(super) fn ask_to_seal(&self, ctx: &mut Ctx<'_>) {
        let Some(change) = &self.change else { return };
        for node in self.candidates(ctx).into_iter().filter(|node| !change.sealed.contains_key(node)) {
            ctx.send(node, Message::Seal { number: change.number });
        }
    }

    /// A replica takes part in no earlier view any more.
    pub(super) fn sealed(&mut self, from: NodeId, number: u64, position: Position, ctx: &mut Ctx<'_>) {
        if let Some(change) = self.change.as_mut().filter(|change| change.number == number) {
            change.sealed.insert(from, position);
            if !self.is_pending {
                self.look_at_sealed(ctx);
            }
        }
    }

    /// Chooses the next primary, if enough are sealed. One is enough to keep the old primary from acknowledging, where
    /// that waits for all; otherwise its lease has to run out, or it is sealed itself, or is known to have stopped.
    pub(super) fn look_at_sealed(&mut self, ctx: &mut Ctx<'_>) {
        let Some(Change { number, since, sealed }) = &self.change else { return };
        let (number, old) = (*number, self.view.primary);
        let is_over = sealed.contains_key(&old) || ctx.now() >= self.leased_until || self.stopped.contains(&old);
        let is_missing = |node: &NodeId| !sealed.contains_key(node) && !self.suspected.contains(node);
        // Whoever is left out has to be synchronised before it can be promoted. Where none is taken for failed by
        // mistake, none need be left out.
        let is_patient = self.config.is_infallible() || ctx.now().since(*since) < self.config.suspect_after;
        if sealed.is_empty()
            || !(is_over || self.has(BackupFlaw::LeaseOutlived))
            || self.has(BackupFlaw::PromotesByMajority) && sealed.len() * 2 <= self.config.replicas as usize
            || is_patient && self.candidates(ctx).iter().any(is_missing)
        {
            return;
        }
        let rank = |(node, position): &(&NodeId, &Position)| {
            (Reverse(**position), **node == old, self.latency(**node), **node)
        };
        let best =
            if self.has(BackupFlaw::PromotesFirst) { sealed.iter().next() } else { sealed.iter().min_by_key(rank) };
        let Some((primary, _)) = best else { return };
        let primary = *primary;
        let passive = sealed.keys().copied().filter(|node| *node != primary).collect();
        let candidates = sealed.iter().map(|(node, position)| (*node, *position)).collect();
        ctx.emit(Event::Chose { number, primary, candidates });
        self.make(View { number, primary, passive, recovering: Vec::new() }, ctx);
    }
}
