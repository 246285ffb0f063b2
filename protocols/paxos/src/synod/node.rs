//! One node: a proposer, an acceptor, a learner, or several of these.

use parts::journal::Journal;
use parts::timeouts::draw_timeout;
use serde::Serialize;
use sim_core::{Context, DiskEvent, NodeId, Protocol, RequestId, State};

use super::config::{Roles, SynodConfig};
use super::flaws::SynodFlaw;
use super::message::{Decision, SynodEvent, SynodMessage, SynodOp, SynodTimer, Value};
use crate::acceptor::{Acceptor, Proposal};
use crate::ballot::Ballot;

/// There is one instance.
const INSTANCE: u64 = 1;

/// A node of the Synod.
#[derive(Debug)]
pub struct Synod {
    pub(super) config: SynodConfig,
    me: NodeId,
    pub(super) roles: Roles,
    journal: Journal,

    /// Durable before anybody is told of it.
    pub(super) acceptor: Acceptor<Value>,

    // Volatile.
    /// The ballot that it works on.
    attempt: Option<Attempt>,
    /// The highest ballot that it has heard of.
    highest: Ballot,
    /// The value that it proposes if it may, and the clients that wait.
    own: Option<Value>,
    waiting: Vec<RequestId>,
    /// Who has accepted what, as far as it was told as a learner or a proposer.
    accepted: Vec<(Proposal<Value>, Vec<NodeId>)>,
    pub(super) learned: Option<Value>,
}

/// What a proposer keeps of its ballot.
#[derive(Debug)]
struct Attempt {
    ballot: Ballot,
    promised_by: Vec<NodeId>,
    /// Of what acceptors have told it they have accepted, that of the highest ballot.
    found: Option<Proposal<Value>>,
    has_proposed: bool,
}

/// One durable record of an acceptor, or of a proposer that has begun a ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum SynodRecord {
    /// It accepts nothing below this ballot.
    Promised(Ballot),
    /// It has accepted this, and with it promised the ballot.
    Accepted(Proposal<Value>),
}

type Ctx<'a> = Context<'a, Synod>;

/// What others may see of a node: its properties do.
impl Synod {
    /// A node that has not booted yet.
    pub fn new(config: &SynodConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self {
            config: config.clone(),
            me,
            roles: config.roles(nodes),
            journal: Journal::default(),
            acceptor: Acceptor::default(),
            attempt: None,
            highest: Ballot::NONE,
            own: None,
            waiting: Vec::new(),
            accepted: Vec::new(),
            learned: None,
        }
    }
}

impl Protocol for Synod {
    type Message = SynodMessage;
    type Timer = SynodTimer;
    type Record = SynodRecord;
    type Op = SynodOp;
    type Reply = Decision;
    type Event = SynodEvent;

    /// It has no quorum of promises yet; it has, and waits for acceptors.
    const STATES: &'static [State<Self>] = &[
        State::new("preparing", |node| node.attempt.as_ref().is_some_and(|attempt| !attempt.has_proposed)),
        State::new("proposing", |node| node.attempt.as_ref().is_some_and(|attempt| attempt.has_proposed)),
    ];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        let Some(records) = self.journal.open(ctx) else { return };
        for record in records {
            match record {
                SynodRecord::Promised(ballot) => self.acceptor.promise(*ballot),
                SynodRecord::Accepted(proposal) => self.acceptor.accept(INSTANCE, proposal.clone(), true),
            }
        }
        self.highest = self.acceptor.promised();
    }

    fn on_message(&mut self, from: NodeId, message: SynodMessage, ctx: &mut Ctx<'_>) {
        self.acceptor.begin_step();
        match message {
            SynodMessage::Prepare { ballot } => self.on_prepare(from, ballot, ctx),
            SynodMessage::Promise { ballot, accepted } => self.on_promise(from, ballot, accepted, ctx),
            SynodMessage::Accept(proposal) => self.on_accept(from, proposal, ctx),
            SynodMessage::Accepted(proposal) => self.on_accepted(from, proposal, ctx),
            SynodMessage::Refused { ballot, promised } => self.on_refused(from, ballot, promised, ctx),
            SynodMessage::Chosen { value } => self.learn(value, ctx),
        }
    }

    fn on_timer(&mut self, SynodTimer::Retry: SynodTimer, ctx: &mut Ctx<'_>) {
        self.acceptor.begin_step();
        self.try_next_ballot(ctx);
    }

    fn on_request(&mut self, request: RequestId, op: SynodOp, ctx: &mut Ctx<'_>) {
        self.acceptor.begin_step();
        self.on_client_request(request, op, ctx);
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        // It asks for no sync that is reported when it is done.
        let DiskEvent::Synced(_) = event else { return ctx.halt("its disk fails it") };
    }
}

/// The proposer (2.2, 2.4).
impl Synod {
    /// Takes the first value that it is asked for as its own, and proposes. All who ask are told what is chosen.
    fn on_client_request(&mut self, request: RequestId, SynodOp::Propose { value }: SynodOp, ctx: &mut Ctx<'_>) {
        if let Some(value) = self.learned {
            return ctx.reply(request, Decision { value });
        }
        if !self.roles.proposers.contains(&self.me) {
            return ctx.redirect(request, None);
        }
        if !self.waiting.contains(&request) {
            self.waiting.push(request);
        }
        if self.own.is_none() {
            self.own = Some(value);
            self.try_next_ballot(ctx);
        }
    }

    /// Begins a ballot above all that it has heard of. That is durable before anybody hears of it.
    fn try_next_ballot(&mut self, ctx: &mut Ctx<'_>) {
        let mut ballot = self.highest.next_of(self.me);
        if self.has(SynodFlaw::SameNumbers) {
            ballot.node = NodeId::node(0);
        }
        self.highest = ballot;
        self.promise(ballot, ctx);
        self.attempt = Some(Attempt { ballot, promised_by: Vec::new(), found: None, has_proposed: false });
        self.wait(ctx);
        ctx.emit(SynodEvent::Prepared { ballot });
        for acceptor in self.roles.acceptors.clone() {
            ctx.send(acceptor, SynodMessage::Prepare { ballot });
        }
    }

    /// Waits before it tries again, for a time drawn anew.
    fn wait(&self, ctx: &mut Ctx<'_>) {
        let back_off = draw_timeout("back-off", self.config.back_off, ctx);
        ctx.set_timer(SynodTimer::Retry, back_off);
    }

    /// An acceptor promises. With a quorum of promises it proposes what was accepted in the highest ballot of which it was
    /// told, else its own value.
    fn on_promise(&mut self, from: NodeId, ballot: Ballot, accepted: Option<Proposal<Value>>, ctx: &mut Ctx<'_>) {
        let (prefers_own, takes_lowest) =
            (self.has(SynodFlaw::PrefersOwnValue), self.has(SynodFlaw::TakesLowestAccepted));
        let Some(attempt) = self.attempt.as_mut().filter(|attempt| attempt.ballot == ballot && !attempt.has_proposed)
        else {
            return;
        };
        if !attempt.promised_by.contains(&from) {
            attempt.promised_by.push(from);
        }
        if let Some(accepted) = accepted
            && attempt.found.as_ref().is_none_or(|known| (accepted.ballot > known.ballot) != takes_lowest)
        {
            attempt.found = Some(accepted);
        }
        let mut is_enough = self.roles.has_quorum(&attempt.promised_by);
        if self.config.flaws.has(SynodFlaw::ProposesAtHalf) {
            is_enough |= attempt.promised_by.len() * 2 >= self.roles.acceptors.len();
        }
        let found = attempt.found.as_ref().filter(|_| !prefers_own).map(|proposal| proposal.value);
        let Some(value) = found.or(self.own).filter(|_| is_enough) else { return };
        attempt.has_proposed = true;
        ctx.emit(SynodEvent::Proposed { ballot, value });
        for acceptor in self.roles.acceptors.clone() {
            ctx.send(acceptor, SynodMessage::Accept(Proposal { ballot, value }));
        }
    }

    /// Its ballot is in vain. It tries again, but not before its back-off is over: the other needs the time.
    fn on_refused(&mut self, by: NodeId, ballot: Ballot, promised: Ballot, ctx: &mut Ctx<'_>) {
        self.highest = self.highest.max(promised);
        let mut refused = Some(ballot);
        if self.has(SynodFlaw::GivesUpOnAnyRefusal) {
            refused = self.attempt.as_ref().map(|attempt| attempt.ballot);
        }
        if self.attempt.take_if(|attempt| Some(attempt.ballot) == refused).is_some() {
            ctx.emit(SynodEvent::Outbid { ballot, by });
            self.wait(ctx);
        }
    }
}

/// The acceptor (2.2). Its promise also keeps a proposer on the same node from using a ballot twice.
impl Synod {
    /// Phase 1b.
    fn on_prepare(&mut self, from: NodeId, ballot: Ballot, ctx: &mut Ctx<'_>) {
        self.highest = self.highest.max(ballot);
        if ballot < self.acceptor.promised() {
            return self.refuse(from, ballot, ctx);
        }
        self.promise(ballot, ctx);
        let nothing = self.has(SynodFlaw::NothingIsZero).then_some(Proposal { ballot: Ballot::NONE, value: 0 });
        ctx.send(
            from,
            SynodMessage::Promise { ballot, accepted: self.acceptor.accepted(INSTANCE).cloned().or(nothing) },
        );
    }

    /// Phase 2b.
    fn on_accept(&mut self, from: NodeId, proposal: Proposal<Value>, ctx: &mut Ctx<'_>) {
        let ballot = proposal.ballot;
        self.highest = self.highest.max(ballot);
        if ballot < self.acceptor.promised() && !self.has(SynodFlaw::AcceptsAnything) {
            return self.refuse(from, ballot, ctx);
        }
        if self.acceptor.accepted(INSTANCE) != Some(&proposal) {
            self.acceptor.accept(INSTANCE, proposal.clone(), true);
            if !self.has(SynodFlaw::ForgetsAccepted) {
                self.journal.append(SynodRecord::Accepted(proposal.clone()), ctx);
            }
        }
        self.journal.make_durable(ctx);
        let learners = self.roles.learners.iter().copied();
        let others = learners.filter(|learner| *learner != from).chain([from]).collect::<Vec<_>>();
        for learner in others {
            ctx.send(learner, SynodMessage::Accepted(proposal.clone()));
        }
    }

    fn promise(&mut self, ballot: Ballot, ctx: &mut Ctx<'_>) {
        if ballot > self.acceptor.promised() {
            self.acceptor.promise(ballot);
            if !self.has(SynodFlaw::ForgetsPromise) {
                self.journal.append(SynodRecord::Promised(ballot), ctx);
            }
        }
        self.journal.make_durable(ctx);
    }

    fn refuse(&self, to: NodeId, ballot: Ballot, ctx: &mut Ctx<'_>) {
        ctx.send(to, SynodMessage::Refused { ballot, promised: self.acceptor.promised() });
    }
}

/// The learner (2.3).
impl Synod {
    /// What a quorum has accepted in one ballot is chosen.
    fn on_accepted(&mut self, from: NodeId, proposal: Proposal<Value>, ctx: &mut Ctx<'_>) {
        let (counts_messages, any_ballot) =
            (self.has(SynodFlaw::LearnerCountsMessages), self.has(SynodFlaw::LearnerMixesBallots));
        let is_same = |known: &Proposal<Value>| any_ballot || *known == proposal;
        let place = self.accepted.iter().position(|(known, _)| is_same(known)).unwrap_or_else(|| {
            self.accepted.push((proposal.clone(), Vec::new()));
            self.accepted.len() - 1
        });
        let (_, by) = &mut self.accepted[place];
        if counts_messages || !by.contains(&from) {
            by.push(from);
        }
        if by.len() >= self.roles.majority() {
            self.learn(proposal.value, ctx);
        }
    }

    /// Tells the proposers, and the clients that wait here.
    fn learn(&mut self, value: Value, ctx: &mut Ctx<'_>) {
        if self.learned.is_some() {
            return;
        }
        self.learned = Some(value);
        ctx.emit(SynodEvent::Learned { value });
        ctx.cancel_timer(SynodTimer::Retry);
        self.attempt = None;
        for proposer in self.roles.proposers.iter().filter(|proposer| **proposer != self.me) {
            ctx.send(*proposer, SynodMessage::Chosen { value });
        }
        for request in std::mem::take(&mut self.waiting) {
            ctx.reply(request, Decision { value });
        }
    }

    fn has(&self, flaw: SynodFlaw) -> bool {
        self.config.flaws.has(flaw)
    }
}
