//! A simulation as a file describes it: built from the file, run, and written down again.

use std::sync::Arc;

use erased_serde::Deserializer;
use serde_json::{Value, json};
use sim_core::{
    AnyConfig, AnyOperations, AnyRecording, AnySimulation, AnySystem, AnyWorkload, ConfigError, Coverage, Demands,
    Duration, Guarantee, Recipe, Sabotage, Sign, Summary, SystemInfo,
};

use crate::file::{DRAWN, DeviationEntry, Mistakes, Place, Seeds, Setup, family_key, steps_of, write_plan};
use crate::prepared::{Prepared, Recorded};
use crate::registry::Entry;
use crate::source::{Diagnostic, Document};
use crate::variants::Variants;

/// A simulation, and the scenario that it was made from.
#[derive(Debug)]
struct Simulated {
    simulation: Arc<dyn AnySimulation>,
    scenario: Value,
}

/// Reads what the protocol itself has to say of the file, and prepares it if there is no mistake in
/// either.
pub(crate) fn prepare(
    protocol: &Entry,
    document: &Document,
    setup: Setup,
    mistakes: &mut Mistakes,
) -> Option<Box<dyn Prepared>> {
    let protocol = protocol.clone();
    if !setup.draws_settings {
        return build(&protocol, document, setup, mistakes);
    }
    let switches = protocol.info.switches;
    let declared = build(&protocol, document, setup.clone(), mistakes)?;
    let prepare =
        Box::new(move |document: &Document| build(&protocol, document, setup.clone(), &mut Mistakes::default()));
    Some(Box::new(Variants::of(document, switches, declared, prepare)))
}

/// Builds the simulation.
fn build(
    protocol: &Entry,
    document: &Document,
    mut setup: Setup,
    mistakes: &mut Mistakes,
) -> Option<Box<dyn Prepared>> {
    let (name, system) = (protocol.info.name, protocol.system);
    let root = Place::root(document);
    let config = read_config(system, document, setup.env.nodes, mistakes);
    let configurations = match config {
        Some(_) => read_configurations(protocol, document, &setup, mistakes),
        None => Vec::new(),
    };
    let workload = read_workload(system, document, mistakes);
    let operations = read_operations(system, document, mistakes);
    check_guarantees(&protocol.info, &setup, &root, mistakes);
    check_sabotage(&setup, &root, mistakes);
    if let Some(config) = config.as_deref() {
        check_links(name, &setup, config, &root.key("protocol"), mistakes);
        leave_out_implied(&mut setup, config);
        check_nemesis(name, &setup, config, &root, mistakes);
    }
    check_patience(name, &setup, config.as_deref(), &root, mistakes);
    let (config, workload, operations) = (config?, workload?, operations?);
    if !mistakes.is_empty() {
        return None;
    }
    let simulation = system.simulation(Recipe {
        env: setup.env,
        config,
        configurations,
        clients: setup.clients.map(|profile| (profile, workload)),
        operations,
        guarantees: setup.guarantees,
        only_properties: setup.only_properties,
    });
    match simulation {
        Ok(simulation) => {
            Some(Box::new(Simulated { simulation: simulation.into(), scenario: document.to_json_value() }))
        }
        Err((fault, message)) => {
            mistakes.push(place_of(document, fault).key_mistake(message));
            None
        }
    }
}

/// Where a fault stands in the file, by its number in the plan; without one, the file as a whole.
fn place_of(document: &Document, fault: Option<usize>) -> Place<'_> {
    let file = document.to_json_value();
    let entries = file["faults"].as_array().into_iter().flatten().enumerate();
    let mut paths = entries.flat_map(|(number, entry)| {
        steps_of(entry).into_iter().map(move |(step, ..)| format!("faults.{number}{step}"))
    });
    let root = Place::root(document);
    fault.and_then(|fault| paths.nth(fault)).map_or(root.clone(), |path| root.path(&path))
}

fn read_config(
    system: &dyn AnySystem,
    document: &Document,
    nodes: u32,
    mistakes: &mut Mistakes,
) -> Option<Box<dyn AnyConfig>> {
    let config = mistakes.take(document.read_at(&["protocol"], &["name"], |it| system.read_config(it)))?;
    let root = Place::root(document);
    mistakes.take(config.validate(nodes).map_err(|error| match error.key {
        NODES => root.key(NODES).mistake(&error.message),
        _ => config_mistake(&root.key("protocol"), &error),
    }))?;
    Some(config)
}

/// The configurations that nodes can be upgraded to. What is wrong with `protocol` itself is wrong
/// with all of them, and told but once.
fn read_configurations(
    protocol: &Entry,
    document: &Document,
    setup: &Setup,
    mistakes: &mut Mistakes,
) -> Vec<(String, Box<dyn AnyConfig>)> {
    let read = |name: &String| {
        let changes = ["configurations", name.as_str()];
        let read = |it: &mut dyn Deserializer<'_>| protocol.system.read_config(it);
        let config = mistakes.take(document.read_changed(&["protocol"], &["name"], &changes, read))?;
        let place = Place::root(document).key(changes[0]).key(changes[1]);
        mistakes.take(config.validate(setup.env.nodes).map_err(|error| config_mistake(&place, &error)))?;
        check_links(protocol.info.name, setup, &*config, &place, mistakes);
        Some((name.clone(), config))
    };
    setup.configurations.iter().filter_map(read).collect()
}

fn read_workload(system: &dyn AnySystem, document: &Document, mistakes: &mut Mistakes) -> Option<Box<dyn AnyWorkload>> {
    let place = Place::root(document).path("clients.workload");
    if !place.exists() {
        return Some(system.default_workload());
    }
    let workload = mistakes.take(document.read_at(&["clients", "workload"], &[], |it| system.read_workload(it)))?;
    mistakes.take(workload.validate().map_err(|error| config_mistake(&place, &error)))?;
    Some(workload)
}

/// Whether the protocol tells what it takes to judge what is expected.
fn check_guarantees(protocol: &SystemInfo, setup: &Setup, root: &Place<'_>, mistakes: &mut Mistakes) {
    if setup.guarantees.contains(&Guarantee::Eventual) && !setup.env.heal.core.is_empty() {
        let mistake = root.path("expect.consistency").mistake("replicas that the heal does not repair never converge");
        mistakes.push(mistake.with_help("leave `heal_core` out, or `eventual`"));
    }
    let is_unsupported = |guarantee: &&Guarantee| !protocol.guarantees.contains(guarantee);
    for guarantee in setup.guarantees.iter().filter(is_unsupported) {
        let message = format!("runs of `{}` cannot be checked for `{guarantee}`", protocol.name);
        mistakes.push(root.path("expect.consistency").mistake(message));
    }
}

/// Whether progress is expected no sooner than the protocol's own time-outs allow.
fn check_patience(
    name: &str,
    setup: &Setup,
    config: Option<&dyn AnyConfig>,
    root: &Place<'_>,
    mistakes: &mut Mistakes,
) {
    let (Some(within), Some(config)) = (setup.env.progress_within, config) else { return };
    let needed = config.settles_within();
    let place = root.path("expect.progress_within");
    if within < needed {
        let message = format!("too soon: the time-outs of {} may take {needed} to settle after a heal", name);
        return mistakes.push(place.mistake(message));
    }
    // A client may have to ask one node after the other until it finds one that can serve it.
    let asking = setup.clients.map_or(Duration::ZERO, |clients| clients.timeout * u64::from(setup.env.nodes));
    if setup.env.heal.at.is_some() && within < needed + asking && setup.env.signs.iter().any(Sign::is_of_operations) {
        let message = format!("too soon: a client may wait {asking} until it has asked every node");
        mistakes.push(place.mistake(message).with_help("shorten `clients.timeout`, or give it more time"));
    }
    check_clients(setup, config, root, mistakes);
}

/// Whether clients that are owed progress wait long enough to see it.
fn check_clients(setup: &Setup, config: &dyn AnyConfig, root: &Place<'_>, mistakes: &mut Mistakes) {
    let Some(clients) = setup.clients.filter(|_| setup.env.signs.iter().any(Sign::is_of_operations)) else { return };
    let delta = setup.env.delta();
    let (patience, needed) = (clients.timeout * u64::from(clients.attempts), delta * CROSSINGS);
    let place = root.key("clients");
    if setup.env.heal.at.is_some() && patience < needed {
        let message = format!("they give up after {patience}, before an answer can come: messages may take {delta}");
        mistakes.push(place.key_mistake(message).with_help(format!("let `timeout` and `attempts` make up {needed}")));
    }
    // One that asks the same few nodes again and again may never ask one that is repaired. Where some are
    // Byzantine, clients ask all at once.
    let asks_in_turn = config.model().most_byzantine() == 0;
    if !setup.env.heal.core.is_empty() && asks_in_turn && clients.attempts < setup.env.nodes {
        let message =
            format!("they give up after {} attempts, and may never ask a node that is repaired", clients.attempts);
        mistakes.push(place.key_mistake(message).with_help(format!("let them try {} times", setup.env.nodes)));
    }
}

/// How many times a message crosses the network for an answer, in the slowest of protocols.
const CROSSINGS: u64 = 10;

/// Whether the links are what the protocol takes for granted with the configuration at `place`.
fn check_links(name: &str, setup: &Setup, config: &dyn AnyConfig, place: &Place<'_>, mistakes: &mut Mistakes) {
    if let Some(assumption) = config.model().ruled_out_by(&setup.env.network) {
        let message = format!("so configured, {name} takes for granted that {assumption}");
        let help = "set `\"fifo\": true` and `\"connections\": true` in `network`";
        mistakes.push(place.key_mistake(message).with_help(help));
    }
}

/// Whether there is something for the engine's lie to be about.
fn check_sabotage(setup: &Setup, root: &Place<'_>, mistakes: &mut Mistakes) {
    if setup.env.sabotage == Some(Sabotage::ReorderFifo) && !setup.env.network.fifo {
        let mistake = root.key("sabotage").mistake("these links keep no order that could be broken");
        mistakes.push(mistake.with_help("set `\"fifo\": true` in `network`"));
    }
}

/// Leaves out what `all` stands for and the protocol does not claim to survive.
fn leave_out_implied(setup: &mut Setup, config: &dyn AnyConfig) {
    let Some(nemesis) = &mut setup.env.nemesis else { return };
    let beyond: Vec<_> = nemesis.beyond(&config.model()).into_iter().map(|(family, _)| family).collect();
    for family in beyond.iter().filter(|family| setup.implied_families.contains(family)) {
        nemesis.families.remove(family);
    }
}

/// Whether the nemesis keeps to what the protocol claims to survive.
fn check_nemesis(name: &str, setup: &Setup, config: &dyn AnyConfig, root: &Place<'_>, mistakes: &mut Mistakes) {
    let Some(nemesis) = &setup.env.nemesis else { return };
    if let Some(most) = nemesis.too_byzantine(&config.model()) {
        let message = format!("more than {name} claims to survive: at most {most} nodes are Byzantine");
        let help = "set `\"unrestricted\": true` in the nemesis, and how many `nodes`, to see what becomes of it";
        let (place, nodes) = (root.path("nemesis.byzantine"), root.path("nemesis.byzantine.nodes"));
        let mistake = if nodes.exists() { nodes.mistake(message) } else { place.key_mistake(message) };
        mistakes.push(mistake.with_help(help));
    }
    for (family, assumption) in nemesis.beyond(&config.model()) {
        let key = family_key(family);
        let message = format!("`{key}` faults are more than {name} claims to survive: {assumption}");
        let help = "set `\"unrestricted\": true` in the nemesis to see what becomes of it";
        mistakes.push(root.key("nemesis").key(key).key_mistake(message).with_help(help));
    }
}

/// A mistake at the key that the protocol names; where that has its default, at the whole.
fn config_mistake(place: &Place<'_>, error: &ConfigError) -> Diagnostic {
    let at = place.path(error.key);
    if at.exists() { at.mistake(&error.message) } else { place.key_mistake(format!("`{}`: {error}", error.key)) }
}

/// The key by which a protocol says that it is the number of nodes that it cannot do with.
const NODES: &str = "nodes";

fn read_operations(
    system: &dyn AnySystem,
    document: &Document,
    mistakes: &mut Mistakes,
) -> Option<Option<AnyOperations>> {
    if !Place::root(document).key("operations").exists() {
        return Some(None);
    }
    mistakes.take(document.read_at(&["operations"], &[], |it| system.read_operations(it))).map(Some)
}

impl Prepared for Simulated {
    fn simulation(&self, _: u64) -> Arc<dyn AnySimulation> {
        Arc::clone(&self.simulation)
    }

    fn plan(&self, seed: u64) -> Value {
        let mut scenario = self.scenario.clone();
        let top = scenario.as_object_mut().expect("a scenario that could be read is an object");
        top.shift_remove("nemesis");
        if !top.contains_key("deviations") {
            top.insert("seeds".to_owned(), to_json(&Seeds(seed..seed + 1)));
        }
        top.insert("faults".to_owned(), to_json(&write_plan(&self.simulation.faults_of(seed))));
        scenario
    }

    fn record(&self, seed: u64) -> Recorded {
        let (summary, recording) = self.simulation.record(seed);
        let scenario = written_down(self.scenario.clone(), &summary, &recording);
        Recorded { summary, scenario, deviations: recording.deviations }
    }
}

/// The scenario with everything that was drawn in it replaced by what came out.
fn written_down(mut scenario: Value, summary: &Summary, recording: &AnyRecording) -> Value {
    let top = scenario.as_object_mut().expect("a scenario that could be read is an object");
    top.shift_remove("seeds");
    top.shift_remove("nemesis");
    if let Some(Value::Object(clients)) = top.get_mut("clients") {
        clients.retain(|key, _| !DRAWN.contains(&key.as_str()));
        let operations: Vec<_> = recording.operations.iter().map(to_json).collect();
        top.insert("operations".to_owned(), json!(operations));
    }
    top.insert("faults".to_owned(), to_json(&write_plan(&recording.faults)));
    let deviations: Vec<DeviationEntry> = recording.deviations.iter().map(DeviationEntry::from).collect();
    top.insert("deviations".to_owned(), to_json(&deviations));
    let expect = top.entry("expect").or_insert_with(|| json!({}));
    if let Value::Object(expect) = expect {
        keep_what_came_true(expect, summary);
    }
    if top["expect"] == json!({}) {
        top.shift_remove("expect");
    }
    scenario
}

/// Of what at least one of many runs was to show, only what this one has shown.
fn keep_what_came_true(expect: &mut serde_json::Map<String, Value>, summary: &Summary) {
    let violated = summary.verdict.violation().map(|violation| violation.property.as_str());
    if expect.get("violates").is_some_and(|property| property.as_str() != violated) {
        expect.shift_remove("violates");
    }
    // That is about all runs together.
    expect.shift_remove("figures");
    if let Some(Value::Array(goals)) = expect.get_mut("sometimes") {
        let mut reached = summary.goals.iter();
        goals.retain(|_| reached.next().copied().unwrap_or(false));
    }
    let demands = Demands { progress: expect.contains_key("progress_within"), ..Demands::default() };
    let mut coverage = Coverage::new(&demands);
    coverage.add(summary);
    if !coverage.untested().is_empty() {
        expect.insert("judged".to_owned(), json!(0));
    }
}

/// # Panics
/// If the protocol's operations cannot be written as JSON.
fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> Value {
    serde_json::to_value(value).expect("operations can be written as JSON")
}
