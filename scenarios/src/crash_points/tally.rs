//! Counts what became of the runs.

use std::collections::BTreeSet;

use reports::{CrashDefect, CrashFailure, CrashPoints, Run, Stopped};
use sim_core::{CrashSite, Ending};

use super::Ran;
use super::crash::Crash;
use crate::run::{Case, Defect, ReplayCommand};

pub(super) struct Tally<'c> {
    case: &'c Case,
    pub(super) result: CrashPoints,
}

impl<'c> Tally<'c> {
    pub(super) fn new(case: &'c Case) -> Self {
        let result = CrashPoints { scenario: case.name.clone(), seed: case.seeds.start, ..CrashPoints::default() };
        Self { case, result }
    }

    /// Not everything is going to be tried.
    pub(super) const fn stop(&mut self, why: Stopped) {
        self.result.stopped = Some(why);
    }

    /// These are the places of the run without crashes.
    pub(super) fn found(&mut self, sites: &[CrashSite]) {
        self.result.boundaries = sites.len() as u64;
        self.result.nodes = sites.iter().map(|site| site.node).collect::<BTreeSet<_>>().len() as u64;
    }

    pub(super) fn failed(&self) -> u64 {
        self.result.failed() + u64::from(self.result.defect.is_some())
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed() > 0
    }

    /// Takes a run with these crashes into account. Returns it if it failed, whether it is among the first
    /// that did so, and, if it passed, where it could go on.
    pub(super) fn take(&mut self, crashes: &[Crash], ran: Ran) -> (Option<(CrashFailure, bool)>, Vec<CrashSite>) {
        match crashes.len() {
            0 => {}
            1 => self.result.single.tried += 1,
            _ => self.result.double.tried += 1,
        }
        let (summary, sites) = match ran {
            Ok(ran) => ran,
            Err(Defect(message)) => {
                let replay = self.replay(crashes);
                self.result.defect.get_or_insert(CrashDefect { message, replay });
                return (None, Vec::new());
            }
        };
        let wanted = self.case.demands.violates.as_deref();
        self.result.inside += u64::from(!crashes.is_empty() && summary.outside.safety.is_empty());
        let ending = summary.ending(wanted);
        if let (Ending::Excused, Some(violation)) = (ending, summary.verdict.violation()) {
            *self.result.excused.entry(violation.property.clone()).or_default() += 1;
        }
        if ending.is_expected() {
            let goes_on = crashes.is_empty() || ending == Ending::Passed;
            return (None, if goes_on { sites } else { Vec::new() });
        }
        let run = Run { replay: self.replay(crashes), ..self.case.run(self.result.seed, summary) };
        let failure = CrashFailure {
            crashes: crashes.iter().map(ToString::to_string).collect(),
            faults: crashes.iter().map(Crash::entry).collect(),
            run,
        };
        let first = self.result.add(&failure);
        (Some((failure, first)), Vec::new())
    }

    pub(super) fn finish(self) -> CrashPoints {
        self.result
    }

    /// The command that shows a run with these crashes.
    fn replay(&self, crashes: &[Crash]) -> String {
        let mut replay: ReplayCommand = self.case.replay.clone();
        for crash in crashes {
            replay.options.extend(["--add-fault".to_owned(), crash.entry().to_string()]);
        }
        replay.of(self.result.seed)
    }
}
