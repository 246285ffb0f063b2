//! `faultbed explain`: says why a run fails.

use reports::explanation_text;

use super::arguments::{ExplainArguments, ExplainFormat};
use super::deadline::Deadline;
use super::failing::FailingRun;
use super::interrupt::Interrupt;
use super::refusal::Refusal;
use super::select;
use crate::exit;
use crate::explain::{Failing, Spending, explain};
use crate::registry::Registry;

pub(super) fn explain_run(registry: &Registry, arguments: &ExplainArguments) -> Result<u8, Refusal> {
    let interrupt = Interrupt::catch();
    let run = FailingRun::of(registry, &arguments.run, "explain")?;
    let has_nemesis = run.has_nemesis();
    let FailingRun { case, seed, is_recorded, violation, recorded, again, .. } = run;
    let mut output = select::output(&arguments.output, [case.name.as_str()])?;
    let explanation = Deadline::after(arguments.max_time).or_at(&interrupt).watch(|stop| {
        let spending = Spending { jobs: arguments.jobs.count(), samples: arguments.samples, stop };
        let failing = Failing { case: &case, seed, is_recorded, has_nemesis, violation, recorded };
        explain(registry, failing, &spending)
    });
    let explanation = explanation.map_err(|mistakes| Refusal::invalid(mistakes).and(FailingRun::another(&again)))?;
    match arguments.format {
        ExplainFormat::Text => output.write(&explanation_text(&explanation)),
        ExplainFormat::Json => output.write_exactly(&format!("{}\n", explanation.to_json())),
    }
    output.finish()?;
    Ok(if interrupt.came() { exit::INTERRUPTED } else { exit::OK })
}
