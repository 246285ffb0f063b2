//! A node: its state, and what comes to it.

use std::collections::BTreeMap;

use parts::journal::Journal;
use sim_core::{Context, NodeId, OperatorAction, Protocol, RequestId, State};

use super::config::{Start, SwimConfig};
use super::detector::{CurrentProbe, Relay};
use super::flaws::SwimFlaw;
use super::gossip::Gossip;
use super::message::{Event, Message, Probe, Record, Statement, Status, Timer, Update};
use super::operations::{SwimOp, SwimReply};
use super::round::Round;
use super::suspicion::Suspicion;
use super::view::View;

const LEAVE: &str = "leave";
const JOIN: &str = "join";

/// A node.
#[derive(Debug)]
pub struct Swim {
    pub(super) config: SwimConfig,
    pub(super) me: NodeId,
    /// How many nodes there are.
    pub(super) nodes: u32,
    pub(super) journal: Journal,
    /// What it says of itself, as its disk has it.
    pub(super) own: Record,
    pub(super) phase: Phase,
    /// The incarnation under which it has booted, or joined again.
    pub(super) epoch: u32,
    /// Whether it has heard from somebody who is a member.
    pub(super) has_joined: bool,
    pub(super) view: View,
    pub(super) gossip: Gossip,
    pub(super) suspicions: BTreeMap<NodeId, Suspicion>,
    /// How many periods have begun since the boot.
    pub(super) periods: u64,
    /// Whom it pings in this period.
    pub(super) probe: Option<CurrentProbe>,
    pub(super) targets: Round,
    pub(super) partners: Round,
    /// The number of the last ping.
    pub(super) number: u64,
    /// The pings for others that are not answered, by their numbers.
    pub(super) relays: BTreeMap<u64, Relay>,
    /// Lifeguard: how unwell it takes itself for.
    pub(super) unwell: u32,
}

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It is a member.
    Member,
    /// It is none any more, and says so until this period.
    Leaving(u64),
    /// It is none, and silent.
    Gone,
}

pub(super) type Ctx<'a> = Context<'a, Swim>;

impl Swim {
    pub(super) fn new(config: &SwimConfig, me: NodeId, nodes: u32) -> Self {
        Self {
            config: config.clone(),
            me,
            nodes,
            journal: Journal::default(),
            own: Record { incarnation: 0, is_member: true, metadata: 0 },
            phase: Phase::Gone,
            epoch: 0,
            has_joined: false,
            view: View::default(),
            gossip: Gossip::default(),
            suspicions: BTreeMap::new(),
            periods: 0,
            probe: None,
            targets: Round::default(),
            partners: Round::default(),
            number: 0,
            relays: BTreeMap::new(),
            unwell: 0,
        }
    }

    pub(super) fn has(&self, flaw: SwimFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// Whether it is a member.
    pub fn is_member(&self) -> bool {
        self.phase == Phase::Member
    }

    /// What it says of itself.
    pub fn says(&self) -> Statement {
        let status = if self.own.is_member { Status::Alive } else { Status::Left };
        Statement { incarnation: self.own.incarnation, status }
    }

    /// Whether it suspects somebody.
    fn suspects(&self) -> bool {
        !self.suspicions.is_empty()
    }

    fn requested(&mut self, request: RequestId, op: SwimOp, ctx: &mut Ctx<'_>) {
        match op {
            SwimOp::Members => {
                let members = (0..self.nodes).map(NodeId::node);
                let members = members.filter(|node| *node == self.me || self.view.has_member(*node));
                let members = members.filter(|node| *node != self.me || !self.has(SwimFlaw::AnswersWithoutItself));
                ctx.reply(request, SwimReply::Members(members.collect()));
            }
            SwimOp::SetMetadata { metadata } => {
                self.set_metadata(metadata, ctx);
                ctx.reply(request, SwimReply::Done);
            }
        }
    }

    fn told(&mut self, updates: Vec<Update>, from: NodeId, ctx: &mut Ctx<'_>) {
        updates.into_iter().for_each(|update| self.learn(update, Some(from), ctx));
    }

    fn is_mine(&self, probe: Probe) -> bool {
        probe.epoch == self.epoch || self.has(SwimFlaw::NumbersBeginAnew)
    }

    fn shuns(&self, node: NodeId) -> bool {
        self.has(SwimFlaw::StuckDead) && self.view.get(node).is_some_and(|entry| entry.said.status == Status::Dead)
    }
}

impl Protocol for Swim {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = SwimOp;
    type Reply = SwimReply;
    type Event = Event;

    const ACTIONS: &'static [&'static str] = &[LEAVE, JOIN];

    const STATES: &'static [State<Self>] = &[
        State::new("joining", |node| node.is_member() && !node.has_joined),
        State::new("suspecting", Self::suspects),
        State::new("leaving", |node| matches!(node.phase, Phase::Leaving(_))),
    ];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        let Some(records) = self.journal.open(ctx) else { return };
        let found = records.last().copied().copied();
        let is_first = found.is_none();
        self.own = found.unwrap_or(self.own);
        if !self.own.is_member {
            // What was read may be no more than in the cache of a disk that has failed to sync it.
            return self.write(ctx);
        }
        self.begin(is_first && self.config.start == Start::Converged, ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        if self.phase == Phase::Gone || self.shuns(from) {
            return;
        }
        match message {
            Message::Ping { probe, updates } => {
                self.told(updates, from, ctx);
                self.acknowledge(from, probe, ctx);
            }
            Message::PingReq { probe, target, updates } => {
                self.told(updates, from, ctx);
                self.ping_for(from, probe, target, ctx);
            }
            Message::Ack { probe, updates } => {
                self.told(updates, from, ctx);
                if self.is_mine(probe) {
                    self.acknowledged(from, probe.number, ctx);
                }
            }
            Message::Nack { probe } => {
                if self.is_mine(probe) {
                    self.missed(probe.number);
                }
            }
            Message::Sync { updates, is_reply, wants_all } => {
                self.told(updates, from, ctx);
                if is_reply {
                    self.has_joined = true;
                } else {
                    self.synchronise(from, true, wants_all, ctx);
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Period => self.period(ctx),
            Timer::Unanswered => self.ask_others(ctx),
            Timer::Relay(number) => self.give_up(number, ctx),
        }
    }

    fn on_request(&mut self, request: RequestId, op: SwimOp, ctx: &mut Ctx<'_>) {
        if self.is_member() {
            self.requested(request, op, ctx);
        } else {
            ctx.redirect(request, Some(Self::FIRST));
        }
    }

    fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Ctx<'_>) {
        if action.nodes.contains(&self.me) {
            match action.name.as_str() {
                LEAVE => self.leave(ctx),
                _ => self.join(ctx),
            }
        }
    }
}
