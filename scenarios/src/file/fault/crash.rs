//! Processes that stop, and boot.

use sim_core::{CrashMoment, CrashSeverity, Duration, FaultFacts, FaultKind, LostWrites, Selector};

use super::FaultEntry;
use super::reader::Reader;
use super::row::FaultRow;

/// The kinds of this family.
pub(super) const ROWS: &[FaultRow] = &[
    FaultRow::new(FaultFacts::CRASH, FaultEntry::read_crash, &[&["restart_after", "mid_step", "wiped"]]),
    FaultRow::new(
        FaultFacts::POWER_LOSS,
        FaultEntry::read_power_loss,
        &[&["restart_after", "mid_step", "reordered", "lost", "lost_at", "torn"]],
    ),
    FaultRow::new(FaultFacts::RESTART, FaultEntry::read_restart, &[]),
    FaultRow::new(FaultFacts::JOIN, FaultEntry::read_join, &[]),
];

const LOST_AT_HELP: &str = "add `\"reordered\": true`, or write `lost`, as in `\"lost\": 1`";

impl FaultEntry {
    fn read_crash(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("crash", &self.crash)?;
        Some(self.crash_of(targets, CrashSeverity::Process, None))
    }

    fn read_power_loss(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("power_loss", &self.power_loss)?;
        let reorders = self.reordered == Some(true);
        let severity = if reorders { CrashSeverity::ReorderingPowerLoss } else { CrashSeverity::PowerLoss };
        Some(self.crash_of(targets, severity, self.read_lost(reorders, reader)))
    }

    /// Which writes are lost, if that is not drawn.
    fn read_lost(&self, reorders: bool, reader: &mut Reader<'_, '_>) -> Option<LostWrites> {
        match (self.lost, &self.lost_at) {
            (Some(_), _) if reorders => {
                let help = "write `lost_at`, as in `\"lost_at\": [0, 2]`";
                reader.refuse_key("lost", "of writes that are reordered, any may be lost", help);
            }
            (_, Some(_)) if !reorders => {
                reader.refuse_key("lost_at", "writes that keep their order are lost from the end", LOST_AT_HELP);
            }
            (None, _) if self.torn.is_some() => {
                let message = "a record is torn that is the first of those that are lost";
                reader.refuse_key("torn", message, "add `lost`, as in `\"lost\": 1`");
            }
            (Some(0), _) if self.torn == Some(true) => {
                let message = "a record is torn that is the first of those that are lost, and none is";
                reader.refuse_key("torn", message, "leave it out, or write `\"lost\": 1`");
            }
            _ => {}
        }
        let at = || self.lost_at.clone().map(LostWrites::At);
        self.lost.map(|count| LostWrites::Last { count, torn: self.torn == Some(true) }).or_else(at)
    }

    pub(super) fn write_lost(&mut self, lost: Option<&LostWrites>) {
        match lost {
            None => {}
            Some(LostWrites::Last { count, torn }) => {
                (self.lost, self.torn) = (Some(*count), torn.then_some(true));
            }
            Some(LostWrites::At(places)) => self.lost_at = Some(places.clone()),
        }
    }

    fn crash_of(&self, targets: Selector, severity: CrashSeverity, lost: Option<LostWrites>) -> FaultKind {
        let moment = if self.mid_step == Some(true) { CrashMoment::MidStep } else { CrashMoment::AtOnce };
        let (restart_after, wiped) = (self.restart_after, self.wiped == Some(true));
        FaultKind::Crash { targets, severity, moment, restart_after, wiped, lost }
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
