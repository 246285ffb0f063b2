//! What is tried, in which order.

use serde_json::{Value, json};
use sim_core::{Duration, PropertyClass};

use super::candidate::{Candidate, Schedule};
use super::judge::{Accepted, Judge};

/// Fresh schedules that are tried where nothing else makes a removal work.
const FRESH: u64 = 20;

/// Rounds of all passes at most: each but the last has made the run smaller.
const MOST_ROUNDS: usize = 20;

/// Makes a run as small as it gets. Says whether nothing more can be removed.
pub(super) fn all(judge: &mut Judge<'_>, run: &mut Accepted, mut told: impl FnMut(&Accepted, u64)) -> bool {
    end_with_the_violation(judge, run);
    told(run, judge.runs());
    for round in 0..MOST_ROUNDS {
        let before = run.candidate.clone().into_file();
        let fresh = if round == 0 { 0 } else { FRESH };
        remove(judge, run, Part::Faults, fresh);
        told(run, judge.runs());
        remove(judge, run, Part::Operations, fresh);
        edit(judge, run, weaker);
        told(run, judge.runs());
        be_calm(judge, run);
        told(run, judge.runs());
        edit(judge, run, rounder);
        if judge.is_over() {
            return false;
        }
        if round > 0 && run.candidate.clone().into_file() == before {
            return true;
        }
    }
    false
}

/// What a run is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Faults,
    Operations,
    Deviations,
}

impl Part {
    fn count(self, candidate: &Candidate) -> usize {
        match self {
            Self::Faults => candidate.faults().len(),
            Self::Operations => candidate.operations().len(),
            Self::Deviations => candidate.deviations.len(),
        }
    }

    fn without(self, candidate: &Candidate, places: std::ops::Range<usize>) -> Candidate {
        match self {
            Self::Faults => candidate.without_faults(places),
            Self::Operations => candidate.without_operations(places),
            Self::Deviations => candidate.without_deviations(places),
        }
    }
}

/// Removes what the failure does without: chunks first, then one by one (Zeller, Hildebrandt 2002).
fn remove(judge: &mut Judge<'_>, run: &mut Accepted, part: Part, fresh: u64) {
    let mut size = part.count(&run.candidate);
    while size > 0 && !judge.is_over() {
        let mut start = 0;
        while start < part.count(&run.candidate) {
            let count = part.count(&run.candidate);
            let starts: Vec<usize> = (start..count).step_by(size).collect();
            let schedules = schedules(&run.candidate, if size == 1 { fresh } else { 0 });
            let candidate = &run.candidate;
            let propose = |index: usize| {
                let (start, schedule) = (starts[index / schedules.len()], schedules[index % schedules.len()]);
                let shorter = part.without(candidate, start..count.min(start + size));
                Some(Candidate { schedule, ..shorter })
            };
            let Some((index, accepted)) = judge.first_of(starts.len() * schedules.len(), propose) else { break };
            start = starts[index / schedules.len()];
            *run = accepted;
        }
        size /= 2;
    }
}

/// What choices may be answered where no answer fits: as before, calmly, or as fresh seeds draw it.
fn schedules(candidate: &Candidate, fresh: u64) -> Vec<Schedule> {
    let own = [candidate.schedule].into_iter().chain((candidate.schedule != Schedule::Calm).then_some(Schedule::Calm));
    own.chain((0..fresh).map(Schedule::Drawn)).collect()
}

/// Lets the run end with its violation, and drops what comes after it. What never happens is a violation
/// at the end: its run keeps its length.
fn end_with_the_violation(judge: &mut Judge<'_>, run: &mut Accepted) {
    let Some(violation) = run.summary.verdict.violation() else { return };
    let mut shorter = run.candidate.clone();
    let property = json!({ "violates": violation.property });
    let consistency = shorter.plan.pointer("/expect/consistency").cloned();
    let top = shorter.top();
    if violation.class != PropertyClass::Liveness {
        let end = rounded_up(violation.time.as_nanos());
        let is_before = |entry: &Value| time_at(entry, "at").is_none_or(|at| at <= end);
        if let Some(Value::Array(faults)) = top.get_mut("faults") {
            faults.retain(is_before);
        }
        top.insert("run_for".to_owned(), json!(Duration::from_nanos(end).to_string()));
        if top.get("heal_at").and_then(nanos).is_some_and(|heal| heal >= end) {
            HEAL.iter().for_each(|key| drop(top.shift_remove(*key)));
        }
        top.insert("expect".to_owned(), property.clone());
        if let (Some(consistency), Some(Value::Object(expect))) = (consistency, top.get_mut("expect")) {
            expect.insert("consistency".to_owned(), consistency);
        }
    } else if let Some(Value::Object(expect)) = top.get_mut("expect") {
        expect.shift_remove("sometimes");
    }
    let schedules = schedules(&run.candidate, 0);
    let proposals = schedules.into_iter().map(|schedule| Candidate { schedule, ..shorter.clone() }).collect();
    if let Some(accepted) = judge.first(proposals) {
        *run = accepted;
    }
}

/// The keys that say how a run heals.
const HEAL: [&str; 5] = ["heal_at", "heal_core", "heal_kind", "delta_after_heal", "lossy_after_heal"];

/// Answers calmly what can be answered so.
fn be_calm(judge: &mut Judge<'_>, run: &mut Accepted) {
    // With all its answers given it is the same run.
    let calm = Candidate { schedule: Schedule::Calm, ..run.candidate.clone() };
    if let Some(accepted) = judge.first(vec![calm]) {
        *run = accepted;
        remove(judge, run, Part::Deviations, 0);
    }
}

/// Tries each of the changes that `proposals` has for the run, until none of them works.
fn edit(judge: &mut Judge<'_>, run: &mut Accepted, proposals: impl Fn(&Candidate) -> Vec<Candidate>) {
    let mut first = 0;
    loop {
        let edits = proposals(&run.candidate);
        let Some(rest) = edits.get(first..).filter(|rest| !rest.is_empty()) else { return };
        let schedules = schedules(&run.candidate, 0);
        let propose = |index: usize| {
            let schedule = schedules[index % schedules.len()];
            Some(Candidate { schedule, ..rest[index / schedules.len()].clone() })
        };
        match judge.first_of(rest.len() * schedules.len(), propose) {
            Some((index, accepted)) => {
                *run = accepted;
                first += index / schedules.len();
            }
            None => return,
        }
    }
}

/// What makes a fault more than it need be.
const EXTRAS: [&[&str]; 15] = [
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
];

/// What a scenario can do without, unless the failure needs it.
const SPARE: [&[&str]; 11] = [
    &["clocks"],
    &["disk"],
    &["zones"],
    &["limits"],
    &["step_limit"],
    &["configurations"],
    &["heal_core"],
    &["heal_kind"],
    &["delta_after_heal"],
    &["heal_at", "heal_core", "heal_kind", "delta_after_heal", "lossy_after_heal"],
    &["clients"],
];

/// The run with something less in it.
fn weaker(candidate: &Candidate) -> Vec<Candidate> {
    let mut weaker = Vec::new();
    let mut propose = |change: &dyn Fn(&mut Value) -> bool| {
        let mut changed = candidate.clone();
        if change(&mut changed.plan) {
            weaker.push(changed);
        }
    };
    for keys in SPARE {
        propose(&|plan| remove_keys(plan, keys));
    }
    for key in ["duplicate", "loss", "bandwidth"] {
        propose(&|plan| plan.get_mut("network").is_some_and(|network| remove_keys(network, &[key])));
    }
    let settings = candidate.plan["protocol"].as_object();
    for key in settings
        .into_iter()
        .flat_map(|settings| settings.keys())
        .filter(|key| !["name", "flaws"].contains(&key.as_str()))
    {
        propose(&|plan| remove_keys(&mut plan["protocol"], &[key]));
    }
    propose(&|plan| {
        let fewer = plan["nodes"].as_u64().filter(|nodes| *nodes > 1).map(|nodes| nodes - 1);
        fewer.inspect(|nodes| plan["nodes"] = json!(nodes)).is_some()
    });
    for number in 0..candidate.faults().len() {
        for keys in EXTRAS {
            propose(&|plan| steps(&mut plan["faults"][number]).into_iter().any(|fault| remove_keys(fault, keys)));
        }
        propose(&|plan| {
            let mut replaced = false;
            for fault in steps(&mut plan["faults"][number]) {
                replaced |= rename(fault, "power_loss", "crash");
            }
            replaced
        });
        for part in [16, 4, 2] {
            propose(&|plan| {
                let Some(fault) = plan.pointer_mut(&format!("/faults/{number}")) else { return false };
                let Some(lasts) = time_at(fault, "for").filter(|lasts| *lasts > 1_000_000) else { return false };
                fault["for"] = json!(Duration::from_nanos(lasts / part).to_string());
                true
            });
        }
    }
    weaker
}

/// The run with a rounder time or answer in it.
fn rounder(candidate: &Candidate) -> Vec<Candidate> {
    let mut rounder = Vec::new();
    let count = candidate.faults().len();
    for number in 0..count {
        for unit in UNITS {
            let mut changed = candidate.clone();
            let mut differs = false;
            each_time(&mut changed.plan["faults"][number], &mut |time| {
                let round = to_unit(time, unit);
                differs |= round != time;
                round
            });
            rounder.extend(differs.then_some(changed));
        }
    }
    for (place, deviation) in candidate.deviations.iter().enumerate() {
        let Some(value) = answer(deviation) else { continue };
        for round in UNITS.map(|unit| to_unit(value, unit)).into_iter().filter(|round| *round != value) {
            let mut changed = candidate.clone();
            changed.deviations[place]["value"] = json!(round);
            rounder.push(changed);
        }
    }
    rounder
}

/// What times are rounded to, in nanoseconds.
const UNITS: [u64; 4] = [100_000_000, 10_000_000, 1_000_000, 100_000];

/// The nearest multiple of `unit`, unless that is much less precise than the time itself.
fn to_unit(time: u64, unit: u64) -> u64 {
    if time < 2 * unit { time } else { (time + unit / 2) / unit * unit }
}

/// The next whole millisecond.
fn rounded_up(nanos: u64) -> u64 {
    (nanos / 1_000_000 + 1) * 1_000_000
}

/// The faults that an entry of a plan stands for.
fn steps(entry: &mut Value) -> Vec<&mut Value> {
    if entry.get("sequence").is_none() {
        return vec![entry];
    }
    entry["sequence"].as_array_mut().into_iter().flatten().collect()
}

/// Removes keys. Says whether one of them was there.
fn remove_keys(from: &mut Value, keys: &[&str]) -> bool {
    let Some(object) = from.as_object_mut() else { return false };
    let removed: Vec<_> = keys.iter().filter_map(|key| object.shift_remove(*key)).collect();
    !removed.is_empty()
}

fn rename(object: &mut Value, from: &str, to: &str) -> bool {
    let value = object.as_object_mut().and_then(|object| object.shift_remove(from));
    value.map(|value| object[to] = value).is_some()
}

/// Changes each time in a part of a scenario.
pub(super) fn each_time(part: &mut Value, change: &mut dyn FnMut(u64) -> u64) {
    match part {
        Value::Array(parts) => parts.iter_mut().for_each(|part| each_time(part, change)),
        Value::Object(parts) => parts.values_mut().for_each(|part| each_time(part, change)),
        _ => {
            if let Some(time) = nanos(part) {
                *part = json!(Duration::from_nanos(change(time)).to_string());
            }
        }
    }
}

fn time_at(entry: &Value, key: &str) -> Option<u64> {
    entry.get(key).and_then(nanos)
}

fn nanos(time: &Value) -> Option<u64> {
    time.as_str()?.parse::<Duration>().ok().map(Duration::as_nanos)
}

/// The answer that a deviation gives.
pub(super) fn answer(deviation: &Value) -> Option<u64> {
    let value = &deviation["value"];
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
