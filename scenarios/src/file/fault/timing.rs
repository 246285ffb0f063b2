//! Steps, clocks and timers that are not in time.

use sim_core::{Duration, FaultFacts, FaultKind, Selector};

use super::FaultEntry;
use super::reader::Reader;
use super::row::FaultRow;
use crate::file::environment::MOST_OFFSET;
use crate::file::latency::Latency;
use crate::file::place::LONGEST_SPAN;

/// A clock that loses a million parts per million stands still.
const STANDSTILL: i32 = -1_000_000;

/// The kinds of this family.
pub(super) const ROWS: &[FaultRow] = &[
    FaultRow::new(FaultFacts::PAUSE, FaultEntry::read_pause, &[]),
    FaultRow::new(FaultFacts::SLOW, FaultEntry::read_slow, &[&["step_takes"]]),
    FaultRow::new(FaultFacts::CLOCK_JUMP, FaultEntry::read_clock_jump, &[&["forward", "backward"]]),
    FaultRow::new(FaultFacts::DRIFT, FaultEntry::read_drift, &[&["ppm"]]),
    FaultRow::new(FaultFacts::LATE_TIMERS, FaultEntry::read_late_timers, &[&["by", "timer"]]),
];

impl FaultEntry {
    fn read_pause(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        Some(FaultKind::Pause { targets: reader.target("pause", &self.pause)? })
    }

    pub(super) fn write_pause(&mut self, targets: &Selector) {
        self.pause = Some(targets.into());
    }

    fn read_slow(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("slow", &self.slow)?;
        let step_takes = reader.required("slow", "step_takes", self.step_takes, "\"10ms\"")?;
        reader.mistakes.check_span(&reader.place.key("step_takes"), step_takes, LONGEST_SPAN);
        Some(FaultKind::Slow { targets, step_takes })
    }

    pub(super) fn write_slow(&mut self, targets: &Selector, step_takes: Duration) {
        (self.slow, self.step_takes) = (Some(targets.into()), Some(step_takes));
    }

    fn read_clock_jump(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("clock_jump", &self.clock_jump)?;
        let (key, by, backward) = match (self.forward, self.backward) {
            (Some(by), None) => ("forward", by, false),
            (None, Some(by)) => ("backward", by, true),
            (None, None) => {
                let message = "in which direction, and how far?";
                reader.refuse_key("clock_jump", message, "add `forward` or `backward`, as in `\"forward\": \"5s\"`");
                return None;
            }
            (Some(_), Some(_)) => {
                reader.refuse_key(
                    "backward",
                    "a clock cannot jump in two directions",
                    "write two faults, one for each",
                );
                return None;
            }
        };
        reader.mistakes.check_span(&reader.place.key(key), by, MOST_OFFSET);
        if by.is_zero() {
            reader.refuse(key, "a jump of nothing changes nothing");
        }
        Some(FaultKind::ClockJump { targets, by, backward })
    }

    pub(super) fn write_clock_jump(&mut self, targets: &Selector, by: Duration, backward: bool) {
        self.clock_jump = Some(targets.into());
        *(if backward { &mut self.backward } else { &mut self.forward }) = Some(by);
    }

    fn read_drift(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("drift", &self.drift)?;
        let ppm = reader.required("drift", "ppm", self.ppm, "-20000")?;
        match ppm {
            0 => reader.refuse("ppm", "a clock that gains nothing does not drift"),
            ppm if ppm <= STANDSTILL => reader.refuse("ppm", format!("a clock does not stand still: found {ppm}")),
            _ => {}
        }
        Some(FaultKind::Drift { targets, ppm })
    }

    pub(super) fn write_drift(&mut self, targets: &Selector, ppm: i32) {
        (self.drift, self.ppm) = (Some(targets.into()), Some(ppm));
    }

    fn read_late_timers(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("late_timers", &self.late_timers)?;
        let by = reader.required("late_timers", "by", self.by, "\"50ms\"")?;
        let by = by.read(&reader.place.key("by"), reader.mistakes);
        if by == sim_core::Latency::Constant(Duration::ZERO) {
            reader.refuse("by", "late by nothing is not late");
        }
        Some(FaultKind::LateTimers { targets, by, timer: self.timer.clone() })
    }

    pub(super) fn write_late_timers(&mut self, targets: &Selector, by: sim_core::Latency, timer: &Option<String>) {
        (self.late_timers, self.by) = (Some(targets.into()), Some(Latency::from(by)));
        self.timer.clone_from(timer);
    }
}
