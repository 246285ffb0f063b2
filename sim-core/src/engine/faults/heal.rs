//! The heal: everything, or a core of the system, is repaired, and the network is timely from then
//! on. See `liveness.rs` for what that means.

use std::collections::BTreeSet;

use crate::choices::{Point, Purpose, named};
use crate::fault::{FaultKind, Selector};
use crate::heal::HealKind;
use crate::network::Healed;
use crate::process::ProcessId;
use crate::protocol::Protocol;
use crate::time::{Duration, Time};
use crate::timers::Due;
use crate::trace::{LossReason, TraceKind};

use super::super::pending::{Delivery, Pending};
use super::super::steps::Tag;

use super::super::{Engine, Errand};
use super::strike::Undo;

/// Stands for the heal in draws that are numbered by fault.
const HEAL: u32 = u32::MAX;

impl<P: Protocol> Engine<'_, P> {
    /// Everything, or the core, is repaired: faults end, waiting ones never begin, and processes
    /// that are down boot. Nodes outside the core stay as they are, unless the system turns out to
    /// be stuck.
    pub(in crate::engine) fn heal(&mut self) {
        let core = self.core();
        let sealed = core.is_some() && self.is_sealed();
        self.faults.waiting.clear();
        self.faults.watches.clear();
        self.faults.pinned.clear();
        (self.faults.watches_messages, self.faults.watches_states) = (false, false);
        self.agenda.retain(|_, errand| !matches!(errand, Errand::BeginFault(_) | Errand::Beat(_)));
        match core {
            None => {
                self.heal_links(None, false);
                self.end_faults(|_| true);
                self.boot_the_repaired();
            }
            Some(core) => self.repair_core(core, sealed),
        }
        self.set_going();
    }

    /// The core is repaired, with more nodes if it must be a quorum and is not.
    fn repair_core(&mut self, mut core: BTreeSet<u32>, sealed: bool) {
        let must_do = self.simulation.env.heal.core.contains(&Selector::Quorum);
        loop {
            self.heal_links(Some(&core), sealed);
            self.repair(&core);
            self.faults.core = Some(core.clone());
            self.boot_the_repaired();
            if !must_do || self.verdict.is_some() || self.can_progress(true).is_ok() {
                return;
            }
            let Some(further) = self.draw_further(&core) else { return };
            core.insert(further);
        }
    }

    /// Draws one more node for the core.
    fn draw_further(&mut self, core: &BTreeSet<u32>) -> Option<u32> {
        let nodes = self.site.processes().filter(|process| self.counts(*process) && !self.is_absent(*process));
        let left: Vec<u32> = nodes.map(|process| process.0).filter(|process| !core.contains(process)).collect();
        if left.is_empty() {
            return None;
        }
        let ordinal = core.len() as u64;
        let point = Point::of_aspect(Purpose::Target, HEAL, "further", ordinal);
        let chosen = self.draws.choices.choose(point, named!("heal further#{ordinal}"), left.len() as u64);
        Some(left[chosen as usize])
    }

    /// Crashes that wait for a step never come, and repaired processes that are down boot.
    fn boot_the_repaired(&mut self) {
        for process in self.all_processes() {
            self.disarm_crash(process);
            if self.is_repaired(process) {
                self.boot_if_down(process);
            }
        }
    }

    /// The system cannot make progress as it is: all of it is repaired. Byzantine nodes stay what
    /// they are.
    pub(in crate::engine) fn repair_everything(&mut self) {
        self.heal_links(None, false);
        self.end_faults(|kind| !kind.is_byzantine());
        let late = self.joining();
        self.faults.absent.retain(|process| !late.contains(process));
        self.faults.core = None;
        self.boot_the_repaired();
        self.set_going();
    }

    /// What is in flight is sped up, and repaired processes have a backlog to work off. A disk may
    /// not have reported a failure yet: a node that stops itself for that boots again at once.
    fn set_going(&mut self) {
        let calm = self.hasten();
        for process in self.all_processes().filter(|process| self.is_repaired(*process)).collect::<Vec<_>>() {
            let local = &mut self.local[process.index()];
            local.backlog = local.inbox.len();
            local.back_after = Some(Duration::ZERO);
        }
        self.await_stabilisation(calm);
    }

    /// Whether nothing passes between the core and the rest.
    fn is_sealed(&mut self) -> bool {
        match self.simulation.env.heal.kind {
            HealKind::Sealed => true,
            HealKind::Open => false,
            HealKind::Drawn => {
                let point = Point::of_aspect(Purpose::Target, HEAL, "seal", 0);
                self.draws.choices.choose(point, named!("heal seal"), 2) == 1
            }
        }
    }

    /// Which processes are repaired, if not all. Clients always are.
    fn core(&mut self) -> Option<BTreeSet<u32>> {
        let simulation = self.simulation;
        if simulation.env.heal.core.is_empty() {
            return None;
        }
        let selectors: Vec<_> = simulation.env.heal.core.iter().collect();
        let nodes = self.resolve_all(HEAL, &selectors).into_iter().flatten().map(|process| process.0);
        let clients = self.site.running()..self.status.len() as u32;
        Some(nodes.chain(clients).collect())
    }

    /// Sets which processes are repaired; if none are named, all are.
    fn tell_heal(&mut self, core: Option<&BTreeSet<u32>>, sealed: bool) {
        self.hash_event(Tag::Heal, core.map_or(0, |core| core.len() as u32), u32::from(sealed));
        let who = core.into_iter().flatten().map(|process| self.identities[*process as usize]).collect();
        self.record(None, None, TraceKind::Heal { core: who, sealed });
    }

    /// From now on, repaired links are timely, and nothing is replayed any more.
    fn heal_links(&mut self, core: Option<&BTreeSet<u32>>, sealed: bool) {
        self.tell_heal(core, sealed);
        let is_core = |process: u32| core.is_none_or(|core| core.contains(&process));
        let core = (0..self.status.len() as u32).map(is_core).collect();
        let (delta, lossy) = (self.simulation.env.delta(), self.simulation.env.heal.lossy.is_some());
        self.links.heal(Healed { core, sealed, delta, lossy });
        self.links.end_replays();
    }

    /// Ends the faults in force of some kinds.
    fn end_faults(&mut self, ends: impl Fn(&FaultKind) -> bool) {
        let mut in_force: Vec<u32> = self.faults.unfinished().collect();
        let mut seen = BTreeSet::new();
        in_force.retain(|fault| seen.insert(*fault) && ends(&self.faults.plan[*fault as usize].kind));
        in_force.into_iter().for_each(|number| self.end_fault(number));
    }

    /// Repairs the processes of the core.
    fn repair(&mut self, core: &BTreeSet<u32>) {
        let is_core = |process: ProcessId| core.contains(&process.0);
        let frozen = |errand: &Errand| match errand {
            Errand::EndFault(_) | Errand::EndPart(_) => true,
            Errand::Restart { process, .. } => !is_core(*process),
            _ => false,
        };
        self.agenda.retain(|_, errand| !frozen(errand));
        self.faults.recurring.clear();
        let mut repaired = Vec::new();
        for part in &mut self.faults.in_force {
            let (id, undo) = (part.id, &mut part.undo);
            match undo {
                // Byzantine behaviour is not repaired.
                Undo::Cut | Undo::Disturbance | Undo::Twin(_) | Undo::Lie | Undo::Adversary => {}
                Undo::Pause(processes) => repaired.push((id, Undo::Pause(take_core(processes, core)))),
                Undo::Trouble(processes) => repaired.push((id, Undo::Trouble(take_core(processes, core)))),
                Undo::ClockJump(processes, by) => {
                    repaired.push((id, Undo::ClockJump(take_core(processes, core), *by)));
                }
            }
        }
        repaired.into_iter().for_each(|(id, undo)| self.undo(id, undo));
    }

    /// Copies of messages in flight are dropped, and originals between repaired processes arrive in
    /// time. Says when everything in flight to repaired processes has been handled.
    fn hasten(&mut self) -> Time {
        let by = self.now + self.simulation.env.delta();
        let mut calm = by;
        self.drop_waiting_copies();
        let mut hastened = Vec::new();
        for (time, sequence, item) in self.queue.drain() {
            let at = Time::from_nanos(time);
            match item {
                Pending::Delivery(delivery) if delivery.nth.copy() > 0 => self.lose(delivery, LossReason::Heal),
                Pending::Delivery(delivery) if self.links.is_repaired(delivery.from, delivery.to) => {
                    hastened.push((at, delivery));
                }
                Pending::Synced { process, .. } | Pending::Report { process, .. } | Pending::Rested { process, .. }
                    if self.is_repaired(ProcessId(process)) =>
                {
                    calm = calm.max(at);
                    self.push(Due { time: at, sequence }, item);
                }
                item => self.push(Due { time: at, sequence }, item),
            }
        }
        let (held, kept) = std::mem::take(&mut self.faults.held)
            .into_iter()
            .filter(|held| held.delivery.nth.copy() == 0)
            .partition(|held| self.links.is_repaired(held.delivery.from, held.delivery.to));
        self.faults.held = kept;
        let released: Vec<_> = held;
        hastened
            .extend(released.into_iter().map(|held| (self.now + held.remaining.unwrap_or_default(), held.delivery)));
        self.send_off(hastened, by);
        let repaired = self.all_processes().filter(|process| self.is_repaired(*process));
        repaired.map(|process| self.local[process.index()].late_until).chain([calm]).max().unwrap_or(calm)
    }

    /// Sends these messages on, so that they arrive by `by`, those of FIFO links in their order.
    fn send_off(&mut self, mut messages: Vec<(Time, Delivery<P>)>, by: Time) {
        let keeps_order = self.links.profile().fifo;
        if keeps_order {
            self.links.restart_order();
            messages.sort_by_key(|(_, delivery)| (delivery.from, delivery.to, delivery.nth.rank()));
        }
        for (at, delivery) in messages {
            let at = at.min(by);
            let at = if keeps_order { self.in_order(delivery.from, delivery.to, at) } else { at };
            self.arrive_at(at, delivery);
        }
    }

    /// Copies that are due or wait for their receivers are dropped, too.
    fn drop_waiting_copies(&mut self) {
        let is_copy = |pending: &Pending<P>| matches!(pending, Pending::Delivery(delivery) if delivery.nth.copy() > 0);
        for tied in std::mem::take(&mut self.tied) {
            if is_copy(self.queue.item(tied)) {
                self.queue.take(tied);
            } else {
                self.tied.push(tied);
            }
        }
        for local in &mut self.local {
            local.inbox.retain(|pending| !is_copy(pending));
        }
    }
}

/// Takes those of the core out of `processes`.
fn take_core(processes: &mut Vec<ProcessId>, core: &BTreeSet<u32>) -> Vec<ProcessId> {
    processes.extract_if(.., |process| core.contains(&process.0)).collect()
}
