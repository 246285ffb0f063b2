//! Faults of single processes: crashes, pace, clocks, and what an operator does to them.

use sim_core::{CrashMoment, CrashSeverity, Duration, FaultKind, Selector};

use super::FaultEntry;
use super::reader::Reader;
use crate::file::environment::MOST_OFFSET;
use crate::file::place::LONGEST_SPAN;
use crate::file::selector::SelectorText;
use crate::source::{help_with_name, quoted};

/// A clock that loses a million parts per million stands still.
const STANDSTILL: i32 = -1_000_000;

impl FaultEntry {
    pub(super) fn read_crash(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("crash", &self.crash)?;
        Some(self.crash_of(targets, CrashSeverity::Process))
    }

    pub(super) fn read_power_loss(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
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

    pub(super) fn read_join(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("join", &self.join)?;
        if !matches!(targets, Selector::Node(_)) {
            let mistake = reader.place.key("join").mistake("a node that joins is not there to be found");
            reader.mistakes.push(mistake.with_help("name it, as in `n0`"));
        }
        Some(FaultKind::Join { targets })
    }

    pub(super) fn read_upgrade(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("upgrade", &self.upgrade)?;
        let configuration = reader.required("upgrade", "to", self.to.as_ref(), "\"v2\"");
        let restart_after = reader.required("upgrade", "restart_after", self.restart_after, "\"1s\"");
        let (configuration, restart_after) = (configuration?.clone(), restart_after?);
        let known: Vec<&str> = reader.terms.configurations.iter().map(String::as_str).collect();
        if !known.contains(&configuration.as_str()) {
            let mut mistake =
                reader.place.key("to").mistake(format!("unknown configuration {}", quoted(&configuration)));
            mistake.help = match &known[..] {
                [] => vec!["add `configurations` to the scenario".to_owned()],
                known => help_with_name("configuration", &configuration, known),
            };
            reader.mistakes.push(mistake);
        }
        Some(FaultKind::Upgrade { targets, configuration, restart_after })
    }

    pub(super) fn read_operator(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let action = self.operate.clone()?;
        if reader.terms.actions.is_empty() {
            let message = format!("{} has no actions that an operator could ask for", quoted(reader.terms.protocol));
            reader.refuse("operate", message);
        } else {
            reader.mistakes.check_name(&reader.place.key("operate"), "action", &action, reader.terms.actions);
        }
        let nodes = (0..).zip(self.nodes.iter().flatten());
        let nodes = nodes.filter_map(|(number, text): (usize, &SelectorText)| {
            reader.target(&format!("nodes.{number}"), &Some(text.clone()))
        });
        let nodes = nodes.collect();
        reader.required("operate", "on", self.on.as_ref(), "\"n0\"")?;
        Some(FaultKind::Operator { targets: reader.node_target("on", &self.on)?, action, nodes })
    }

    pub(super) fn read_slow(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("slow", &self.slow)?;
        let step_takes = reader.required("slow", "step_takes", self.step_takes, "\"10ms\"")?;
        reader.mistakes.check_span(&reader.place.key("step_takes"), step_takes, LONGEST_SPAN);
        Some(FaultKind::Slow { targets, step_takes })
    }

    pub(super) fn read_clock_jump(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
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

    pub(super) fn read_drift(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("drift", &self.drift)?;
        let ppm = reader.required("drift", "ppm", self.ppm, "-20000")?;
        match ppm {
            0 => reader.refuse("ppm", "a clock that gains nothing does not drift"),
            ppm if ppm <= STANDSTILL => reader.refuse("ppm", format!("a clock does not stand still: found {ppm}")),
            _ => {}
        }
        Some(FaultKind::Drift { targets, ppm })
    }

    pub(super) fn read_late_timers(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("late_timers", &self.late_timers)?;
        let by = reader.required("late_timers", "by", self.by, "\"50ms\"")?;
        let by = by.read(&reader.place.key("by"), reader.mistakes);
        if by == sim_core::Latency::Constant(Duration::ZERO) {
            reader.refuse("by", "late by nothing is not late");
        }
        Some(FaultKind::LateTimers { targets, by, timer: self.timer.clone() })
    }
}
