//! What is tried, in which order.

use std::ops::Range;

use serde_json::{Value, json};
use sim_core::PropertyClass;

use super::candidate::{Candidate, Schedule};
use super::edits::{Edit, HEAL, nanos, rounder, rounder_answers, weaker, written};
use super::judge::{Accepted, Judge, Proposal};

/// Fresh schedules that are tried where nothing else makes a removal work.
const FRESH: u64 = 20;

/// Rounds of all passes at most: each but the last has made the run smaller.
const MOST_ROUNDS: usize = 20;

/// Makes a run as small as it gets. Says whether nothing more can be removed.
pub(super) fn all(judge: &mut Judge<'_>, run: &mut Accepted, mut told: impl FnMut(&Accepted, u64)) -> bool {
    for round in 0..MOST_ROUNDS {
        let before = run.candidate.clone();
        end_with_the_violation(judge, run);
        let fresh = if round == 0 { 0 } else { FRESH };
        remove(judge, run, Part::Faults, fresh);
        remove(judge, run, Part::Operations, fresh);
        edit(judge, run, weaker);
        told(run, judge.runs());
        // With all its answers given it is the same run: nothing is left to draw.
        run.candidate.schedule = Schedule::Calm;
        remove(judge, run, Part::Deviations, 0);
        edit(judge, run, rounder);
        round_answers(judge, run);
        told(run, judge.runs());
        if judge.is_over() {
            return false;
        }
        if round > 0 && run.candidate == before {
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
    /// Answers that are not calm, of a run that is calm elsewhere.
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

    fn without(self, candidate: &Candidate, places: Range<usize>, schedule: Schedule) -> Proposal {
        match self {
            Self::Faults => Proposal::Plan(Candidate { schedule, ..candidate.without_faults(places) }),
            Self::Operations => Proposal::Plan(Candidate { schedule, ..candidate.without_operations(places) }),
            Self::Deviations => {
                let (before, after) = (&candidate.deviations[..places.start], &candidate.deviations[places.end..]);
                Proposal::Answers([before, after].concat())
            }
        }
    }
}

/// Removes what the failure does without: chunks first, then one by one (Zeller, Hildebrandt 2002).
fn remove(judge: &mut Judge<'_>, run: &mut Accepted, part: Part, fresh: u64) {
    let mut size = part.count(&run.candidate);
    while size > 0 && !judge.is_over() {
        let mut start = 0;
        loop {
            let candidate = run.candidate.clone();
            let count = part.count(&candidate);
            let starts: Vec<usize> = (start..count).step_by(size).collect();
            let schedules = schedules(&candidate, if size == 1 { fresh } else { 0 });
            let propose = |index: usize| {
                let (start, schedule) = (starts[index / schedules.len()], schedules[index % schedules.len()]);
                part.without(&candidate, start..count.min(start + size), schedule)
            };
            let Some((index, accepted)) = judge.first(run, starts.len() * schedules.len(), propose) else { break };
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

/// Lets the run end with its violation, and drops what comes after it. What should happen and does not
/// is violated at the end: such a run keeps its length.
fn end_with_the_violation(judge: &mut Judge<'_>, run: &mut Accepted) {
    let Some(violation) = run.summary.verdict.violation().cloned() else { return };
    let mut shorter = run.candidate.clone();
    if violation.class != PropertyClass::Liveness {
        let is_late = |entry: &Value| entry.get("at").and_then(nanos).is_some_and(|at| at > violation.time.as_nanos());
        let late = (0..shorter.faults().len()).rev().filter(|number| is_late(&run.candidate.faults()[*number]));
        late.for_each(|number| shorter = shorter.without_faults(number..number + 1));
    }
    let Value::Object(top) = &mut shorter.plan else { return };
    if violation.class == PropertyClass::Liveness {
        if let Some(Value::Object(expect)) = top.get_mut("expect") {
            expect.shift_remove("sometimes");
        }
    } else {
        let end = (violation.time.as_nanos() / 1_000_000 + 1) * 1_000_000;
        if top.get("run_for").and_then(nanos).is_none_or(|until| end < until) {
            top.insert("run_for".to_owned(), written(end));
        }
        if top.get("heal_at").and_then(nanos).is_some_and(|heal| heal >= end) {
            HEAL.iter().for_each(|key| drop(top.shift_remove(*key)));
        }
        let mut expect = json!({ "violates": violation.property });
        if let Some(consistency) = top.get("expect").and_then(|expect| expect.get("consistency")) {
            expect["consistency"] = consistency.clone();
        }
        top.insert("expect".to_owned(), expect);
    }
    let schedules = schedules(&run.candidate, 0);
    let propose = |index: usize| Proposal::Plan(Candidate { schedule: schedules[index], ..shorter.clone() });
    if shorter.plan != run.candidate.plan
        && let Some((_, accepted)) = judge.first(run, schedules.len(), propose)
    {
        *run = accepted;
    }
}

/// Gives rounder answers.
fn round_answers(judge: &mut Judge<'_>, run: &mut Accepted) {
    for place in 0..run.candidate.deviations.len() {
        if judge.is_over() {
            return;
        }
        let deviations = run.candidate.deviations.clone();
        let Some(value) = deviations.get(place).map(|deviation| deviation.value) else { return };
        let rounder: Vec<u64> = rounder_answers(value).collect();
        let propose = |index: usize| {
            let mut deviations = deviations.clone();
            deviations[place].value = rounder[index];
            Proposal::Answers(deviations)
        };
        if let Some((_, accepted)) = judge.first(run, rounder.len(), propose) {
            *run = accepted;
        }
    }
}

/// Tries, in their order, the changes that `edits` has for the run.
fn edit(judge: &mut Judge<'_>, run: &mut Accepted, edits: impl Fn(&Candidate) -> Vec<Edit>) {
    let mut first = 0;
    while !judge.is_over() {
        let candidate = run.candidate.clone();
        let edits = edits(&candidate);
        let rest = edits.get(first..).unwrap_or_default();
        let schedules = schedules(&candidate, 0);
        let propose = |index: usize| {
            let plan = rest[index / schedules.len()].apply(&candidate.plan).unwrap_or_default();
            let schedule = schedules[index % schedules.len()];
            Proposal::Plan(Candidate { plan, deviations: candidate.deviations.clone(), schedule })
        };
        let Some((index, accepted)) = judge.first(run, rest.len() * schedules.len(), propose) else { return };
        *run = accepted;
        first += index / schedules.len();
    }
}
