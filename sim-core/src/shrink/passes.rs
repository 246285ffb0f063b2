//! What is tried, in which order.

use std::ops::Range;
use std::sync::Arc;

use super::instead::{Instead, Vocabulary};
use super::judge::{Accepted, Judge, Proposal};
use super::rename::{without_client, without_node};
use super::times::leave_room;
use super::weaker::changes;
use super::{Frame, Parts, Schedule};
use crate::fault::Trigger;

/// Fresh schedules that are tried where nothing else makes a removal work.
const FRESH: u64 = 50;

/// With more faults than this, weaker ones are only tried when nothing else helps.
const MANY: usize = 60;

/// Schedules that are tried last, of a run that is small but not yet [`SMALL`].
const FRESH_LAST: usize = 400;

/// Schedules that are tried with two parts less.
const FRESH_OF_TWO: usize = 20;

/// A run with more parts than this is too large to try so much with.
const LARGE: usize = 40;

/// So many of the runs with other schedules, at most, are made small to see whether they have fewer parts.
const MOST_GAINS: usize = 100;

/// With fewer deviations than this no other schedule is looked for.
const FEW: usize = 4;

/// Of the schedules that fail too, so many are made small.
const MOST_REDRAWN: usize = 4;

/// So often in a row a run may become larger on its way to something smaller.
const VAIN: u32 = 4;

/// A run with no more parts than this only becomes smaller.
const SMALL: usize = 8;

/// Makes a run as small as it gets. Says whether nothing more can be removed.
///
/// What costs more is tried when what costs less changes nothing any more, and whenever it does change
/// something all begins anew.
pub(super) fn all(
    judge: &mut Judge<'_>,
    vocabulary: &Vocabulary,
    run: &mut Accepted,
    mut told: impl FnMut(&Accepted, u64),
) -> bool {
    let mut fruitless: [Option<State>; Pass::COUNT] = Default::default();
    let mut levels = LEVELS.iter();
    let mut level = levels.next();
    let mut smallest = run.clone();
    let mut detours = Detours { smallest: run.parts.items(), vain: 0 };
    while let Some(passes) = level {
        let before = State::of(run);
        for pass in *passes {
            let entered = State::of(run);
            let last = &mut fruitless[*pass as usize];
            if last.as_ref() != Some(&entered) {
                pass.go(judge, vocabulary, run, &detours);
                *last = (entered == State::of(run)).then_some(entered);
            }
        }
        if run.parts.items() <= smallest.parts.items() {
            smallest = run.clone();
        }
        told(run, judge.runs());
        if judge.is_over() {
            // What was tried last may have been on its way to something smaller.
            *run = smallest;
            return false;
        }
        if before != State::of(run) {
            if passes.contains(&Pass::FreshFaults) && detours.is_lost(smallest.parts.items()) {
                *run = smallest.clone();
            }
            levels = LEVELS.iter();
        }
        level = levels.next();
    }
    true
}

/// How often other schedules were taken without anything smaller to show for it. A fault less can take ten answers
/// more, of which most turn out not to be needed once something else has changed; or round and round it goes.
struct Detours {
    smallest: usize,
    vain: u32,
}

impl Detours {
    /// Another one, since when the smallest run has so many parts: whether these were too many.
    fn is_lost(&mut self, smallest: usize) -> bool {
        self.vain = if smallest < self.smallest { 0 } else { self.vain + 1 };
        self.smallest = smallest;
        self.vain == VAIN
    }

    /// Whether this run may become larger.
    fn are_open(&self, run: &Accepted) -> bool {
        self.vain < VAIN && run.parts.items() > SMALL
    }
}

/// A run, as far as passes change it.
struct State {
    parts: Parts,
    /// Kept, so that no other frame comes to stand where it stood.
    frame: Arc<dyn Frame>,
}

impl State {
    fn of(run: &Accepted) -> Self {
        Self { parts: run.parts.clone(), frame: Arc::clone(&run.frame) }
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.frame, &other.frame) && self.parts == other.parts
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// Ends the run with its violation.
    End,
    Faults,
    Operations,
    /// Nodes and clients.
    Processes,
    /// What surrounds the parts.
    Frame,
    /// Weaker faults.
    Weaker,
    Deviations,
    /// Faults, with the rest as before by what messages say.
    FaultsByContent,
    /// Operations, with the rest as before by what messages say.
    OperationsByContent,
    /// Single faults, with other schedules of the rest.
    FreshFaults,
    /// Single operations, with other schedules of the rest.
    FreshOperations,
    /// Other schedules of all of it.
    Schedules,
    /// Weaker faults, however many there are.
    WeakerOfMany,
    /// One fault instead of many parts.
    Instead,
    Times,
    /// Single parts with many other schedules, and two parts at once.
    Further,
}

/// The passes, those that cost less first.
const LEVELS: [&[Pass]; 7] = [
    &[Pass::End, Pass::Faults, Pass::Operations, Pass::Processes, Pass::Frame, Pass::Weaker],
    &[Pass::Deviations],
    &[Pass::FaultsByContent, Pass::OperationsByContent],
    &[Pass::FreshFaults, Pass::FreshOperations, Pass::Schedules, Pass::WeakerOfMany],
    &[Pass::Instead],
    &[Pass::Times],
    &[Pass::Further],
];

impl Pass {
    const COUNT: usize = Self::Further as usize + 1;

    fn go(self, judge: &mut Judge<'_>, vocabulary: &Vocabulary, run: &mut Accepted, detours: &Detours) {
        let fresh = if detours.are_open(run) { Others::Fresh } else { Others::FreshIfFewer };
        match self {
            Self::End => end_with_the_violation(judge, run),
            Self::Faults => remove(judge, run, Part::Faults, Others::Own),
            Self::Operations => remove(judge, run, Part::Operations, Others::Own),
            Self::Processes => {
                remove_nodes(judge, run);
                remove_clients(judge, run);
            }
            Self::Frame => simplify_frame(judge, run),
            Self::Weaker if run.parts.faults.len() > MANY => {}
            Self::Weaker | Self::WeakerOfMany => weaken(judge, run),
            Self::Deviations => {
                // With all its answers given it is the same run: nothing is left to draw.
                run.parts.schedule = Schedule::Calm;
                remove(judge, run, Part::Deviations, Others::Own);
            }
            Self::FaultsByContent => remove(judge, run, Part::Faults, Others::Content),
            Self::OperationsByContent => remove(judge, run, Part::Operations, Others::Content),
            Self::FreshFaults => remove(judge, run, Part::Faults, fresh),
            Self::FreshOperations => remove(judge, run, Part::Operations, fresh),
            Self::Schedules => other_schedules(judge, run),
            Self::Instead => one_fault_instead(judge, vocabulary, run),
            Self::Times => leave_room(judge, run),
            Self::Further => look_further(judge, run),
        }
    }
}

/// What a run is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Faults and sequences of them.
    Faults,
    Operations,
    /// Answers that are not calm, of a run that is calm elsewhere.
    Deviations,
}

impl Part {
    fn count(self, parts: &Parts) -> usize {
        match self {
            Self::Faults => parts.entries().len(),
            Self::Operations => parts.asked().len(),
            Self::Deviations => parts.deviations.len(),
        }
    }

    fn without(self, parts: &Parts, places: Range<usize>) -> Parts {
        match self {
            Self::Faults => {
                let entries = &parts.entries()[places];
                let faults = entries.first().map_or(0, |first| first.start)..entries.last().map_or(0, |last| last.end);
                parts.replaced(faults, &[])
            }
            Self::Operations => parts.without_operations(places),
            Self::Deviations => {
                let mut fewer = parts.clone();
                fewer.deviations.drain(places);
                fewer
            }
        }
    }
}

/// Removes what the failure does without: chunks first, then one by one (Zeller, Hildebrandt 2002).
fn remove(judge: &mut Judge<'_>, run: &mut Accepted, part: Part, others: Others) {
    let mut size = part.count(&run.parts);
    if matches!(others, Others::Fresh | Others::FreshIfFewer) {
        size = size.min(1);
    }
    while size > 0 && !judge.is_over() {
        let mut start = 0;
        loop {
            let parts = run.parts.clone();
            let count = part.count(&parts);
            let starts: Vec<usize> = (start..count).step_by(size).collect();
            let schedules = match others {
                Others::Own => own_schedules(&parts),
                Others::Content => vec![Schedule::Content],
                Others::Fresh | Others::FreshIfFewer => (0..FRESH).map(Schedule::Drawn).collect(),
            };
            let propose = |index: usize| {
                let (start, schedule) = (starts[index / schedules.len()], schedules[index % schedules.len()]);
                let fewer = part.without(&parts, start..count.min(start + size));
                Proposal::Parts(Parts { schedule, ..fewer })
            };
            let Some((index, accepted)) = judge.first(run, starts.len() * schedules.len(), propose) else { break };
            start = starts[index / schedules.len()];
            match others {
                Others::Own | Others::Content | Others::Fresh => *run = accepted,
                Others::FreshIfFewer => match gain(judge, run, accepted) {
                    Some(smaller) => *run = smaller,
                    None => start += size,
                },
            }
        }
        size /= 2;
    }
}

/// A run with another schedule, without the answers that it can do without, if it has fewer parts than this one:
/// what is drawn anew takes answers too, and for a fault less there may be ten answers more.
fn gain(judge: &mut Judge<'_>, run: &Accepted, mut other: Accepted) -> Option<Accepted> {
    other.parts.schedule = Schedule::Calm;
    remove(judge, &mut other, Part::Deviations, Others::Own);
    (other.parts.items() < run.parts.items()).then_some(other)
}

/// How choices are answered after a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Others {
    /// As before, by their names.
    Own,
    /// As before, by what messages say: their ordinals may be others now.
    Content,
    /// As fresh seeds draw them, where no answer is given.
    Fresh,
    /// The same, where that leaves fewer parts.
    FreshIfFewer,
}

/// What choices may be answered where no answer is given: as before, or calmly.
fn own_schedules(parts: &Parts) -> Vec<Schedule> {
    [parts.schedule].into_iter().chain((parts.schedule != Schedule::Calm).then_some(Schedule::Calm)).collect()
}

/// Lets the run end soon after its violation, and drops what comes after it.
fn end_with_the_violation(judge: &mut Judge<'_>, run: &mut Accepted) {
    let Some(end) = run.end() else { return };
    let violated = run.summary.verdict.violation().map_or(end, |violation| violation.time);
    let mut shorter = run.parts.clone();
    for entry in run.parts.entries().into_iter().rev() {
        let is_late = match run.parts.faults[entry.start].trigger {
            Trigger::At(at) => at > violated,
            _ => false,
        };
        if is_late {
            shorter = shorter.replaced(entry, &[]);
        }
    }
    shorter.run_for = shorter.run_for.min(end);
    let schedules = own_schedules(&run.parts);
    let propose = |index: usize| Proposal::Parts(Parts { schedule: schedules[index], ..shorter.clone() });
    if shorter != run.parts
        && let Some((_, accepted)) = judge.first(run, schedules.len(), propose)
    {
        *run = accepted;
    }
}

/// Removes nodes, the last ones first.
fn remove_nodes(judge: &mut Judge<'_>, run: &mut Accepted) {
    while !judge.is_over() {
        let (parts, nodes, schedules) = (run.parts.clone(), run.frame.nodes(), own_schedules(&run.parts));
        let propose = |index: usize| {
            let node = nodes - 1 - (index / schedules.len()) as u32;
            let fewer = without_node(&parts, node);
            let schedule = schedules[index % schedules.len()];
            fewer.map_or(Proposal::Nothing, |fewer| Proposal::NodeLess(Parts { schedule, ..fewer }))
        };
        let Some((_, fewer)) = judge.first(run, nodes as usize * schedules.len(), propose) else { return };
        *run = fewer;
    }
}

/// Removes clients that ask for nothing before others.
fn remove_clients(judge: &mut Judge<'_>, run: &mut Accepted) {
    for client in (0..run.parts.operations.len()).rev() {
        if run.parts.operations[client].is_empty()
            && let Some(fewer) = without_client(&run.parts, client as u32)
            && let Some(accepted) = judge.accepts(run, fewer)
        {
            *run = accepted;
        }
    }
}

/// Takes simpler frames, as far as they have something simpler.
fn simplify_frame(judge: &mut Judge<'_>, run: &mut Accepted) {
    try_in_order(judge, run, |run, first| {
        let schedules = own_schedules(&run.parts);
        let count = run.frame.simpler_count().saturating_sub(first) * schedules.len();
        let each = schedules.len();
        let propose = move |index: usize| Proposal::Frame(first + index / each, schedules[index % each]);
        (count, each, Box::new(propose))
    });
}

/// Tries weaker faults and shorter times.
fn weaken(judge: &mut Judge<'_>, run: &mut Accepted) {
    try_in_order(judge, run, |run, first| {
        let parts = run.parts.clone();
        let changes = changes(&parts, &run.summary, run.frame.nodes());
        let schedules = own_schedules(&parts);
        let count = changes.len().saturating_sub(first) * schedules.len();
        let each = schedules.len();
        let propose = move |index: usize| {
            let changed = changes[first + index / each].apply(&parts);
            Proposal::Parts(Parts { schedule: schedules[index % each], ..changed })
        };
        (count, each, Box::new(propose))
    });
}

type Propose = Box<dyn Fn(usize) -> Proposal + Sync>;

/// Tries changes in their order. After each that is accepted, `changes` is asked anew for those from that
/// place on: how many, how many schedules each, and the proposals.
fn try_in_order(
    judge: &mut Judge<'_>,
    run: &mut Accepted,
    changes: impl Fn(&Accepted, usize) -> (usize, usize, Propose),
) {
    let mut first = 0;
    while !judge.is_over() {
        let (count, each, propose) = changes(run, first);
        let Some((index, accepted)) = judge.first(run, count, propose) else { return };
        *run = accepted;
        first += index / each;
    }
}

/// Looks for a plan with one fault instead of several parts.
fn one_fault_instead(judge: &mut Judge<'_>, vocabulary: &Vocabulary, run: &mut Accepted) {
    // That of what is left first: the same when what is left is to be made small again.
    let of_this = Vocabulary::of(&run.parts, &run.parts.deviations);
    for vocabulary in [&of_this, vocabulary] {
        let instead = Instead::of(run, vocabulary);
        if let Some((_, smaller)) = judge.first(run, instead.count(), |index| Proposal::Parts(instead.get(index))) {
            *run = smaller;
            return;
        }
    }
}

/// Looks for a run with fewer parts where everything else has failed: single parts less with many other schedules,
/// then any two less. What is left is short by now, and runs cost little.
fn look_further(judge: &mut Judge<'_>, run: &mut Accepted) {
    let items = run.parts.items();
    if items <= SMALL || items > LARGE {
        return;
    }
    let parts = run.parts.clone();
    let all = [Part::Faults, Part::Operations, Part::Deviations];
    let singles: Vec<(Part, usize)> =
        all.into_iter().flat_map(|part| (0..part.count(&parts)).map(move |place| (part, place))).collect();
    let pairs = (0..singles.len()).flat_map(|second| (0..second).map(move |first| (first, second)));
    // What stands behind is removed first: what stands before keeps its place.
    let without_two = |(first, second): (usize, usize)| {
        let without = |parts: &Parts, (part, place): (Part, usize)| part.without(parts, place..place + 1);
        without(&without(&parts, singles[second]), singles[first])
    };
    let single = |(part, place): &(Part, usize)| part.without(&parts, *place..place + 1);
    let fewer: Vec<Parts> = singles.iter().map(single).chain(pairs.map(without_two)).collect();
    let (of_one, of_two) = (singles.len() * FRESH_LAST, (fewer.len() - singles.len()) * FRESH_OF_TWO);
    let propose = |index: usize| {
        let (place, number) = match index.checked_sub(of_one) {
            None => (index / FRESH_LAST, index % FRESH_LAST),
            Some(index) => (singles.len() + index / FRESH_OF_TWO, index % FRESH_OF_TWO),
        };
        let schedule = if number == 0 { Schedule::Calm } else { Schedule::Drawn(number as u64 - 1) };
        Proposal::Parts(Parts { schedule, ..fewer[place].clone() })
    };
    let mut next = 0;
    for _ in 0..MOST_GAINS {
        let Some((index, other)) = judge.first(run, of_one + of_two - next, |index| propose(next + index)) else {
            return;
        };
        if let Some(smaller) = gain(judge, run, other) {
            *run = smaller;
            return;
        }
        next += index + 1;
    }
}

/// Looks for another schedule of the same plan that takes fewer deviations: the answers stand up to some
/// question, and what is asked later is drawn anew.
fn other_schedules(judge: &mut Judge<'_>, run: &mut Accepted) {
    let count = run.parts.deviations.len();
    if count < FEW {
        return;
    }
    let mut best = None::<Accepted>;
    for kept in [count * 3 / 4, count / 2, count / 4, 0] {
        let mut first = 0;
        for _ in 0..MOST_REDRAWN {
            let propose = |index: usize| {
                let deviations = run.parts.deviations[..kept].to_vec();
                let schedule = Schedule::Drawn(first + index as u64);
                Proposal::Parts(Parts { deviations, schedule, ..run.parts.clone() })
            };
            let Some((index, mut other)) = judge.first(run, (FRESH - first) as usize, propose) else { break };
            first += index as u64 + 1;
            other.parts.schedule = Schedule::Calm;
            remove(judge, &mut other, Part::Deviations, Others::Own);
            let fewest = best.as_ref().unwrap_or(run).parts.deviations.len();
            if other.parts.deviations.len() < fewest && !judge.is_over() {
                best = Some(other);
            }
        }
    }
    if let Some(best) = best {
        *run = best;
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::atomic::AtomicBool;

    use super::super::{Budget, Effort, Wanted};
    use super::*;
    use crate::choices::{ChoiceName, Deviation};
    use crate::liveness::Liveness;
    use crate::model::PropertyClass;
    use crate::outcome::{Summary, Verdict, Violation};
    use crate::time::{Time, secs};

    /// Answers of one half need those of the other half: with a pair the run fails, and without it too. It takes the
    /// first pair.
    struct Pairs;

    const HALF: u64 = 7;

    impl Frame for Pairs {
        fn run_parts(&self, parts: &Parts, _: u64, _: &AtomicBool) -> Option<Summary> {
            let has = |number: u64| parts.deviations.iter().any(|of| of.value == number);
            let verdict = match has(0) && (0..HALF).all(|number| has(number) == has(number + HALF)) {
                true => Verdict::Violated(violation()),
                false => Verdict::Passed,
            };
            Some(summary(verdict))
        }

        fn deviations_of_parts(&self, parts: &Parts) -> Vec<Deviation> {
            parts.deviations.clone()
        }

        fn own_parts(&self) -> Parts {
            let name = |number| ChoiceName::new(format!("n0 eyes#{number}"));
            let deviations = (0..2 * HALF).map(|number| Deviation { name: name(number), value: number }).collect();
            let (faults, operations, run_for) = (Vec::new(), Vec::new(), Time::ZERO + secs(1));
            Parts { faults, operations, deviations, schedule: Schedule::Calm, run_for }
        }

        fn nodes(&self) -> u32 {
            1
        }
    }

    fn violation() -> Violation {
        let (property, what, class) = ("Pairs".to_owned(), String::new(), PropertyClass::Liveness);
        Violation { property, class, what, nodes: Vec::new(), step: 1, time: Time::ZERO }
    }

    fn summary(verdict: Verdict) -> Summary {
        Summary {
            verdict,
            steps: 1,
            time: Time::ZERO,
            calm_since: None,
            delivered: 0,
            trace_hash: 0,
            excused: Vec::new(),
            faults: Vec::new(),
            outside: Default::default(),
            liveness: Liveness::default(),
            goals: Vec::new(),
            figures: Vec::new(),
            unused: Vec::new(),
        }
    }

    /// What is left of the answers, and whether nothing more can be removed.
    fn shrunk(most: Budget) -> (usize, bool) {
        let frame: Arc<dyn Frame> = Arc::new(Pairs);
        let stop = AtomicBool::new(false);
        let (parts, failed) = (frame.own_parts(), summary(Verdict::Violated(violation())));
        let vocabulary = Vocabulary::of(&parts, &parts.deviations);
        let mut run = Accepted { frame, parts, summary: failed.clone() };
        let wanted = Wanted::of(&failed).expect("it fails");
        let mut judge = Judge::new(wanted, &Effort { jobs: NonZeroUsize::MIN, most, stop: &stop });
        let is_minimal = all(&mut judge, &vocabulary, &mut run, |_, _| {});
        (run.parts.deviations.len(), is_minimal)
    }

    #[test]
    fn two_parts_that_need_each_other_go_together() {
        assert_eq!(shrunk(Budget::UNBOUNDED), (SMALL, true));
        for spent in [Budget { runs: 40, ..Budget::UNBOUNDED }, Budget { steps: 40, ..Budget::UNBOUNDED }] {
            assert_eq!(shrunk(spent), (2 * HALF as usize, false), "{spent:?}");
        }
    }
}
