//! Runs seeds until they show a flaw, and seeds without any.

use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, Ordering};
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

/// What was found from some seed on, before it was stopped.
pub(super) struct Count {
    /// The first seed that fails with the flaw and not without.
    pub(super) found: Option<Found>,
    /// How many seeds it took; without a find, all up to the cap, or to where it was stopped.
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
    pub(super) runs: u64,
    pub(super) passed: u64,
    /// What went wrong, and at which seed, in order.
    pub(super) wrong: Vec<(String, u64)>,
    pub(super) code: u8,
}

/// Counts for each flaw from each base seed until it is told to stop. Counts of all flaws go side by side: a
/// flaw that is hard to find keeps one core busy, and not the others idle.
pub(super) fn all(
    subject: &Subject,
    arguments: &SeedsToFindArguments,
    progress: &Progress,
    stop: &AtomicBool,
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
            let pair = (flawed.scenario.prepared.as_ref(), subject.control.prepared.as_ref());
            let count = count(pair, seeds, stop, &|| progress.step_of_search());
            progress.searched();
            count
        },
        |number, count| match count {
            Ok(count) => {
                // One that was stopped before it began tells nothing.
                counts[place(number).0].extend((count.seeds > 0).then_some(count));
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

/// What a run came to.
enum Came {
    /// It was stopped before its end.
    Stopped,
    /// It does not fail.
    Fine,
    /// It fails by this property.
    Violated(String),
}

/// Runs seeds until one fails that does not fail without the flaw. `ran` is told of each run.
fn count(
    (flawed, control): (&dyn Prepared, &dyn Prepared),
    seeds: Range<u64>,
    stop: &AtomicBool,
    ran: &dyn Fn(),
) -> Result<Count, Defect> {
    let mut count = Count { found: None, seeds: 0, cpu: Some(Duration::ZERO), dismissed: Vec::new() };
    let came_of = |prepared: &dyn Prepared, seed: u64| {
        let came = came_of(prepared, seed, stop);
        ran();
        came
    };
    for seed in seeds {
        let (came, cpu) = CpuClock::Thread.time(|| came_of(flawed, seed));
        let (property, without) = match came? {
            Came::Stopped => break,
            Came::Fine => (None, Came::Fine),
            Came::Violated(property) => (Some(property), came_of(control, seed)?),
        };
        if let Came::Stopped = without {
            break;
        }
        count.seeds += 1;
        count.cpu = count.cpu.zip(cpu).map(|(sum, cpu)| sum + cpu);
        match (property, without) {
            (None, _) => {}
            (Some(property), Came::Fine) => {
                count.found = Some(Found { seed, property });
                break;
            }
            (Some(_), _) => count.dismissed.push(seed),
        }
    }
    Ok(count)
}

fn came_of(prepared: &dyn Prepared, seed: u64, stop: &AtomicBool) -> Result<Came, Defect> {
    let summary = match stop.load(Ordering::Relaxed) {
        true => None,
        false => run_guarded(|| prepared.run_unless(seed, stop))?,
    };
    Ok(match summary {
        None => Came::Stopped,
        Some(summary) if summary.ending(None) == Ending::Violated => {
            Came::Violated(summary.verdict.property().unwrap_or_default().to_owned())
        }
        Some(_) => Came::Fine,
    })
}

/// Runs the scenario without flaws until it is told to stop.
pub(super) fn control(
    subject: &Subject,
    arguments: &SeedsToFindArguments,
    progress: &Progress,
    stop: &AtomicBool,
) -> Result<Control, Refusal> {
    progress.name(&format!("{} with no flaw", subject.argument));
    let mut control = Control { runs: 0, passed: 0, wrong: Vec::new(), code: exit::OK };
    let mut defect = None;
    sweep(
        0..arguments.control,
        arguments.jobs.count(),
        |seed| {
            let run = || run_guarded(|| subject.control.prepared.run_unless(seed, stop)).transpose();
            let run = (!stop.load(Ordering::Relaxed)).then(run).flatten();
            progress.step_of_search();
            run
        },
        |seed, run| match run {
            None => ControlFlow::Break(()),
            Some(Ok(summary)) => {
                control.runs += 1;
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
            Some(Err(found)) => {
                defect = Some(found);
                ControlFlow::Break(())
            }
        },
    );
    progress.searched();
    defect.map_or(Ok(control), |defect| Err(refuse(&subject.control, defect)))
}

fn refuse(scenario: &Scenario, Defect(message): Defect) -> Refusal {
    Refusal::defect(format!("a defect of Faultbed in {}, please report it: {message}", scenario.name))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::run::tests::{Made, passed, violated};

    /// Every third seed fails, and with the flaw every fourth as well.
    #[test]
    fn a_seed_counts_only_if_it_fails_for_the_flaw() {
        let control = Made(|seed| if seed % 3 == 0 { violated(seed, "Control") } else { passed(seed) });
        let flawed = Made(|seed| if seed % 4 == 0 { violated(seed, "Flaw") } else { control.0(seed) });
        let runs = Cell::new(0);
        let ran = || runs.set(runs.get() + 1);
        let never = AtomicBool::new(false);
        let count = |seeds| count((&flawed, &control), seeds, &never, &ran).expect("no defect");
        let Count { found, seeds, dismissed, .. } = count(5..20);
        let found = found.expect("seed 8");
        assert_eq!((found.seed, seeds, &*found.property, &dismissed[..]), (8, 4, "Flaw", &[6][..]));
        assert_eq!(runs.get(), 6, "seeds 6 and 8 ran without the flaw as well");
        let Count { found, seeds, dismissed, .. } = count(9..16);
        assert!(found.is_none() && seeds == 7 && dismissed == [9, 12, 15]);
    }

    #[test]
    fn what_was_counted_before_it_was_stopped_counts() {
        let stop = AtomicBool::new(false);
        let prepared = Made(|seed| {
            stop.store(seed == 7, Ordering::Relaxed);
            passed(seed)
        });
        let Count { found, seeds, .. } = count((&prepared, &prepared), 5..20, &stop, &|| ()).expect("no defect");
        assert!(found.is_none() && seeds == 2, "{seeds}");
    }
}
