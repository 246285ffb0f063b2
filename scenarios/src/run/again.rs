//! Whether a seed is one run: it is run again, here and in a process of its own, and compared.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;

use reports::{Again, Difference, in_words};
use serde_json::Value;
use sim_core::Summary;

use super::Case;

/// How often two runs are traced until a difference shows: some come only now and then.
const ATTEMPTS: usize = 5;

/// Runs the seed again. Nothing if it is told to stop before that.
pub(super) fn again(case: &Case, seed: u64, summary: &Summary, stop: &AtomicBool) -> Option<Option<Again>> {
    let second = case.prepared.run_unless(seed, stop)?;
    if second == *summary {
        return Some(None);
    }
    let first = case.prepared.trace_with_draws(seed);
    let traced = || Difference::between(&first, &case.prepared.trace_with_draws(seed));
    let difference = (0..ATTEMPTS).find_map(|_| traced());
    Some(Some(Again { elsewhere: false, came_to: in_words(&second), difference }))
}

/// Runs the seed with this program in a process of its own. Nothing if that is the same run, or if the
/// process does not come to an end.
pub(super) fn elsewhere(case: &Case, seed: u64, summary: &Summary, program: &Path) -> Option<Again> {
    // The trace of a long run would fill the memory: it is asked for only if there is a difference.
    let lines = printed(program, case, seed, "run", &["--once", "--jobs", "1", "--format", "json"])?;
    let record: Value = serde_json::from_str(lines.lines().next()?).ok()?;
    let hash = record["trace_hash"].as_str()?;
    if hash == format!("{:#018x}", summary.trace_hash) {
        return None;
    }
    let first = case.prepared.trace(seed).trace;
    let traced = || Difference::from_text(&first, &printed(program, case, seed, "replay", &[])?);
    let (steps, verdict) = (&record["steps"], record["verdict"].as_str()?);
    let came_to = format!("{hash} after {steps} steps, {verdict}");
    Some(Again { elsewhere: true, came_to, difference: (0..ATTEMPTS).find_map(|_| traced()) })
}

/// What a command of the program prints of the run.
fn printed(program: &Path, case: &Case, seed: u64, command: &str, options: &[&str]) -> Option<String> {
    let mut process = Command::new(program);
    process.arg(command).args(case.replay.arguments(seed)).args(options);
    let output = process.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()
}
