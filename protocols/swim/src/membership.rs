//! Who is a member: what nodes say of themselves, and what they learn of others.

use sim_core::{NodeId, SyncToken};

use super::flaws::SwimFlaw;
use super::message::{Event, Message, News, Statement, Status, Timer, Update};
use super::node::{Ctx, Phase, Swim};
use super::round::Round;
use super::suspicion::Suspicion;
use super::view::View;

impl Swim {
    /// The node that never leaves: somebody must be there through whom the others can join.
    pub(super) const FIRST: NodeId = NodeId::node(0);

    /// Begins as a member under a new incarnation: at a boot, or when it joins again. It knows that all are members, or
    /// nothing.
    pub(super) fn begin(&mut self, is_converged: bool, ctx: &mut Ctx<'_>) {
        self.phase = Phase::Member;
        self.own.is_member = true;
        let knows_all = is_converged || self.has(SwimFlaw::KnowsAllAtBoot);
        self.view = if knows_all { View::of_first(self.nodes) } else { View::default() };
        self.has_joined = is_converged;
        (self.targets, self.partners) = (Round::default(), Round::default());
        self.gossip.clear();
        self.suspicions.clear();
        self.relays.clear();
        self.probe = None;
        self.unwell = 0;
        let next = self.own.incarnation + 1;
        self.publish(next, true, ctx);
        self.epoch = next;
        ctx.set_timer(Timer::Period, self.config.period);
        if !is_converged {
            self.gossip.push(self.me);
            self.synchronise_with_one(ctx);
        }
    }

    /// Writes down what it says of itself. What was there before is replaced: it may be something that could be read,
    /// and that no sync makes durable any more (Rebello et al., ATC 2020).
    pub(super) fn write(&mut self, ctx: &mut Ctx<'_>) {
        let mut record = self.own;
        if self.has(SwimFlaw::IncarnationInMemory) {
            record.incarnation = 0;
        }
        if self.has(SwimFlaw::LeavesInMemory) {
            record.is_member = true;
        }
        self.journal.rewrite(vec![record], ctx);
        self.journal.make_durable(ctx);
    }

    fn write_without_waiting(&self, ctx: &mut Ctx<'_>) {
        ctx.disk().replace(vec![self.own]);
        ctx.disk().sync_then(SyncToken(0));
    }

    /// Is a member under this incarnation from now on. That is durable before anybody hears of it.
    fn publish(&mut self, incarnation: u32, is_fresh: bool, ctx: &mut Ctx<'_>) {
        self.own.incarnation = incarnation;
        let is_early = match (is_fresh, self.periods) {
            (true, 0) => SwimFlaw::BootsUnsynced,
            (true, _) => SwimFlaw::RejoinsUnsynced,
            (false, _) => SwimFlaw::IncarnationUnsynced,
        };
        if self.has(is_early) {
            self.write_without_waiting(ctx);
        } else {
            self.write(ctx);
        }
        ctx.emit(Event::Published { incarnation, metadata: self.own.metadata, is_fresh });
    }

    /// Says something else of itself.
    pub(super) fn set_metadata(&mut self, metadata: u32, ctx: &mut Ctx<'_>) {
        self.own.metadata = metadata;
        let next = if self.has(SwimFlaw::MetadataKeepsIncarnation) { 0 } else { 1 };
        self.publish(self.own.incarnation + next, false, ctx);
        self.gossip.push(self.me);
    }

    /// An operator wants it to leave.
    pub(super) fn leave(&mut self, ctx: &mut Ctx<'_>) {
        if !self.is_member() || self.me == Self::FIRST {
            return;
        }
        self.own.is_member = false;
        let linger = if self.has(SwimFlaw::LeavesAtOnce) { 0 } else { self.config.linger };
        self.phase = Phase::Leaving(self.periods + u64::from(linger));
        if self.has(SwimFlaw::LeavesBeforeSync) {
            self.write_without_waiting(ctx);
        } else {
            self.write(ctx);
        }
        ctx.emit(Event::Leaving { incarnation: self.own.incarnation });
        self.gossip.push(self.me);
    }

    /// An operator wants it to be a member again.
    pub(super) fn join(&mut self, ctx: &mut Ctx<'_>) {
        if self.is_member() {
            return;
        }
        ctx.emit(Event::Returning);
        if self.has(SwimFlaw::RejoinsAsBefore) {
            self.own.incarnation -= 1;
        }
        self.begin(false, ctx);
    }

    /// It has said for long enough that it leaves.
    pub(super) fn be_gone(&mut self, ctx: &mut Ctx<'_>) {
        self.phase = Phase::Gone;
        self.view = View::default();
        self.suspicions.clear();
        self.relays.clear();
        self.gossip.clear();
        self.probe = None;
        for timer in [Timer::Period, Timer::Unanswered] {
            ctx.cancel_timer(timer);
        }
        ctx.emit(Event::Gone);
    }

    /// Hears something of a node, itself or another, from somebody or because it has found it out.
    pub(super) fn learn(&mut self, update: Update, from: Option<NodeId>, ctx: &mut Ctx<'_>) {
        let Update { member, said, mut metadata, accuser } = update;
        if member == self.me {
            return self.hear_of_myself(said, ctx);
        }
        let known = self.view.get(member);
        let known = known.filter(|entry| !(entry.is_forgotten && self.has(SwimFlaw::StaleGossipRevives)));
        let before = known.map(|entry| entry.said);
        if before == Some(said) {
            return self.hear_again(update);
        }
        if !before.is_none_or(|before| self.overrides(said, before)) {
            return;
        }
        let keeps = match said.status {
            Status::Left if self.has(SwimFlaw::LeavesWithoutMetadata) => true,
            _ => self.has(SwimFlaw::KeepsFirstMetadata),
        };
        if let Some(known) = known.filter(|_| keeps) {
            metadata = known.metadata;
        }
        self.view.set(member, said, metadata, self.periods);
        let suspicion = match said.status {
            Status::Suspected if self.has(SwimFlaw::InheritsSuspicion) && before.is_none() => None,
            Status::Suspected if self.has(SwimFlaw::SuspicionCarriedOver) && self.suspicions.contains_key(&member) => {
                None
            }
            Status::Suspected => self.suspicions.insert(member, Suspicion::new(self.periods, accuser)),
            Status::Alive if self.has(SwimFlaw::SuspicionSurvives) => None,
            Status::Alive | Status::Dead | Status::Left => self.suspicions.remove(&member),
        };
        let is_silent = self.has(SwimFlaw::SilentSuspicion) && said.status == Status::Suspected && from.is_none();
        if !is_silent {
            self.gossip.push(member);
        }
        let was_member = before.is_some_and(|before| before.status.is_member());
        if !was_member && said.status.is_member() && self.has(SwimFlaw::RoundBeginsAnew) {
            self.targets.forget();
        }
        let told = suspicion.filter(|_| from.is_none()).map(|suspicion| suspicion.told);
        ctx.emit(Event::of(News { member, said, metadata, before, from }, told));
    }

    /// Whether what is said now holds, and not what was said before (section 4.2).
    fn overrides(&self, said: Statement, before: Statement) -> bool {
        let is_same = said.incarnation == before.incarnation;
        match (said.status, before.status) {
            (Status::Alive, Status::Suspected | Status::Dead)
                if is_same && self.has(SwimFlaw::EqualIncarnationRevives) =>
            {
                true
            }
            (Status::Left, Status::Dead) if is_same && self.has(SwimFlaw::IgnoresLateLeave) => false,
            (Status::Dead, Status::Left) if is_same && self.has(SwimFlaw::LeftTakenForDead) => true,
            _ => said > before,
        }
    }

    /// Hears what it knows already. A suspicion that others share is shorter (Lifeguard).
    fn hear_again(&mut self, update: Update) {
        let (Some(suspicion), Some(accuser)) = (self.suspicions.get_mut(&update.member), update.accuser) else {
            return;
        };
        if self.config.flaws.has(SwimFlaw::AccusationsProlong) {
            suspicion.since = self.periods;
        }
        if self.config.lifeguard && suspicion.is_confirmed_by(accuser) {
            self.gossip.push(update.member);
        }
    }

    /// Hears what others say of it. Whoever takes it for anything but alive is told that it has a new incarnation.
    fn hear_of_myself(&mut self, said: Statement, ctx: &mut Ctx<'_>) {
        if said.incarnation < self.own.incarnation || said.status == Status::Alive || self.has(SwimFlaw::NeverRefutes) {
            return;
        }
        if !self.is_member() {
            if said.status == Status::Left || !self.has(SwimFlaw::LeaverRefutes) {
                return;
            }
            self.own.is_member = true;
        }
        if self.config.lifeguard {
            self.feels(1);
        }
        self.publish(said.incarnation + 1, false, ctx);
        self.gossip.push(self.me);
    }

    /// What it has to tell of a node.
    fn update_of(&self, node: NodeId) -> Option<Update> {
        if node == self.me {
            return Some(Update { member: node, said: self.says(), metadata: self.own.metadata, accuser: None });
        }
        let entry = self.view.get(node)?;
        Some(self.update(node, entry.said, entry.metadata))
    }

    fn update(&self, member: NodeId, said: Statement, metadata: u32) -> Update {
        let suspicion = self.suspicions.get(&member).filter(|_| said.status == Status::Suspected);
        Update { member, said, metadata, accuser: suspicion.and_then(|suspicion| suspicion.accusers.last().copied()) }
    }

    /// The updates that ride on the next message to a node. First of all that node is told if it is held for dead, and
    /// with Lifeguard if it is suspected: so that it can refute that.
    pub(super) fn updates_for(&mut self, to: NodeId) -> Vec<Update> {
        let is_accused = self.view.get(to).is_some_and(|entry| match entry.said.status {
            Status::Alive => false,
            Status::Suspected => self.config.lifeguard,
            Status::Dead | Status::Left => true,
        });
        let mut members: Vec<NodeId> = is_accused.then_some(to).into_iter().collect();
        let most = if self.has(SwimFlaw::UnboundedPiggyback) { usize::MAX } else { self.config.piggyback as usize };
        let limit = if self.has(SwimFlaw::GossipsForever) { u32::MAX } else { self.config.retransmissions(self.nodes) };
        let limit = if self.has(SwimFlaw::TellsOnce) { 1 } else { limit };
        for member in self.gossip.take(most - members.len(), limit) {
            if !members.contains(&member) {
                members.push(member);
            }
        }
        for member in &members {
            if let Some(suspicion) = self.suspicions.get_mut(member) {
                suspicion.told += 1;
            }
        }
        members.into_iter().filter_map(|member| self.update_of(member)).collect()
    }

    /// Exchanges all that is known with one other: a member, one that is held for dead, or a contact.
    pub(super) fn synchronise_with_one(&mut self, ctx: &mut Ctx<'_>) {
        let is_partner = |node: NodeId| {
            let entry = self.view.get(node);
            let is_out = entry.is_some_and(|entry| {
                let is_known_dead = entry.said.status == Status::Dead;
                entry.said.status == Status::Left || is_known_dead && self.has(SwimFlaw::SyncsWithMembersOnly)
            });
            let is_forgotten = entry.is_some_and(|entry| entry.is_forgotten);
            let is_contact =
                node.index() < self.config.contacts && !(is_forgotten && self.has(SwimFlaw::ContactsForgotten));
            let is_known = entry.is_some() && !is_forgotten || is_contact;
            node != self.me && is_known && !is_out
        };
        let mut partners = self.partners;
        let partner = partners.next(self.nodes, is_partner, ctx);
        self.partners = partners;
        if let Some(partner) = partner {
            self.synchronise(partner, false, !self.has_joined, ctx);
        }
    }

    /// Sends all that it knows.
    pub(super) fn synchronise(&mut self, with: NodeId, is_reply: bool, all: bool, ctx: &mut Ctx<'_>) {
        let told = self.view.told(is_reply && all).filter(|(node, entry)| {
            let is_withheld = self.has(SwimFlaw::SyncsMembersOnly) && !entry.said.status.is_member();
            *node != self.me && *node != with && !is_withheld
        });
        let mut updates: Vec<Update> =
            told.map(|(node, entry)| self.update(node, entry.said, entry.metadata)).collect();
        // The other one is told what is said of it even if it is forgotten.
        updates.extend([self.me, with].into_iter().filter_map(|node| self.update_of(node)));
        ctx.send(with, Message::Sync { updates, is_reply, wants_all: !is_reply && all });
    }
}
