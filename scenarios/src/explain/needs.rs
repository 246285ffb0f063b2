//! What a failing run takes: each of its parts removed in turn.

use std::collections::BTreeSet;

use reports::{Necessity, Part, Untried};
use serde_json::Value;
use sim_core::shrink::{Accepted, Judge, Parts, Proposal};
use sim_core::{Deviation, FaultRecord, Time};

use super::Listener;

/// The most parts that are tried, faults before operations before deviations, and of each the last ones:
/// they are nearest to the failure.
const MOST_TRIED: usize = 200;

/// Parts that are tried at once: what is stopped in the middle of it is lost.
const AT_ONCE: usize = 16;

/// A part of a run that can be removed, by its place among those of its kind.
#[derive(Clone, Copy, Debug)]
enum Removal {
    /// An entry of the plan.
    Fault(usize),
    /// An operation, counted through all clients.
    Operation(usize),
    /// An answer that becomes calm.
    Deviation(usize),
}

/// What the run takes and what it does without. `plan` is the file that it was written down in.
pub(super) fn necessity(judge: &Judge<'_>, run: &Accepted, plan: &Value, listener: &dyn Listener) -> Necessity {
    let parts_of_run = &run.parts;
    let begun = begun(parts_of_run, &run.summary.faults);
    let never_began = parts_of_run.entries().len() - begun.len();
    let faults: Vec<Removal> = begun.into_iter().map(Removal::Fault).collect();
    let operations = (0..parts_of_run.asked().len()).map(Removal::Operation).collect();
    let deviations = (0..parts_of_run.deviations.len()).map(Removal::Deviation).collect();
    let (mut tried, mut left) = (Vec::new(), [0; 3]);
    for (kind, mut parts) in [faults, operations, deviations].into_iter().enumerate() {
        let late = parts.split_off(parts.len().saturating_sub(MOST_TRIED - tried.len()));
        left[kind] = parts.len();
        tried.extend(late);
    }
    let mut fails = Vec::new();
    listener.begins("what it takes", tried.len() as u64);
    for some in tried.chunks(AT_ONCE) {
        // What was found before it was stopped counts.
        let Some(found) = judge.each(run, some.len() as u64, |number| some[number as usize].propose(parts_of_run))
        else {
            break;
        };
        fails.extend(found);
        listener.ended(some.len() as u64);
    }
    for part in &tried[fails.len()..] {
        left[part.kind()] += 1;
    }
    let mut necessity = Necessity { never_began, untried: untried(left), ..Necessity::default() };
    for (part, fails) in tried.iter().zip(fails) {
        let parts = if fails { &mut necessity.spare } else { &mut necessity.needed };
        parts.push(part.describe(parts_of_run, plan));
    }
    necessity
}

const fn untried([faults, operations, deviations]: [usize; 3]) -> Untried {
    Untried { faults, operations, deviations }
}

/// The entries of the plan of which a fault has begun, in the order in which they did.
fn begun(parts: &Parts, records: &[FaultRecord]) -> Vec<usize> {
    let began = |steps: &[FaultRecord]| steps.iter().filter_map(|fault| fault.began).reduce(Time::min);
    let entries = parts.entries().into_iter().enumerate();
    let mut begun: Vec<(Time, usize)> =
        entries.filter_map(|(number, entry)| began(records.get(entry)?).map(|time| (time, number))).collect();
    begun.sort_unstable();
    begun.into_iter().map(|(_, number)| number).collect()
}

/// Faults by their numbers in traces.
#[derive(Debug, Default)]
pub(super) struct TriedFaults {
    /// Without each of these the run fails no more.
    pub(super) needed: BTreeSet<u32>,
    /// Without each of these it still does.
    pub(super) spare: BTreeSet<u32>,
}

/// The faults that the run takes and does without.
pub(super) fn tried_faults(parts: &Parts, plan: &Value, necessity: &Necessity) -> TriedFaults {
    let mut tried = TriedFaults::default();
    for (number, entry) in parts.entries().into_iter().enumerate() {
        let part = Removal::Fault(number).describe(parts, plan);
        let numbers = entry.start as u32..entry.end as u32;
        if necessity.needed.contains(&part) {
            tried.needed.extend(numbers);
        } else if necessity.spare.contains(&part) {
            tried.spare.extend(numbers);
        }
    }
    tried
}

impl Removal {
    /// The place of its kind among faults, operations and deviations.
    const fn kind(self) -> usize {
        match self {
            Self::Fault(_) => 0,
            Self::Operation(_) => 1,
            Self::Deviation(_) => 2,
        }
    }

    fn propose(self, parts: &Parts) -> Proposal {
        Proposal::Parts(match self {
            Self::Fault(number) => parts.replaced(parts.entries()[number].clone(), &[]),
            Self::Operation(number) => parts.without_operations(number..number + 1),
            Self::Deviation(number) => {
                // An answer that is not given might be drawn as it was.
                let mut calmer = parts.clone();
                calmer.deviations[number].value = 0;
                calmer
            }
        })
    }

    fn describe(self, parts: &Parts, plan: &Value) -> Part {
        match self {
            Self::Fault(number) => {
                Part { kind: "fault", place: format!("faults.{number}"), what: plan["faults"][number].to_string() }
            }
            Self::Operation(number) => {
                let (client, place) = parts.asked()[number];
                let what = &plan["operations"][client][place];
                Part { kind: "operation", place: format!("operations.{client}.{place}"), what: what.to_string() }
            }
            Self::Deviation(number) => {
                let Deviation { name, value } = &parts.deviations[number];
                Part { kind: "deviation", place: format!("deviations.{number}"), what: format!("{name} = {value}") }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use sim_core::shrink::{Budget, Effort, Frame, Schedule, Wanted};
    use sim_core::{ChoiceName, Summary};

    use super::*;
    use crate::run::tests::violated;

    /// Fails whatever is removed, and stops everything in its 20th run.
    struct Stopping {
        runs: AtomicU64,
    }

    impl Frame for Stopping {
        fn run_parts(&self, _: &Parts, _: u64, stop: &AtomicBool) -> Option<Summary> {
            if self.runs.fetch_add(1, Ordering::Relaxed) == 19 {
                stop.store(true, Ordering::Relaxed);
            }
            Some(violated(0, "P"))
        }

        fn deviations_of_parts(&self, parts: &Parts) -> Vec<Deviation> {
            parts.deviations.clone()
        }

        fn own_parts(&self) -> Parts {
            unreachable!("it has none")
        }

        fn nodes(&self) -> u32 {
            1
        }
    }

    /// Counts the runs that it is told of.
    #[derive(Default)]
    struct Counting {
        begun: AtomicU64,
        ended: AtomicU64,
    }

    impl Listener for Counting {
        fn begins(&self, _: &str, runs: u64) {
            self.begun.fetch_add(runs, Ordering::Relaxed);
        }

        fn ended(&self, runs: u64) {
            self.ended.fetch_add(runs, Ordering::Relaxed);
        }
    }

    #[test]
    fn what_was_found_before_it_was_stopped_is_kept() {
        let deviation = |number| Deviation { name: ChoiceName::new(format!("n0 urgency#{number}")), value: 1 };
        let parts = Parts {
            faults: Vec::new(),
            operations: Vec::new(),
            deviations: (0..40).map(deviation).collect(),
            schedule: Schedule::Calm,
            run_for: Time::ZERO,
        };
        let (summary, stop) = (violated(0, "P"), AtomicBool::new(false));
        let wanted = Wanted::of(&summary).expect("it fails");
        let run = Accepted { frame: Arc::new(Stopping { runs: AtomicU64::new(0) }), parts, summary };
        let judge = Judge::new(wanted, &Effort { jobs: NonZeroUsize::MIN, most: Budget::UNBOUNDED, stop: &stop });
        let told = Counting::default();
        let Necessity { needed, spare, untried, .. } = necessity(&judge, &run, &Value::Null, &told);
        assert_eq!((told.begun.into_inner(), told.ended.into_inner()), (40, AT_ONCE as u64));
        assert_eq!((needed.len(), spare.len()), (0, AT_ONCE));
        assert_eq!(untried, Untried { deviations: 40 - AT_ONCE, ..Untried::default() });
    }
}
