//! Faults: when they begin, how they come and go, and how they end.
//!
//! Their targets are in `targets.rs`, what they do in `strike.rs` and `crash.rs`, what they wait for in
//! `milestones.rs`, the verbs of scripts in `scripts.rs`, and what a heal leaves of them in `heal.rs`.

mod boundaries;
mod byzantine;
mod crash;
mod heal;
mod milestones;
mod replan;
mod scripts;
mod storage;
mod strike;
mod targets;

pub(super) use byzantine::Told;
pub(crate) use byzantine::twins_in;
pub(super) use crash::ArmedCrash;
pub(super) use storage::Trouble;

use std::collections::{BTreeMap, BTreeSet};

use crate::choices::{Choices, Point, Purpose, named};
use crate::fault::{Fault, FaultFacts, FaultKind, Trigger};
use crate::model::Assumption;
use crate::outcome::FaultRecord;
use crate::process::{NodeId, ProcessId};
use crate::protocol::Protocol;
use crate::time::{Duration, Time};
use crate::trace::TraceKind;

use super::steps::Tag;
use super::transmit::Held;
use super::{Engine, Errand};

use boundaries::Pinned;
use byzantine::Lie;
use milestones::Watch;
use strike::Undo;
use targets::Targets;

/// The faults of a run and what is in force of them.
pub(super) struct Faults<P: Protocol> {
    plan: Vec<Fault>,
    pub(super) records: Vec<FaultRecord>,
    /// What the faults in force must undo when they end.
    in_force: Vec<Part>,
    /// How many parts there have been, or may yet be as the first blows of the plan that the run began with.
    parts: u32,
    /// How many faults that plan has.
    planned: u32,
    /// Faults that come and go, or hit one target after the other.
    recurring: Vec<Recurring>,
    /// Faults that wait for a role to be filled: to begin, or to strike again.
    waiting: Vec<Errand>,
    /// How many targets each fault has drawn.
    drawn: BTreeMap<u32, u64>,
    /// For each fault, how often it was drawn whether a blow strikes.
    tries: BTreeMap<u32, u64>,
    /// Steps of scripts that wait for a message to be sent or a timer to be armed.
    pub(super) scripts: Vec<u32>,
    /// Faults that wait for a milestone.
    watches: Vec<Watch>,
    /// Whether one of them waits for a message, or for a state.
    pub(super) watches_messages: bool,
    pub(super) watches_states: bool,
    /// Crashes that wait for a place in the middle of a step.
    pub(super) pinned: Vec<Pinned>,
    /// Who holds which role, in the order of the announcements.
    pub(super) roles: Vec<(&'static str, ProcessId)>,
    pub(super) held: Vec<Held<P>>,
    /// Nodes that have not joined yet.
    absent: Vec<ProcessId>,
    /// Byzantine nodes that do not send the right messages: none in the hot path.
    pub(super) lies: Vec<Lie>,
    /// What liars have sent so far, as it was meant to be.
    past: BTreeMap<u32, Vec<P::Message>>,
    /// Nodes that Byzantine faults have hit.
    traitors: BTreeSet<NodeId>,
    /// When a process booted last.
    pub(super) last_boot: Time,
    /// Nodes that have been down.
    pub(super) fallen: BTreeSet<NodeId>,
    /// The first fault that destroyed durable data.
    destroyer: Option<u32>,
    /// What the heal has repaired, if not everything.
    core: Option<BTreeSet<u32>>,
    /// Crashes that wait for their targets' next steps.
    pub(super) armed_crashes: u32,
    /// Faults that make a process slow, and those that make its timers late.
    pub(super) slow: u32,
    pub(super) late_timers: u32,
}

/// One blow of a fault, with what it takes to undo it.
#[derive(Debug)]
struct Part {
    id: u32,
    fault: u32,
    undo: Undo,
}

/// A fault with more than one blow.
#[derive(Debug)]
struct Recurring {
    fault: u32,
    script: Script,
}

#[derive(Debug)]
enum Script {
    /// The same targets each time; `None` if they are chosen anew.
    Repeat(Option<Targets>),
    /// The next of these targets, and what all of them have in common.
    OneByOne { left: Vec<ProcessId>, others: Vec<ProcessId> },
    /// Nodes go, and come back.
    Swizzle { going: Vec<ProcessId>, coming: Vec<u32>, pace: Duration },
}

impl<P: Protocol> Faults<P> {
    pub(super) fn new(plan: Vec<Fault>) -> Self {
        let records = plan.iter().map(record_of).collect();
        let planned = plan.len() as u32;
        Self {
            plan,
            records,
            in_force: Vec::new(),
            parts: planned,
            planned,
            recurring: Vec::new(),
            waiting: Vec::new(),
            drawn: BTreeMap::new(),
            scripts: Vec::new(),
            tries: BTreeMap::new(),
            watches: Vec::new(),
            watches_messages: false,
            watches_states: false,
            pinned: Vec::new(),
            roles: Vec::new(),
            held: Vec::new(),
            absent: Vec::new(),
            lies: Vec::new(),
            past: BTreeMap::new(),
            traitors: BTreeSet::new(),
            last_boot: Time::ZERO,
            fallen: BTreeSet::new(),
            destroyer: None,
            core: None,
            armed_crashes: 0,
            slow: 0,
            late_timers: 0,
        }
    }

    /// One more fault of the plan, and its number.
    fn add(&mut self, fault: Fault) -> u32 {
        self.records.push(record_of(&fault));
        self.plan.push(fault);
        self.plan.len() as u32 - 1
    }

    #[cold]
    pub(super) fn hold(&mut self, held: Held<P>) {
        self.held.push(held);
    }

    pub(super) fn into_plan(self) -> (Vec<Fault>, Vec<FaultRecord>) {
        (self.plan, self.records)
    }

    /// Who announced last that it has the role.
    fn holder(&self, role: &str) -> Option<ProcessId> {
        self.roles.iter().rev().find(|(of, _)| *of == role).map(|(_, process)| *process)
    }

    /// The first fault that broke an assumption, in words.
    pub(super) fn first_to_break(&self, assumption: &Assumption) -> Option<String> {
        let struck =
            self.plan.iter().zip(&self.records).filter(|(_, record)| record.blows > 0 && !record.hit.is_empty());
        let first = match assumption {
            // Such a fault may find its target down, or nothing on its disk.
            Assumption::DurableDisks => self.destroyer.map(|fault| &self.plan[fault as usize].kind),
            _ => struck.map(|(fault, _)| &fault.kind).find(|kind| assumption.is_broken_by(kind)),
        };
        Some(format!("there was a {} fault", first?.name()))
    }

    /// The Byzantine nodes in words, if there were more than `most`.
    pub(super) fn traitors_beyond(&self, most: u32) -> Option<String> {
        let names: Vec<String> = self.traitors.iter().map(ToString::to_string).collect();
        let were = if names.len() == 1 { "was" } else { "were" };
        (names.len() as u32 > most).then(|| format!("{} {were} Byzantine", names.join(", ")))
    }

    /// The faults that have begun and not ended.
    fn unfinished(&self) -> impl Iterator<Item = u32> {
        let recurring = self.recurring.iter().map(|recurring| recurring.fault);
        self.in_force.iter().map(|part| part.fault).chain(recurring)
    }

    /// Since when no fault keeps nodes apart or down, if none does.
    pub(super) fn calm_since(&self, healed: Option<Time>) -> Option<Time> {
        let parts = |kind: &FaultKind| !kind.is_byzantine() && !kind.facts().only_of_clocks;
        let lasts = || self.unfinished().any(|fault| parts(&self.plan[fault as usize].kind));
        if healed.is_none() && lasts() {
            return None;
        }
        let ends = self.records.iter().filter_map(|record| record.ended);
        ends.chain(healed).chain([self.last_boot]).max()
    }

    /// Whether the heal has repaired a process.
    pub(super) fn is_repaired(&self, process: ProcessId) -> bool {
        !self.absent.contains(&process) && self.core.as_ref().is_none_or(|core| core.contains(&process.0))
    }

    /// Whether a fault takes down no node that the protocol could not do without.
    pub(super) fn keeps_to_model(&self, fault: u32) -> bool {
        self.plan[fault as usize].within_model
    }

    /// A number for one more blow of a fault. The first has the fault's own number, unless the fault was
    /// added later. All differ, because they are part of the points of what is drawn for them.
    fn new_part(&mut self, fault: u32) -> u32 {
        let is_first = fault < self.planned && self.records[fault as usize].blows == 0;
        self.records[fault as usize].blows += 1;
        if is_first {
            return fault;
        }
        self.parts += 1;
        self.parts - 1
    }
}

/// What is known of a fault before it begins.
fn record_of(fault: &Fault) -> FaultRecord {
    let FaultFacts { name: kind, class, severity, .. } = fault.kind.facts();
    let (severity, label) = (fault.severity.unwrap_or(severity), fault.label.clone());
    FaultRecord { kind, class, severity, label, ..FaultRecord::default() }
}

impl<P: Protocol> Engine<'_, P> {
    /// Puts the faults of the plan on the agenda, those that are not the next step of a sequence.
    pub(super) fn plan_faults(&mut self) {
        self.faults.absent = self.not_there_yet();
        self.note_named_traitors();
        for number in 0..self.faults.plan.len() as u32 {
            if !self.faults.plan[number as usize].follows {
                self.await_trigger(number);
            }
        }
    }

    /// From now on the fault waits for its trigger.
    fn await_trigger(&mut self, number: u32) {
        let at = match &self.faults.plan[number as usize].trigger {
            Trigger::InStep(boundary) => return self.pin(number, *boundary),
            Trigger::At(at) => (*at).max(self.now),
            Trigger::Wait(span) => self.now.saturating_add(*span),
            Trigger::After(milestone) => {
                let milestone = milestone.clone();
                return self.watch_for(number, &milestone);
            }
        };
        self.errand(at, Errand::BeginFault(number));
    }

    /// A fault is due: it hits, or waits until somebody has the role that it is aimed at.
    pub(super) fn begin_fault(&mut self, number: u32) {
        let fault = self.faults.plan[number as usize].clone();
        let Some(targets) = self.resolve(number, &fault.kind) else {
            self.faults.waiting.push(Errand::BeginFault(number));
            return;
        };
        if self.must_wait(&fault.kind, &targets) {
            self.faults.scripts.push(number);
            return;
        }
        self.hash_event(Tag::FaultBegins, number, 0);
        let hit = targets.hit(&fault.kind, &self.identities);
        let record = &mut self.faults.records[number as usize];
        record.began = Some(self.now);
        record.hit.clone_from(&hit);
        let (name, severity) = (record.kind, record.severity);
        self.record(None, None, TraceKind::FaultBegins { fault: number, name, severity, hit });
        self.hit_first(number, &fault, targets);
        let next = number + 1;
        if self.faults.plan.get(next as usize).is_some_and(|fault| fault.follows) {
            self.await_trigger(next);
        }
    }

    /// The first blow of a fault; the others, and its end, go on the agenda.
    fn hit_first(&mut self, number: u32, fault: &Fault, targets: Targets) {
        if let (Some(apart), [_, _, ..]) = (fault.one_by_one, &targets.sets[0][..]) {
            let [mut left, others] = targets.sets;
            left.reverse();
            let whole = apart * (left.len() as u64 - 1);
            self.faults.recurring.push(Recurring { fault: number, script: Script::OneByOne { left, others } });
            self.beat(number);
            return self.end_after(number, fault.lasts.map(|lasts| whole + lasts));
        }
        if let FaultKind::Swizzle { .. } = fault.kind {
            let lasts = fault.lasts.unwrap_or_default();
            let script = self.plan_swizzle(number, &targets.sets[0], lasts);
            self.faults.recurring.push(Recurring { fault: number, script });
            self.beat(number);
            return self.end_after(number, Some(lasts));
        }
        if fault.repeat.is_some() {
            self.faults.recurring.push(Recurring { fault: number, script: Script::Repeat(Some(targets)) });
            self.beat(number);
            return self.end_after(number, fault.lasts);
        }
        if self.hit(number, &fault.kind, targets).is_some() {
            self.end_after(number, fault.lasts);
        } else {
            self.faults.records[number as usize].ended = Some(self.now);
        }
    }

    fn end_after(&mut self, number: u32, lasts: Option<Duration>) {
        if let Some(lasts) = lasts {
            self.errand(self.now.saturating_add(lasts), Errand::EndFault(number));
        }
    }

    /// One blow. Returns its number if it must be undone.
    fn hit(&mut self, number: u32, kind: &FaultKind, mut targets: Targets) -> Option<u32> {
        if !self.faults.plan[number as usize].probability.is_always() && !self.draw_struck(number, kind, &mut targets) {
            return None;
        }
        if kind.is_byzantine() {
            self.betray(&targets.sets[0]);
        }
        let id = self.faults.new_part(number);
        let undo = self.inflict(number, id, kind, targets)?;
        self.faults.in_force.push(Part { id, fault: number, undo });
        Some(id)
    }

    /// Draws which of its targets a blow strikes. Says whether it strikes anybody.
    fn draw_struck(&mut self, number: u32, kind: &FaultKind, targets: &mut Targets) -> bool {
        let probability = self.faults.plan[number as usize].probability;
        let tries = self.faults.tries.entry(number).or_default();
        let mut draw = |choices: &mut Choices| {
            *tries += 1;
            let (point, nth) = (Point::new(Purpose::Strike, number, *tries), *tries);
            choices.chance(point, named!("fault {number} strike#{nth}"), probability)
        };
        let choices = &mut self.draws.choices;
        if !kind.hits_each() {
            return draw(choices);
        }
        targets.sets[0].retain(|_| draw(choices));
        !targets.sets[0].is_empty()
    }

    /// The next blow of a fault that has several.
    pub(super) fn beat(&mut self, number: u32) {
        let Some(place) = self.faults.recurring.iter().position(|r| r.fault == number) else { return };
        let mut recurring = self.faults.recurring.swap_remove(place);
        let fault = self.faults.plan[number as usize].clone();
        if let Script::Repeat(targets @ None) = &mut recurring.script {
            *targets = self.aim_again(number, &fault.kind);
            if targets.is_none() {
                self.faults.recurring.push(recurring);
                self.faults.waiting.push(Errand::Beat(number));
                return;
            }
        }
        if let Some(pause) = self.play(&fault, number, &mut recurring.script) {
            self.faults.recurring.push(recurring);
            self.errand(self.now.saturating_add(pause), Errand::Beat(number));
        } else if fault.kind.is_instant() {
            // It is over when it has hit the last.
            self.end_fault(number);
        }
    }

    /// Finds the targets of the next blow of a fault; `None` if a role that it names has no holder.
    fn aim_again(&mut self, number: u32, kind: &FaultKind) -> Option<Targets> {
        let targets = self.resolve(number, kind)?;
        let hit = targets.hit(kind, &self.identities);
        let known = &mut self.faults.records[number as usize].hit;
        known.extend(hit.iter().copied());
        known.sort_unstable();
        known.dedup();
        self.record(None, None, TraceKind::FaultStrikes { fault: number, name: kind.name(), hit });
        Some(targets)
    }

    /// Plays the next beat of a script, and says how long after it the following one comes.
    fn play(&mut self, fault: &Fault, number: u32, script: &mut Script) -> Option<Duration> {
        match script {
            Script::Repeat(next) => {
                let repeat = fault.repeat?;
                let targets = if repeat.same_targets { next.clone() } else { next.take() };
                let part = self.hit(number, &fault.kind, targets?);
                if let (Some(part), Some(on)) = (part, repeat.on) {
                    self.errand(self.now.saturating_add(on), Errand::EndPart(part));
                }
                Some(repeat.every)
            }
            Script::OneByOne { left, others } => {
                let next = Targets { groups: Vec::new(), sets: [vec![left.pop()?], others.clone()] };
                let part = self.hit(number, &fault.kind, next);
                if let (Some(part), Some(lasts)) = (part, fault.lasts) {
                    self.errand(self.now.saturating_add(lasts), Errand::EndPart(part));
                }
                fault.one_by_one.filter(|_| !left.is_empty())
            }
            Script::Swizzle { going, coming, pace } => {
                if let Some(next) = going.pop() {
                    let part = self.hit(number, &fault.kind, Targets::only(next));
                    coming.extend(part);
                    if going.is_empty() {
                        self.shuffle_swizzle(number, coming);
                    }
                } else {
                    self.end_part(coming.pop()?);
                }
                Some(*pace)
            }
        }
    }

    /// Which nodes are cut off, in which order.
    fn plan_swizzle(&mut self, number: u32, of: &[ProcessId], lasts: Duration) -> Script {
        let mut draw = 0;
        let mut choose = |engine: &mut Self, bound: usize| {
            draw += 1;
            engine.draw_for_fault(number, "swizzle", draw, bound as u64) as usize
        };
        let count = of.len() - choose(self, of.len());
        let mut left = of.to_vec();
        let going: Vec<ProcessId> = (0..count).map(|_| left.remove(choose(self, left.len()))).rev().collect();
        let pace = lasts / (2 * count.max(1) as u64);
        Script::Swizzle { going, coming: Vec::new(), pace }
    }

    /// In which order they are reconnected.
    fn shuffle_swizzle(&mut self, number: u32, coming: &mut [u32]) {
        for last in (1..coming.len()).rev() {
            let chosen = self.draw_for_fault(number, "swizzle back", last as u64, last as u64 + 1) as usize;
            coming.swap(last, last - chosen);
        }
    }

    /// Draws something for a fault. `what` and `ordinal` name it within the fault.
    fn draw_for_fault(&mut self, number: u32, what: &'static str, ordinal: u64, bound: u64) -> u64 {
        let point = Point::of_aspect(Purpose::Target, number, what, ordinal);
        self.draws.choices.choose(point, named!("fault {number} {what}#{ordinal}"), bound)
    }

    /// The fault whose blow in force has this number.
    fn fault_of(&self, part: u32) -> u32 {
        let part = self.faults.in_force.iter().find(|of| of.id == part);
        part.expect("what is wrong with a process is in force").fault
    }

    /// One blow of a fault is over.
    pub(super) fn end_part(&mut self, id: u32) {
        let Some(place) = self.faults.in_force.iter().position(|part| part.id == id) else { return };
        let part = self.faults.in_force.remove(place);
        self.note_messages(&part);
        self.undo(part.id, part.undo);
    }

    /// Notes how many messages a blow has met, if it is aimed at messages.
    fn note_messages(&mut self, part: &Part) {
        let met = match part.undo {
            Undo::Disturbance => self.links.seen_by(part.id),
            Undo::Lie => self.met_by_lie(part.id),
            _ => return,
        };
        *self.faults.records[part.fault as usize].messages.get_or_insert_default() += met;
    }

    /// The run is over: notes what the blows in force have met.
    pub(super) fn note_messages_at_end(&mut self) {
        std::mem::take(&mut self.faults.in_force).iter().for_each(|part| self.note_messages(part));
    }

    /// A fault is over.
    pub(super) fn end_fault(&mut self, number: u32) {
        if self.faults.records[number as usize].ended.is_some() {
            return;
        }
        self.faults.recurring.retain(|recurring| recurring.fault != number);
        self.hash_event(Tag::FaultEnds, number, 0);
        self.faults.records[number as usize].ended = Some(self.now);
        let name = self.faults.plan[number as usize].kind.name();
        self.record(None, None, TraceKind::FaultEnds { fault: number, name });
        let parts = self.faults.in_force.iter().filter(|part| part.fault == number);
        let parts: Vec<u32> = parts.map(|part| part.id).collect();
        parts.into_iter().for_each(|part| self.end_part(part));
    }
}
