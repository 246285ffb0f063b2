//! The proposer: phase 1 once for all instances, and phase 2 for each (Lamport 2001, 2.2, 3).

use std::collections::{BTreeMap, VecDeque};

use sim_core::{NodeId, RequestId, Time};

use super::acceptor::Proposal;
use super::ballot::Ballot;
use super::config::Reads;
use super::flaws::PaxosFlaw;
use super::message::{Command, Event, Message, Timer};
use super::node::{Ctx, Paxos};

/// What a proposer keeps of its ballot. It is made when the ballot begins and dropped when the node gives it up.
#[derive(Debug)]
pub(super) struct Proposer {
    pub(super) ballot: Ballot,
    /// Which acceptors have promised.
    pub(super) promised_by: Vec<NodeId>,
    /// What they have told of, of each instance that of the highest ballot, as far as it is not proposed again.
    found: BTreeMap<u64, Proposal<Command>>,
    /// Whether a quorum has promised.
    pub(super) leads: bool,
    /// The next instance to propose in.
    pub(super) next: u64,
    /// What it has proposed and does not know to be chosen.
    pub(super) proposals: BTreeMap<u64, Pending>,
    /// What it is to propose.
    pub(super) queue: VecDeque<Command>,
    /// Which clients wait for the answer to which request.
    pub(super) waiting: BTreeMap<NodeId, RequestId>,
    /// The last instance of which anybody has told in phase 1: reads by lease wait until it is applied.
    pub(super) found_to: u64,
    /// The acceptors that it has heard from since the last check of the quorum.
    pub(super) heard: Vec<NodeId>,
    /// The current round of heartbeats.
    round: u64,
    /// The latest round that each node has returned.
    pub(super) returned: BTreeMap<NodeId, u64>,
    /// When the rounds began that no quorum has returned; kept for leases only.
    pub(super) open_rounds: VecDeque<(u64, Time)>,
    /// Until when nobody else can have been promised enough to lead.
    pub(super) lease_until: Time,
}

/// A proposal that waits for acceptors.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) command: Command,
    pub(super) accepted_by: Vec<NodeId>,
}

impl Proposer {
    fn new(ballot: Ballot, next: u64) -> Self {
        Self {
            ballot,
            promised_by: Vec::new(),
            found: BTreeMap::new(),
            leads: false,
            next,
            proposals: BTreeMap::new(),
            queue: VecDeque::new(),
            waiting: BTreeMap::new(),
            found_to: 0,
            heard: Vec::new(),
            round: 0,
            returned: BTreeMap::new(),
            open_rounds: VecDeque::new(),
            lease_until: Time::ZERO,
        }
    }

    /// Whether a change of the acceptors waits to be chosen, or to be proposed.
    pub(super) fn changes_members(&self) -> bool {
        self.unchosen().any(Command::changes_members)
    }

    /// What waits to be chosen, or to be proposed.
    pub(super) fn unchosen(&self) -> impl Iterator<Item = &Command> {
        let found = self.found.values().map(|proposal| &proposal.value);
        let proposed = self.proposals.values().map(|pending| &pending.command);
        proposed.chain(found).chain(&self.queue)
    }
}

/// Phase 1.
impl Paxos {
    /// No leader was heard from for too long, or too few have promised: the next ballot is higher. How long that
    /// lasts is drawn anew each time, so that proposers that duel get out of each other's way.
    ///
    /// Who is no acceptor, as far as it knows, may have missed that it is one, and asks all that know more.
    pub(super) fn on_election_timeout(&mut self, ctx: &mut Ctx<'_>) {
        self.leader = None;
        self.arm_election_timer(ctx);
        if self.is_acceptor() {
            self.begin_ballot(ctx);
        } else {
            ctx.broadcast(Message::Learn { first: self.learner.first_unchosen() });
        }
    }

    /// Phase 1a. The ballot is durable before anybody hears of it, so it is not used again after a crash.
    fn begin_ballot(&mut self, ctx: &mut Ctx<'_>) {
        self.step_down(ctx);
        let ballot = self.next_ballot();
        self.note(ballot);
        let first = self.first_to_prepare();
        if self.has(PaxosFlaw::UnsyncedBallot) {
            self.acceptor.promise(ballot);
        } else {
            self.promise(ballot, ctx);
        }
        self.proposer = Some(Box::new(Proposer::new(ballot, self.learner.first_unchosen())));
        self.journal.make_durable(ctx);
        ctx.emit(Event::Prepared { ballot, first });
        self.ask_for_promises(first, ctx);
        let accepted = self.accepted_from(first);
        self.on_promise(self.me, ballot, accepted, ctx);
    }

    fn next_ballot(&self) -> Ballot {
        let next = self.highest.next_of(self.me);
        if self.has(PaxosFlaw::SharedBallots) { Ballot { node: NodeId::node(0), ..next } } else { next }
    }

    /// Phase 1 is about all instances of which it does not know what was chosen.
    fn first_to_prepare(&self) -> u64 {
        if self.has(PaxosFlaw::FillsGapsUnprepared) {
            self.learner.last_chosen() + 1
        } else {
            self.learner.first_unchosen()
        }
    }

    /// Asks the acceptors of this instance and of those behind it that have not promised.
    fn ask_for_promises(&self, first: u64, ctx: &mut Ctx<'_>) {
        let Some(proposer) = &self.proposer else { return };
        let promised_by = &proposer.promised_by;
        let mut asked: Vec<NodeId> =
            self.learner.memberships().from(first).flat_map(|members| members.as_slice()).copied().collect();
        asked.sort_unstable();
        asked.dedup();
        for node in asked.into_iter().filter(|node| *node != self.me && !promised_by.contains(node)) {
            ctx.send(node, Message::Prepare { ballot: proposer.ballot, first });
        }
    }

    /// An acceptor promises: of what it and others have told of an instance, that of the highest ballot counts. One
    /// that joins while the node leads may tell of instances that are still to come.
    pub(super) fn on_promise(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        accepted: Vec<(u64, Proposal<Command>)>,
        ctx: &mut Ctx<'_>,
    ) {
        let (any_ballot, takes_first) = (self.has(PaxosFlaw::StalePromises), self.has(PaxosFlaw::TakesFirstAccepted));
        let ignores_late = self.has(PaxosFlaw::IgnoresLatePromises);
        let Some(proposer) = self.proposer.as_mut().filter(|proposer| proposer.ballot == ballot || any_ballot) else {
            return;
        };
        if !proposer.promised_by.contains(&from) {
            proposer.promised_by.push(from);
        }
        let accepted = if proposer.leads && ignores_late { Vec::new() } else { accepted };
        proposer.found_to = accepted.last().map_or(0, |(instance, _)| *instance).max(proposer.found_to);
        for (instance, proposal) in accepted.into_iter().filter(|(instance, _)| *instance >= proposer.next) {
            let known = proposer.found.get(&instance);
            if known.is_none_or(|known| known.ballot < proposal.ballot && !takes_first) {
                proposer.found.insert(instance, proposal);
            }
        }
        if !proposer.leads && self.is_prepared(self.learner.first_unchosen()) {
            self.become_leader(ctx);
        }
    }

    /// Whether enough acceptors of an instance have promised for phase 2 to begin there.
    fn is_prepared(&self, instance: u64) -> bool {
        let Some(proposer) = &self.proposer else { return false };
        let members = self.learner.memberships().of(instance);
        self.config.has_phase1_quorum(members, &proposer.promised_by)
            || (self.has(PaxosFlaw::LeadsWithoutQuorum) && proposer.promised_by.len() > 1)
    }

    /// Whether it leads, and may propose in the first instance of which it does not know what was chosen. A leader that
    /// is behind may lead those who were acceptors once.
    pub(super) fn leads_on(&self) -> bool {
        self.leadership().is_some() && self.is_prepared(self.learner.first_unchosen())
    }

    fn become_leader(&mut self, ctx: &mut Ctx<'_>) {
        let ignores = self.has(PaxosFlaw::IgnoresAccepted);
        let Some(proposer) = &mut self.proposer else { return };
        if ignores {
            proposer.found.clear();
        }
        proposer.leads = true;
        self.leader = Some(self.me);
        ctx.emit(Event::BecameLeader { ballot: proposer.ballot });
        ctx.cancel_timer(Timer::Election);
        ctx.set_timer(Timer::CheckQuorum, self.config.election_timeout.1);
        self.on_heartbeat_due(ctx);
    }

    /// An acceptor has promised a higher ballot: this one is in vain.
    pub(super) fn on_refused(&mut self, from: NodeId, ballot: Ballot, promised: Ballot, ctx: &mut Ctx<'_>) {
        self.note(promised);
        if self.proposer.as_ref().is_none_or(|proposer| proposer.ballot != ballot) {
            return;
        }
        if self.has(PaxosFlaw::CountsRefusals) {
            return self.on_promise(from, ballot, Vec::new(), ctx);
        }
        self.step_down(ctx);
        self.arm_election_timer(ctx);
    }

    /// Gives up its ballot, if it has one. What others may still choose is left without an answer; what was not
    /// proposed had no effect, so its clients are sent on.
    pub(super) fn step_down(&mut self, ctx: &mut Ctx<'_>) {
        let Some(proposer) = self.proposer.take() else { return };
        if !proposer.leads {
            return;
        }
        self.leader = None;
        ctx.emit(Event::SteppedDown { ballot: proposer.ballot });
        ctx.cancel_timer(Timer::Heartbeat);
        ctx.cancel_timer(Timer::CheckQuorum);
        self.arm_election_timer(ctx);
        for command in proposer.queue {
            if let Command::Client { request, .. } = command {
                ctx.redirect(request, None);
            }
        }
    }
}

/// Phase 2.
impl Paxos {
    /// Puts a command behind those that wait to be proposed.
    pub(super) fn enqueue(&mut self, command: Command) {
        if let Some(proposer) = &mut self.proposer {
            proposer.queue.push_back(command);
        }
    }

    /// Proposes in one instance after the other, as far as α and the promises allow: what acceptors have told of
    /// these, no-ops before the last of that, then what clients ask. It counts itself when its disk has it.
    pub(super) fn propose_all(&mut self, ctx: &mut Ctx<'_>) {
        loop {
            let accepted = self.propose_some(ctx);
            self.journal.make_durable(ctx);
            let Some(ballot) = self.leads().filter(|_| !accepted.is_empty()) else { return };
            accepted.into_iter().for_each(|instance| self.on_accepted(self.me, ballot, instance, ctx));
        }
    }

    /// Proposes; gives the instances in which this node has accepted what it proposes itself.
    fn propose_some(&mut self, ctx: &mut Ctx<'_>) -> Vec<u64> {
        let mut accepted = Vec::new();
        while let Some((instance, command)) = self.next_proposal(ctx) {
            let Some(proposer) = &mut self.proposer else { break };
            let proposal = Proposal { ballot: proposer.ballot, value: command.clone() };
            proposer.next = instance + 1;
            proposer.proposals.insert(instance, Pending { command, accepted_by: Vec::new() });
            let members = self.learner.memberships().of(instance);
            for member in members.as_slice().iter().filter(|member| **member != self.me) {
                ctx.send(*member, Message::Accept { instance, proposal: proposal.clone() });
            }
            if members.contains(self.me) && proposal.ballot >= self.acceptor.promised() {
                self.accept(instance, proposal, ctx);
                accepted.push(instance);
            }
        }
        accepted
    }

    /// The next instance in which there is something to propose, and what.
    fn next_proposal(&mut self, ctx: &mut Ctx<'_>) -> Option<(u64, Command)> {
        let proposer = self.proposer.as_mut().filter(|proposer| proposer.leads)?;
        let first_unchosen = self.learner.first_unchosen();
        let after = proposer.next.max(first_unchosen);
        let instance = (after..).find(|instance| self.learner.chosen(*instance).is_none())?;
        proposer.next = instance;
        proposer.found = proposer.found.split_off(&instance);
        let is_within = instance < first_unchosen.saturating_add(self.config.alpha);
        if !(is_within || self.has(PaxosFlaw::PipelinesPastAlpha)) || !self.is_prepared(instance) {
            return None;
        }
        let fills_gap = self.has(PaxosFlaw::FillsGapsUnprepared) && instance < self.learner.last_chosen();
        let waits = self.has(PaxosFlaw::ChangesWaitForClients);
        let changes_at = if waits { 0 } else { self.learner.memberships().latest().0 };
        let proposer = self.proposer.as_mut()?;
        if let Some(found) = proposer.found.remove(&instance) {
            ctx.emit(Event::ProposedAgain { instance });
            Some((instance, found.value))
        } else if !proposer.found.is_empty() || fills_gap {
            ctx.emit(Event::FilledGap { instance });
            Some((instance, Command::NoOp))
        } else if let Some(command) = proposer.queue.pop_front() {
            Some((instance, command))
        } else {
            // A change of the acceptors does not wait for clients.
            (instance < changes_at).then_some((instance, Command::NoOp))
        }
    }

    /// An acceptor has accepted. What a quorum has accepted is chosen.
    pub(super) fn on_accepted(&mut self, from: NodeId, ballot: Ballot, instance: u64, ctx: &mut Ctx<'_>) {
        let counts_twice = self.has(PaxosFlaw::CountsAcceptorTwice);
        let any_ballot = self.has(PaxosFlaw::CountsOlderAcceptances);
        let members = self.learner.memberships().of(instance);
        let is_ours = |proposer: &&mut Box<Proposer>| proposer.ballot == ballot || any_ballot;
        let Some(proposer) = self.proposer.as_mut().filter(is_ours) else { return };
        let Some(pending) = proposer.proposals.get_mut(&instance) else { return };
        if members.contains(from) && (counts_twice || !pending.accepted_by.contains(&from)) {
            pending.accepted_by.push(from);
        }
        let is_chosen = self.config.has_phase2_quorum(members, &pending.accepted_by)
            || (counts_twice && pending.accepted_by.len() >= self.config.quorums(members.as_slice().len()).1);
        if is_chosen && let Some(pending) = proposer.proposals.remove(&instance) {
            ctx.emit(Event::Chose { instance });
            let first_unchosen = self.learner.first_unchosen();
            let commands = vec![pending.command.clone()];
            ctx.broadcast(Message::Chosen { first: instance, commands, first_unchosen });
            self.learn(instance, pending.command, ctx);
        }
    }
}

/// What a leader does as long as it leads.
impl Paxos {
    /// Tells that it is there, and repeats what was not answered.
    pub(super) fn on_heartbeat_due(&mut self, ctx: &mut Ctx<'_>) {
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat_interval);
        let (first_unchosen, is_leased) = (self.learner.first_unchosen(), self.is_leased());
        let Some(proposer) = &mut self.proposer else { return };
        proposer.round += 1;
        if is_leased {
            proposer.open_rounds.push_back((proposer.round, ctx.now()));
        }
        ctx.broadcast(Message::Heartbeat { ballot: proposer.ballot, round: proposer.round, first_unchosen });
        if !self.has(PaxosFlaw::NeverRepeats) {
            self.repeat_proposals(ctx);
        }
        self.ask_for_promises(first_unchosen, ctx);
        self.extend_lease();
    }

    fn repeat_proposals(&self, ctx: &mut Ctx<'_>) {
        let Some(proposer) = &self.proposer else { return };
        for (instance, pending) in &proposer.proposals {
            let proposal = Proposal { ballot: proposer.ballot, value: pending.command.clone() };
            let members = self.learner.memberships().of(*instance).as_slice().iter();
            for member in members.filter(|member| **member != self.me && !pending.accepted_by.contains(member)) {
                ctx.send(*member, Message::Accept { instance: *instance, proposal: proposal.clone() });
            }
        }
    }

    pub(super) fn on_heartbeat_reply(&mut self, from: NodeId, ballot: Ballot, round: u64) {
        let Some(proposer) = self.proposer.as_mut().filter(|proposer| proposer.ballot == ballot) else { return };
        if !proposer.heard.contains(&from) {
            proposer.heard.push(from);
        }
        let returned = proposer.returned.entry(from).or_default();
        *returned = round.max(*returned);
        self.extend_lease();
    }

    /// A leader that hears from too few to choose anything, or to be promised what it lacks, gives up: another may reach
    /// more, and acceptors that hear from this one help no other.
    pub(super) fn on_check_quorum_due(&mut self, ctx: &mut Ctx<'_>) {
        let leads_on = self.leads_on();
        let members = self.learner.memberships().of(self.learner.first_unchosen());
        let Some(proposer) = &mut self.proposer else { return };
        let mut heard = std::mem::take(&mut proposer.heard);
        heard.push(self.me);
        let is_heard = self.config.has_phase2_quorum(members, &heard)
            && (leads_on || self.config.has_phase1_quorum(members, &heard));
        if is_heard || self.has(PaxosFlaw::LeadsUnheard) {
            ctx.set_timer(Timer::CheckQuorum, self.config.election_timeout.1);
        } else {
            self.step_down(ctx);
        }
    }
}

/// Leases.
impl Paxos {
    fn is_leased(&self) -> bool {
        self.config.reads == Reads::Lease
    }

    /// A lease runs from when its round *began*: acceptors heard of it later, and answer no other proposer for an
    /// election timeout from then. Those that returned it meet every quorum of phase 1, of all acceptors that are known
    /// for instances to come.
    fn extend_lease(&mut self) {
        if self.has(PaxosFlaw::LeaseNeverBegins) {
            return;
        }
        let lease = self.config.lease();
        let granting = if self.has(PaxosFlaw::LeaseOfOldAcceptors) { 1 } else { usize::MAX };
        let Some(proposer) = &mut self.proposer else { return };
        let mut confirmed = None;
        for (round, began) in &proposer.open_rounds {
            let has_returned =
                |node: &NodeId| *node == self.me || proposer.returned.get(node).is_some_and(|at| at >= round);
            let memberships = self.learner.memberships().from(self.learner.first_unchosen());
            let is_confirmed = memberships.take(granting).all(|members| {
                let returned: Vec<NodeId> = members.as_slice().iter().copied().filter(has_returned).collect();
                self.config.has_phase2_quorum(members, &returned)
            });
            if !is_confirmed {
                break;
            }
            confirmed = Some((*round, *began));
        }
        if let Some((confirmed, began)) = confirmed {
            proposer.open_rounds.retain(|(round, _)| *round > confirmed);
            proposer.lease_until = began.saturating_add(lease);
        }
    }

    /// Other acceptors are to come, and with them quorums that have granted nothing.
    pub(super) fn end_lease(&mut self) {
        if self.has(PaxosFlaw::LeaseOfOldAcceptors) {
            return;
        }
        if let Some(proposer) = &mut self.proposer {
            proposer.open_rounds.clear();
            proposer.lease_until = Time::ZERO;
        }
    }
}
