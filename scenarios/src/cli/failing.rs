//! A run that a command is to look into, which must fail.

use serde_json::Value;
use sim_core::{Verdict, Violation};

use super::arguments::OneRun;
use super::refusal::Refusal;
use super::select;
use crate::prepared::Recorded;
use crate::registry::Registry;
use crate::run::{Case, run_guarded};
use crate::shrink::{Again, Failing, Shrinking};

/// A run that fails, written down.
pub(super) struct FailingRun {
    /// Its scenario.
    pub(super) case: Case,
    /// Its seed.
    pub(super) seed: u64,
    /// Whether it was written down already, so that the seed draws nothing.
    pub(super) is_recorded: bool,
    /// The scenario, as it is written.
    written: Value,
    /// How it fails.
    pub(super) violation: Violation,
    /// The run. What is in a file is written as the file has it.
    pub(super) recorded: Recorded,
    /// The command that shows it.
    pub(super) again: String,
}

impl FailingRun {
    /// Carries out the run that the arguments name. `verb` is what there is nothing of if it does not fail.
    pub(super) fn of(registry: &Registry, arguments: &OneRun, verb: &str) -> Result<Self, Refusal> {
        let scenario = select::one_run(registry, arguments)?;
        let seed = arguments.seed.unwrap_or(scenario.seeds.start);
        let written = scenario.document.to_json_value();
        let is_recorded = scenario.is_recorded;
        let case = select::case_of_one(scenario, arguments);
        let again = case.replay.of(seed);
        let recorded = run_guarded(|| case.prepared.record(seed));
        let mut recorded = recorded.map_err(|defect| Refusal::defect_of(&case, seed, &defect))?;
        let violation = match recorded.summary.verdict.clone() {
            Verdict::Violated(violation) => violation,
            Verdict::Passed => {
                return Err(Refusal::nothing(format!("nothing to {verb}: this run passed\nsee it: {again}")));
            }
            Verdict::Inconclusive { reason, .. } => {
                let message = format!("nothing to {verb}: this run cannot be judged: {reason}\nsee it: {again}");
                return Err(Refusal::nothing(message));
            }
        };
        if is_recorded {
            recorded.scenario = written.clone();
        }
        Ok(Self { case, seed, is_recorded, written, violation, recorded, again })
    }

    /// Whether a nemesis draws faults for the seed.
    pub(super) fn has_nemesis(&self) -> bool {
        !self.is_recorded && self.written.get("nemesis").is_some()
    }

    /// Begins to make it small.
    pub(super) fn shrinking(self, registry: &Registry) -> Result<Shrinking, Refusal> {
        let has_nemesis = self.has_nemesis();
        let Self { case, seed, is_recorded, written, violation, recorded, again } = self;
        let others = has_nemesis.then(|| case.prepared.plan(seed));
        let others = others.and_then(|plan| Again::of(&written, plan, &violation, recorded.summary.steps));
        let seed = (!is_recorded).then_some(seed);
        let failing = Failing { name: case.name, seed, violation, recorded, others };
        Shrinking::begin(registry, failing).map_err(|mistakes| Refusal::invalid(mistakes).and(Self::another(&again)))
    }

    /// What it means that the run does not fail as it did once it is written down.
    pub(super) fn another(again: &str) -> Refusal {
        Refusal::defect(format!("a defect of Faultbed: this run, written down, is another one\nsee it: {again}"))
    }
}
