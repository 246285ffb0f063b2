//! Faults: when they begin, whom they hit, what they do, and how they end.

use crate::canonical::kind_of;
use crate::choices::{Point, Purpose};
use crate::effect::Effect;
use crate::fault::{CrashMoment, CrashSeverity, Fault, FaultKind, Selector, Side, Trigger};
use crate::network::{CutMode, Disturbance, LinkSet, Reach};
use crate::outcome::FaultRecord;
use crate::process::{NodeId, ProcessId};
use crate::property::StepKind;
use crate::protocol::Protocol;
use crate::random::Probability;
use crate::system::RoleChange;
use crate::time::{Duration, Time};
use crate::trace::{LossReason, TraceKind};
use crate::world::Idle;

use super::pending::Pending;
use super::steps::Tag;
use super::transmit::Held;
use super::{Engine, Errand, Progress};

/// The faults of a run and what is in force of them.
pub(super) struct Faults<P: Protocol> {
    plan: Vec<Fault>,
    pub(super) records: Vec<FaultRecord>,
    /// What the faults in force must undo when they end.
    in_force: Vec<(u32, Undo)>,
    /// Faults that wait for a role to be filled.
    waiting: Vec<u32>,
    /// How often each kind of event has been announced that a fault waits for.
    counts: Vec<(String, u64)>,
    /// Who holds which role, in the order of the announcements.
    roles: Vec<(&'static str, ProcessId)>,
    pub(super) held: Vec<Held<P>>,
    /// Crashes that wait for their targets' next steps: 0 in the hot path.
    pub(super) armed_crashes: u32,
    /// Processes made slow: 0 in the hot path.
    pub(super) slow: u32,
}

/// A crash that falls into the middle of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArmedCrash {
    severity: CrashSeverity,
    restart_after: Option<Duration>,
    /// How many effects of the step it cuts off, once that is drawn.
    cut_off: Option<u64>,
}

#[derive(Debug)]
enum Undo {
    Cut,
    Disturbance,
    Pause(Vec<ProcessId>),
    Slow(Vec<ProcessId>),
}

impl<P: Protocol> Faults<P> {
    pub(super) fn new(plan: Vec<Fault>) -> Self {
        let records = vec![FaultRecord::default(); plan.len()];
        let mut counts: Vec<(String, u64)> = Vec::new();
        for fault in &plan {
            if let Trigger::After { event, .. } = &fault.trigger
                && !counts.iter().any(|(of, _)| of == event)
            {
                counts.push((event.clone(), 0));
            }
        }
        Self {
            plan,
            records,
            in_force: Vec::new(),
            waiting: Vec::new(),
            counts,
            roles: Vec::new(),
            held: Vec::new(),
            armed_crashes: 0,
            slow: 0,
        }
    }

    /// The faults that begin at a time, and when.
    pub(super) fn timed(&self) -> Vec<(u32, Time)> {
        let numbered = self.plan.iter().zip(0..);
        numbered
            .filter_map(|(fault, n)| if let Trigger::At(at) = fault.trigger { Some((n, at)) } else { None })
            .collect()
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
}

impl<P: Protocol> Engine<'_, P> {
    /// A fault is due: it hits, or waits until somebody has the role that it is aimed at.
    pub(super) fn begin_fault(&mut self, number: u32) {
        let fault = self.faults.plan[number as usize].clone();
        let Some(targets) = self.resolve(number, &fault.kind) else {
            self.faults.waiting.push(number);
            return;
        };
        self.hash_event(Tag::FaultBegins, number, 0);
        let hit = targets.all(&self.identities);
        let record = &mut self.faults.records[number as usize];
        record.began = Some(self.now);
        record.hit.clone_from(&hit);
        let name = fault.kind.name();
        self.record(None, None, TraceKind::FaultBegins { fault: number, name, hit });
        if let Some(undo) = self.inflict(number, &fault, targets) {
            self.faults.in_force.push((number, undo));
            if let Some(lasts) = fault.lasts {
                self.errand(self.now.saturating_add(lasts), Errand::EndFault(number));
            }
        } else {
            self.faults.records[number as usize].ended = Some(self.now);
        }
    }

    /// Does what the fault does, and says how to undo it.
    fn inflict(&mut self, number: u32, fault: &Fault, targets: Targets) -> Option<Undo> {
        let [first, second] = targets.sets;
        match &fault.kind {
            FaultKind::Crash { severity, moment, restart_after, .. } => {
                let crash = ArmedCrash { severity: *severity, restart_after: *restart_after, cut_off: None };
                for process in first {
                    if self.verdict.is_none() {
                        self.inflict_crash(process, crash, *moment);
                    }
                }
                None
            }
            FaultKind::Partition { mode, .. } => {
                Some(self.begin_cut(number, LinkSet::between_groups(&targets.groups), *mode))
            }
            FaultKind::OneWay { mode, .. } => Some(self.begin_cut(number, LinkSet::directed(&first, &second), *mode)),
            FaultKind::Omission { side, rate, .. } => {
                let set = first.iter().map(|p| p.0).collect();
                let links = match side {
                    Side::Send => Reach { out_of: set, ..Reach::default() },
                    Side::Receive => Reach { into: set, ..Reach::default() },
                };
                Some(self.disturb_links(
                    number,
                    Disturbance { links, loss: *rate, duplicate: Probability::NEVER, delay: None },
                ))
            }
            FaultKind::Links { loss, duplicate, delay, .. } => {
                let set: std::collections::BTreeSet<u32> = first.iter().map(|p| p.0).collect();
                let links = Reach { out_of: set.clone(), into: set };
                Some(
                    self.disturb_links(
                        number,
                        Disturbance { links, loss: *loss, duplicate: *duplicate, delay: *delay },
                    ),
                )
            }
            FaultKind::Pause { .. } => {
                for process in &first {
                    self.local[process.index()].pauses += 1;
                    self.status[process.index()].idle.add(Idle::PAUSED);
                }
                Some(Undo::Pause(first))
            }
            FaultKind::Slow { step_takes, .. } => {
                for process in &first {
                    self.local[process.index()].slow.push((number, *step_takes));
                    self.faults.slow += 1;
                }
                Some(Undo::Slow(first))
            }
        }
    }

    fn begin_cut(&mut self, number: u32, set: LinkSet, mode: CutMode) -> Undo {
        self.links.begin_cut(number, set, mode);
        Undo::Cut
    }

    fn disturb_links(&mut self, number: u32, disturbance: Disturbance) -> Undo {
        self.links.begin_disturbance(number, disturbance);
        Undo::Disturbance
    }

    /// A fault is over.
    pub(super) fn end_fault(&mut self, number: u32) {
        let Some(place) = self.faults.in_force.iter().position(|(of, _)| *of == number) else { return };
        let (_, undo) = self.faults.in_force.remove(place);
        self.hash_event(Tag::FaultEnds, number, 0);
        self.faults.records[number as usize].ended = Some(self.now);
        let name = self.faults.plan[number as usize].kind.name();
        self.record(None, None, TraceKind::FaultEnds { fault: number, name });
        match undo {
            Undo::Cut => {
                self.links.end_cut(number);
                self.release_held();
            }
            Undo::Disturbance => self.links.end_disturbance(number),
            Undo::Pause(processes) => processes.into_iter().for_each(|process| self.resume(process)),
            Undo::Slow(processes) => {
                for process in processes {
                    self.local[process.index()].slow.retain(|(of, _)| *of != number);
                    self.faults.slow -= 1;
                }
            }
        }
    }

    fn resume(&mut self, process: ProcessId) {
        let local = &mut self.local[process.index()];
        local.pauses -= 1;
        if local.pauses > 0 {
            return;
        }
        local.shuffled = true;
        let synced = std::mem::take(&mut local.synced_in_pause);
        self.status[process.index()].idle.remove(Idle::PAUSED);
        if synced {
            self.synced(process);
        } else {
            self.wake(process);
        }
    }

    /// Everything is repaired: faults end, waiting ones never begin, whoever is down boots.
    pub(super) fn heal(&mut self) {
        self.hash_event(Tag::Heal, 0, 0);
        self.record(None, None, TraceKind::Heal);
        self.faults.waiting.clear();
        self.faults.counts.clear();
        self.agenda.retain(|_, errand| !matches!(errand, Errand::BeginFault(_)));
        let in_force: Vec<u32> = self.faults.in_force.iter().map(|(number, _)| *number).collect();
        in_force.into_iter().for_each(|number| self.end_fault(number));
        for process in (0..self.status.len() as u32).map(ProcessId) {
            if self.local[process.index()].armed.take().is_some() {
                self.faults.armed_crashes -= 1;
            }
            if self.verdict.is_none() && self.status[process.index()].idle.has(Idle::DOWN) {
                self.boot(process);
            }
        }
        if self.progress == Progress::BeforeHeal {
            self.progress = Progress::Awaited;
        }
    }

    fn inflict_crash(&mut self, process: ProcessId, crash: ArmedCrash, moment: CrashMoment) {
        let status = self.status[process.index()].idle;
        if status.has(Idle::DOWN) {
            return;
        }
        // While a node waits for its disk it is in the middle of a step already.
        if moment == CrashMoment::MidStep && !status.has(Idle::SYNCING) && self.client_index(process).is_none() {
            return self.arm_crash(process, crash);
        }
        self.crash(process, crash, 0);
    }

    fn arm_crash(&mut self, process: ProcessId, crash: ArmedCrash) {
        if self.local[process.index()].armed.replace(crash).is_none() {
            self.faults.armed_crashes += 1;
        }
    }

    /// If a crash waits for this step, it falls between two of its effects. If the node first has
    /// to wait for its disk, so has the crash.
    #[cold]
    pub(super) fn crash_mid_step(&mut self, process: ProcessId, kind: StepKind) -> bool {
        let all = count_effects(&self.effects);
        if all == 0 {
            return false;
        }
        let Some(crash) = self.local[process.index()].armed.take() else { return false };
        self.faults.armed_crashes -= 1;
        let cut_off = crash.cut_off.unwrap_or_else(|| self.draw_cut(process, all));
        let rest = split_off_last(&mut self.effects, cut_off);
        self.carry_out(process, kind);
        let local = &mut self.local[process.index()];
        if count_effects(&local.suspended) > 0 {
            local.suspended.extend(rest);
            self.arm_crash(process, ArmedCrash { cut_off: Some(cut_off), ..crash });
        } else if !self.status[process.index()].idle.has(Idle::DOWN) {
            self.crash(process, crash, cut_off);
        }
        true
    }

    /// Draws how many of a step's effects a crash cuts off.
    fn draw_cut(&mut self, process: ProcessId, all: u64) -> u64 {
        let (who, count) = (self.identities[process.index()], self.local[process.index()].crashes);
        let point = Point::new(Purpose::CrashCut, process.0, count);
        self.draws.choices.choose(point, || format!("{who} crash#{count} cut"), all + 1)
    }

    /// A process stops.
    fn crash(&mut self, process: ProcessId, crash: ArmedCrash, cut_off: u64) {
        let (lost, torn) = match crash.severity {
            CrashSeverity::PowerLoss if self.client_index(process).is_none() => self.lose_power(process),
            _ => (0, false),
        };
        self.steps += 1;
        self.hash_event(Tag::Crash, process.0, 0);
        self.hasher.word(lost << 1 | u64::from(torn));
        let severity = crash.severity;
        self.record(Some(process), None, TraceKind::Crash { severity, lost, torn, cut_off });
        self.local[process.index()].crashes += 1;
        let incarnation = self.status[process.index()].incarnation;
        // What a step announced before it was cut off is known to the world.
        self.events.append(&mut self.local[process.index()].suspended_events);
        self.stop(process);
        if let Some(after) = crash.restart_after {
            self.errand(self.now.saturating_add(after), Errand::Restart { process, incarnation });
        }
        let client = self.client_index(process).is_some();
        self.look(process, if client { StepKind::Client } else { StepKind::Crash });
    }

    /// What a power loss leaves of what was not synced. Says how many writes are lost, and whether
    /// the first of them left a corrupt record.
    fn lose_power(&mut self, process: ProcessId) -> (u64, bool) {
        let unsynced = self.site.disks[process.index()].unsynced();
        if unsynced == 0 {
            return (0, false);
        }
        let (who, count) = (self.identities[process.index()], self.local[process.index()].crashes);
        let choices = &mut self.draws.choices;
        let point = |purpose| Point::new(purpose, process.0, count);
        let lost = choices.choose(point(Purpose::LostTail), || format!("{who} crash#{count} lost"), unsynced + 1);
        let torn = lost > 0
            && self.simulation.disk.torn_writes
            && choices.chance(
                point(Purpose::TornRecord),
                || format!("{who} crash#{count} torn"),
                Probability::ratio(1, 2),
            );
        self.site.disks[process.index()].lose_tail(lost, torn);
        (lost, torn)
    }

    /// A node stops itself.
    #[cold]
    pub(super) fn halt(&mut self, process: ProcessId, reason: &'static str) {
        self.hash_event(Tag::Halt, process.0, 0);
        self.record(Some(process), None, TraceKind::Halt { reason });
        self.stop(process);
        self.look(process, StepKind::Crash);
    }

    /// What a process holds in memory is gone, and what waited for it with it.
    fn stop(&mut self, process: ProcessId) {
        let index = process.index();
        self.nodes[index] = None;
        let idle = &mut self.status[index].idle;
        *idle = Idle::DOWN;
        let local = &mut self.local[index];
        local.timers.clear();
        local.suspended.clear();
        local.synced_in_pause = false;
        local.disk_free = Time::ZERO;
        if local.armed.take().is_some() {
            self.faults.armed_crashes -= 1;
        }
        for pending in std::mem::take(&mut self.local[index].inbox) {
            if let Pending::Delivery(delivery) = pending {
                self.lose(&delivery, LossReason::Down);
            }
        }
        if let Some(client) = self.client_index(process) {
            self.client_timers[client].clear();
        }
        self.faults.roles.retain(|(_, holder)| *holder != process);
    }

    /// The time has come for a crashed process to boot, unless it has already.
    pub(super) fn restart(&mut self, process: ProcessId, incarnation: u32) {
        let status = self.status[process.index()];
        if status.idle.has(Idle::DOWN) && status.incarnation == incarnation {
            self.boot(process);
        }
    }

    /// A node announces something: properties, goals, roles and faults take note.
    pub(super) fn announce(&mut self, process: ProcessId, event: P::Event) {
        self.hash_event(Tag::Announce, process.0, 0);
        self.hash_of(process, &event);
        if self.trace.is_some() {
            let event = crate::canonical::Value::of(&event);
            self.record(Some(process), None, TraceKind::Announce { event });
        }
        let kind = kind_of(&event);
        for (goal, reached) in self.simulation.goals.iter().zip(&mut self.goals) {
            *reached |= goal == kind;
        }
        match (self.simulation.role_change)(&event) {
            Some(RoleChange::Takes(role)) => self.take_role(role, process),
            Some(RoleChange::GivesUp(role)) => self.faults.roles.retain(|held| *held != (role, process)),
            None => {}
        }
        self.count_announcement(kind);
        self.events.push(event);
    }

    fn take_role(&mut self, role: &'static str, process: ProcessId) {
        self.faults.roles.retain(|held| *held != (role, process));
        self.faults.roles.push((role, process));
        for number in std::mem::take(&mut self.faults.waiting) {
            self.errand(self.now, Errand::BeginFault(number));
        }
    }

    fn count_announcement(&mut self, kind: &'static str) {
        let Some((_, count)) = self.faults.counts.iter_mut().find(|(of, _)| of == kind) else { return };
        *count += 1;
        let count = *count;
        let due: Vec<u32> = (0..)
            .zip(&self.faults.plan)
            .filter(|(_, f)| matches!(&f.trigger, Trigger::After { event, count: c } if event == kind && *c == count))
            .map(|(number, _)| number)
            .collect();
        for number in due {
            self.errand(self.now, Errand::BeginFault(number));
        }
    }

    /// Whom a fault hits. Nothing if a role that it names has no holder.
    fn resolve(&mut self, number: u32, kind: &FaultKind) -> Option<Targets> {
        // Before anything is drawn: a fault that waits must not ask for its random targets twice.
        for selector in kind.selectors() {
            if let Selector::Role(role) = selector {
                self.faults.holder(role)?;
            }
        }
        let mut resolver = Resolver { fault: number, draws: 0, named: Vec::new() };
        let mut targets = Targets::default();
        match kind {
            FaultKind::Partition { groups, .. } => {
                let selectors: Vec<&Selector> = groups.iter().flatten().collect();
                let mut resolved = self.resolve_all(&mut resolver, &selectors)?.into_iter();
                for group in groups {
                    targets.groups.push(resolved.by_ref().take(group.len()).flatten().collect());
                }
                self.add_clients(&mut targets.groups);
            }
            FaultKind::OneWay { from, to, .. } => {
                let mut sets = self.resolve_all(&mut resolver, &[from, to])?.into_iter();
                targets.sets = [sets.next().unwrap_or_default(), sets.next().unwrap_or_default()];
            }
            FaultKind::Crash { targets: selector, .. }
            | FaultKind::Omission { targets: selector, .. }
            | FaultKind::Links { targets: selector, .. }
            | FaultKind::Pause { targets: selector }
            | FaultKind::Slow { targets: selector, .. } => {
                targets.sets[0] = self.resolve_all(&mut resolver, &[selector])?.into_iter().flatten().collect();
            }
        }
        Some(targets)
    }

    /// The processes of each selector; `Others` last, as it depends on all the rest.
    fn resolve_all(&mut self, resolver: &mut Resolver, selectors: &[&Selector]) -> Option<Vec<Vec<ProcessId>>> {
        let mut sets = vec![Vec::new(); selectors.len()];
        for others in [false, true] {
            for (selector, set) in selectors.iter().zip(&mut sets) {
                if (**selector == Selector::Others) == others {
                    *set = self.resolve_one(resolver, selector)?;
                    resolver.named.extend(set.iter().copied());
                }
            }
        }
        Some(sets)
    }

    fn resolve_one(&mut self, resolver: &mut Resolver, selector: &Selector) -> Option<Vec<ProcessId>> {
        let nodes = self.site.nodes.len() as u32;
        Some(match selector {
            Selector::Node(id) => self.process_of(*id).into_iter().collect(),
            Selector::Role(role) => vec![self.faults.holder(role)?],
            Selector::All => (0..nodes).map(ProcessId).collect(),
            Selector::Clients => (nodes..self.status.len() as u32).map(ProcessId).collect(),
            Selector::Others => (0..nodes).map(ProcessId).filter(|p| !resolver.named.contains(p)).collect(),
            Selector::Random(count) => self.draw_nodes(resolver, *count),
            Selector::Minority => self.draw_nodes(resolver, (nodes - 1) / 2),
            Selector::Majority => self.draw_nodes(resolver, nodes / 2 + 1),
        })
    }

    /// Draws nodes that the fault has not named yet.
    fn draw_nodes(&mut self, resolver: &mut Resolver, count: u32) -> Vec<ProcessId> {
        let nodes = self.site.nodes.len() as u32;
        let mut left: Vec<ProcessId> = (0..nodes).map(ProcessId).filter(|p| !resolver.named.contains(p)).collect();
        let mut drawn = Vec::new();
        for _ in 0..count.min(left.len() as u32) {
            let (fault, number) = (resolver.fault, resolver.draws);
            resolver.draws += 1;
            let point = Point::new(Purpose::Target, fault, number);
            let name = || format!("fault {fault} target#{number}");
            let chosen = self.draws.choices.choose(point, name, left.len() as u64);
            drawn.push(left.remove(chosen as usize));
        }
        drawn.sort_unstable();
        drawn
    }

    /// Puts each client that no group names into the groups of its node.
    fn add_clients(&self, groups: &mut [Vec<ProcessId>]) {
        let nodes = self.site.nodes.len();
        for client in 0..self.clients.len() {
            let process = self.client_process(client);
            if groups.iter().flatten().any(|p| *p == process) {
                continue;
            }
            let node = ProcessId((client % nodes) as u32);
            groups.iter_mut().filter(|group| group.contains(&node)).for_each(|group| group.push(process));
        }
    }
}

/// How many effects there are. Log lines, which are there only if a trace is kept, do not count.
fn count_effects<P: Protocol>(effects: &[Effect<P>]) -> u64 {
    effects.iter().filter(|effect| !effect.is_log()).count() as u64
}

/// Splits the last `count` effects off, log lines not counted.
fn split_off_last<P: Protocol>(effects: &mut Vec<Effect<P>>, count: u64) -> Vec<Effect<P>> {
    let (mut place, mut left) = (effects.len(), count);
    while left > 0 {
        place -= 1;
        left -= u64::from(!effects[place].is_log());
    }
    effects.split_off(place)
}

/// Whom a fault hits.
#[derive(Debug, Default)]
struct Targets {
    groups: Vec<Vec<ProcessId>>,
    sets: [Vec<ProcessId>; 2],
}

impl Targets {
    fn all(&self, identities: &[NodeId]) -> Vec<NodeId> {
        let mut all: Vec<ProcessId> = self.groups.iter().chain(&self.sets).flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(|process| identities[process.index()]).collect()
    }
}

/// What the selectors of one fault have named so far.
#[derive(Debug)]
struct Resolver {
    fault: u32,
    draws: u64,
    named: Vec<ProcessId>,
}
