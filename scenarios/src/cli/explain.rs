//! `faultbed explain`: says why a run fails.

use reports::explanation_text;

use super::arguments::{ExplainArguments, ExplainFormat};
use super::deadline::Deadline;
use super::failing::FailingRun;
use super::interrupt::Interrupt;
use super::progress::Progress;
use super::refusal::Refusal;
use super::select;
use crate::exit;
use crate::explain::{Failing, Listener, Spending, explain};
use crate::registry::Registry;

pub(super) fn explain_run(registry: &Registry, arguments: &ExplainArguments) -> Result<u8, Refusal> {
    let interrupt = Interrupt::catch();
    let progress = Progress::new(0);
    progress.name(&arguments.run.scenario);
    let run = FailingRun::of(registry, &arguments.run, "explain")?;
    let has_nemesis = run.has_nemesis();
    let FailingRun { case, seed, is_recorded, violation, recorded, again, .. } = run;
    let mut output = select::output(&arguments.output, [case.name.as_str()])?;
    let explanation = Deadline::after(arguments.max_time).or_at(&interrupt).watch(|stop| {
        let listener = &Told { progress: &progress, scenario: &case.name };
        let spending = Spending { jobs: arguments.jobs.count(), samples: arguments.samples, stop, listener };
        let failing = Failing { case: &case, seed, is_recorded, has_nemesis, violation, recorded };
        explain(registry, failing, &spending)
    });
    drop(progress);
    let explanation = explanation.map_err(|mistakes| Refusal::invalid(mistakes).and(FailingRun::another(&again)))?;
    match arguments.format {
        ExplainFormat::Text => output.write(&explanation_text(&explanation)),
        ExplainFormat::Json => output.write_exactly(&format!("{}\n", explanation.to_json())),
    }
    output.finish()?;
    Ok(if interrupt.came() { exit::INTERRUPTED } else { exit::OK })
}

/// Shows how far it is.
struct Told<'p> {
    progress: &'p Progress,
    scenario: &'p str,
}

impl Listener for Told<'_> {
    fn begins(&self, what: &str, runs: u64) {
        self.progress.name(&format!("{}, {what}", self.scenario));
        self.progress.more(runs);
    }

    fn ended(&self, runs: u64) {
        (0..runs).for_each(|_| self.progress.step());
    }
}
