//! `faultbed seeds-to-find`: shows that finding bugs is not staged.
//!
//! One scenario, which is aimed at no bug in particular, is run with each known flaw of its protocol
//! switched on, and without any. How many seeds it takes until the flaw shows is counted from
//! several seeds far apart, since a single count says little. A seed counts only if the flaw is what
//! fails there: without it, the same seed must not.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use reports::Table;
use sim_core::{Ending, sweep};

use super::arguments::SeedsToFindArguments;
use super::progress::Progress;
use super::refusal::Refusal;
use super::select;
use crate::exit;
use crate::load::Scenario;
use crate::prepared::Prepared;
use crate::registry::Registry;
use crate::run::{Defect, run_guarded};
use crate::source::{closest, quoted, quoted_list};

/// How far apart the seeds are from which it is counted.
const STRIDE: u64 = 1_000_000;

/// What was found from some seed on.
struct Count {
    /// The first seed that fails with the flaw and not without.
    found: Option<Found>,
    /// The seeds before it that fail without the flaw as well.
    dismissed: Vec<u64>,
}

/// The first violation from some seed on.
struct Found {
    /// How many seeds it took, the one that found it included.
    seeds: u64,
    property: String,
}

pub(super) fn seeds_to_find(registry: &Registry, arguments: &SeedsToFindArguments) -> Result<u8, Refusal> {
    let scenario = select::scenario(registry, &arguments.scenario, &arguments.overrides.all())?;
    let flaws = flaws(registry, &scenario, &arguments.flaws)?;
    let control = load(registry, arguments, None)?;
    let flawed: Vec<Scenario> =
        flaws.iter().map(|flaw| load(registry, arguments, Some(flaw))).collect::<Result<_, _>>()?;
    let mut output = select::output(&arguments.output, [scenario.name.as_str()])?;
    let progress = Progress::new(flaws.len() as u64 * arguments.bases + arguments.control);
    let counts = count_all(&flaws, &flawed, &control, arguments, &progress)?;
    let mut table = Table::new(["flaw", "found", "median", "min", "max", "property"]);
    let mut codes = Vec::new();
    let mut dismissed = String::new();
    for (flaw, counts) in flaws.iter().zip(counts) {
        dismissed += &dismissal(flaw, counts.iter().flat_map(|count| &count.dismissed));
        let found: Vec<Option<Found>> = counts.into_iter().map(|count| count.found).collect();
        codes.push(if found.iter().any(Option::is_some) { exit::OK } else { exit::VIOLATED });
        table.row(row(flaw, &found, arguments.cap));
    }
    let (row, code) = control_row(&control, arguments, &progress)?;
    table.row(row);
    drop(progress);
    output.write_exactly(&heading(&control.name, arguments));
    output.write_exactly(&table.to_markdown());
    output.write_exactly(&dismissed);
    output.finish()?;
    Ok(exit::worst(codes.into_iter().chain([code])))
}

fn heading(scenario: &str, arguments: &SeedsToFindArguments) -> String {
    let SeedsToFindArguments { bases, cap, .. } = arguments;
    format!(
        "Seeds until `{scenario}` shows a flaw, counted {bases} times from seeds {STRIDE} apart, up to {cap} each.\n\n"
    )
}

fn load(registry: &Registry, arguments: &SeedsToFindArguments, flaw: Option<&str>) -> Result<Scenario, Refusal> {
    let flaws = serde_json::Value::from_iter(flaw);
    let set: Vec<String> = arguments.overrides.all().into_iter().chain([format!("protocol.flaws={flaws}")]).collect();
    select::scenario(registry, &arguments.scenario, &set)
}

/// The flaws that are asked for: these, or all that the protocol is known to have.
fn flaws<'a>(registry: &'a Registry, scenario: &Scenario, asked: &'a [String]) -> Result<Vec<&'a str>, Refusal> {
    let protocol = registry.find(scenario.protocol).expect("a scenario that could be read names a protocol");
    let known: Vec<&str> = protocol.flaws.iter().map(|flaw| flaw.name).collect();
    if known.is_empty() {
        return Err(Refusal::nothing(format!("{} has no known flaws", quoted(scenario.protocol))));
    }
    match asked.iter().find(|flaw| !known.contains(&flaw.as_str())) {
        Some(flaw) => {
            let meant =
                closest(flaw, &known).map_or_else(String::new, |name| format!(": did you mean {}?", quoted(name)));
            let (of, known) = (quoted(scenario.protocol), quoted_list(&known));
            Err(Refusal::usage(format!("{of} has no flaw {}{meant}\nits flaws are {known}", quoted(flaw))))
        }
        None if asked.is_empty() => Ok(known),
        None => Ok(asked.iter().map(String::as_str).collect()),
    }
}

/// Counts for each flaw from each base seed. Counts of all flaws go side by side: a flaw that is
/// hard to find keeps one core busy, and not the others idle.
fn count_all(
    flaws: &[&str],
    flawed: &[Scenario],
    control: &Scenario,
    arguments: &SeedsToFindArguments,
    progress: &Progress,
) -> Result<Vec<Vec<Count>>, Refusal> {
    let bases = arguments.bases;
    let place = |number: u64| ((number / bases) as usize, number % bases);
    let mut counts: Vec<Vec<Count>> = flaws.iter().map(|_| Vec::new()).collect();
    let mut defect = None;
    sweep(
        0..flaws.len() as u64 * bases,
        arguments.jobs.count(),
        |number| {
            let (flaw, base) = place(number);
            progress.name(flaws[flaw]);
            let seeds = base * STRIDE..base * STRIDE + arguments.cap;
            let count = count(flawed[flaw].prepared.as_ref(), control.prepared.as_ref(), seeds);
            progress.step();
            count
        },
        |number, count| match count {
            Ok(count) => {
                counts[place(number).0].push(count);
                ControlFlow::Continue(())
            }
            Err(found) => {
                defect = Some(refuse(&flawed[place(number).0], found));
                ControlFlow::Break(())
            }
        },
    );
    defect.map_or(Ok(counts), Err)
}

/// Runs seeds until one fails that does not fail without the flaw.
fn count(flawed: &dyn Prepared, control: &dyn Prepared, seeds: Range<u64>) -> Result<Count, Defect> {
    let mut dismissed = Vec::new();
    for (count, seed) in (1..).zip(seeds) {
        let Some(property) = violated(flawed, seed)? else { continue };
        if violated(control, seed)?.is_none() {
            return Ok(Count { found: Some(Found { seeds: count, property }), dismissed });
        }
        dismissed.push(seed);
    }
    Ok(Count { found: None, dismissed })
}

/// The property that a seed fails by, if it fails.
fn violated(prepared: &dyn Prepared, seed: u64) -> Result<Option<String>, Defect> {
    let summary = run_guarded(|| prepared.run(seed))?;
    let fails = summary.ending(None) == Ending::Violated;
    Ok(summary.verdict.violation().filter(|_| fails).map(|violation| violation.property.clone()))
}

/// A line for the seeds that show nothing of a flaw; nothing if there are none.
fn dismissal<'s>(flaw: &str, seeds: impl Iterator<Item = &'s u64>) -> String {
    let seeds: Vec<String> = seeds.map(|seed| format!("{seed:#x}")).collect();
    match seeds.len() {
        0 => String::new(),
        _ => format!("\nNot counted for `{flaw}`, since they fail without it as well: {}\n", seeds.join(", ")),
    }
}

fn refuse(scenario: &Scenario, Defect(message): Defect) -> Refusal {
    Refusal::defect(format!("a defect of Faultbed in {}, please report it: {message}", scenario.name))
}

fn row(flaw: &str, found: &[Option<Found>], cap: u64) -> Vec<String> {
    let hits: Vec<&Found> = found.iter().flatten().collect();
    let mut counts: Vec<u64> = found.iter().map(|found| found.as_ref().map_or(u64::MAX, |found| found.seeds)).collect();
    counts.sort_unstable();
    let shown = |count: u64| if count == u64::MAX { format!("> {cap}") } else { count.to_string() };
    vec![
        format!("`{flaw}`"),
        format!("{} of {}", hits.len(), found.len()),
        shown(median(&counts)),
        shown(counts[0]),
        shown(counts[counts.len() - 1]),
        properties(&hits),
    ]
}

/// The middle one of sorted counts; of two in the middle, the greater, so as not to boast.
fn median(sorted: &[u64]) -> u64 {
    sorted[sorted.len() / 2]
}

/// What was violated, the most frequent first.
fn properties(hits: &[&Found]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for found in hits {
        *counts.entry(&found.property).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|&(property, count)| (std::cmp::Reverse(count), property));
    let shown: Vec<String> = match counts[..] {
        [] => vec!["-".to_owned()],
        [(only, _)] => vec![only.to_owned()],
        _ => counts.into_iter().map(|(property, count)| format!("{property} ({count})")).collect(),
    };
    shown.join(", ")
}

/// The row of the scenario without flaws, all of whose runs must pass.
fn control_row(
    scenario: &Scenario,
    arguments: &SeedsToFindArguments,
    progress: &Progress,
) -> Result<(Vec<String>, u8), Refusal> {
    progress.name("no flaw");
    let (mut passed, mut code, mut wrong) = (0, exit::OK, Vec::new());
    let mut defect = None;
    sweep(
        0..arguments.control,
        arguments.jobs.count(),
        |seed| {
            let run = run_guarded(|| scenario.prepared.run(seed));
            progress.step();
            run
        },
        |seed, run| match run {
            Ok(summary) => {
                let ending = summary.ending(None);
                passed += u64::from(ending == Ending::Passed);
                let found = match ending {
                    Ending::Violated => exit::VIOLATED,
                    Ending::Inconclusive => exit::INCONCLUSIVE,
                    Ending::Passed | Ending::Wanted | Ending::Excused => exit::OK,
                };
                code = exit::worst([code, found]);
                if found != exit::OK {
                    wrong.push(format!("{} at {seed:#x}", summary.verdict.property().unwrap_or_default()));
                }
                ControlFlow::Continue(())
            }
            Err(found) => {
                defect = Some(found);
                ControlFlow::Break(())
            }
        },
    );
    match defect {
        Some(defect) => Err(refuse(scenario, defect)),
        None => {
            let dash = || "-".to_owned();
            let first = wrong.into_iter().next().unwrap_or_else(dash);
            let green = format!("{passed} of {} seeds pass", arguments.control);
            Ok((vec!["(none)".to_owned(), green, dash(), dash(), dash(), first], code))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tests::{Made, passed, violated};

    #[track_caller]
    fn check(counts: &[Option<(u64, &str)>], expected: [&str; 5]) {
        let found = |&(seeds, property): &(u64, &str)| Found { seeds, property: property.to_owned() };
        let found: Vec<Option<Found>> = counts.iter().map(|count| count.as_ref().map(found)).collect();
        assert_eq!(row("x", &found, 100)[1..], expected);
    }

    /// Every third seed fails, and with the flaw every fourth as well.
    #[test]
    fn a_seed_counts_only_if_it_fails_for_the_flaw() {
        let control = Made(|seed| if seed % 3 == 0 { violated(seed, "Control") } else { passed(seed) });
        let flawed = Made(|seed| if seed % 4 == 0 { violated(seed, "Flaw") } else { control.0(seed) });
        let count = |seeds| count(&flawed, &control, seeds).expect("no defect");
        let Count { found, dismissed } = count(5..20);
        let found = found.expect("seed 8");
        assert_eq!((found.seeds, &*found.property, &dismissed[..]), (4, "Flaw", &[6][..]));
        assert_eq!(
            dismissal("x", dismissed.iter()),
            "\nNot counted for `x`, since they fail without it as well: 0x6\n"
        );
        let Count { found, dismissed } = count(9..16);
        assert!(found.is_none() && dismissed == [9, 12, 15]);
        assert_eq!(dismissal("x", [].iter()), "");
    }

    #[test]
    fn a_row_sums_up_the_counts() {
        check(&[Some((3, "A")), Some((1, "A")), Some((9, "A"))], ["3 of 3", "3", "1", "9", "A"]);
        check(&[Some((3, "B")), None, Some((9, "A")), Some((9, "A"))], ["3 of 4", "9", "3", "> 100", "A (2), B (1)"]);
        check(&[None, None], ["0 of 2", "> 100", "> 100", "> 100", "-"]);
    }
}
