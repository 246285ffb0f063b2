//! What becomes of what is chosen: it is learned, applied in order, asked for where it is missing, and at last forgotten
//! for a snapshot (Lamport 2001, 2.3; Chandra, Griesemer and Redstone 2007, 5.5).

use parts::machine::Sessions;
use sim_core::NodeId;

use super::flaws::PaxosFlaw;
use super::learner::Snapshot;
use super::message::{Command, Event, Message};
use super::node::{Ctx, Paxos};

impl Paxos {
    /// Learns that a command was chosen, and applies what can be.
    pub(super) fn learn(&mut self, instance: u64, command: Command, ctx: &mut Ctx<'_>) {
        self.learner.learn(instance, command);
        if let Some(proposer) = &mut self.proposer {
            proposer.proposals.remove(&instance);
        }
        self.apply_all(ctx);
    }

    /// Others were chosen. Where this is what it lacked first, and the sender knows more, it asks for that at once.
    pub(super) fn on_chosen(
        &mut self,
        from: NodeId,
        first: u64,
        commands: Vec<Command>,
        first_unchosen: u64,
        ctx: &mut Ctx<'_>,
    ) {
        let lacked = self.learner.first_unchosen();
        for (instance, command) in (first..).zip(commands) {
            self.learn(instance, command, ctx);
        }
        if first == lacked {
            self.ask_for_missing(from, first_unchosen, ctx);
        }
    }

    fn apply_all(&mut self, ctx: &mut Ctx<'_>) {
        if self.has(PaxosFlaw::AppliesOverGaps) && self.learner.chosen(self.learner.first_unchosen()).is_none() {
            self.learner.skip_to(self.learner.last_chosen().saturating_sub(1));
        }
        while let Some((instance, command)) = self.learner.apply_next() {
            match command {
                Command::NoOp => {}
                Command::Client { request, op } => self.apply(request, &op, ctx),
                Command::Members(members) => {
                    let alpha = if self.has(PaxosFlaw::ReconfiguresAtOnce) { 1 } else { self.config.alpha };
                    let from = instance + alpha;
                    self.learner.memberships.change(from, members.clone());
                    self.end_lease();
                    ctx.emit(Event::MembersChosen { from, members });
                }
            }
        }
    }

    /// Another knows what was chosen in all instances before this one: asks for what is missing here.
    pub(super) fn ask_for_missing(&mut self, from: NodeId, first_unchosen: u64, ctx: &mut Ctx<'_>) {
        if self.has(PaxosFlaw::LearnsFromOwn) {
            self.learn_from_own(first_unchosen, ctx);
        }
        let first = self.learner.first_unchosen();
        if first < first_unchosen {
            ctx.emit(Event::AskedForMissing { first });
            ctx.send(from, Message::Learn { first });
        }
    }

    /// Tells another what was chosen from an instance on, as far as it knows; where it has forgotten that, its state.
    pub(super) fn tell(&self, to: NodeId, first: u64, ctx: &mut Ctx<'_>) {
        if first <= self.learner.base() {
            return self.send_state(to, ctx);
        }
        let commands = self.learner.chosen_from(first, self.config.commands_per_message as usize);
        if !commands.is_empty() {
            let first_unchosen = self.learner.first_unchosen();
            ctx.send(to, Message::Chosen { first, commands, first_unchosen });
        }
    }

    pub(super) fn send_state(&self, to: NodeId, ctx: &mut Ctx<'_>) {
        ctx.send(to, Message::Snapshot(Box::new(self.snapshot())));
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.learner.snapshot();
        if self.has(PaxosFlaw::SnapshotLosesSessions) {
            snapshot.machine.sessions = Sessions::default();
        }
        if self.has(PaxosFlaw::StateLosesMembers) {
            snapshot.memberships = snapshot.memberships.only(self.learner.first_unchosen());
        }
        snapshot
    }

    /// Takes a snapshot when enough was applied since the last one. Nothing waits for the disk: until the new records
    /// are durable the old ones say the same.
    pub(super) fn take_snapshot_if_due(&mut self, ctx: &mut Ctx<'_>) {
        let every = self.config.snapshot_every;
        if every == 0 || self.learner.applied() < self.learner.base().saturating_add(every) {
            return;
        }
        self.learner.forget_applied();
        if !self.has(PaxosFlaw::SnapshotKeepsLog) {
            self.acceptor.forget_to(self.learner.base());
        }
        self.rewrite(ctx);
        ctx.emit(Event::TookSnapshot { instance: self.learner.base() });
    }

    /// Takes over the state of another, unless its own is as new: the message may be old.
    pub(super) fn on_snapshot(&mut self, snapshot: Snapshot, ctx: &mut Ctx<'_>) {
        let instance = snapshot.instance;
        if instance <= self.learner.applied() && !self.has(PaxosFlaw::InstallsOlderState) {
            return;
        }
        self.learner.install(snapshot);
        self.acceptor.forget_to(instance);
        self.rewrite(ctx);
        self.journal.make_durable(ctx);
        ctx.emit(Event::InstalledSnapshot { instance });
        self.end_lease();
        if let Some(proposer) = &mut self.proposer {
            proposer.proposals.retain(|at, _| *at > instance);
        }
        self.answer_executed(ctx);
        self.apply_all(ctx);
    }
}
