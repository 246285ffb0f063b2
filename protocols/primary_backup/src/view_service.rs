//! The view service: it says who the primary is, and who its secondaries are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use parts::journal::Journal;
use sim_core::{Duration, NodeId, Time};

use super::config::{BackupConfig, Failover};
use super::flaws::BackupFlaw;
use super::message::{Event, Message, Record, Timer};
use super::node::Ctx;
use super::view::{Status, View};
use parts::epoch_log::Position;

/// What the view service knows.
#[derive(Debug)]
pub struct ViewService {
    config: BackupConfig,
    journal: Journal,
    view: View,
    /// The highest number that any view has, or is about to have.
    highest: u64,
    /// What is under way while another primary is looked for.
    change: Option<Change>,
    /// When it heard from each node last, and how long that waits for answers.
    heard: BTreeMap<NodeId, (Time, Duration)>,
    suspected: BTreeSet<NodeId>,
    /// When a primary said last of a node that it does not answer.
    unreachable: BTreeMap<NodeId, Time>,
    /// Until when the primary may have a lease.
    leased_until: Time,
    /// Whether an operator wants another primary.
    is_asked: bool,
    /// The last primary that was replaced because it was suspected.
    deposed: Option<NodeId>,
    announced: BTreeMap<NodeId, Status>,
}

/// A failover.
#[derive(Debug)]
struct Change {
    /// The number of the next view.
    number: u64,
    since: Time,
    /// Who takes part in no earlier view any more, and how far each is.
    sealed: BTreeMap<NodeId, Position>,
}

impl ViewService {
    pub(super) fn new(config: &BackupConfig) -> Self {
        Self {
            config: config.clone(),
            journal: Journal::default(),
            view: View::none(),
            highest: 0,
            change: None,
            heard: BTreeMap::new(),
            suspected: BTreeSet::new(),
            unreachable: BTreeMap::new(),
            leased_until: Time::ZERO,
            is_asked: false,
            deposed: None,
            announced: BTreeMap::new(),
        }
    }

    /// The latest view.
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Whether it looks for another primary.
    pub const fn is_failing_over(&self) -> bool {
        self.change.is_some()
    }

    /// Whether it was heard of a node lately, by the service's clock.
    pub(super) fn hears(&self, node: NodeId, now: Time) -> bool {
        self.heard.get(&node).is_some_and(|(at, _)| now.since(*at) < self.config.suspect_after)
    }

    fn has(&self, flaw: BackupFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        // Where the disk is broken, the node has been stopped.
        let Some(records) = self.journal.open(ctx) else { return };
        for record in records {
            match record {
                Record::Number(number) => self.highest = *number,
                Record::View(view) => {
                    self.highest = view.number;
                    self.view = view.clone();
                }
                // A replica's.
                Record::Promised(_) | Record::Entry { .. } | Record::Truncated(_) => {}
            }
        }
        if self.has(BackupFlaw::ViewsInMemory) {
            (self.view, self.highest) = (View::none(), 0);
        }
        // Nobody is suspected before there was time to hear of it.
        self.heard = replicas(ctx.nodes()).map(|node| (node, (ctx.now(), Duration::ZERO))).collect();
        ctx.set_timer(Timer::Check, self.config.heartbeat_interval);
        if self.highest == 0 {
            let mut members = replicas(ctx.nodes()).take(self.config.replicas as usize);
            let Some(primary) = members.next() else { return };
            return self.make(View { number: 1, primary, passive: members.collect(), recovering: Vec::new() }, ctx);
        }
        // It may have granted a lease just before it crashed.
        self.leased_until = ctx.now().saturating_add(self.config.lease);
        self.journal.rewrite(vec![Record::View(self.view.clone()), Record::Number(self.highest)], ctx);
        self.journal.make_durable(ctx);
    }
}

/// All nodes but the view service.
fn replicas(nodes: &[NodeId]) -> impl Iterator<Item = NodeId> {
    nodes.iter().copied().filter(|node| *node != BackupConfig::SERVICE)
}

/// What nodes and operators say.
impl ViewService {
    pub(super) fn receives(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Beat { number, resumes, latency, sent } => {
                self.beat(from, number, resumes, latency, ctx);
                let is_primary = from == self.view.primary && number == self.view.number;
                let is_granted = is_primary && self.change.is_none();
                if is_granted {
                    self.leased_until = ctx.now().saturating_add(self.config.lease);
                }
                ctx.send(from, Message::Alive { number, is_granted, sent });
            }
            Message::Sealed { number, position } => self.sealed(from, number, position, ctx),
            Message::CaughtUp { number, node } => self.caught_up(from, number, node, ctx),
            Message::Unreachable { number, node } => {
                if number == self.view.number && from == self.view.primary {
                    self.unreachable.insert(node, ctx.now());
                }
            }
            Message::FailOver => {
                ctx.emit(Event::FailoverAsked);
                self.is_asked = true;
                self.check(ctx);
            }
            // These are for replicas.
            Message::Alive { .. }
            | Message::NewView { .. }
            | Message::Seal { .. }
            | Message::Ship { .. }
            | Message::Stored { .. }
            | Message::AskEpoch { .. }
            | Message::EpochEnd { .. }
            | Message::Confirm { .. }
            | Message::Confirmed { .. } => {}
        }
    }

    /// A node is up.
    fn beat(&mut self, from: NodeId, number: u64, resumes: bool, latency: Duration, ctx: &mut Ctx<'_>) {
        self.heard.insert(from, (ctx.now(), latency));
        if self.suspected.remove(&from) {
            self.announce(ctx);
        }
        if number < self.view.number {
            ctx.send(from, Message::NewView { view: self.view.clone() });
        }
        // It has forgotten which secondaries it counts: it begins anew, under another number.
        if resumes && from == self.view.primary && number == self.view.number && self.change.is_none() {
            self.make(View { number: self.highest + 1, ..self.view.clone() }, ctx);
        }
    }

    /// A secondary has what it needs, and the primary counts it already.
    fn caught_up(&mut self, from: NodeId, number: u64, node: NodeId, ctx: &mut Ctx<'_>) {
        let is_of_now = number == self.view.number && from == self.view.primary && self.change.is_none();
        if is_of_now && self.view.recovering.contains(&node) {
            let mut view = View { number: self.highest + 1, ..self.view.clone() };
            view.recovering.retain(|other| *other != node);
            view.passive.push(node);
            view.passive.sort_unstable();
            self.make(view, ctx);
        }
    }
}

/// Views.
impl ViewService {
    /// Makes a view, durably, and tells everybody.
    fn make(&mut self, view: View, ctx: &mut Ctx<'_>) {
        self.highest = view.number;
        self.change = None;
        self.unreachable.retain(|node, _| !view.passive.contains(node));
        self.view = view.clone();
        self.write(Record::View(view.clone()), ctx);
        ctx.emit(Event::ViewMade { view: view.clone() });
        ctx.broadcast(Message::NewView { view });
        self.announce(ctx);
    }

    /// Writes something down before anybody is told of it.
    fn write(&mut self, record: Record, ctx: &mut Ctx<'_>) {
        self.journal.append(record, ctx);
        if !self.has(BackupFlaw::ViewsNotSynced) {
            self.journal.make_durable(ctx);
        }
    }

    /// What a node is.
    fn status(&self, node: NodeId) -> Status {
        if self.suspected.contains(&node) {
            Status::Failed
        } else if node == self.view.primary {
            Status::Active
        } else if self.view.passive.contains(&node) {
            Status::Passive
        } else if self.view.recovering.contains(&node) {
            Status::Recovering
        } else {
            Status::Spare
        }
    }

    fn announce(&mut self, ctx: &mut Ctx<'_>) {
        for node in replicas(ctx.nodes()) {
            let status = self.status(node);
            if self.announced.insert(node, status) != Some(status) {
                ctx.emit(Event::Announced { node, status });
            }
        }
    }

    /// Looks who is suspected, and goes on with what is under way, or begins what is to be done.
    pub(super) fn check(&mut self, ctx: &mut Ctx<'_>) {
        self.suspected = replicas(ctx.nodes()).filter(|node| !self.hears(*node, ctx.now())).collect();
        self.announce(ctx);
        if self.change.is_some() && !self.has(BackupFlaw::FailsOverAgain) {
            self.ask_to_seal(ctx);
            self.look_at_sealed(ctx);
        } else if self.is_failover_due() {
            self.begin_failover(ctx);
        } else if !self.suspected.contains(&self.view.primary) {
            self.look_for_a_better_view(ctx);
        }
    }

    /// Other secondaries, if some have failed or are too few. The primary stays.
    fn look_for_a_better_view(&mut self, ctx: &mut Ctx<'_>) {
        let mut view = self.view.clone();
        let is_gone = |node: &NodeId| self.suspected.contains(node) || self.is_unreachable(*node, ctx.now());
        view.passive.retain(|node| !is_gone(node));
        view.recovering.retain(|node| !is_gone(node));
        while view.members().count() < self.config.replicas as usize && self.take_in(&mut view, ctx) {}
        if view != self.view {
            view.number = self.highest + 1;
            self.make(view, ctx);
        }
    }

    fn is_unreachable(&self, node: NodeId, now: Time) -> bool {
        let is_new = |at: &Time| now.since(*at) < self.config.suspect_after;
        self.unreachable.get(&node).is_some_and(is_new)
    }

    /// Takes in the best node that is free, if there is one: in the zone with the fewest replicas, and there the nearest.
    fn take_in(&self, view: &mut View, ctx: &mut Ctx<'_>) -> bool {
        let is_free = |node: &NodeId| {
            !view.members().any(|member| member == *node)
                && !self.suspected.contains(node)
                && !self.is_unreachable(*node, ctx.now())
        };
        let free = replicas(ctx.nodes()).filter(is_free).map(|node| (node, self.neighbours(view, node)));
        let mut free: Vec<(NodeId, usize)> = free.collect();
        if !self.has(BackupFlaw::ZonesIgnored) {
            free.sort_by_key(|(node, beside)| (*beside, self.latency(*node), *node));
        }
        let Some(((node, beside), instead_of)) = free.split_first().map(|(best, others)| (*best, others.to_vec()))
        else {
            return false;
        };
        view.recovering.push(node);
        ctx.emit(Event::TookIn { node, beside, instead_of });
        true
    }

    /// How many replicas of a view are in the zone of this node, which is none of them.
    fn neighbours(&self, view: &View, node: NodeId) -> usize {
        view.members().filter(|member| self.config.zone(*member) == self.config.zone(node)).count()
    }

    fn latency(&self, node: NodeId) -> Duration {
        self.heard.get(&node).map_or(Duration::MAX, |(_, latency)| *latency)
    }
}

/// Failover.
impl ViewService {
    fn is_failover_due(&self) -> bool {
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
        replicas(ctx.nodes()).filter(is_one).collect()
    }

    fn begin_failover(&mut self, ctx: &mut Ctx<'_>) {
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
        self.change = Some(Change { number, since: ctx.now(), sealed: BTreeMap::new() });
        self.write(Record::Number(number), ctx);
        ctx.emit(Event::FailoverBegan { number, primary });
        self.ask_to_seal(ctx);
    }

    fn ask_to_seal(&self, ctx: &mut Ctx<'_>) {
        let Some(change) = &self.change else { return };
        for node in self.candidates(ctx).into_iter().filter(|node| !change.sealed.contains_key(node)) {
            ctx.send(node, Message::Seal { number: change.number });
        }
    }

    /// A replica takes part in no earlier view any more.
    fn sealed(&mut self, from: NodeId, number: u64, position: Position, ctx: &mut Ctx<'_>) {
        if let Some(change) = self.change.as_mut().filter(|change| change.number == number) {
            change.sealed.insert(from, position);
            self.look_at_sealed(ctx);
        }
    }

    /// Chooses the next primary, if enough are sealed. One is enough to keep the old primary from acknowledging, where
    /// that waits for all; otherwise its lease has to run out, or it is sealed itself.
    fn look_at_sealed(&mut self, ctx: &mut Ctx<'_>) {
        let Some(Change { number, since, sealed }) = &self.change else { return };
        let (number, old) = (*number, self.view.primary);
        let is_over = sealed.contains_key(&old) || ctx.now() >= self.leased_until;
        let is_missing = |node: &NodeId| !sealed.contains_key(node) && !self.suspected.contains(node);
        let is_patient = ctx.now().since(*since) < self.config.suspect_after;
        if sealed.is_empty()
            || !(is_over || self.has(BackupFlaw::LeaseOutlived))
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
