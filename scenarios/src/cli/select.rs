//! Finds and reads the scenarios that the command line names.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use sim_core::Demands;

use crate::file::{fault_kinds, steps_of};
use crate::library::{find_each, library};
use crate::load::{Expectations, Scenario, load};
use crate::registry::Registry;
use crate::run::{Case, ReplayCommand};
use crate::source::{Override, Source, quoted};

use super::arguments::{OneRun, OutputFile};
use super::output::{Appears, Output, OutputError};
use super::refusal::Refusal;
use super::shell::program;

/// The sources that can be found, and what is wrong with the others.
pub(super) struct Found {
    sources: Vec<Source>,
    refusal: Option<Refusal>,
}

impl Found {
    /// How many there are, those that cannot be read included.
    pub(super) fn files(&self) -> usize {
        self.sources.len() + self.refusal.as_ref().map_or(0, Refusal::len)
    }
}

/// The sources that the arguments name, each of them once; without arguments, the library.
pub(super) fn find(registry: &Registry, arguments: &[String]) -> Result<Found, Refusal> {
    if arguments.is_empty() {
        return Ok(Found { sources: whole_library(registry)?, refusal: None });
    }
    let (mut found, mut seen) = (Found { sources: Vec::new(), refusal: None }, BTreeSet::new());
    for source in arguments.iter().flat_map(|argument| find_each(argument)) {
        match source {
            Ok(source) => {
                let path = Path::new(source.name());
                if seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
                    found.sources.push(source);
                }
            }
            Err(error) => found.refusal = both(found.refusal, error.into()),
        }
    }
    Ok(found)
}

/// Where results go that are told when they are found: to none of the files that these scenarios are read from.
pub(super) fn growing_output<'n>(
    arguments: &OutputFile,
    names: impl IntoIterator<Item = &'n str>,
) -> Result<Output, OutputError> {
    Output::to(arguments.output.as_deref(), names.into_iter().map(Path::new), Appears::Growing)
}

/// Where a result goes: to none of the files that these scenarios are read from.
pub(super) fn output<'n>(
    arguments: &OutputFile,
    names: impl IntoIterator<Item = &'n str>,
) -> Result<Output, OutputError> {
    Output::to(arguments.output.as_deref(), names.into_iter().map(Path::new), Appears::Whole)
}

/// The scenarios of the library whose protocols are registered.
fn whole_library(registry: &Registry) -> Result<Vec<Source>, Refusal> {
    let sources: Vec<Source> = library().map(|scenario| scenario.source()).collect();
    let sources: Vec<Source> = sources.into_iter().filter(|source| has_a_known_protocol(registry, source)).collect();
    if sources.is_empty() {
        return Err(Refusal::nothing("the library has no scenarios for these protocols: name files or directories"));
    }
    Ok(sources)
}

/// The names of the general scenarios of these protocols, aimed at no bug in particular.
pub(super) fn general(registry: &Registry) -> Result<Vec<String>, Refusal> {
    let sources = library().map(|scenario| scenario.source());
    let general = sources.filter(|of| of.name().ends_with("/general") && has_a_known_protocol(registry, of));
    let names: Vec<String> = general.map(|source| source.name().to_owned()).collect();
    if names.is_empty() {
        return Err(Refusal::nothing("the library has no general scenario for these protocols: name one with `--in`"));
    }
    Ok(names)
}

fn has_a_known_protocol(registry: &Registry, source: &Source) -> bool {
    let document = source.parse().map(|document| document.to_json_value());
    document.is_ok_and(|value| {
        let name = value.pointer("/protocol/name").and_then(serde_json::Value::as_str);
        name.is_some_and(|name| registry.find(name).is_some())
    })
}

/// What could be read, and what is wrong with the rest.
pub(super) struct Loaded {
    pub(super) scenarios: Vec<Scenario>,
    pub(super) refusal: Option<Refusal>,
}

/// Reads the sources with these overrides.
pub(super) fn load_all(registry: &Registry, found: Found, set: &[String]) -> Result<Loaded, Refusal> {
    let overrides = overrides(set)?;
    let mut loaded = Loaded { scenarios: Vec::new(), refusal: found.refusal };
    for source in found.sources {
        match load(registry, &source, &overrides) {
            Ok(scenario) => loaded.scenarios.push(scenario),
            Err(mistakes) => loaded.refusal = both(loaded.refusal, Refusal::invalid(mistakes)),
        }
    }
    Ok(loaded)
}

/// Reads the scenarios that the arguments name, all of which must be without mistakes. Those in all of
/// them are told at once.
pub(super) fn scenarios(registry: &Registry, arguments: &[String], set: &[String]) -> Result<Vec<Scenario>, Refusal> {
    let Loaded { scenarios, refusal } = load_all(registry, find(registry, arguments)?, set)?;
    refusal.map_or(Ok(scenarios), Err)
}

/// Reads the one scenario that the argument names.
pub(super) fn scenario(registry: &Registry, argument: &str, set: &[String]) -> Result<Scenario, Refusal> {
    let found = find(registry, &[argument.to_owned()])?;
    if found.sources.len() > 1 {
        return Err(Refusal::usage(format!("`{argument}` names {} scenarios: expected one", found.sources.len())));
    }
    let Loaded { mut scenarios, refusal } = load_all(registry, found, set)?;
    refusal.map_or_else(|| Ok(scenarios.pop().expect("an argument names at least one")), Err)
}

/// Reads the scenario of one run, and adds the faults to it that the arguments have.
pub(super) fn one_run(registry: &Registry, arguments: &OneRun) -> Result<Scenario, Refusal> {
    let scenario = scenario(registry, &arguments.scenario, &arguments.overrides.all())?;
    check_seeds(&scenario, arguments.seed.map(|seed| seed..seed + 1).as_ref())?;
    if arguments.added.is_empty() {
        return Ok(scenario);
    }
    // Behind those that a nemesis draws, so that they remain what they are.
    let mut plan = scenario.prepared.plan(arguments.seed.unwrap_or(scenario.seeds.start));
    for fault in &arguments.added {
        let read = serde_json::from_str(fault);
        let fault: serde_json::Value = read.map_err(|error| {
            Refusal::usage(format!(
                "--add-fault takes a fault as scenario files have it, as in '{{\"at\":\"1s\",\"crash\":\"n0\"}}': `{fault}`: {error}"
            ))
        })?;
        plan["faults"].as_array_mut().expect("a plan lists its faults").push(fault);
    }
    let source = Source::new(format!("{} with --add-fault", scenario.name), format!("{plan:#}"));
    let changed = load(registry, &source, &[]).map_err(Refusal::invalid)?;
    Ok(Scenario { name: scenario.name, ..changed })
}

/// Refuses to run any seed but the first of a run that was written down: all of them are that run.
pub(super) fn check_seeds(scenario: &Scenario, asked: Option<&Range<u64>>) -> Result<(), Refusal> {
    match asked {
        Some(asked) if scenario.is_recorded && *asked != scenario.seeds => Err(Refusal::usage(format!(
            "{} is a run that was written down: nothing in it is drawn from a seed, and --seed and --seeds have no \
             effect",
            scenario.name
        ))),
        _ => Ok(()),
    }
}

/// The case of one run.
pub(super) fn case_of_one(scenario: Scenario, arguments: &OneRun) -> Case {
    let mut case = case(scenario, &arguments.overrides.all());
    case.replay.options.extend(arguments.added.iter().flat_map(|fault| ["--add-fault".to_owned(), fault.clone()]));
    case
}

fn overrides(set: &[String]) -> Result<Vec<Override>, Refusal> {
    let mut keys = BTreeSet::new();
    let key = |argument: &String| argument.split_once('=').map(|(key, _)| key.to_owned());
    if let Some(twice) = set.iter().filter_map(key).find(|key| !keys.insert(key.clone())) {
        return Err(Refusal::usage(format!("{} is set twice, and only one of both can count", quoted(&twice))));
    }
    set.iter().map(|argument| Override::parse(argument).map_err(Refusal::bad_override)).collect()
}

fn both(before: Option<Refusal>, refusal: Refusal) -> Option<Refusal> {
    Some(match before {
        Some(before) => before.and(refusal),
        None => refusal,
    })
}

/// The scenario with all its seeds, as read with these overrides.
pub(super) fn case(scenario: Scenario, set: &[String]) -> Case {
    let Expectations { violates, goals, figures, sabotage, progress_within, judged, progress_share, .. } =
        scenario.expect.clone();
    let (faults, progress, deviations) = (fault_names(&scenario), progress_within.is_some(), deviations(&scenario));
    Case {
        replay: replay_command(&scenario, set),
        own: scenario.seeds.end - scenario.seeds.start,
        seeds: scenario.seeds,
        recorded: scenario.is_recorded,
        name: scenario.name,
        prepared: scenario.prepared,
        demands: Demands { violates, goals, figures, faults, progress, sabotage, judged, progress_share, deviations },
    }
}

/// How many deviations it has, if it is a run that has been written down.
fn deviations(scenario: &Scenario) -> usize {
    let document = scenario.document.to_json_value();
    document.get("deviations").and_then(serde_json::Value::as_array).map_or(0, Vec::len)
}

/// What the declared faults are called: their place in the file and their kind.
fn fault_names(scenario: &Scenario) -> Vec<String> {
    let document = scenario.document.to_json_value();
    let faults = document.get("faults").and_then(serde_json::Value::as_array);
    let names = |(place, entry): (usize, &serde_json::Value)| {
        let name = move |(below, label, fault): (String, Option<&serde_json::Value>, &serde_json::Value)| {
            let kind = fault_kinds().map(|row| row.key).find(|kind| fault.get(kind).is_some());
            let label = label.and_then(serde_json::Value::as_str);
            let what = [kind, label].into_iter().flatten().collect::<Vec<_>>().join(": ");
            format!("faults.{place}{below} ({what})")
        };
        steps_of(entry).into_iter().map(name).collect::<Vec<_>>()
    };
    faults.into_iter().flatten().enumerate().flat_map(names).collect()
}

/// The command that replays a scenario with these overrides.
fn replay_command(scenario: &Scenario, set: &[String]) -> ReplayCommand {
    let options = set.iter().flat_map(|set| ["--set".to_owned(), set.clone()]).collect();
    ReplayCommand { program: program(), scenario: scenario.name.clone(), options }
}
