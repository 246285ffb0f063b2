//! The keeper: it says who the replicas are, and carries their states from one configuration to the next.
//!
//! It stands for a service that does not fail, as one that is itself replicated by consensus, and writes nothing down.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{NodeId, Time};

use super::config::CounterConfig;
use super::configuration::Configuration;
use super::flaws::CounterFlaw;
use super::message::{Event, Message};
use super::node::Ctx;
use super::state::{Entry, State};

/// What the keeper knows.
#[derive(Debug)]
pub(super) struct Keeper {
    config: CounterConfig,
    /// The latest open configuration; that with number 0 is nobody's.
    current: Configuration,
    /// The change to another one that is under way.
    change: Option<Change>,
    /// The highest number that any configuration has.
    last_number: u64,
    /// How many replicas there should be.
    goal: usize,
    /// When it heard from each node last, and what that drew at its boot if it has no state.
    heard: BTreeMap<NodeId, (Time, Option<u64>)>,
    /// The replicas that have lost their disks.
    lost: BTreeSet<Entry>,
    /// The replicas that it suspects.
    suspected: BTreeSet<Entry>,
    /// Which nodes an operator wants to be replicas, and which not.
    wanted: BTreeSet<NodeId>,
    unwanted: BTreeSet<NodeId>,
}

/// A change to another configuration.
#[derive(Debug)]
struct Change {
    target: Configuration,
    stage: Stage,
}

/// How far a change has come.
#[derive(Debug)]
enum Stage {
    /// The replicas of the current configuration are sealed, and these have told what they have.
    Sealing(BTreeMap<Entry, State>),
    /// What it came to is installed at the new replicas, and these have it.
    Installing(State, BTreeSet<NodeId>),
}

impl Keeper {
    pub(super) fn new(config: &CounterConfig) -> Self {
        Self {
            config: config.clone(),
            current: Configuration::default(),
            change: None,
            last_number: 0,
            goal: config.replicas as usize,
            heard: BTreeMap::new(),
            lost: BTreeSet::new(),
            suspected: BTreeSet::new(),
            wanted: BTreeSet::new(),
            unwanted: BTreeSet::new(),
        }
    }

    pub(super) const fn is_sealing(&self) -> bool {
        matches!(self.change, Some(Change { stage: Stage::Sealing(_), .. }))
    }

    pub(super) const fn is_installing(&self) -> bool {
        matches!(self.change, Some(Change { stage: Stage::Installing(..), .. }))
    }

    fn has(&self, flaw: CounterFlaw) -> bool {
        self.config.flaws.has(flaw)
    }
}

/// What nodes and operators say.
impl Keeper {
    pub(super) fn receives(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Beat { number, nonce } => self.heard(from, number, nonce, ctx),
            Message::Lost { entry } => self.lost(entry, ctx),
            Message::Sealed { number, entry, state } => self.sealed(number, entry, state, ctx),
            Message::Installed { number } => self.installed(from, number, ctx),
            Message::Promote { nodes } => self.promote(&nodes, ctx),
            Message::Demote { nodes } => self.demote(&nodes),
            // These are for replicas.
            Message::Replicate { .. }
            | Message::Stored { .. }
            | Message::Forward { .. }
            | Message::Open { .. }
            | Message::Spare { .. }
            | Message::Seal { .. }
            | Message::Install { .. } => {}
        }
    }

    /// A node is up.
    fn heard(&mut self, from: NodeId, number: u64, nonce: Option<u64>, ctx: &mut Ctx<'_>) {
        self.heard.insert(from, (ctx.now(), nonce));
        if number < self.current.number {
            ctx.send(from, Message::Open { configuration: self.current.clone() });
        }
        let is_needed = |of: &Configuration| of.entry_of(from).is_some();
        if let Some(nonce) = nonce
            && !is_needed(&self.current)
            && !self.change.as_ref().is_some_and(|change| is_needed(&change.target))
        {
            ctx.send(from, Message::Spare { nonce });
        }
    }

    /// A replica has lost its disk. What it is promoted to later is another one.
    fn lost(&mut self, entry: Entry, ctx: &mut Ctx<'_>) {
        if self.current.members.contains(&entry) && self.lost.insert(entry) {
            ctx.emit(Event::DiskLost { entry });
            self.check(ctx);
        }
    }

    /// Nodes are to become replicas, as soon as there is room.
    fn promote(&mut self, nodes: &[NodeId], ctx: &mut Ctx<'_>) {
        for node in nodes.iter().filter(|node| **node != CounterConfig::KEEPER) {
            self.unwanted.remove(node);
            if self.current.entry_of(*node).is_some() {
                continue;
            }
            if self.has(CounterFlaw::ThresholdRaced) && self.current.members.len() >= self.config.threshold as usize {
                ctx.emit(Event::Refused { node: *node });
            } else {
                self.wanted.insert(*node);
            }
        }
    }

    /// Nodes are to be replicas no longer, as far as enough remain.
    fn demote(&mut self, nodes: &[NodeId]) {
        for node in nodes {
            self.wanted.remove(node);
            if self.current.entry_of(*node).is_some() {
                self.unwanted.insert(*node);
            }
        }
    }
}

/// Changes.
impl Keeper {
    /// Looks who is suspected, begins a change if another configuration would be better, and goes on with the one that
    /// is under way.
    pub(super) fn check(&mut self, ctx: &mut Ctx<'_>) {
        self.suspect(ctx);
        match &self.change {
            None => self.begin(ctx),
            Some(Change { target, stage: Stage::Installing(..) })
                if !target.members.iter().all(|of| self.is_fit(of)) =>
            {
                self.aim_elsewhere(ctx);
            }
            Some(_) => {}
        }
        self.go_on(ctx);
    }

    fn suspect(&mut self, ctx: &mut Ctx<'_>) {
        let targets = self.change.iter().flat_map(|change| &change.target.members);
        let replicas: BTreeSet<Entry> = self.current.members.iter().chain(targets).copied().collect();
        for entry in replicas {
            if self.is_up(entry.node, ctx.now()) {
                self.suspected.remove(&entry);
            } else if self.suspected.insert(entry) {
                ctx.emit(Event::Suspected { entry });
            }
        }
    }

    /// Whether a node was heard of lately. It is only a guess, on which no acknowledged change depends.
    fn is_up(&self, node: NodeId, now: Time) -> bool {
        self.heard.get(&node).is_some_and(|(at, _)| now.since(*at) < self.config.suspect_after)
    }

    fn is_fit(&self, entry: &Entry) -> bool {
        !self.suspected.contains(entry) && !self.lost.contains(entry)
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        let Some(target) = self.better(ctx) else { return };
        self.last_number = target.number;
        self.change = Some(Change { target, stage: Stage::Sealing(BTreeMap::new()) });
        // Before the first configuration nobody has anything.
        self.look_at_states(ctx);
    }

    /// A replica of a configuration that is not open yet is suspected or has lost its disk: the state goes to others,
    /// under another number.
    fn aim_elsewhere(&mut self, ctx: &mut Ctx<'_>) {
        let Some(target) = self.better(ctx) else { return };
        let Some(Change { stage: Stage::Installing(state, _), .. }) = self.change.take() else { return };
        self.last_number = target.number;
        self.change = Some(Change { target, stage: Stage::Installing(state, BTreeSet::new()) });
    }

    /// A configuration that would be better than the current one. There is none where too few nodes are up.
    fn better(&mut self, ctx: &mut Ctx<'_>) -> Option<Configuration> {
        let (copies, threshold) = (self.config.copies(), self.config.threshold as usize);
        let may_be_passed = self.has(CounterFlaw::ThresholdRaced);
        let keeps_number = self.has(CounterFlaw::NumbersReused) && self.change.is_some();
        let number = self.last_number + u64::from(!keeps_number);
        let up: Vec<NodeId> = ctx.nodes().iter().copied().filter(|node| self.is_up(*node, ctx.now())).collect();
        let mut members: Vec<Entry> = self.current.members.iter().copied().filter(|of| self.is_fit(of)).collect();
        let is_in = |members: &[Entry], node: NodeId| members.iter().any(|entry| entry.node == node);
        if up.iter().filter(|node| !is_in(&members, **node)).count() + members.len() < copies {
            return None;
        }
        let unwanted = std::mem::take(&mut self.unwanted);
        for node in &unwanted {
            if self.goal > copies && members.len() > copies {
                self.goal -= 1;
                members.retain(|entry| entry.node != *node);
            } else {
                ctx.emit(Event::Refused { node: *node });
            }
        }
        for node in std::mem::take(&mut self.wanted) {
            let has_room = members.len() < threshold || may_be_passed;
            if has_room && up.contains(&node) && !is_in(&members, node) {
                members.push(Entry { node, since: number });
            } else {
                ctx.emit(Event::Refused { node });
            }
        }
        self.goal = self.goal.max(members.len());
        for node in up {
            if members.len() < self.goal && !is_in(&members, node) && !unwanted.contains(&node) {
                members.push(Entry { node, since: number });
            }
        }
        members.sort_unstable();
        (members.len() >= copies && members != self.current.members).then_some(Configuration { number, members })
    }

    /// Asks those again that have not answered.
    fn go_on(&self, ctx: &mut Ctx<'_>) {
        let Some(Change { target, stage }) = &self.change else { return };
        match stage {
            Stage::Sealing(states) => {
                for entry in self.current.members.iter().filter(|entry| !states.contains_key(entry)) {
                    ctx.send(entry.node, Message::Seal { number: self.current.number });
                }
            }
            Stage::Installing(state, installed) => {
                for entry in target.members.iter().filter(|entry| !installed.contains(&entry.node)) {
                    let is_new = entry.since == target.number;
                    let state = if is_new && self.has(CounterFlaw::PromotedAtZero) { &State::default() } else { state };
                    let nonce = self.heard.get(&entry.node).and_then(|(_, nonce)| *nonce);
                    let install = Message::Install { configuration: target.clone(), state: state.clone(), nonce };
                    ctx.send(entry.node, install);
                }
            }
        }
    }

    /// A replica is sealed, and tells what it has.
    fn sealed(&mut self, number: u64, entry: Entry, state: State, ctx: &mut Ctx<'_>) {
        let is_asked = number == self.current.number && self.current.members.contains(&entry);
        if let Some(Change { stage: Stage::Sealing(states), .. }) = &mut self.change
            && is_asked
        {
            states.insert(entry, state);
            self.look_at_states(ctx);
            if self.is_installing() {
                self.go_on(ctx);
            }
        }
    }

    /// Merges the states if there are enough: then one of them is of a replica that has what was acknowledged.
    fn look_at_states(&mut self, ctx: &mut Ctx<'_>) {
        let needed = match self.current.gathered(self.config.copies()) {
            _ if self.current.members.is_empty() => 0,
            _ if self.has(CounterFlaw::WaitsForAllStates) => self.current.members.len(),
            gathered if self.has(CounterFlaw::GathersOneTooFew) => gathered - 1,
            gathered => gathered,
        };
        let Some(Change { stage, .. }) = &mut self.change else { return };
        let Stage::Sealing(states) = &*stage else { return };
        if states.len() < needed {
            return;
        }
        let mut merged = State::default();
        states.values().for_each(|state| _ = merged.merge(state, self.config.flaws));
        ctx.emit(Event::Gathered { number: self.current.number, state: merged.clone() });
        if self.config.flaws.has(CounterFlaw::SessionsNotTransferred) {
            merged.forget_requests();
        }
        *stage = Stage::Installing(merged, BTreeSet::new());
    }

    /// A replica of the next configuration has its state. When all have, it is opened: then nobody can acknowledge
    /// anything any more that they do not have.
    fn installed(&mut self, from: NodeId, number: u64, ctx: &mut Ctx<'_>) {
        let copies = self.config.copies();
        let opens_early = self.has(CounterFlaw::OpensBeforeAll);
        let Some(Change { target, stage: Stage::Installing(_, installed) }) = &mut self.change else { return };
        if number != target.number {
            return;
        }
        installed.insert(from);
        let needed = if opens_early { copies } else { target.members.len() };
        if installed.len() >= needed {
            self.current = std::mem::take(target);
            self.change = None;
            ctx.emit(Event::Opened { configuration: self.current.clone() });
            for node in ctx.nodes() {
                ctx.send(*node, Message::Open { configuration: self.current.clone() });
            }
        }
    }
}
