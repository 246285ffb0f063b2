//! Scenarios in `cargo test`.

use anstream::adapter::strip_str;
use reports::{failure_block, scenario_block};

use super::arguments::Jobs;
use super::deadline::Deadline;
use super::select;
use crate::registry::Registry;
use crate::run::{Case, Effort, Repeats, run_case};

/// Runs scenarios in a test, as `faultbed run --fail-fast` does: all their seeds, on all cores.
///
/// Each name is that of a file, of a directory with files in it, or of a scenario of the library; without names it is
/// all of the library whose protocols are registered. A file of a test is found from the directory of its package,
/// where `cargo test` runs.
///
/// ```no_run
/// use scenarios::Registry;
///
/// scenarios::assert_as_expected(&Registry::standard(), &["raft/power-loss", "tests/minimal.json"]);
/// ```
///
/// # Panics
/// If a scenario cannot be read, or does not end as it expects: with what `run` prints, and with the arguments that
/// show the run again, to be given to a command line that knows these protocols.
#[track_caller]
pub fn assert_as_expected(registry: &Registry, scenarios: &[&str]) {
    let names: Vec<String> = scenarios.iter().map(|name| (*name).to_owned()).collect();
    let found = select::scenarios(registry, &names, &[]).unwrap_or_else(|refusal| panic!("\n{}", refusal.text()));
    let effort = Effort {
        jobs: Jobs::default().count(),
        fail_fast: true,
        repeats: Repeats::Sample,
        program: None,
        strongest: false,
        service: false,
    };
    for scenario in found {
        let case = select::case(scenario, &[]);
        // This program is no command line.
        let case = Case { replay: case.replay.by("faultbed"), ..case };
        let mut failures = String::new();
        let result = run_case(&case, &effort, Deadline::after(None), |taken| {
            failures.extend(taken.news.iter().map(failure_block));
            None
        });
        let told = || strip_str(&format!("\n{failures}{}", scenario_block(&result, 0))).to_string();
        assert!(result.problems.is_empty(), "{}", told());
    }
}
