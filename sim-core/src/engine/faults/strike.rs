//! What a fault does, and how it is undone.

use std::collections::BTreeSet;

use crate::fault::{Ends, FaultKind, LinkTrouble, MessageFilter};
use crate::network::{CutMode, Disturbance, LinkSet, Reach};
use crate::operator::OperatorAction;
use crate::process::ProcessId;
use crate::protocol::Protocol;
use crate::random::Probability;
use crate::sabotage::Sabotage;
use crate::timers::Due;
use crate::world::Idle;

use super::super::pending::Pending;
use super::super::{Engine, Phase};
use super::byzantine::Lie;
use super::crash::ArmedCrash;
use super::storage::Trouble;
use super::targets::Targets;

/// What takes back a blow.
#[derive(Debug)]
pub(super) enum Undo {
    Cut,
    Disturbance,
    Pause(Vec<ProcessId>),
    /// A trouble of each of these processes, with the part's number.
    Trouble(Vec<ProcessId>),
    /// A twin that runs.
    Twin(ProcessId),
    Lie,
    /// Nodes for which an adversary acts.
    Adversary,
    /// Wall clocks that jumped by so many nanoseconds.
    ClockJump(Vec<ProcessId>, i64),
}

impl<P: Protocol> Engine<'_, P> {
    /// One blow of a fault. Says how to undo it.
    pub(super) fn inflict(&mut self, number: u32, part: u32, kind: &FaultKind, targets: Targets) -> Option<Undo> {
        if let FaultKind::Lie { to, messages, misconduct, .. } = kind {
            return Some(self.begin_lie(Lie::new(part, targets, to.is_empty(), messages, misconduct)));
        }
        let [first, second] = targets.sets;
        match kind {
            FaultKind::Lie { .. } => {}
            FaultKind::Twin { .. } => return first.first().and_then(|original| self.begin_twin(*original)),
            FaultKind::Adversary { name, .. } => {
                self.possess(part, name, first);
                return Some(Undo::Adversary);
            }
            FaultKind::Crash { severity, moment, restart_after, wiped, lost, .. } => {
                let crash = ArmedCrash {
                    severity: *severity,
                    restart_after: *restart_after,
                    wiped: *wiped,
                    lost: lost.clone(),
                    fault: number,
                    cut_off: None,
                };
                self.inflict_crashes(first, &crash, *moment);
            }
            FaultKind::Upgrade { configuration, restart_after, .. } => {
                let crash = ArmedCrash::clean(number, *restart_after);
                self.upgrade(first, configuration, crash);
            }
            FaultKind::Restart { .. } => first.into_iter().for_each(|process| self.boot_if_down(process)),
            FaultKind::Join { .. } => {
                self.faults.absent.retain(|process| !first.contains(process));
                first.into_iter().for_each(|process| self.boot_if_down(process));
            }
            FaultKind::CorruptRecord { .. } => {
                first.into_iter().for_each(|process| self.corrupt_record(process, number));
            }
            FaultKind::Operator { action, .. } => {
                let nodes = second.iter().map(|process| self.identities[process.index()].identity()).collect();
                let action = OperatorAction { name: action.clone(), nodes };
                first.into_iter().for_each(|process| self.ask_of(process, part, &action));
            }
            FaultKind::Partition { rounds: Some(rounds), .. } => {
                let links = Reach::Across(LinkSet::between_groups(&targets.groups));
                return Some(self.lose_some(
                    part,
                    links,
                    &MessageFilter { rounds: Some(*rounds), ..MessageFilter::ALL },
                ));
            }
            FaultKind::Partition { mode, .. } => {
                return Some(self.begin_cut(part, LinkSet::between_groups(&targets.groups), *mode));
            }
            FaultKind::Bridge { mode, .. } => return Some(self.bridge(part, &first, *mode)),
            FaultKind::MajorityRing { mode } => return Some(self.majority_ring(number, part, first, *mode)),
            FaultKind::RandomLinks { rate, mode } => return Some(self.random_links(part, &first, *rate, *mode)),
            FaultKind::Swizzle { mode, .. } => return Some(self.cut_off(part, first, *mode)),
            FaultKind::OneWay { mode, .. } => {
                return Some(self.begin_cut(part, LinkSet::directed(&first, &second), *mode));
            }
            FaultKind::Omission { from, to, messages } => {
                let links = Reach::of(from.as_ref().map(|_| &first[..]), to.as_ref().map(|_| &second[..]));
                return Some(self.lose_some(part, links, messages));
            }
            FaultKind::Links { ends, trouble, messages } => {
                let links = match ends {
                    Ends::Of(_) => Reach::around(&first),
                    Ends::Between { .. } => Reach::of(Some(&first[..]), Some(&second[..])),
                };
                let disturbance = Disturbance::of_some(links, *trouble, messages.clone());
                return Some(self.disturb_links(part, disturbance));
            }
            FaultKind::Deliver { kind, .. } => self.deliver_now(&first, &second, kind.as_deref()),
            FaultKind::Fire { timer, .. } => first.into_iter().for_each(|process| self.fire_now(process, timer)),
            FaultKind::End { label } => self.end_labelled(label),
            FaultKind::Pause { .. } => {
                for process in &first {
                    self.local[process.index()].pauses += 1;
                    self.status[process.index()].idle.add(Idle::PAUSED);
                }
                return Some(Undo::Pause(first));
            }
            FaultKind::ClockJump { by, backward, .. } => {
                let by = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX);
                let by = if *backward { -by } else { by };
                first.iter().for_each(|process| self.site.clocks[process.index()].jump(by));
                return Some(Undo::ClockJump(first, by));
            }
            FaultKind::Slow { step_takes, .. } => {
                return Some(self.trouble(part, first, Trouble::Slow(*step_takes)));
            }
            FaultKind::Drift { ppm, .. } => return Some(self.trouble(part, first, Trouble::Drift(*ppm))),
            FaultKind::LateTimers { by, .. } => return Some(self.trouble(part, first, Trouble::LateTimers(*by))),
            FaultKind::SlowDisk { sync, .. } => return Some(self.trouble(part, first, Trouble::SlowDisk(*sync))),
            FaultKind::FailingSync { rate, writes, restart_after, .. } => {
                let trouble = Trouble::FailingSync { rate: *rate, writes: *writes, restart_after: *restart_after };
                return Some(self.trouble(part, first, trouble));
            }
            FaultKind::ReadError { rate, restart_after, .. } => {
                let trouble = Trouble::ReadError { rate: *rate, restart_after: *restart_after };
                return Some(self.trouble(part, first, trouble));
            }
            FaultKind::FullDisk { restart_after, .. } => {
                return Some(self.trouble(part, first, Trouble::FullDisk { restart_after: *restart_after }));
            }
        }
        None
    }

    /// Takes back one blow.
    pub(super) fn undo(&mut self, part: u32, undo: Undo) {
        match undo {
            Undo::Cut => {
                self.links.end_cut(part);
                self.release_held();
            }
            Undo::Disturbance => {
                self.links.end_disturbance(part);
                self.release_held();
            }
            Undo::Twin(twin) => self.end_twin(twin),
            Undo::Lie => self.end_lie(part),
            Undo::Adversary => self.release_puppets(part),
            Undo::Pause(processes) => processes.into_iter().for_each(|process| self.resume(process)),
            Undo::Trouble(processes) => processes.into_iter().for_each(|process| self.end_trouble(process, part)),
            Undo::ClockJump(processes, by) => {
                processes.iter().for_each(|process| self.site.clocks[process.index()].jump(-by));
            }
        }
    }

    /// Something is wrong with processes until it is undone.
    fn trouble(&mut self, part: u32, processes: Vec<ProcessId>, trouble: Trouble) -> Undo {
        processes.iter().for_each(|process| self.begin_trouble(*process, part, trouble));
        Undo::Trouble(processes)
    }

    fn begin_cut(&mut self, part: u32, set: LinkSet, mode: CutMode) -> Undo {
        self.links.begin_cut(part, set, mode);
        Undo::Cut
    }

    /// Some of the messages on some links are lost.
    fn lose_some(&mut self, part: u32, links: Reach, messages: &MessageFilter) -> Undo {
        let loss = if messages.nth.is_empty() { messages.rate } else { Probability::ALWAYS };
        let trouble = LinkTrouble { loss, ..LinkTrouble::default() };
        let messages = MessageFilter { rate: Probability::ALWAYS, ..messages.clone() };
        self.disturb_links(part, Disturbance::of_some(links, trouble, messages))
    }

    fn disturb_links(&mut self, part: u32, disturbance: Disturbance) -> Undo {
        self.links.begin_disturbance(part, disturbance);
        Undo::Disturbance
    }

    /// Cuts some nodes off from all others.
    fn cut_off(&mut self, part: u32, nodes: Vec<ProcessId>, mode: CutMode) -> Undo {
        let others = self.site.processes().filter(|process| !nodes.contains(process)).collect();
        let mut groups = vec![nodes, others];
        self.add_clients(&mut groups);
        self.begin_cut(part, LinkSet::between_groups(&groups), mode)
    }

    /// Two halves of the nodes reach each other only over the bridge.
    fn bridge(&mut self, part: u32, bridge: &[ProcessId], mode: CutMode) -> Undo {
        let others: Vec<ProcessId> = self.site.processes().filter(|process| !bridge.contains(process)).collect();
        let (one, other) = others.split_at(others.len() / 2);
        let mut groups = [one, other].map(|half| [half, bridge].concat());
        self.add_clients(&mut groups);
        self.begin_cut(part, LinkSet::between_groups(&groups), mode)
    }

    /// Each node reaches enough of its nearest neighbours on either side, in a ring of random
    /// order, to make a majority.
    fn majority_ring(&mut self, number: u32, part: u32, mut left: Vec<ProcessId>, mode: CutMode) -> Undo {
        let count = left.len();
        let mut ring = Vec::with_capacity(count);
        for place in 0..count {
            let chosen = self.draw_for_fault(number, "ring", u64::from(part) << 32 | place as u64, left.len() as u64);
            ring.push(left.remove(chosen as usize));
        }
        // A majority of n is oneself and n / 2 others, half of them on either side.
        let reach = (count / 2).div_ceil(2);
        let distance = |a: usize, b: usize| a.abs_diff(b).min(count - a.abs_diff(b));
        let pairs = (0..count).flat_map(|a| (0..count).map(move |b| (a, b)));
        let cut = pairs.filter(|(a, b)| distance(*a, *b) > reach).map(|(a, b)| (ring[a].0, ring[b].0)).collect();
        self.begin_cut(part, LinkSet::Listed(cut), mode)
    }

    fn random_links(&mut self, part: u32, nodes: &[ProcessId], rate: Probability, mode: CutMode) -> Undo {
        let mut cut = BTreeSet::new();
        for from in nodes {
            for to in nodes.iter().filter(|to| *to != from) {
                if self.is_link_cut(part, *from, *to, rate) {
                    cut.insert((from.0, to.0));
                }
            }
        }
        self.begin_cut(part, LinkSet::Listed(cut), mode)
    }

    /// The engine's lie about pauses: the node goes on as if it had never run.
    #[cold]
    fn forget(&mut self, process: ProcessId) {
        let index = process.index();
        if self.nodes.get(index).is_some_and(Option::is_some) {
            let who = self.identities[index].identity();
            let configuration = self.local[index].configuration;
            self.phase = Phase::Node(process);
            self.nodes[index] = Some(self.simulation.build_node(who, &self.site.nodes, configuration));
            self.phase = Phase::Engine;
        }
    }

    /// An operator asks something of a node, which is told in a separate step.
    fn ask_of(&mut self, process: ProcessId, part: u32, action: &OperatorAction) {
        let due = Due { time: self.now, sequence: self.next_sequence() };
        let pending = Pending::Operator { process: process.0, part, action: Box::new(action.clone()) };
        self.push(due, pending);
    }

    /// A pause is over, unless another still holds the process.
    fn resume(&mut self, process: ProcessId) {
        let local = &mut self.local[process.index()];
        local.pauses -= 1;
        if local.pauses > 0 || !self.status[process.index()].idle.has(Idle::PAUSED) {
            return;
        }
        local.shuffled = true;
        let synced = std::mem::take(&mut local.synced_in_pause);
        self.status[process.index()].idle.remove(Idle::PAUSED);
        if self.simulation.env.sabotage == Some(Sabotage::KeepMemoryNever) {
            self.forget(process);
        }
        match synced {
            Some(synced) => self.synced(process, synced),
            None => self.wake(process),
        }
    }
}
