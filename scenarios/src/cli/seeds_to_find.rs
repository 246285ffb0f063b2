//! `faultbed seeds-to-find`: shows that finding bugs is not staged.
//!
//! A scenario that is aimed at no bug in particular is run with each known flaw of its protocol switched
//! on, and without any. How many seeds it takes until the flaw shows is counted from several seeds far
//! apart, since a single count says little. A seed counts only if the flaw is what fails there: without
//! it, the same seed must not.

mod count;
mod table;

use std::time::Duration;

use sim_core::shrink::{Budget, Effort};

use super::arguments::{OneRun, Overrides, SeedsToFindArguments};
use super::cpu_clock::CpuClock;
use super::deadline::Deadline;
use super::failing::FailingRun;
use super::interrupt::Interrupt;
use super::progress::Progress;
use super::refusal::Refusal;
use super::select;
use super::shell::{command, program};
use crate::exit;
use crate::load::Scenario;
use crate::registry::Registry;
use crate::source::{closest, quoted, quoted_list};
use count::{Count, Found};

/// A scenario, and what is to be found with it.
struct Subject {
    /// What the scenario is called on the command line.
    argument: String,
    /// Without a flaw.
    control: Scenario,
    flaws: Vec<Flawed>,
}

/// A scenario with a flaw switched on.
struct Flawed {
    flaw: String,
    scenario: Scenario,
}

/// What is left of a run.
struct Shrunk {
    /// Faults, operations and deviations.
    items: usize,
    /// Whether nothing more can be removed; otherwise time was over.
    is_minimal: bool,
    /// How long it took; nothing where no clock tells.
    cpu: Option<Duration>,
}

pub(super) fn seeds_to_find(registry: &Registry, arguments: &SeedsToFindArguments) -> Result<u8, Refusal> {
    let subjects = subjects(registry, arguments)?;
    let mut output = select::output(&arguments.output, subjects.iter().map(|subject| subject.control.name.as_str()))?;
    let interrupt = Interrupt::catch();
    let of_a_flaw = arguments.bases + u64::from(arguments.shrink);
    // The runs without a flaw are a search as well: for one that fails.
    let searches = subjects.iter().map(|subject| subject.flaws.len() as u64 * of_a_flaw + 1);
    let progress = Progress::of_searches(searches.sum());
    let (mut codes, mut between) = (Vec::new(), "");
    for subject in &subjects {
        if interrupt.came() {
            break;
        }
        let (text, code) = examine(registry, arguments, subject, &progress, &interrupt)?;
        codes.push(code);
        progress.aside(|| {
            output.write_exactly(between);
            output.write_exactly(&text);
            output.flush();
        });
        if output.closed().is_some() {
            break;
        }
        between = "\n";
    }
    drop(progress);
    output.finish()?;
    codes.extend(interrupt.came().then_some(exit::INTERRUPTED));
    Ok(exit::worst(codes))
}

/// What there is to print of a scenario, and the exit code for it.
fn examine(
    registry: &Registry,
    arguments: &SeedsToFindArguments,
    subject: &Subject,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<(String, u8), Refusal> {
    let until = Deadline::after(None).or_at(interrupt);
    let counts = until.watch(|stop| count::all(subject, arguments, progress, stop))?;
    let mut shrunk = Vec::new();
    for (flawed, counts) in subject.flaws.iter().zip(&counts).filter(|_| arguments.shrink) {
        progress.name(&format!("{} {}, shrinking", subject.argument, flawed.flaw));
        let found = counts.iter().find_map(|count| count.found.as_ref()).filter(|_| !interrupt.came());
        let shrink = |found: &Found| shrink(registry, arguments, subject, &flawed.flaw, found.seed, interrupt);
        shrunk.push(found.map(shrink).transpose()?);
        progress.searched();
    }
    let control = until.watch(|stop| count::control(subject, arguments, progress, stop))?;
    // Whoever looked for a flaw to the end has to have found it.
    let is_missed = |counts: &Vec<Count>| {
        counts.len() as u64 == arguments.bases
            && counts.iter().all(|count| count.found.is_none() && count.seeds == arguments.cap)
    };
    let code = if counts.iter().any(is_missed) { exit::VIOLATED } else { exit::OK };
    let text = table::text(subject, arguments, &counts, &shrunk, &control);
    let end = if interrupt.came() { "\nA signal ended it before all was counted.\n" } else { "" };
    Ok((text + end, exit::worst([code, control.code])))
}

/// Makes the run of a seed small.
fn shrink(
    registry: &Registry,
    arguments: &SeedsToFindArguments,
    subject: &Subject,
    flaw: &str,
    seed: u64,
    interrupt: &Interrupt,
) -> Result<Shrunk, Refusal> {
    let overrides = Overrides::of(with_flaw(arguments, flaw));
    let run = OneRun { scenario: subject.argument.clone(), seed: Some(seed), added: Vec::new(), overrides };
    let (shrunk, cpu) = CpuClock::Program.time(|| {
        let shrinking = FailingRun::of(registry, &run, "shrink")?.shrinking(registry)?;
        Ok::<_, Refusal>(Deadline::after(Some(arguments.shrink_time)).or_at(interrupt).watch(|stop| {
            let effort = Effort { jobs: arguments.jobs.count(), most: Budget::UNBOUNDED, stop };
            shrinking.finish(&effort, |_, _| {})
        }))
    });
    let shrunk = shrunk?;
    Ok(Shrunk { items: shrunk.after.items(), is_minimal: shrunk.is_minimal, cpu })
}

/// The scenarios with the flaws that are asked for: all that their protocols are known to have, or those of
/// these names.
fn subjects(registry: &Registry, arguments: &SeedsToFindArguments) -> Result<Vec<Subject>, Refusal> {
    let names = arguments.scenario.as_ref().map_or_else(|| select::general(registry), |name| Ok(vec![name.clone()]))?;
    let mut subjects = Vec::new();
    let (mut protocols, mut known) = (Vec::new(), Vec::new());
    for argument in names {
        let control = select::scenario(registry, &argument, &arguments.overrides.all())?;
        let protocol = registry.find(control.protocol).expect("a scenario that could be read names a protocol");
        let of_protocol: Vec<&str> = protocol.flaws.iter().map(|flaw| flaw.name).collect();
        let is_asked_for = |flaw: &&&str| arguments.flaws.is_empty() || arguments.flaws.iter().any(|of| of == **flaw);
        let load = |flaw: &&str| {
            let scenario = select::scenario(registry, &argument, &with_flaw(arguments, flaw))?;
            Ok(Flawed { flaw: (*flaw).to_owned(), scenario })
        };
        let flaws: Vec<Flawed> = of_protocol.iter().filter(is_asked_for).map(load).collect::<Result<_, Refusal>>()?;
        protocols.push(protocol.name);
        known.extend(of_protocol);
        if !flaws.is_empty() {
            subjects.push(Subject { argument, control, flaws });
        }
    }
    match arguments.flaws.iter().find(|flaw| !known.contains(&flaw.as_str())) {
        _ if known.is_empty() => Err(Refusal::nothing(format!("no flaws are known of {}", quoted_list(&protocols)))),
        Some(flaw) => Err(unknown(flaw, &protocols, &known)),
        None => Ok(subjects),
    }
}

fn unknown(flaw: &str, protocols: &[&str], known: &[&str]) -> Refusal {
    let meant = closest(flaw, known).map_or_else(String::new, |name| format!(": did you mean {}?", quoted(name)));
    let (flaw, of, list) = (quoted(flaw), quoted_list(protocols), command([program().as_str(), "list", "flaws"]));
    Refusal::usage(format!("there is no flaw {flaw} of {of}{meant}\n`{list}` names all"))
}

/// What is replaced in a scenario, a flaw being switched on.
fn with_flaw(arguments: &SeedsToFindArguments, flaw: &str) -> Vec<String> {
    let flaws = serde_json::Value::from_iter([flaw]);
    arguments.overrides.all().into_iter().chain([format!("protocol.flaws={flaws}")]).collect()
}
