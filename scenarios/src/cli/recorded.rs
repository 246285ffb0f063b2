//! A run that was written down, made to fit the protocol as it is now.

use reports::{Fit, Repair, Run, error_line};
use serde_json::json;
use sim_core::{ChoiceName, Deviation};

use super::arguments::OneRun;
use super::output::Output;
use super::refusal::Refusal;
use super::select;
use crate::file::DeviationEntry;
use crate::load::{Scenario, load};
use crate::refit::Recording;
use crate::registry::Registry;
use crate::run::{Case, run_guarded};
use crate::source::Source;

/// A scenario, and what had to be done to its deviations if it is a run that was written down.
pub(super) struct Fitted {
    pub(super) case: Case,
    repair: Option<Repair>,
    /// Runs that looked for a repair.
    runs: u32,
}

impl Fitted {
    /// The scenario as it is, or with the deviations repaired if they do not fit.
    pub(super) fn new(registry: &Registry, scenario: Scenario, arguments: &OneRun) -> Result<Self, Refusal> {
        let is_recorded = scenario.is_recorded;
        let mut file = scenario.document.to_json_value();
        let case = select::case_of_one(scenario, arguments);
        // With one more fault it is another run on purpose: nothing is to be repaired.
        if !is_recorded || !arguments.added.is_empty() {
            return Ok(Self { case, repair: None, runs: 0 });
        }
        let deviations = deviations_of(&file);
        let violates = case.demands.violates.as_deref();
        let recording = Recording { prepared: case.prepared.as_ref(), violates, deviations: &deviations };
        let seed = case.seeds.start;
        let summary = run_guarded(|| case.prepared.run(seed));
        let summary = summary.map_err(|defect| Refusal::defect_of(&case, seed, &defect))?;
        if recording.is_fine(&summary) {
            return Ok(Self { case, repair: None, runs: 0 });
        }
        let refit = recording.refit(&summary);
        let Some((deviations, repair)) = refit.repaired else {
            return Ok(Self { case, repair: None, runs: refit.runs });
        };
        file["deviations"] = json!(deviations.iter().map(DeviationEntry::from).collect::<Vec<_>>());
        let repaired = load(registry, &Source::new(&case.name, file.to_string()), &[]).map_err(Refusal::invalid)?;
        let case = Case { prepared: repaired.prepared, ..case };
        Ok(Self { case, repair: Some(repair), runs: refit.runs })
    }

    /// A run of it.
    pub(super) fn told(&self, run: Run) -> Run {
        let fit = run.fit.map(|fit| Fit { repair: self.repair.clone(), ..fit });
        Run { fit, ..run }
    }

    /// Whether the recording was repaired, or no longer fits: for whoever reads standard error.
    pub(super) fn warn(&self, run: &Run) {
        let Some(fit) = &run.fit else { return };
        let mut errors = Output::stderr();
        let name = &self.case.name;
        if let Some(repair) = &fit.repair {
            let in_part = if run.fits() { "" } else { " in part" };
            errors.write(&format!("{name} was repaired{in_part}: {}\n", repair.in_words(fit)));
        }
        if !run.fits() {
            let misfits: Vec<&str> = fit.misfits(&run.summary).map(ChoiceName::as_str).collect();
            let how_well = fit.in_words(&run.summary);
            let still = if fit.repair.is_some() { "still does not fit" } else { "does not fit any more" };
            let message = format!("{name} {still}: {how_well}; {} runs looked for a repair", self.runs);
            errors.write(&format!("{}\n", error_line(&message)));
            errors.write(&format!("nothing asks for: {}\n", misfits.join(", ")));
            errors.write("record the run again, or replay it where the protocol is as it was\n");
        }
    }
}

fn deviations_of(file: &serde_json::Value) -> Vec<Deviation> {
    let entries: Vec<DeviationEntry> =
        serde_json::from_value(file["deviations"].clone()).expect("a file that could be read has deviations");
    entries.iter().map(Deviation::from).collect()
}
