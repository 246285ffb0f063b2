//! Finds and reads the scenarios that the command line names.

use sim_core::Demands;

use crate::file::{FAULT_KINDS, steps_of};
use crate::library::{find, library};
use crate::load::{Expectations, Scenario, load};
use crate::registry::Registry;
use crate::run::{Case, ReplayCommand};
use crate::source::{Override, Source};

use super::refusal::Refusal;

/// The sources that the arguments name; without arguments, the library.
pub(super) fn sources(registry: &Registry, arguments: &[String]) -> Result<Vec<Source>, Refusal> {
    if arguments.is_empty() {
        return whole_library(registry);
    }
    let (mut sources, mut refusal) = (Vec::new(), None);
    for argument in arguments {
        match find(argument) {
            Ok(found) => sources.extend(found),
            Err(error) => refusal = both(refusal, error.into()),
        }
    }
    refusal.map_or(Ok(sources), Err)
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
pub(super) fn load_all(registry: &Registry, sources: &[Source], set: &[String]) -> Result<Loaded, Refusal> {
    let overrides = overrides(set)?;
    let mut loaded = Loaded { scenarios: Vec::new(), refusal: None };
    for source in sources {
        match load(registry, source, &overrides) {
            Ok(scenario) => loaded.scenarios.push(scenario),
            Err(mistakes) => loaded.refusal = both(loaded.refusal, Refusal::invalid(mistakes)),
        }
    }
    Ok(loaded)
}

/// Reads the sources, all of which must be without mistakes. Those in all of them are told at once.
pub(super) fn scenarios(registry: &Registry, sources: &[Source], set: &[String]) -> Result<Vec<Scenario>, Refusal> {
    let Loaded { scenarios, refusal } = load_all(registry, sources, set)?;
    refusal.map_or(Ok(scenarios), Err)
}

/// Reads the one scenario that the argument names.
pub(super) fn scenario(registry: &Registry, argument: &str, set: &[String]) -> Result<Scenario, Refusal> {
    let sources = sources(registry, &[argument.to_owned()])?;
    let [source] = &sources[..] else {
        return Err(Refusal::usage(format!("`{argument}` names {} scenarios: expected one", sources.len())));
    };
    let mut scenarios = scenarios(registry, std::slice::from_ref(source), set)?;
    Ok(scenarios.pop().expect("a source is one scenario"))
}

fn overrides(set: &[String]) -> Result<Vec<Override>, Refusal> {
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
    let Expectations { violates, goals, sabotage, progress_within, judged, progress_share, .. } =
        scenario.expect.clone();
    let (faults, progress, deviations) = (fault_names(&scenario), progress_within.is_some(), deviations(&scenario));
    Case {
        replay: replay_command(&scenario, set),
        own: scenario.seeds.end - scenario.seeds.start,
        seeds: scenario.seeds,
        name: scenario.name,
        prepared: scenario.prepared,
        demands: Demands { violates, goals, faults, progress, sabotage, judged, progress_share, deviations },
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
            let kind = FAULT_KINDS.iter().map(|(kind, _)| *kind).find(|kind| fault.get(kind).is_some());
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
    let start = vec![program(), "replay".to_owned(), scenario.name.clone()];
    ReplayCommand { start, options: set.iter().flat_map(|set| ["--set".to_owned(), set.clone()]).collect() }
}

/// The name under which this program was called.
fn program() -> String {
    let path = std::env::args_os().next().map(std::path::PathBuf::from);
    let name = path.as_deref().and_then(std::path::Path::file_stem).and_then(std::ffi::OsStr::to_str);
    name.unwrap_or("faultbed").to_owned()
}
