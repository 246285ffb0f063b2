use std::sync::atomic::{AtomicU64, Ordering};

use sim_core::{FaultRecord, Levels, Liveness, Outside, PropertyClass, Time, Verdict, Violation};

use super::*;
use crate::prepared::{Recorded, Traced};

/// A scenario whose runs end as a function of the seed says.
struct Made<F>(F);

impl<F: Fn(u64) -> Summary + Send + Sync> Prepared for Made<F> {
    fn run(&self, seed: u64) -> Summary {
        self.0(seed)
    }

    fn levels(&self, _: u64) -> Option<Levels> {
        unreachable!("nobody asks for levels of consistency")
    }

    fn trace(&self, _: u64) -> Traced {
        unreachable!("runs in a sweep are not traced")
    }

    fn plan(&self, _: u64) -> serde_json::Value {
        unreachable!("plans of runs in a sweep are not printed")
    }

    fn record(&self, _: u64) -> Recorded {
        unreachable!("runs in a sweep are not recorded")
    }
}

fn summary(seed: u64, verdict: Verdict) -> Summary {
    Summary {
        verdict,
        steps: 10,
        time: Time::ZERO,
        delivered: 5,
        trace_hash: seed,
        outside: Outside::default(),
        liveness: Liveness::default(),
        faults: vec![FaultRecord { began: (seed > 3).then_some(Time::ZERO), ..FaultRecord::default() }],
        goals: vec![seed > 2],
        unused: Vec::new(),
    }
}

fn passed(seed: u64) -> Summary {
    summary(seed, Verdict::Passed)
}

fn violated(seed: u64, property: &str) -> Summary {
    let (property, what) = (property.to_owned(), "seen".to_owned());
    summary(
        seed,
        Verdict::Violated(Violation {
            property,
            class: PropertyClass::Safety,
            what,
            nodes: Vec::new(),
            step: 10,
            time: Time::ZERO,
        }),
    )
}

fn inconclusive(seed: u64) -> Summary {
    summary(seed, Verdict::Inconclusive { property: "Progress".to_owned(), reason: "no time".to_owned() })
}

fn case(run: impl Fn(u64) -> Summary + Send + Sync + 'static) -> Case {
    let start = ["faultbed", "replay", "made"].map(str::to_owned).to_vec();
    Case {
        name: "made".to_owned(),
        prepared: Box::new(Made(run)),
        seeds: 0..100,
        whole: true,
        violates: None,
        goals: vec!["Elected".to_owned()],
        sabotage: None,
        faults: vec!["faults.0".to_owned()],
        replay: ReplayCommand { start, options: Vec::new() },
    }
}

fn expecting(property: &str, case: Case) -> Case {
    Case { violates: Some(property.to_owned()), ..case }
}

fn effort(jobs: usize) -> Effort {
    let jobs = NonZeroUsize::new(jobs).expect("not zero");
    Effort { jobs, fail_fast: false, check_determinism: false, strongest: false, deadline: Deadline::after(None) }
}

#[track_caller]
fn check(case: &Case, code: u8, problems: usize) {
    let result = run_case(case, &effort(3), |_| true);
    assert_eq!((exit_code(&result), result.problems.len()), (code, problems), "{result:?}");
}

#[test]
fn the_end_of_a_scenario_decides_the_exit_code() {
    let odd = |seed: u64| if seed % 2 == 1 { violated(seed, "Safety") } else { passed(seed) };
    check(&case(passed), exit::OK, 0);
    check(&case(odd), exit::VIOLATED, 1);
    check(&expecting("Safety", case(odd)), exit::OK, 0);
    check(&expecting("Liveness", case(odd)), exit::VIOLATED, 2);
    check(&expecting("Safety", case(passed)), exit::VIOLATED, 1);
    check(&case(inconclusive), exit::INCONCLUSIVE, 1);
    check(&Case { seeds: 0..2, ..case(passed) }, exit::NOTHING_TESTED, 1);
    let both = |seed: u64| if seed == 50 { violated(seed, "Safety") } else { inconclusive(seed) };
    check(&case(both), exit::VIOLATED, 2);
    check(&case(move |seed| if seed == 9 { panic!("the engine broke") } else { odd(seed) }), exit::DEFECT, 2);
}

#[test]
fn a_shard_does_not_judge_what_another_may_have_seen() {
    let shard = |case| Case { seeds: 0..2, whole: false, ..case };
    check(&shard(expecting("Safety", case(passed))), exit::OK, 0);
    check(&shard(case(|seed| violated(seed, "Safety"))), exit::VIOLATED, 1);
}

#[test]
fn a_seed_that_gives_two_runs_is_found() {
    let calls = AtomicU64::new(0);
    let restless = move |seed| Summary { trace_hash: calls.fetch_add(1, Ordering::Relaxed), ..passed(seed) };
    check(&case(restless), exit::NONDETERMINISTIC, 1);
}

#[test]
fn the_first_failure_can_be_the_last() {
    let effort = Effort { fail_fast: true, ..effort(4) };
    let mut seen = Vec::new();
    let case = case(|seed| if seed >= 7 { violated(seed, "Safety") } else { passed(seed) });
    let result = run_case(&case, &effort, |run| {
        seen.push(run.seed);
        true
    });
    assert_eq!(seen, (0..=7).collect::<Vec<_>>());
    assert_eq!((result.runs, result.stopped), (8, Some(Stopped::FirstFailure)));
}

#[test]
fn when_the_time_is_up_nothing_more_begins() {
    let deadline = Deadline::after(Some("0s".parse().expect("a span")));
    let result = run_case(&case(passed), &Effort { deadline, ..effort(2) }, |_| true);
    assert_eq!((result.runs, result.stopped, exit_code(&result)), (0, Some(Stopped::OutOfTime), exit::OK));
}

#[test]
fn runs_end_when_nobody_listens() {
    let result = run_case(&case(passed), &effort(2), |run| run.seed < 4);
    assert_eq!((result.runs, result.stopped), (5, Some(Stopped::NobodyListens)));
}

#[test]
fn failures_are_grouped_and_faults_that_never_fired_named() {
    let case = Case { seeds: 0..4, ..case(|seed| if seed > 0 { violated(seed, "Safety") } else { passed(seed) }) };
    let result = run_case(&case, &effort(2), |_| true);
    assert_eq!(result.never_fired, ["faults.0"]);
    let [Problem::Unexpected(runs)] = &result.problems[..] else { panic!("one problem: {result:?}") };
    assert_eq!((runs.first.seed, runs.count, &runs.more), (1, 3, &vec![2, 3]));
    assert_eq!(runs.first.replay, "faultbed replay made --seed 0x1");
}
