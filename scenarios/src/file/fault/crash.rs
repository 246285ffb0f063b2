//! Processes that stop, and boot.

use sim_core::{CrashMoment, CrashSeverity, Duration, FaultFacts, FaultKind, Selector};

use super::FaultEntry;
use super::reader::Reader;
use super::row::FaultRow;

/// The kinds of this family.
pub(super) const ROWS: &[FaultRow] = &[
    FaultRow::new(FaultFacts::CRASH, FaultEntry::read_crash, &[&["restart_after", "mid_step", "wiped"]]),
    FaultRow::new(FaultFacts::POWER_LOSS, FaultEntry::read_power_loss, &[&["restart_after", "mid_step", "reordered"]]),
    FaultRow::new(FaultFacts::RESTART, FaultEntry::read_restart, &[]),
    FaultRow::new(FaultFacts::JOIN, FaultEntry::read_join, &[]),
];

impl FaultEntry {
    fn read_crash(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("crash", &self.crash)?;
        Some(self.crash_of(targets, CrashSeverity::Process))
    }

    fn read_power_loss(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("power_loss", &self.power_loss)?;
        let reorders = self.reordered == Some(true);
        let severity = if reorders { CrashSeverity::ReorderingPowerLoss } else { CrashSeverity::PowerLoss };
        Some(self.crash_of(targets, severity))
    }

    fn crash_of(&self, targets: Selector, severity: CrashSeverity) -> FaultKind {
        let moment = if self.mid_step == Some(true) { CrashMoment::MidStep } else { CrashMoment::AtOnce };
        let (restart_after, wiped) = (self.restart_after, self.wiped == Some(true));
        FaultKind::Crash { targets, severity, moment, restart_after, wiped }
    }

    pub(super) fn write_crash(
        &mut self,
        targets: &Selector,
        severity: CrashSeverity,
        moment: CrashMoment,
        restart_after: Option<Duration>,
        wiped: bool,
    ) {
        match severity {
            CrashSeverity::Process => self.crash = Some(targets.into()),
            CrashSeverity::PowerLoss => self.power_loss = Some(targets.into()),
            CrashSeverity::ReorderingPowerLoss => {
                (self.power_loss, self.reordered) = (Some(targets.into()), Some(true));
            }
        }
        self.mid_step = (moment == CrashMoment::MidStep).then_some(true);
        (self.restart_after, self.wiped) = (restart_after, wiped.then_some(true));
    }

    fn read_restart(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        Some(FaultKind::Restart { targets: reader.target("restart", &self.restart)? })
    }

    pub(super) fn write_restart(&mut self, targets: &Selector) {
        self.restart = Some(targets.into());
    }

    fn read_join(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("join", &self.join)?;
        if !matches!(targets, Selector::Node(_)) {
            let mistake = reader.place.key("join").mistake("a node that joins is not there to be found");
            reader.mistakes.push(mistake.with_help("name it, as in `n0`"));
        }
        Some(FaultKind::Join { targets })
    }

    pub(super) fn write_join(&mut self, targets: &Selector) {
        self.join = Some(targets.into());
    }
}
