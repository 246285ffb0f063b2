//! Runs seeds until they show a flaw, and seeds without any.

use std::ops::{ControlFlow, Range};
use std::time::Duration;

use sim_core::{Ending, sweep};

use super::Subject;
use crate::cli::arguments::SeedsToFindArguments;
use crate::cli::cpu_clock::CpuClock;
use crate::cli::progress::Progress;
use crate::cli::refusal::Refusal;
use crate::exit;
use crate::load::Scenario;
use crate::prepared::Prepared;
use crate::run::{Defect, run_guarded};

/// How far apart the seeds are from which it is counted.
pub(super) const STRIDE: u64 = 1_000_000;

/// What was found from some seed on.
pub(super) struct Count {
    /// The first seed that fails with the flaw and not without.
    pub(super) found: Option<Found>,
    /// How many seeds it took, or all up to the cap.
    pub(super) seeds: u64,
    /// How long these took, with the flaw; nothing where no clock tells.
    pub(super) cpu: Option<Duration>,
    /// The seeds among them that fail without the flaw as well.
    pub(super) dismissed: Vec<u64>,
}

/// A seed that shows a flaw.
pub(super) struct Found {
    pub(super) seed: u64,
    pub(super) property: String,
}

/// What became of the runs without a flaw.
pub(super) struct Control {
    pub(super) passed: u64,
    /// What went wrong, and at which seed, in order.
    pub(super) wrong: Vec<(String, u64)>,
    pub(super) code: u8,
}

/// Counts for each flaw from each base seed. Counts of all flaws go side by side: a flaw that is hard to
/// find keeps one core busy, and not the others idle.
pub(super) fn all(
    subject: &Subject,
    arguments: &SeedsToFindArguments,
    progress: &Progress,
) -> Result<Vec<Vec<Count>>, Refusal> {
    let bases = arguments.bases;
    let place = |number: u64| ((number / bases) as usize, number % bases);
    let mut counts: Vec<Vec<Count>> = subject.flaws.iter().map(|_| Vec::new()).collect();
    let mut defect = None;
    sweep(
        0..subject.flaws.len() as u64 * bases,
        arguments.jobs.count(),
        |number| {
            let (flaw, base) = place(number);
            let flawed = &subject.flaws[flaw];
            progress.name(&format!("{} {}", subject.argument, flawed.flaw));
            let seeds = base * STRIDE..base * STRIDE + arguments.cap;
            let count = count(flawed.scenario.prepared.as_ref(), subject.control.prepared.as_ref(), seeds);
            progress.step();
            count
        },
        |number, count| match count {
            Ok(count) => {
                counts[place(number).0].push(count);
                ControlFlow::Continue(())
            }
            Err(found) => {
                defect = Some(refuse(&subject.flaws[place(number).0].scenario, found));
                ControlFlow::Break(())
            }
        },
    );
    defect.map_or(Ok(counts), Err)
}

/// Runs seeds until one fails that does not fail without the flaw.
fn count(flawed: &dyn Prepared, control: &dyn Prepared, seeds: Range<u64>) -> Result<Count, Defect> {
    let mut count = Count { found: None, seeds: 0, cpu: Some(Duration::ZERO), dismissed: Vec::new() };
    for seed in seeds {
        let (violated_by, cpu) = CpuClock::Thread.time(|| violated(flawed, seed));
        count.seeds += 1;
        count.cpu = count.cpu.zip(cpu).map(|(sum, cpu)| sum + cpu);
        let Some(property) = violated_by? else { continue };
        if violated(control, seed)?.is_none() {
            count.found = Some(Found { seed, property });
            break;
        }
        count.dismissed.push(seed);
    }
    Ok(count)
}

/// The property that a seed fails by, if it fails.
fn violated(prepared: &dyn Prepared, seed: u64) -> Result<Option<String>, Defect> {
    let summary = run_guarded(|| prepared.run(seed))?;
    let fails = summary.ending(None) == Ending::Violated;
    Ok(summary.verdict.violation().filter(|_| fails).map(|violation| violation.property.clone()))
}

/// Runs the scenario without flaws.
pub(super) fn control(
    subject: &Subject,
    arguments: &SeedsToFindArguments,
    progress: &Progress,
) -> Result<Control, Refusal> {
    progress.name(&format!("{} with no flaw", subject.argument));
    let mut control = Control { passed: 0, wrong: Vec::new(), code: exit::OK };
    let mut defect = None;
    sweep(
        0..arguments.control,
        arguments.jobs.count(),
        |seed| {
            let run = run_guarded(|| subject.control.prepared.run(seed));
            progress.step();
            run
        },
        |seed, run| match run {
            Ok(summary) => {
                let ending = summary.ending(None);
                control.passed += u64::from(ending == Ending::Passed);
                let found = match ending {
                    Ending::Violated => exit::VIOLATED,
                    Ending::Inconclusive => exit::INCONCLUSIVE,
                    Ending::Passed | Ending::Wanted | Ending::Excused => exit::OK,
                };
                control.code = exit::worst([control.code, found]);
                if found != exit::OK {
                    control.wrong.push((summary.verdict.property().unwrap_or_default().to_owned(), seed));
                }
                ControlFlow::Continue(())
            }
            Err(found) => {
                defect = Some(found);
                ControlFlow::Break(())
            }
        },
    );
    defect.map_or(Ok(control), |defect| Err(refuse(&subject.control, defect)))
}

fn refuse(scenario: &Scenario, Defect(message): Defect) -> Refusal {
    Refusal::defect(format!("a defect of Faultbed in {}, please report it: {message}", scenario.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tests::{Made, passed, violated};

    /// Every third seed fails, and with the flaw every fourth as well.
    #[test]
    fn a_seed_counts_only_if_it_fails_for_the_flaw() {
        let control = Made(|seed| if seed % 3 == 0 { violated(seed, "Control") } else { passed(seed) });
        let flawed = Made(|seed| if seed % 4 == 0 { violated(seed, "Flaw") } else { control.0(seed) });
        let count = |seeds| count(&flawed, &control, seeds).expect("no defect");
        let Count { found, seeds, dismissed, .. } = count(5..20);
        let found = found.expect("seed 8");
        assert_eq!((found.seed, seeds, &*found.property, &dismissed[..]), (8, 4, "Flaw", &[6][..]));
        let Count { found, seeds, dismissed, .. } = count(9..16);
        assert!(found.is_none() && seeds == 7 && dismissed == [9, 12, 15]);
    }
}
