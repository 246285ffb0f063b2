//! A scenario file as what surrounds the parts of a run, and what it can do without.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};
use sim_core::shrink::{Frame, Parts};
use sim_core::{AnySimulation, Deviation, Duration, Summary, Time};

use crate::file::{DeviationEntry, write_plan};
use crate::load::{Scenario, load};
use crate::registry::Registry;
use crate::source::{Diagnostic, Source};

/// What a scenario file says besides the parts of the run.
#[derive(Clone)]
pub(crate) struct FileFrame {
    registry: Arc<Registry>,
    /// The file with an empty plan.
    file: Value,
    /// What the plan, the operations and the answers of the file that it was made from are.
    own: Parts,
    simulation: Arc<dyn AnySimulation>,
}

/// The keys that say how a run heals.
const HEAL: &[&str] = &["heal_at", "heal_core", "heal_kind", "delta_after_heal", "lossy_after_heal"];

/// What a scenario can do without, unless the failure needs it: keys of the object at a pointer.
const SPARE: [(&str, &[&str]); 20] = [
    ("/expect", &["consistency"]),
    ("", &["clients", "operations"]),
    ("", HEAL),
    ("", &["heal_core"]),
    ("", &["heal_kind"]),
    ("", &["delta_after_heal"]),
    ("", &["clocks"]),
    ("", &["disk"]),
    ("", &["zones"]),
    ("", &["limits"]),
    ("", &["step_limit"]),
    ("", &["configurations"]),
    ("", &["clients"]),
    ("/network", &["duplicate"]),
    ("/network", &["loss"]),
    ("/network", &["bandwidth"]),
    ("/network", &["latency"]),
    ("/expect", &["sometimes"]),
    ("/expect", &["judged"]),
    ("/expect", &["progress_within", "progress_share", "progress"]),
];

/// The lists that a scenario can do with a part of.
const FLAWS: &str = "/protocol/flaws";
const CONSISTENCY: &str = "/expect/consistency";

impl FileFrame {
    /// The frame of the run that a file describes.
    ///
    /// # Errors
    /// Why it describes none.
    pub(crate) fn of(registry: &Arc<Registry>, file: &Value) -> Result<Self, Vec<Diagnostic>> {
        let own = read(registry, "the run, written down", file)?.prepared.simulation(0).own_parts();
        Self::around(registry, &own, file.clone())
    }

    /// That of a file, whatever its plan and its answers are.
    fn around(registry: &Arc<Registry>, own: &Parts, mut file: Value) -> Result<Self, Vec<Diagnostic>> {
        file["faults"] = json!([]);
        file["deviations"] = json!([]);
        let simulation = read(registry, "a proposal", &file)?.prepared.simulation(0);
        Ok(Self { registry: Arc::clone(registry), file, own: own.clone(), simulation })
    }

    /// The scenario file that describes the run of these parts.
    pub(crate) fn written(&self, parts: &Parts) -> Value {
        let mut file = self.file.clone();
        let Value::Object(top) = &mut file else { return file };
        set(top, "faults", json!(write_plan(&parts.faults)));
        if let Some(Value::Array(clients)) = top.get_mut("operations") {
            let operation = |(client, place): &(usize, usize)| clients[*client][*place].clone();
            let of_client = |asked: &Vec<_>| asked.iter().map(operation).collect::<Value>();
            let asked: Vec<Value> = parts.operations.iter().map(of_client).collect();
            *clients = if asked.is_empty() { vec![json!([])] } else { asked };
        }
        if parts.run_for != self.own.run_for {
            let run_for = parts.run_for.since(Time::ZERO);
            top.insert("run_for".to_owned(), json!(run_for.to_string()));
            // A heal that the run does not live to see.
            if top.get("heal_at").and_then(duration).is_some_and(|heal| heal >= run_for) {
                HEAL.iter().for_each(|key| drop(top.shift_remove(*key)));
            }
        }
        let deviations: Vec<DeviationEntry> = parts.deviations.iter().map(DeviationEntry::from).collect();
        set(top, "deviations", json!(deviations));
        file
    }

    /// What can be left out of the file or be less: what the pointer points to without some keys, or another
    /// value.
    fn edits(&self) -> Vec<Edit> {
        let spare = SPARE.iter().map(|(at, keys)| (*at, keys.iter().map(|key| (*key).to_owned()).collect()));
        let settings = self.file["protocol"].as_object().into_iter().flat_map(|settings| settings.keys());
        let settings = settings.filter(|key| !["name", "flaws"].contains(&key.as_str()));
        let settings = settings.map(|key| ("/protocol", vec![key.clone()]));
        let is_there = |at: &str, key: &String| self.file.pointer(at).is_some_and(|object| object.get(key).is_some());
        let less = spare.chain(settings).filter(|(at, keys)| keys.iter().any(|key| is_there(at, key)));
        let less = less.map(|(at, keys)| Edit::Without(at, keys));
        let flaws = self.file.pointer(FLAWS).and_then(Value::as_array).map_or(0, Vec::len);
        let flaws = (0..flaws).map(|place| Edit::WithoutItem(FLAWS, place)).filter(|_| flaws > 1);
        let levels = self.file.pointer(CONSISTENCY).and_then(Value::as_array).map_or(0, Vec::len);
        let levels = (0..levels).map(|place| Edit::WithoutItem(CONSISTENCY, place)).filter(|_| levels > 1);
        let numbers = self.file["protocol"].as_object().into_iter().flatten();
        let numbers = numbers.filter_map(|(key, value)| Some((key, value.as_u64().filter(|value| *value > 1)?)));
        let lower = numbers.flat_map(|(key, value)| [1, value / 2].map(|lower| Edit::Setting(key.clone(), lower)));
        less.chain(flaws).chain(levels).chain(lower).collect()
    }

    fn edited(&self, edit: Edit) -> Option<Self> {
        let mut file = self.file.clone();
        match edit {
            Edit::Without(at, keys) => {
                let object = file.pointer_mut(at)?.as_object_mut()?;
                keys.iter().for_each(|key| drop(object.shift_remove(key)));
                let (parent, key) = at.rsplit_once('/').unwrap_or_default();
                if object.is_empty()
                    && let Some(Value::Object(parent)) = file.pointer_mut(parent)
                {
                    parent.shift_remove(key);
                }
            }
            Edit::Setting(key, lower) => file["protocol"][key] = json!(lower),
            Edit::WithoutItem(at, place) => drop(file.pointer_mut(at)?.as_array_mut()?.remove(place)),
        }
        Self::around(&self.registry, &self.own, file).ok()
    }
}

/// A change of a file.
enum Edit {
    /// The object at this pointer without some keys.
    Without(&'static str, Vec<String>),
    /// A setting of the protocol with a lower number.
    Setting(String, u64),
    /// The list at this pointer without one of its items.
    WithoutItem(&'static str, usize),
}

/// Sets a key; what is empty is left out.
fn set(top: &mut serde_json::Map<String, Value>, key: &str, value: Value) {
    if value == json!([]) && key == "faults" {
        top.shift_remove(key);
    } else {
        top.insert(key.to_owned(), value);
    }
}

pub(super) fn read(registry: &Registry, name: &str, file: &Value) -> Result<Scenario, Vec<Diagnostic>> {
    load(registry, &Source::new(name, file.to_string()), &[])
}

/// A time as files have it.
pub(super) fn duration(time: &Value) -> Option<Duration> {
    time.as_str()?.parse().ok()
}

impl Frame for FileFrame {
    fn run_parts(&self, parts: &Parts, steps: u64, stop: &AtomicBool) -> Option<Summary> {
        self.simulation.run_parts(parts, steps, stop)
    }

    fn deviations_of_parts(&self, parts: &Parts) -> Vec<Deviation> {
        self.simulation.deviations_of_parts(parts)
    }

    fn own_parts(&self) -> Parts {
        self.own.clone()
    }

    fn nodes(&self) -> u32 {
        self.simulation.nodes()
    }

    /// A file may say less than a simulation can do.
    fn can_keep(&self, parts: &Parts) -> bool {
        read(&self.registry, "a proposal", &self.written(parts)).is_ok()
    }

    fn with_a_node_less(&self) -> Option<Arc<dyn Frame>> {
        let mut file = self.file.clone();
        file["nodes"] = json!(self.simulation.nodes().checked_sub(1)?);
        Some(Arc::new(Self::around(&self.registry, &self.own, file).ok()?))
    }

    fn simpler_count(&self) -> usize {
        self.edits().len()
    }

    fn simpler(&self, index: usize) -> Option<Arc<dyn Frame>> {
        let edit = self.edits().into_iter().nth(index)?;
        Some(Arc::new(self.edited(edit)?))
    }
}
