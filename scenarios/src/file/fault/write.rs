//! How a fault is written down.

use sim_core::{
    CrashMoment, CrashSeverity, CutMode, Duration, Ends, FailedWrites, Fault, FaultKind, LinkTrouble, MessageFilter,
    Selector,
};

use super::FaultEntry;
use super::entry::Sides;
use crate::file::bandwidth::BandwidthEntry;
use crate::file::latency::Latency;
use crate::file::range::TimeRange;
use crate::file::selector::SelectorText;

/// Of a step of a sequence, the step alone.
impl From<&Fault> for FaultEntry {
    fn from(fault: &Fault) -> Self {
        let within_model = fault.within_model.then_some(true);
        let probability = Some(fault.probability).filter(|probability| !probability.is_always());
        let mut entry =
            Self { label: fault.label.clone(), severity: fault.severity, within_model, probability, ..Self::default() };
        entry.write_trigger(fault);
        entry.write_kind(&fault.kind);
        entry.write_course(fault);
        entry
    }
}

impl FaultEntry {
    fn write_kind(&mut self, kind: &FaultKind) {
        match kind {
            FaultKind::Crash { targets, severity, moment, restart_after, wiped } => {
                self.write_crash(targets, *severity);
                self.mid_step = (*moment == CrashMoment::MidStep).then_some(true);
                (self.restart_after, self.wiped) = (*restart_after, wiped.then_some(true));
            }
            FaultKind::Restart { targets } => self.restart = Some(targets.into()),
            FaultKind::Join { targets } => self.join = Some(targets.into()),
            FaultKind::Partition { groups, mode, rounds } => {
                self.rounds = *rounds;
                let write = |group: &Vec<Selector>| group.iter().map(SelectorText::from).collect();
                self.partition = Some(groups.iter().map(write).collect());
                self.write_mode(*mode);
            }
            FaultKind::Bridge { targets, mode } => {
                self.bridge = Some(targets.into());
                self.write_mode(*mode);
            }
            FaultKind::MajorityRing { mode } => {
                self.majority_ring = Some(true);
                self.write_mode(*mode);
            }
            FaultKind::RandomLinks { rate, mode } => {
                self.random_links = Some(*rate);
                self.write_mode(*mode);
            }
            FaultKind::Swizzle { targets, mode } => {
                self.swizzle = Some(targets.into());
                self.write_mode(*mode);
            }
            FaultKind::OneWay { from, to, mode } => {
                self.one_way = Some(Sides { from: from.into(), to: to.into() });
                self.write_mode(*mode);
            }
            FaultKind::Omission { from, to, messages } => {
                self.write_omission(from.as_ref(), to.as_ref());
                self.write_filter(messages);
            }
            FaultKind::Links { ends, trouble, messages } => {
                match ends {
                    Ends::Of(targets) => self.links = Some(targets.into()),
                    Ends::Between { from, to } => self.link = Some(Sides { from: from.into(), to: to.into() }),
                }
                self.write_trouble(trouble);
                self.write_filter(messages);
            }
            FaultKind::Deliver { from, to, kind } => {
                self.deliver = Some(Sides { from: from.into(), to: to.into() });
                self.kind.clone_from(kind);
            }
            FaultKind::Fire { targets, timer } => {
                (self.fire, self.timer) = (Some(targets.into()), Some(timer.clone()));
            }
            FaultKind::End { label } => self.end = Some(label.clone()),
            FaultKind::Pause { targets } => self.pause = Some(targets.into()),
            FaultKind::Slow { targets, step_takes } => {
                (self.slow, self.step_takes) = (Some(targets.into()), Some(*step_takes));
            }
            FaultKind::ClockJump { targets, by, backward } => {
                self.clock_jump = Some(targets.into());
                self.write_jump(*by, *backward);
            }
            FaultKind::Drift { targets, ppm } => (self.drift, self.ppm) = (Some(targets.into()), Some(*ppm)),
            FaultKind::LateTimers { targets, by, timer } => {
                (self.late_timers, self.by) = (Some(targets.into()), Some(Latency::from(*by)));
                self.timer.clone_from(timer);
            }
            FaultKind::SlowDisk { targets, sync } => {
                (self.slow_disk, self.sync_takes) = (Some(targets.into()), Some(TimeRange::from(*sync)));
            }
            FaultKind::CorruptRecord { targets } => self.corrupt_record = Some(targets.into()),
            FaultKind::FailingSync { targets, rate, writes, restart_after } => {
                (self.failing_sync, self.rate) = (Some(targets.into()), Some(*rate));
                self.writes = (*writes != FailedWrites::Unsynced).then(|| (*writes).into());
                self.restart_after = *restart_after;
            }
            FaultKind::ReadError { targets, rate, restart_after } => {
                (self.read_error, self.rate) = (Some(targets.into()), Some(*rate));
                self.restart_after = *restart_after;
            }
            FaultKind::FullDisk { targets, restart_after } => {
                (self.full_disk, self.restart_after) = (Some(targets.into()), *restart_after);
            }
            FaultKind::Operator { targets, action, nodes } => {
                (self.operate, self.on) = (Some(action.clone()), Some(targets.into()));
                self.nodes = (!nodes.is_empty()).then(|| nodes.iter().map(SelectorText::from).collect());
            }
            FaultKind::Upgrade { targets, configuration, restart_after } => {
                (self.upgrade, self.to) = (Some(targets.into()), Some(configuration.clone()));
                self.restart_after = Some(*restart_after);
            }
            FaultKind::Twin { targets } => self.twin = Some(targets.into()),
            FaultKind::Lie { targets, to, messages, misconduct } => {
                self.write_lie(targets, to, misconduct);
                self.write_filter(messages);
            }
            FaultKind::Adversary { name, targets } => {
                self.adversary = Some(name.clone());
                self.nodes = Some(targets.iter().map(SelectorText::from).collect());
            }
        }
    }

    fn write_crash(&mut self, targets: &Selector, severity: CrashSeverity) {
        match severity {
            CrashSeverity::Process => self.crash = Some(targets.into()),
            CrashSeverity::PowerLoss => self.power_loss = Some(targets.into()),
            CrashSeverity::ReorderingPowerLoss => {
                (self.power_loss, self.reordered) = (Some(targets.into()), Some(true));
            }
        }
    }

    fn write_mode(&mut self, mode: CutMode) {
        self.hold = (mode == CutMode::Hold).then_some(true);
    }

    fn write_omission(&mut self, from: Option<&Selector>, to: Option<&Selector>) {
        match (from, to) {
            (Some(from), None) => self.send_omission = Some(from.into()),
            (None, Some(to)) => self.receive_omission = Some(to.into()),
            (Some(from), Some(to)) => self.link_omission = Some(Sides { from: from.into(), to: to.into() }),
            (None, None) => unreachable!("an omission of a scenario or a nemesis has a side"),
        }
    }

    fn write_filter(&mut self, messages: &MessageFilter) {
        self.kind.clone_from(&messages.kind);
        self.rounds = messages.rounds;
        if messages.nth.is_empty() {
            self.rate = Some(messages.rate);
        } else {
            self.nth = Some(messages.nth.clone());
        }
    }

    fn write_trouble(&mut self, trouble: &LinkTrouble) {
        (self.loss, self.duplicate) = (Some(trouble.loss), Some(trouble.duplicate));
        self.hold = trouble.hold.then_some(true);
        self.bandwidth = trouble.bandwidth.map(BandwidthEntry::from);
        self.corrupt = (!trouble.corruption.is_never()).then_some(trouble.corruption);
        self.checksum = trouble.checksum.then_some(true);
        self.delay = trouble.delay.map(Latency::from);
        self.replay = trouble.replays.map(|replays| replays.rate);
        self.replay_after = trouble.replays.map(|replays| Latency::from(replays.after));
    }

    fn write_jump(&mut self, by: Duration, backward: bool) {
        let key = if backward { &mut self.backward } else { &mut self.forward };
        *key = Some(by);
    }
}
