//! From a scenario file to a scenario that is ready to run.

use std::fmt;
use std::ops::Range;

use sim_core::{Bounds, Duration, Guarantee, Sabotage, SystemInfo};

use crate::file::{Mistakes, Place, ScenarioFile};
use crate::prepared::Prepared;
use crate::registry::{Entry, Registry};
use crate::simulated;
use crate::source::{Diagnostic, Document, Override, Source, help_with_name, quoted};

/// A scenario that is ready to run.
pub struct Scenario {
    /// The name under which the user knows it: a name of the library, or a path.
    pub name: String,
    /// What it shows.
    pub description: String,
    /// The name of its protocol.
    pub protocol: &'static str,
    /// How many nodes there are.
    pub nodes: u32,
    /// The seeds that a plain run covers.
    pub seeds: Range<u64>,
    /// Whether it is a run that has been written down, which is the same for every seed.
    pub is_recorded: bool,
    /// What is expected of the runs.
    pub expect: Expectations,
    /// What runs it.
    pub prepared: Box<dyn Prepared>,
    /// What it says, overrides included.
    pub document: Document,
    /// What works and is probably not what was meant.
    pub warnings: Vec<Diagnostic>,
}

/// What is expected of the runs of a scenario, beyond that the protocol's properties hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectations {
    /// A property that at least one run violates, while none violates any other.
    pub violates: Option<String>,
    /// Events that at least one run announces, in the order of [`Summary::goals`](sim_core::Summary::goals).
    pub goals: Vec<String>,
    /// Figures of all runs together, each with its bounds, in the order of
    /// [`Summary::figures`](sim_core::Summary::figures).
    pub figures: Vec<(String, Bounds)>,
    /// What runs are checked to keep.
    pub consistency: Vec<Guarantee>,
    /// The promise that the engine breaks.
    pub sabotage: Option<Sabotage>,
    /// How long after the heal an operation completes at the latest.
    pub progress_within: Option<Duration>,
    /// The share of the runs that must keep to the protocol's models and be judged, from 0 to 1;
    /// without, at least one run.
    pub judged: Option<f64>,
    /// The share of the judged runs that must make progress, if links lose messages after the heal.
    pub progress_share: Option<f64>,
}

/// Reads a scenario, with these overrides.
///
/// # Errors
/// All mistakes that can be told apart, in the order of the text. Text that is not JSON, or a value
/// of the wrong form, hides the mistakes after it.
pub fn load(registry: &Registry, source: &Source, overrides: &[Override]) -> Result<Scenario, Vec<Diagnostic>> {
    let (document, file) = parse(source, overrides)?;
    let root = Place::root(&document);
    let protocol = find_protocol(registry, &file, &root).map_err(|mistake| vec![mistake])?;
    let mut mistakes = Mistakes::default();
    let setup = file.read(&protocol.info, &root, &mut mistakes);
    let nodes = setup.env.nodes;
    let prepared = simulated::prepare(protocol, &document, setup, &mut mistakes);
    let Some(prepared) = prepared.filter(|_| mistakes.is_empty()) else {
        return Err(mistakes.into_sorted());
    };
    let warnings = warnings(&file, nodes, &protocol.info, &root);
    Ok(Scenario {
        name: source.name().to_owned(),
        protocol: protocol.info.name,
        nodes,
        seeds: seeds(&file),
        is_recorded: file.deviations.is_some(),
        expect: expectations(&file),
        description: file.description,
        prepared,
        warnings,
        document,
    })
}

fn parse(source: &Source, overrides: &[Override]) -> Result<(Document, ScenarioFile), Vec<Diagnostic>> {
    let read = || -> Result<_, Diagnostic> {
        let document = source.parse()?.with_overrides(overrides)?;
        let file = document.deserialize()?;
        Ok((document, file))
    };
    let (document, file) = read().map_err(|mistake| vec![mistake])?;
    let nulls: Vec<Diagnostic> = nulls(&document);
    if nulls.is_empty() { Ok((document, file)) } else { Err(nulls) }
}

/// A null stands for nothing in a scenario, but may mean something to a protocol.
fn nulls(document: &Document) -> Vec<Diagnostic> {
    let of_the_protocol: [&[&str]; 4] = [&["protocol"], &["clients", "workload"], &["operations"], &["configurations"]];
    let place = |path: Vec<String>| path.iter().fold(Place::root(document), |place, step| place.key(step));
    let nulls = document.nulls(&of_the_protocol).into_iter();
    nulls.map(|path| place(path).mistake("null has no effect").with_help("leave the key out")).collect()
}

fn find_protocol<'r>(registry: &'r Registry, file: &ScenarioFile, root: &Place<'_>) -> Result<&'r Entry, Diagnostic> {
    let name = &file.protocol.name;
    registry.entry(name).ok_or_else(|| {
        let known: Vec<&str> = registry.protocols().map(|protocol| protocol.name).collect();
        let mut mistake = root.path("protocol.name").mistake(format!("unknown protocol {}", quoted(name)));
        mistake.help = help_with_name("protocol", name, &known);
        mistake
    })
}

fn seeds(file: &ScenarioFile) -> Range<u64> {
    match (&file.seeds, &file.deviations) {
        (_, Some(_)) => 0..1,
        (seeds, None) => seeds.clone().unwrap_or_default().0,
    }
}

fn expectations(file: &ScenarioFile) -> Expectations {
    let expect = file.expect.clone().unwrap_or_default();
    Expectations {
        consistency: expect.guarantees().to_vec(),
        violates: expect.violates,
        goals: expect.sometimes,
        figures: expect.figures.into_iter().collect(),
        progress_within: expect.progress_within,
        judged: expect.judged,
        progress_share: expect.progress_share,
        sabotage: file.sabotage,
    }
}

fn warnings(file: &ScenarioFile, nodes: u32, protocol: &SystemInfo, root: &Place<'_>) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    let mut warn = |mistake: Diagnostic, help: &str| warnings.push(mistake.as_warning().with_help(help));
    if file.deviations.is_some() {
        // What a run that was written down does not look at, nobody has left out by mistake.
        return warnings;
    }
    let strongest = protocol.guarantees.first().copied();
    if let Some(strongest) = strongest.filter(|_| file.clients.is_some() && expectations(file).consistency.is_empty()) {
        let mistake = root.key("clients").key_mistake("nobody looks at what these clients are told");
        warn(mistake, &format!("add `\"expect\": {{ \"consistency\": \"{strongest}\" }}`"));
    }
    if strongest.is_some() && file.clients.is_none() && file.operations.is_none() {
        let mistake = root.path("protocol.name").mistake(format!("nobody asks anything of `{}`", protocol.name));
        warn(mistake, "add `\"clients\": {}`");
    }
    for (number, _) in file.faults.iter().enumerate().filter(|(_, fault)| fault.cuts_nothing(nodes)) {
        let message = format!("in a ring of {nodes} nodes each reaches all others: this cuts nothing");
        warn(root.key("faults").index(number).mistake(message), "a majority ring takes at least 4 nodes");
    }
    // Whoever expects progress needs a heal to count from, even if nothing fails.
    let is_counted_from = expectations(file).progress_within.is_some();
    if file.heal_at.is_some() && file.faults.is_empty() && file.nemesis.is_none() && !is_counted_from {
        warn(root.key("heal_at").key_mistake("there is nothing to heal"), "add `faults` or a `nemesis`");
    }
    warnings
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario").field("name", &self.name).field("seeds", &self.seeds).finish_non_exhaustive()
    }
}
