//! `replay --bisect`: what a recording says of a commit, for `git bisect run`.

use reports::Run;
use sim_core::Ending;

use super::arguments::OneRun;
use super::output::Output;
use super::refusal::Refusal;
use super::select;
use crate::exit;
use crate::load::Scenario;
use crate::registry::Registry;

/// Whether the arguments, which may make no sense, ask for it.
pub(super) fn is_asked_for() -> bool {
    std::env::args_os().any(|argument| argument == "--bisect")
}

/// The scenario, or why it cannot be read: whether that is said of this commit, whose protocol has other settings,
/// or of the command.
pub(super) fn read(
    registry: &Registry,
    arguments: &OneRun,
    scenario: Result<Scenario, Refusal>,
) -> Result<Scenario, Refusal> {
    scenario.map_err(|refusal| {
        let of_protocol = |set: &String| set.starts_with("protocol.") || set.starts_with("protocol=");
        let set: Vec<String> = arguments.overrides.all().into_iter().filter(of_protocol).collect();
        // What else is set, or added, is as wrong at every other commit.
        let is_fine_without = select::scenario(registry, &arguments.scenario, &set).is_ok();
        if is_fine_without { refusal.of_usage() } else { refusal }
    })
}

/// Whether there is something to look for in every commit.
pub(super) fn check(scenario: &Scenario) -> Result<(), Refusal> {
    let name = &scenario.name;
    if !scenario.is_recorded {
        return Err(Refusal::usage(format!(
            "--bisect takes a run that was written down, since a seed is another run in every build: write a failing \
             run of {name} down with `shrink -o FILE`"
        )));
    }
    if scenario.expect.violates.is_none() {
        return Err(Refusal::usage(format!(
            "--bisect looks for a violation, and {name} expects none: name it with \
             --set 'expect.violates=\"PROPERTY\"'"
        )));
    }
    Ok(())
}

/// Tells what the run says of the commit, and returns the exit code that says so.
pub(super) fn judge(run: &Run) -> u8 {
    let (code, word, why) = verdict(run);
    Output::stderr().write(&format!("this commit: {word} (exit code {code}): {why}\n"));
    code
}

fn verdict(run: &Run) -> (u8, &'static str, String) {
    let wanted = run.fit.as_ref().and_then(|fit| fit.violates.as_deref());
    let property = run.summary.verdict.property().unwrap_or_default();
    let skip = |why: String| (exit::SKIP, "skip", why);
    match run.summary.ending(wanted) {
        Ending::Wanted => (exit::BAD, "bad", format!("{property} is violated, as recorded")),
        Ending::Passed if run.fits() => (exit::GOOD, "good", "the recording fits, and nothing is violated".to_owned()),
        Ending::Passed => skip("the recording does not fit".to_owned()),
        Ending::Inconclusive => skip(format!("{property} cannot be judged")),
        Ending::Violated | Ending::Excused => skip(format!("{property} is violated before anything else can be")),
    }
}
