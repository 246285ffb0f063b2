//! Small changes of a plan: something weaker, something rounder.

use serde_json::{Value, json};
use sim_core::Duration;

use super::candidate::Candidate;

/// A change of a plan.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Edit {
    /// An object, by its pointer, without some keys.
    Without(String, Vec<String>),
    /// A key of an object, by the object's pointer, with another name.
    Renamed(String, &'static str, &'static str),
    /// Another value of what has this pointer.
    Set(String, Value),
    /// Times of an entry of the plan, as multiples of so many nanoseconds.
    Rounded(usize, u64),
    /// What the plan has at this time or later, so many nanoseconds sooner.
    Sooner(u64, u64),
}

/// The keys that say how a run heals.
pub(super) const HEAL: &[&str] = &["heal_at", "heal_core", "heal_kind", "delta_after_heal", "lossy_after_heal"];

/// What a scenario can do without, unless the failure needs it.
const SPARE: [(&str, &[&str]); 19] = [
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
    ("/expect", &["progress"]),
    ("", &["faults"]),
];

/// What makes a fault more than it need be. Without its rate it hits everything, which takes no answers.
const EXTRAS: [&[&str]; 18] = [
    &["rate"],
    &["mid_step"],
    &["wiped"],
    &["reordered"],
    &["repeat"],
    &["one_by_one"],
    &["probability"],
    &["replay", "replay_after"],
    &["duplicate"],
    &["loss"],
    &["delay"],
    &["hold"],
    &["corrupt", "checksum"],
    &["bandwidth"],
    &["writes"],
    &["severity"],
    &["toward"],
    &["rounds"],
];

/// Parts of its duration that a fault may do with, and of the time before it.
const PARTS: [u64; 3] = [16, 4, 2];

/// Less time without faults than this, in nanoseconds, is not worth shortening.
const SHORTEST_GAP: u64 = 50_000_000;

/// What times are rounded to, in nanoseconds.
const UNITS: [u64; 4] = [100_000_000, 10_000_000, 1_000_000, 100_000];

/// Changes that leave something out of a plan or make a fault weaker.
pub(super) fn weaker(candidate: &Candidate) -> Vec<Edit> {
    let plan = &candidate.plan;
    let spare = SPARE.iter().filter_map(|(at, keys)| without(plan, at, keys));
    let settings = plan["protocol"].as_object().into_iter().flat_map(|settings| settings.keys());
    let settings = settings.filter(|key| !["name", "flaws"].contains(&key.as_str()));
    let settings = settings.map(|key| Edit::Without("/protocol".to_owned(), vec![key.clone()]));
    let nodes = plan["nodes"].as_u64().filter(|nodes| *nodes > 1);
    let nodes = nodes.map(|nodes| Edit::Set("/nodes".to_owned(), json!(nodes - 1)));
    let run_for = plan.get("run_for").and_then(nanos);
    let shorter = |run_for: u64| PARTS.map(|part| Edit::Set("/run_for".to_owned(), written(run_for / part)));
    let shorter = run_for.into_iter().flat_map(shorter);
    let faults = (0..candidate.faults().len()).flat_map(|number| weaker_fault(plan, number));
    spare.chain(settings).chain(nodes).chain(shorter).chain(faults).chain(sooner(candidate)).collect()
}

/// Changes that shorten the time in which the plan has nothing.
fn sooner(candidate: &Candidate) -> Vec<Edit> {
    let mut times: Vec<u64> = candidate.faults().iter().filter_map(|entry| nanos(entry.get("at")?)).collect();
    times.sort_unstable();
    times.dedup();
    let before = [0].into_iter().chain(times.iter().copied());
    let gaps = before.zip(&times).map(|(before, at)| (*at, at - before)).filter(|(_, gap)| *gap >= SHORTEST_GAP);
    gaps.flat_map(|(at, gap)| PARTS.map(|part| Edit::Sooner(at, gap - gap / part))).collect()
}

fn weaker_fault(plan: &Value, number: usize) -> Vec<Edit> {
    let entry = format!("/faults/{number}");
    let steps = plan.pointer(&format!("{entry}/sequence")).and_then(Value::as_array).map(Vec::len);
    let steps: Vec<String> = match steps {
        Some(count) => (0..count).map(|step| format!("{entry}/sequence/{step}")).collect(),
        None => vec![entry],
    };
    let mut edits = Vec::new();
    for at in steps {
        edits.extend(EXTRAS.iter().filter_map(|keys| without(plan, &at, keys)));
        let is_power_loss = plan.pointer(&format!("{at}/power_loss")).is_some();
        edits.extend(is_power_loss.then(|| Edit::Renamed(at.clone(), "power_loss", "crash")));
        let lasts = plan.pointer(&format!("{at}/for")).and_then(nanos).filter(|lasts| *lasts >= 2_000_000);
        let shorter = |lasts: u64| PARTS.map(|part| Edit::Set(format!("{at}/for"), written(lasts / part)));
        edits.extend(lasts.into_iter().flat_map(shorter));
    }
    edits
}

fn without(plan: &Value, at: &str, keys: &[&str]) -> Option<Edit> {
    let object = plan.pointer(at)?.as_object()?;
    let is_there = keys.iter().any(|key| object.contains_key(*key));
    is_there.then(|| Edit::Without(at.to_owned(), keys.iter().map(|key| (*key).to_owned()).collect()))
}

/// Changes that make the times of a plan rounder.
pub(super) fn rounder(candidate: &Candidate) -> Vec<Edit> {
    let differs = |entry: &Value, unit: u64| {
        let mut rounded = entry.clone();
        each_time(&mut rounded, &mut |time| to_unit(time, unit));
        rounded != *entry
    };
    let edits = |(number, entry)| {
        let units = UNITS.into_iter().filter(move |unit| differs(entry, *unit));
        units.map(move |unit| Edit::Rounded(number, unit))
    };
    candidate.faults().iter().enumerate().flat_map(edits).collect()
}

/// Rounder answers than this one.
pub(super) fn rounder_answers(value: u64) -> impl Iterator<Item = u64> {
    UNITS.into_iter().map(move |unit| to_unit(value, unit)).filter(move |round| *round != value)
}

impl Edit {
    /// The plan with the change, if it is about something that is there.
    pub(super) fn apply(&self, plan: &Value) -> Option<Value> {
        let mut plan = plan.clone();
        match self {
            Self::Without(at, keys) => {
                let object = plan.pointer_mut(at)?.as_object_mut()?;
                keys.iter().for_each(|key| drop(object.shift_remove(key)));
            }
            Self::Renamed(at, from, to) => {
                let object = plan.pointer_mut(at)?.as_object_mut()?;
                let value = object.shift_remove(*from)?;
                object.insert((*to).to_owned(), value);
            }
            Self::Set(at, value) => *plan.pointer_mut(at)? = value.clone(),
            Self::Sooner(from, by) => {
                for at in plan.get_mut("faults")?.as_array_mut()?.iter_mut().filter_map(|entry| entry.get_mut("at")) {
                    if let Some(time) = nanos(at).filter(|time| time >= from) {
                        *at = written(time - by);
                    }
                }
            }
            Self::Rounded(number, unit) => {
                each_time(plan.pointer_mut(&format!("/faults/{number}"))?, &mut |time| to_unit(time, *unit));
            }
        }
        Some(plan)
    }
}

/// The next multiple of `unit` below, unless the time is hardly longer than that. No edit makes a time
/// longer: so they come to an end.
const fn to_unit(time: u64, unit: u64) -> u64 {
    if time < 2 * unit { time } else { time / unit * unit }
}

/// Changes each time in a part of a scenario.
pub(super) fn each_time(part: &mut Value, change: &mut dyn FnMut(u64) -> u64) {
    match part {
        Value::Array(parts) => parts.iter_mut().for_each(|part| each_time(part, change)),
        Value::Object(parts) => parts.values_mut().for_each(|part| each_time(part, change)),
        _ => {
            if let Some(time) = nanos(part) {
                *part = written(change(time));
            }
        }
    }
}

/// The nanoseconds of a time as files have it.
pub(super) fn nanos(time: &Value) -> Option<u64> {
    time.as_str()?.parse::<Duration>().ok().map(Duration::as_nanos)
}

/// A time as files have it.
pub(super) fn written(nanos: u64) -> Value {
    json!(Duration::from_nanos(nanos).to_string())
}
