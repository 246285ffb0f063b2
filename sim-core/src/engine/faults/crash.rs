//! Crashes: between two steps or in the middle of one, what they leave on the disk, and how
//! processes boot again.

use crate::choices::{Point, Purpose, named};
use crate::disk::Disk;
use crate::effect::Effect;
use crate::fault::{CrashMoment, CrashSeverity, LostWrites};
use crate::process::ProcessId;
use crate::property::{Breach, NO_HALT, StepKind};
use crate::protocol::{Protocol, has_recovering_states};
use crate::random::Probability;
use crate::sabotage::{self, Sabotage};
use crate::time::{Duration, Time};
use crate::trace::{LossReason, TraceKind};
use crate::world::Idle;

use super::super::pending::Pending;
use super::super::steps::Tag;
use super::super::{Engine, Errand};

/// A crash that is to come, perhaps in the middle of a step.
#[derive(Clone, Debug)]
pub(in crate::engine) struct ArmedCrash {
    pub(super) severity: CrashSeverity,
    pub(super) restart_after: Option<Duration>,
    pub(super) wiped: bool,
    /// Which unsynced writes it takes, if that is not drawn.
    pub(super) lost: Option<LostWrites>,
    /// The fault by which it comes.
    pub(super) fault: u32,
    /// How many effects of the step it cuts off, once that is drawn.
    pub(super) cut_off: Option<u64>,
}

/// What a power loss takes.
#[derive(Clone, Copy, Debug, Default)]
struct Losses {
    writes: u64,
    torn: bool,
}

impl ArmedCrash {
    /// A crash that does no harm to the disk.
    pub(super) const fn clean(fault: u32, restart_after: Duration) -> Self {
        Self {
            severity: CrashSeverity::Process,
            restart_after: Some(restart_after),
            wiped: false,
            lost: None,
            fault,
            cut_off: None,
        }
    }
}

impl<P: Protocol> Engine<'_, P> {
    pub(super) fn inflict_crashes(&mut self, processes: Vec<ProcessId>, crash: &ArmedCrash, moment: CrashMoment) {
        for process in processes {
            if self.verdict.is_none() {
                self.inflict_crash(process, crash.clone(), moment);
            }
        }
    }

    fn inflict_crash(&mut self, process: ProcessId, crash: ArmedCrash, moment: CrashMoment) {
        let status = self.status[process.index()].idle;
        if status.has(Idle::DOWN) || status.has(Idle::POSSESSED) || self.is_withheld(crash.fault, process) {
            return;
        }
        // A node that waits for its disk is already in the middle of a step.
        if moment == CrashMoment::MidStep && !status.has(Idle::SYNCING) && self.client_index(process).is_none() {
            return self.arm_crash(process, crash);
        }
        // None are left, unless it falls into the middle of a step.
        let cut_off = count_effects(&self.effects);
        self.crash(process, crash, cut_off);
    }

    /// Whether a fault must not take a process down, because the protocol does not claim to survive
    /// without it, or without so many.
    pub(super) fn is_withheld(&mut self, fault: u32, process: ProcessId) -> bool {
        if !self.faults.plan[fault as usize].within_model || !self.counts(process) {
            return false;
        }
        let doomed = self.local.iter().filter(|local| local.is_doomed).count() as u32;
        let others = self.down + doomed - u32::from(self.local[process.index()].is_doomed);
        let who = self.identities[process.index()];
        let is_withheld = !self.simulation.model.survives_loss_of(who, others.saturating_add(1));
        self.faults.records[fault as usize].withheld += u32::from(is_withheld);
        is_withheld
    }

    /// Stops nodes to give them another configuration.
    pub(super) fn upgrade(&mut self, processes: Vec<ProcessId>, configuration: &str, crash: ArmedCrash) {
        let configurations = &self.simulation.configurations;
        let place = configurations.iter().position(|(name, _)| name == configuration);
        for process in &processes {
            self.local[process.index()].configuration = place;
        }
        self.inflict_crashes(processes, &crash, CrashMoment::AtOnce);
    }

    fn arm_crash(&mut self, process: ProcessId, crash: ArmedCrash) {
        if self.local[process.index()].armed.replace(crash).is_none() {
            self.faults.armed_crashes += 1;
        }
    }

    pub(super) fn disarm_crash(&mut self, process: ProcessId) {
        if self.local[process.index()].armed.take().is_some() {
            self.faults.armed_crashes -= 1;
        }
    }

    /// If a crash waits for this step, it falls between two of its effects. If the node first has
    /// to wait for its disk, the crash waits too.
    #[cold]
    pub(in crate::engine) fn crash_mid_step(&mut self, process: ProcessId, kind: StepKind) -> bool {
        let all = count_effects(&self.effects);
        if all == 0 {
            return false;
        }
        let Some(crash) = self.local[process.index()].armed.take() else { return false };
        self.faults.armed_crashes -= 1;
        if self.is_withheld(crash.fault, process) {
            return false;
        }
        let cut_off = crash.cut_off.unwrap_or_else(|| self.draw_cut(process, all));
        let rest = split_off_last(&mut self.effects, cut_off);
        self.carry_out(process, kind);
        let local = &mut self.local[process.index()];
        if count_effects(&local.suspended) > 0 {
            local.suspended.extend(rest);
            self.arm_crash(process, ArmedCrash { cut_off: Some(cut_off), ..crash });
        } else if self.status[process.index()].idle.has(Idle::DOWN) {
            // It has stopped itself: this crash is used up, and the next must not ask the same
            // question.
            local.crashes += 1;
        } else {
            self.crash(process, crash, cut_off);
        }
        true
    }

    /// A crash was to fall between two effects after a sync, and the sync has failed: it falls now,
    /// as they are not carried out. Says whether there was such a crash.
    pub(in crate::engine) fn crash_at_failed_sync(&mut self, process: ProcessId) -> bool {
        let Some(crash) = self.local[process.index()].armed.clone() else { return false };
        let Some(cut_off) = crash.cut_off else { return false };
        self.crash(process, crash, cut_off);
        true
    }

    /// Draws how many of a step's effects a crash cuts off.
    fn draw_cut(&mut self, process: ProcessId, all: u64) -> u64 {
        let (who, count) = (self.identities[process.index()], self.local[process.index()].crashes);
        let point = Point::new(Purpose::CrashCut, process.0, count);
        self.draws.choices.choose(point, named!("{who} crash#{count} cut"), all + 1)
    }

    /// A process stops.
    fn crash(&mut self, process: ProcessId, crash: ArmedCrash, cut_off: u64) {
        let is_client = self.client_index(process).is_some();
        let Losses { writes: lost, torn } = match crash.severity {
            _ if is_client => Losses::default(),
            CrashSeverity::Process => Losses::default(),
            CrashSeverity::PowerLoss | CrashSeverity::ReorderingPowerLoss if let Some(lost) = &crash.lost => {
                self.lose_these(process, lost)
            }
            CrashSeverity::PowerLoss => self.lose_tail(process),
            CrashSeverity::ReorderingPowerLoss => self.lose_any(process),
        };
        self.steps += 1;
        self.hash_event(Tag::Crash, process.0, 0);
        self.hasher.word(lost << 1 | u64::from(torn));
        let severity = crash.severity;
        self.record(Some(process), None, TraceKind::Crash { severity, lost, torn, cut_off });
        if self.simulation.env.sabotage == Some(Sabotage::LoseSynced) && !is_client {
            self.lose_synced(process);
        }
        if crash.wiped && !is_client {
            self.wipe(process, crash.fault);
        }
        self.local[process.index()].crashes += 1;
        let incarnation = self.status[process.index()].incarnation;
        // What a step announced before it was cut off is known to the world.
        self.recall_seen(process);
        self.stop(process);
        if let Some(after) = crash.restart_after {
            self.errand(self.now.saturating_add(after), Errand::Restart { process, incarnation });
        }
        self.look(process, if is_client { StepKind::Client } else { StepKind::Crash });
    }

    /// A power loss takes the unsynced writes that it is told to, as far as there are such.
    fn lose_these(&mut self, process: ProcessId, lost: &LostWrites) -> Losses {
        let disk = &mut self.site.disks[process.index()];
        let unsynced = disk.unsynced();
        match lost {
            LostWrites::Last { count, torn } => {
                let losses = Losses { writes: unsynced.min(*count), torn: *torn && unsynced > 0 && *count > 0 };
                disk.lose_tail(losses.writes, losses.torn);
                losses
            }
            LostWrites::At(places) => {
                let lost: Vec<bool> = (0..unsynced).map(|place| places.contains(&place)).collect();
                disk.lose(&lost);
                Losses { writes: lost.iter().filter(|lost| **lost).count() as u64, torn: false }
            }
        }
    }

    /// What a power loss leaves of the unsynced writes: a prefix.
    fn lose_tail(&mut self, process: ProcessId) -> Losses {
        let unsynced = self.site.disks[process.index()].unsynced();
        if unsynced == 0 {
            self.site.disks[process.index()].lose_tail(0, false);
            return Losses::default();
        }
        let (who, count) = (self.identities[process.index()], self.local[process.index()].crashes);
        let choices = &mut self.draws.choices;
        let point = |purpose| Point::new(purpose, process.0, count);
        let lost = choices.choose(point(Purpose::LostTail), named!("{who} crash#{count} lost"), unsynced + 1);
        let torn = lost > 0
            && self.simulation.env.disk.torn_writes
            && choices.chance(point(Purpose::TornRecord), named!("{who} crash#{count} torn"), Probability::ratio(1, 2));
        self.site.disks[process.index()].lose_tail(lost, torn);
        Losses { writes: lost, torn }
    }

    /// What a power loss leaves of the unsynced writes if the disk has reordered them: any subset.
    fn lose_any(&mut self, process: ProcessId) -> Losses {
        let unsynced = self.site.disks[process.index()].unsynced();
        let (who, count) = (self.identities[process.index()], self.local[process.index()].crashes);
        let mut is_lost = |write: u64| {
            let point = Point::new(Purpose::LostWrite, process.0, count << 32 | write);
            let name = named!("{who} crash#{count} write#{write} lost");
            self.draws.choices.chance(point, name, Probability::ratio(1, 2))
        };
        let lost: Vec<bool> = (0..unsynced).map(&mut is_lost).collect();
        self.site.disks[process.index()].lose(&lost);
        Losses { writes: lost.iter().filter(|lost| **lost).count() as u64, torn: false }
    }

    /// The engine's lie about syncs: a crash takes some of what was synced.
    #[cold]
    fn lose_synced(&mut self, process: ProcessId) {
        let (who, count) = (self.identities[process.index()], self.local[process.index()].crashes);
        let disk = &mut self.site.disks[process.index()];
        let most = sabotage::MOST_LOST.min(disk.durable() as u64);
        let point = Point::new(Purpose::LostSynced, process.0, count);
        let lost = self.draws.choices.choose(point, named!("{who} crash#{count} synced lost"), most + 1);
        disk.lose_synced(lost);
    }

    /// The disk of a process is replaced by an empty one.
    fn wipe(&mut self, process: ProcessId, fault: u32) {
        let old = std::mem::replace(&mut self.site.disks[process.index()], Disk::new());
        self.hash_event(Tag::Wipe, process.0, 0);
        let records = old.records().len() as u64;
        self.record(Some(process), None, TraceKind::Wipe { records });
        let lost = old.into_synced();
        if !lost.is_empty() && !self.byzantine.contains(&process) {
            self.faults.destroyer.get_or_insert(fault);
        }
        self.note_lost(fault, process, lost);
    }

    /// A node stops itself.
    #[cold]
    pub(in crate::engine) fn halt(&mut self, process: ProcessId, reason: &'static str) {
        self.hash_event(Tag::Halt, process.0, 0);
        self.record(Some(process), None, TraceKind::Halt { reason });
        let incarnation = self.status[process.index()].incarnation;
        // It is not a crash that others have to survive, and excuses nothing.
        let quits = !self.has_failing_disk(process);
        if let Some(after) = self.local[process.index()].back_after.filter(|_| !quits) {
            self.errand(self.now.saturating_add(after), Errand::Restart { process, incarnation });
        }
        self.local[process.index()].has_quit = quits;
        self.stop(process);
        if quits && !self.simulation.halts.contains(&reason) && !self.byzantine.contains(&process) {
            let who = self.identities[process.index()];
            self.violated(NO_HALT, Breach::new([who], format!("{who} stopped itself: {reason}")));
        }
        self.look(process, StepKind::Crash);
    }

    /// Whether the disk of a process has failed: it was told of an error, or a record cannot be
    /// read.
    fn has_failing_disk(&self, process: ProcessId) -> bool {
        let is_unreadable = |disk: &Disk<P::Record>| disk.records().iter().any(|record| record.readable().is_none());
        self.local[process.index()].disk_failed || is_unreadable(&self.site.disks[process.index()])
    }

    /// A process is down from now on.
    pub(super) fn stop(&mut self, process: ProcessId) {
        let index = process.index();
        let was_up = self.nodes[index].take().is_some() && self.counts(process);
        if was_up && !self.local[index].has_quit {
            self.count_as_down(process, true);
            self.faults.fallen.insert(self.identities[index]);
        }
        self.status[index].idle = Idle::DOWN;
        self.forget_memory(process);
        if was_up {
            self.detect(process);
        }
    }

    /// Whether a process counts towards the most that a model allows.
    pub(in crate::engine) fn count_as_down(&mut self, process: ProcessId, counts: bool) {
        let counted = std::mem::replace(&mut self.local[process.index()].counts_as_down, counts);
        self.down = self.down + u32::from(counts) - u32::from(counted);
        self.most_down = self.most_down.max(self.down);
    }

    /// A node that is up and recovering is no help yet. At its first boot it has lost nothing.
    pub(in crate::engine) fn look_for_recovery(&mut self, process: ProcessId) {
        if has_recovering_states::<P>()
            && self.counts(process)
            && let Some(node) = &self.nodes[process.index()]
        {
            let has_lost = self.status[process.index()].incarnation > 1;
            let is_recovering = has_lost && P::STATES.iter().any(|state| state.is_recovering && (state.holds)(node));
            self.count_as_down(process, is_recovering);
        }
    }

    /// What a process holds in memory is gone, and so is what waited for it.
    pub(in crate::engine) fn forget_memory(&mut self, process: ProcessId) {
        let local = &mut self.local[process.index()];
        local.timers.clear();
        local.suspended.clear();
        local.synced_in_pause = None;
        local.disk_free = Time::ZERO;
        local.back_after = None;
        local.backlog = 0;
        local.is_doomed = false;
        self.disarm_crash(process);
        for pending in std::mem::take(&mut self.local[process.index()].inbox) {
            if let Pending::Delivery(delivery) = pending {
                self.lose(delivery, LossReason::Down);
            }
        }
        if let Some(client) = self.client_index(process) {
            self.client_timers[client].clear();
        }
        self.faults.roles.retain(|(_, holder)| *holder != process);
    }

    /// It is time for a crashed process to boot, unless it already has.
    pub(in crate::engine) fn restart(&mut self, process: ProcessId, incarnation: u32) {
        if self.status[process.index()].incarnation == incarnation {
            self.boot_if_down(process);
        }
    }

    /// A process boots if it is down and belongs to the system.
    pub(in crate::engine) fn boot_if_down(&mut self, process: ProcessId) {
        let is_down = self.status[process.index()].idle.has(Idle::DOWN);
        if is_down && self.verdict.is_none() && !self.is_absent(process) && !self.has_stopped_for_good(process) {
            // The boot is a step of its own, the next one.
            self.local[process.index()].booted = self.steps + 1;
            self.boot(process);
        }
    }

    /// Whether a process has not joined the system yet.
    pub(in crate::engine) fn is_absent(&self, process: ProcessId) -> bool {
        self.faults.absent.contains(&process)
    }
}

/// How many effects there are. Log lines, which are there only if a trace is kept, do not count.
pub(super) fn count_effects<P: Protocol>(effects: &[Effect<P>]) -> u64 {
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
