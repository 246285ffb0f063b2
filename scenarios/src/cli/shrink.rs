//! `faultbed shrink`: makes a failing run small.

use sim_core::shrink::{Budget, Effort, Size};

use super::arguments::ShrinkArguments;
use super::deadline::Deadline;
use super::failing::FailingRun;
use super::interrupt::Interrupt;
use super::output::Output;
use super::refusal::Refusal;
use super::select;
use crate::exit;
use crate::registry::Registry;

pub(super) fn shrink_run(registry: &Registry, arguments: &ShrinkArguments) -> Result<u8, Refusal> {
    let interrupt = Interrupt::catch();
    let run = FailingRun::of(registry, &arguments.run, "shrink")?;
    let name = run.case.name.clone();
    let shrinking = run.shrinking(registry)?;
    let mut output = select::output(&arguments.output, [name.as_str()])?;
    let mut errors = Output::stderr();
    let shrunk = Deadline::after(arguments.max_time).or_at(&interrupt).watch(|stop| {
        let most = Budget { runs: arguments.max_runs, steps: arguments.max_steps };
        let effort = Effort { jobs: arguments.jobs.count(), most, stop };
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
    errors.write(told_of_steps(&shrunk.before, &shrunk.after));
    if let Some(steadiness) = shrunk.steadiness {
        errors.write(&format!("{steadiness}\n"));
    }
    Ok(if interrupt.came() { exit::INTERRUPTED } else { exit::OK })
}

/// Steps are not what shrinking removes: says so where there are more than before.
const fn told_of_steps(before: &Size, after: &Size) -> &'static str {
    if after.steps > before.steps {
        "it has more steps than before: without what was removed it takes longer to fail\n"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_a_run_takes_longer_is_told() {
        let size = |steps| Size { nodes: 3, faults: 1, operations: 0, deviations: 0, steps };
        assert!(told_of_steps(&size(10), &size(11)).contains("more steps than before"));
        assert_eq!(told_of_steps(&size(10), &size(10)), "");
    }
}
