//! `faultbed shrink`: makes a failing run small.

use sim_core::Verdict;

use super::arguments::ShrinkArguments;
use super::deadline::Deadline;
use super::interrupt::Interrupt;
use super::output::Output;
use super::refusal::Refusal;
use super::select;
use crate::exit;
use crate::registry::Registry;
use crate::run::{Defect, run_guarded};
use crate::shrink::{Effort, Failing, Shrinking};

pub(super) fn shrink_run(registry: &Registry, arguments: &ShrinkArguments) -> Result<u8, Refusal> {
    let scenario = select::one_run(registry, &arguments.run)?;
    let seed = arguments.run.seed.unwrap_or(scenario.seeds.start);
    let written_down = scenario.is_recorded.then(|| scenario.document.to_json_value());
    let case = select::case_of_one(scenario, &arguments.run);
    let again = case.replay.of(seed);
    let interrupt = Interrupt::catch();
    let mut recorded = run_guarded(|| case.prepared.record(seed)).map_err(|Defect(message)| {
        Refusal::defect(format!("a defect of Faultbed, please report it: {message}\nsee it again: {again}"))
    })?;
    let violation = match recorded.summary.verdict.clone() {
        Verdict::Violated(violation) => violation,
        Verdict::Passed => {
            return Err(Refusal::nothing(format!("nothing to shrink: this run passed\nsee it: {again}")));
        }
        Verdict::Inconclusive { reason, .. } => {
            let message = format!("nothing to shrink: this run cannot be judged: {reason}\nsee it: {again}");
            return Err(Refusal::nothing(message));
        }
    };
    let seed = written_down.is_none().then_some(seed);
    // What is in a file is written as the file has it.
    recorded.scenario = written_down.unwrap_or(recorded.scenario);
    let failing = Failing { name: &case.name, seed, violation, recorded };
    let shrinking = Shrinking::begin(registry, failing).map_err(|mistakes| {
        let message = format!("a defect of Faultbed: this run, written down, is another one\nsee it: {again}");
        Refusal::invalid(mistakes).and(Refusal::defect(message))
    })?;
    let mut output = select::output(&arguments.output, [case.name.as_str()])?;
    let mut errors = Output::stderr();
    let shrunk = Deadline::after(arguments.max_time).or_at(&interrupt).watch(|stop| {
        let effort = Effort { jobs: arguments.jobs.count(), runs: arguments.max_runs, stop };
        shrinking.finish(&effort, |size, runs| {
            errors.write(&format!("{size}, after {runs} runs\n"));
            errors.flush();
        })
    });
    output.write_exactly(&format!("{:#}\n", shrunk.scenario));
    output.finish()?;
    let how =
        if shrunk.is_minimal { "nothing more can be removed" } else { "stopped before nothing more could be removed" };
    errors.write(&format!("{} became {} in {} runs: {how}\n", shrunk.before, shrunk.after, shrunk.runs));
    if let Some(steadiness) = shrunk.steadiness {
        errors.write(&format!("{steadiness}\n"));
    }
    Ok(if interrupt.came() { exit::INTERRUPTED } else { exit::OK })
}
