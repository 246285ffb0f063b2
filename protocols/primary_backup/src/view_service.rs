//! The view service: it says who the primary is, and who its secondaries are.

use std::collections::{BTreeMap, BTreeSet};

use parts::journal::Journal;
use sim_core::{DiskEvent, Duration, NodeId, Time};

use super::config::{BackupConfig, ViewServiceKind};
use super::decisions::{Asked, Decision, Logged, SharedLog};
use super::failover::Change;
use super::flaws::BackupFlaw;
use super::message::{Event, Message, Record, Timer};
use super::node::Ctx;
use super::view::{Status, View};

/// Where the view service keeps what it has decided.
#[derive(Debug)]
enum Keeper {
    /// On its disk.
    Disk(Journal),
    /// In a log that its nodes have in common.
    Log(Box<SharedLog>),
}

/// What a node of the view service knows.
#[derive(Debug)]
pub struct ViewService {
    pub(super) config: BackupConfig,
    me: NodeId,
    keeper: Keeper,
    /// The term in which it acts for the view service, if it does. A single node always does.
    office: Option<u64>,
    /// Whether it has decided something that is not in the log yet: till then it decides nothing else.
    pub(super) is_pending: bool,
    pub(super) view: View,
    /// The highest number that any view has, or is about to have.
    pub(super) highest: u64,
    /// What is under way while another primary is looked for.
    pub(super) change: Option<Change>,
    /// When it heard from each node last, and how long that waits for answers.
    pub(super) heard: BTreeMap<NodeId, (Time, Duration)>,
    pub(super) suspected: BTreeSet<NodeId>,
    /// Whom a perfect failure detector has told of.
    pub(super) stopped: BTreeSet<NodeId>,
    /// When a primary said last of a node that it does not answer.
    pub(super) unreachable: BTreeMap<NodeId, Time>,
    /// Until when the primary may have a lease.
    pub(super) leased_until: Time,
    /// Whether an operator wants another primary.
    pub(super) is_asked: bool,
    /// The last primary that was replaced because it was suspected.
    pub(super) deposed: Option<NodeId>,
    announced: BTreeMap<NodeId, Status>,
    /// How often it has looked who is suspected since it booted.
    pub(super) looks: u64,
}

impl ViewService {
    pub(super) fn new(config: &BackupConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        let keeper = match config.view_service {
            ViewServiceKind::Single | ViewServiceKind::Infallible => Keeper::Disk(Journal::default()),
            ViewServiceKind::Raft => Keeper::Log(Box::new(SharedLog::new(me, config.servers_of(nodes)))),
        };
        Self {
            config: config.clone(),
            me,
            keeper,
            office: None,
            is_pending: false,
            view: View::none(),
            highest: 0,
            change: None,
            heard: BTreeMap::new(),
            suspected: BTreeSet::new(),
            stopped: BTreeSet::new(),
            unreachable: BTreeMap::new(),
            leased_until: Time::ZERO,
            is_asked: false,
            deposed: None,
            announced: BTreeMap::new(),
            looks: 0,
        }
    }

    /// The latest view.
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Whether it acts for the view service: the single node does, and of three nodes one that leads them.
    pub const fn is_in_office(&self) -> bool {
        self.office.is_some()
    }

    /// Whether it looks for another primary, or is about to.
    pub const fn is_failing_over(&self) -> bool {
        self.change.is_some() || self.is_pending
    }

    /// Whether it takes a node for up: it has heard of it lately, by its clock, or the detector that makes no mistakes
    /// has not told of it.
    pub(super) fn hears(&self, node: NodeId, now: Time) -> bool {
        if self.config.is_infallible() {
            return !self.stopped.contains(&node);
        }
        self.heard.get(&node).is_some_and(|(at, _)| now.since(*at) < self.config.suspect_after)
    }

    pub(super) fn has(&self, flaw: BackupFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        match &mut self.keeper {
            Keeper::Disk(journal) => {
                // Where the disk is broken, the node has been stopped.
                let Some(records) = journal.open(ctx) else { return };
                for record in records {
                    match record {
                        Record::Number(number) => self.highest = *number,
                        Record::View(view) => {
                            self.highest = view.number;
                            self.view = view.clone();
                        }
                        // A replica's, and those of a log in common.
                        Record::Promised(_) | Record::Entry { .. } | Record::Truncated(_) | Record::Raft(_) => {}
                    }
                }
                if self.has(BackupFlaw::ViewsInMemory) {
                    (self.view, self.highest) = (View::none(), 0);
                }
                ctx.set_timer(Timer::Check, self.config.heartbeat_interval);
                self.begin(0, ctx);
            }
            Keeper::Log(log) => {
                log.boot(ctx);
                ctx.set_timer(Timer::Check, self.config.heartbeat_interval);
                self.catch_up(ctx);
            }
        }
    }

    /// Begins to act for the view service. It knows all that was decided.
    fn begin(&mut self, term: u64, ctx: &mut Ctx<'_>) {
        self.office = Some(term);
        let mut replicas = self.config.replicas_of(ctx.nodes());
        // Nobody is suspected before there was time to hear of it.
        self.heard = replicas.clone().map(|node| (node, (ctx.now(), Duration::ZERO))).collect();
        if self.highest == 0 {
            let Some(primary) = replicas.next() else { return };
            let passive = replicas.take(self.config.replicas as usize - 1).collect();
            return self.make(View { number: 1, primary, passive, recovering: Vec::new() }, ctx);
        }
        // It may have granted a lease just before it crashed, or whoever led before it may have.
        if self.is_alone() || !self.has(BackupFlaw::LeadsAtOnce) {
            self.leased_until = ctx.now().saturating_add(self.config.lease);
        }
        if let Keeper::Disk(journal) = &mut self.keeper {
            journal.rewrite(vec![Record::View(self.view.clone()), Record::Number(self.highest)], ctx);
            journal.make_durable(ctx);
        }
    }

    const fn is_alone(&self) -> bool {
        matches!(self.keeper, Keeper::Disk(_))
    }
}

/// What the nodes of the view service say to each other, where there are three.
impl ViewService {
    pub(super) fn raft_message(&mut self, from: NodeId, message: raft::Message, ctx: &mut Ctx<'_>) {
        if let Keeper::Log(log) = &mut self.keeper {
            log.on_message(from, message, ctx);
            self.catch_up(ctx);
        }
    }

    pub(super) fn raft_timer(&mut self, timer: raft::Timer, ctx: &mut Ctx<'_>) {
        if let Keeper::Log(log) = &mut self.keeper {
            log.on_timer(timer, ctx);
            self.catch_up(ctx);
        }
    }

    pub(super) fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        match (&mut self.keeper, event) {
            (Keeper::Log(log), _) => {
                log.on_disk(event, ctx);
                self.catch_up(ctx);
            }
            (Keeper::Disk(_), DiskEvent::Synced(_)) => {}
            (Keeper::Disk(_), _) => ctx.halt("its disk fails it"),
        }
    }

    /// Learns what is in the log by now, and whether it acts for the view service.
    fn catch_up(&mut self, ctx: &mut Ctx<'_>) {
        let Keeper::Log(log) = &mut self.keeper else { return };
        let leads_in = log.leads_in();
        if self.office.is_some() && self.office != leads_in {
            log.forget_questions();
            self.office = None;
            self.is_pending = false;
            self.change = None;
        }
        while let Keeper::Log(log) = &mut self.keeper
            && let Some(logged) = log.next()
        {
            match logged {
                Logged::Decided(decision) => self.learn(decision, ctx),
                Logged::Leads { node, term } => {
                    // It may be another one, or one that leads no longer.
                    if node == self.me && leads_in == Some(term) {
                        self.take_office(term, ctx);
                    }
                }
            }
        }
        let Keeper::Log(log) = &mut self.keeper else { return };
        log.seek_office(ctx);
        for Asked { primary, number, sent } in log.confirmed() {
            ctx.send(primary, Message::Alive { number, is_granted: true, sent });
        }
    }

    /// Something that it, or another one, has decided is in the log.
    fn learn(&mut self, decision: Decision, ctx: &mut Ctx<'_>) {
        let is_mine = std::mem::take(&mut self.is_pending);
        if self.is_in_office() && self.has(BackupFlaw::ActsUncommitted) {
            // It has acted on that already.
            return;
        }
        match decision {
            Decision::Number(number) => {
                self.highest = number;
                if is_mine {
                    self.begin_change(number, ctx);
                }
            }
            Decision::View(view) if is_mine => self.made(view, ctx),
            Decision::View(view) => {
                self.highest = view.number;
                self.view = view;
            }
        }
    }

    /// It leads, and has read in the log all that was decided before.
    fn take_office(&mut self, term: u64, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::TookOffice { term, view: self.view.clone() });
        self.suspected.clear();
        self.unreachable.clear();
        self.announced.clear();
        self.is_asked = false;
        self.deposed = None;
        self.leased_until = Time::ZERO;
        self.begin(term, ctx);
    }
}

/// What nodes and operators say.
impl ViewService {
    pub(super) fn receives(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            // Another one acts for the view service.
            _ if !self.is_in_office() => {}
            Message::Beat { number, resumes, latency, sent } => {
                self.beat(from, number, resumes, latency, ctx);
                self.answer_beat(from, number, sent, ctx);
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
            // These are for replicas, and the last for the log.
            Message::Alive { .. }
            | Message::NewView { .. }
            | Message::Seal { .. }
            | Message::Ship { .. }
            | Message::Stored { .. }
            | Message::AskEpoch { .. }
            | Message::EpochEnd { .. }
            | Message::Confirm { .. }
            | Message::Confirmed { .. }
            | Message::Raft(_) => {}
        }
    }

    /// Answers a node that says that it is up. A primary gets a lease.
    ///
    /// One of three nodes may have been replaced without knowing it. So it asks the others first, each time. If a
    /// majority says that it still leads, whoever leads next is elected after the lease has begun, and waits until it
    /// is over.
    fn answer_beat(&mut self, from: NodeId, number: u64, sent: Time, ctx: &mut Ctx<'_>) {
        let is_primary = from == self.view.primary && number == self.view.number;
        let renews = self.has(BackupFlaw::RenewsInFailover) || self.change.is_none();
        let is_granted = is_primary && renews;
        if is_granted {
            self.leased_until = ctx.now().saturating_add(self.config.lease);
        }
        let asks = is_granted && !self.has(BackupFlaw::GrantsUnconfirmed);
        match &mut self.keeper {
            Keeper::Log(log) if asks => log.ask_whether_it_leads(Asked { primary: from, number, sent }, ctx),
            _ => ctx.send(from, Message::Alive { number, is_granted, sent }),
        }
    }

    /// The failure detector that makes no mistakes says that a node has stopped for good.
    pub(super) fn has_stopped(&mut self, node: NodeId, ctx: &mut Ctx<'_>) {
        self.stopped.insert(node);
        self.check(ctx);
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
        if resumes && from == self.view.primary && number == self.view.number && self.may_make_view() {
            self.make(View { number: self.highest + 1, ..self.view.clone() }, ctx);
        }
    }

    /// A secondary has what it needs, and the primary counts it already.
    fn caught_up(&mut self, from: NodeId, number: u64, node: NodeId, ctx: &mut Ctx<'_>) {
        let is_of_now = number == self.view.number && from == self.view.primary && self.may_make_view();
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
    /// Whether no failover is under way, and nothing on its way to the log.
    const fn may_make_view(&self) -> bool {
        self.change.is_none() && !self.is_pending
    }

    /// Makes a view, durably, and tells everybody.
    pub(super) fn make(&mut self, view: View, ctx: &mut Ctx<'_>) {
        if self.keep(Decision::View(view.clone()), ctx) {
            self.made(view, ctx);
        }
    }

    /// A view is made for good.
    fn made(&mut self, view: View, ctx: &mut Ctx<'_>) {
        self.highest = view.number;
        self.change = None;
        self.unreachable.retain(|node, _| !view.passive.contains(node));
        self.view = view.clone();
        ctx.emit(Event::ViewMade { view: view.clone() });
        ctx.broadcast(Message::NewView { view });
        self.announce(ctx);
    }

    /// Writes something down before anybody is told of it. Tells whether that is done: a log in common takes its time.
    pub(super) fn keep(&mut self, decision: Decision, ctx: &mut Ctx<'_>) -> bool {
        let is_synced = !self.has(BackupFlaw::ViewsNotSynced);
        let acts_at_once = self.has(BackupFlaw::ActsUncommitted);
        match &mut self.keeper {
            Keeper::Disk(journal) => {
                journal.append(decision.into(), ctx);
                if is_synced {
                    journal.make_durable(ctx);
                }
                true
            }
            Keeper::Log(log) => {
                log.propose(&decision, ctx);
                self.is_pending = !acts_at_once;
                acts_at_once
            }
        }
    }

    /// What a node is.
    pub(super) fn status(&self, node: NodeId) -> Status {
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
        for node in self.config.replicas_of(ctx.nodes()) {
            if self.has(BackupFlaw::TellsFailuresOnly) && self.announced.get(&node) == Some(&Status::Failed) {
                continue;
            }
            let status = self.status(node);
            if self.announced.insert(node, status) != Some(status) {
                ctx.emit(Event::Announced { node, status });
            }
        }
    }

    /// Looks who is suspected, and goes on with what is under way, or begins what is to be done.
    pub(super) fn check(&mut self, ctx: &mut Ctx<'_>) {
        if !self.is_in_office() {
            return;
        }
        self.looks += 1;
        let replicas = self.config.replicas_of(ctx.nodes());
        self.suspected = replicas.filter(|node| !self.hears(*node, ctx.now())).collect();
        self.announce(ctx);
        if self.is_pending {
            return;
        }
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
        let goes_by_beats = self.has(BackupFlaw::KeepsTheUnreachable);
        let is_unreachable = |node: &NodeId| !goes_by_beats && self.is_unreachable(*node, ctx.now());
        let is_gone = |node: &NodeId| self.suspected.contains(node) || is_unreachable(node);
        view.passive.retain(|node| !is_gone(node));
        view.recovering.retain(|node| !is_gone(node));
        while view.members().count() < self.config.replicas as usize && self.take_in(&mut view, ctx) {}
        if view != self.view {
            view.number = self.highest + 1;
            self.make(view, ctx);
        }
    }

    /// Whether the primary does not reach a node. A detector that makes no mistakes knows better.
    fn is_unreachable(&self, node: NodeId, now: Time) -> bool {
        if self.config.is_infallible() {
            return false;
        }
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
        let free = self.config.replicas_of(ctx.nodes()).filter(is_free).map(|node| (node, self.neighbours(view, node)));
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

    pub(super) fn latency(&self, node: NodeId) -> Duration {
        self.heard.get(&node).map_or(Duration::MAX, |(_, latency)| *latency)
    }
}
