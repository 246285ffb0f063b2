use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sim_core::{
    AnySimulation, Bounds, FaultRecord, Figure, Liveness, Outside, PropertyClass, Time, Trace, Traced, Verdict,
    Violation,
};

use super::*;
use crate::prepared::Recorded;

/// A scenario whose runs end as a function of the seed says.
pub(crate) struct Made<F>(pub(crate) F);

impl<F: Fn(u64) -> Summary + Send + Sync> Prepared for Made<F> {
    fn simulation(&self, _: u64) -> Arc<dyn AnySimulation> {
        unreachable!("nothing is simulated")
    }

    fn run(&self, seed: u64) -> Summary {
        self.0(seed)
    }

    fn run_unless(&self, seed: u64, stop: &AtomicBool) -> Option<Summary> {
        let summary = self.0(seed);
        (!stop.load(Ordering::Relaxed)).then_some(summary)
    }

    fn trace(&self, seed: u64) -> Traced {
        let summary = self.0(seed);
        let Summary { steps, time, trace_hash: hash, .. } = summary;
        let verdict = summary.verdict.clone();
        let trace = Trace { events: Vec::new(), draws: Vec::new(), verdict, steps, time, hash };
        Traced { summary, trace }
    }

    fn trace_with_draws(&self, seed: u64) -> Trace {
        self.trace(seed).trace
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
        calm_since: None,
        delivered: 5,
        trace_hash: seed,
        outside: Outside::default(),
        liveness: Liveness::default(),
        excused: Vec::new(),
        faults: vec![FaultRecord { began: (seed > 3).then_some(Time::ZERO), ..FaultRecord::default() }],
        goals: vec![seed > 2],
        figures: Vec::new(),
        unused: Vec::new(),
    }
}

pub(crate) fn passed(seed: u64) -> Summary {
    summary(seed, Verdict::Passed)
}

pub(crate) fn violated(seed: u64, property: &str) -> Summary {
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
    Case {
        name: "made".to_owned(),
        prepared: Box::new(Made(run)),
        seeds: 0..100,
        own: 5,
        recorded: false,
        demands: Demands {
            goals: vec!["Elected".to_owned()],
            faults: vec!["faults.0".to_owned()],
            ..Demands::default()
        },
        replay: ReplayCommand { program: "faultbed".to_owned(), scenario: "made".to_owned(), options: Vec::new() },
    }
}

fn expecting(property: &str, case: Case) -> Case {
    demanding(case, |demands| demands.violates = Some(property.to_owned()))
}

fn demanding(mut case: Case, demand: impl FnOnce(&mut Demands)) -> Case {
    demand(&mut case.demands);
    case
}

fn effort(jobs: usize) -> Effort {
    let jobs = NonZeroUsize::new(jobs).expect("not zero");
    Effort { jobs, fail_fast: false, repeats: Repeats::Sample, program: None, strongest: false, service: false }
}

fn no_end() -> Deadline<'static> {
    Deadline::after(None)
}

fn of_time(span: &str) -> Deadline<'static> {
    Deadline::after(Some(span.parse().expect("a span")))
}

#[track_caller]
fn check(case: &Case, code: u8, problems: usize) {
    let result = run_case(case, &effort(3), no_end(), |_| None);
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
    check(&Case { seeds: 0..2, own: 2, ..case(passed) }, exit::NOTHING_TESTED, 2);
    let both = |seed: u64| if seed == 50 { violated(seed, "Safety") } else { inconclusive(seed) };
    check(&case(both), exit::VIOLATED, 2);
    check(&case(move |seed| if seed == 9 { panic!("the engine broke") } else { odd(seed) }), exit::DEFECT, 2);
}

#[test]
fn fewer_seeds_than_the_scenario_has_are_told_what_they_did_not_test_and_do_not_fail() {
    let few = |case| Case { seeds: 0..2, ..case };
    check(&few(expecting("Safety", case(passed))), exit::OK, 0);
    check(&few(case(|seed| violated(seed, "Safety"))), exit::VIOLATED, 1);
    let result = run_case(&few(case(passed)), &effort(1), no_end(), |_| None);
    let words: Vec<&str> = result.not_judged.iter().map(Untested::word).collect();
    assert_eq!((words, result.own), (vec!["goal", "faults"], 5));
    // Of enough seeds it does not matter which they are.
    check(&Case { seeds: 50..55, ..case(passed) }, exit::OK, 0);
}

/// A run outside of the model of one kind of promise.
fn outside(mut summary: Summary, safety: bool) -> Summary {
    let broken = vec!["disks keep what they have, but one was wiped".to_owned()];
    let outside = &mut summary.outside;
    *(if safety { &mut outside.safety } else { &mut outside.liveness }) = broken;
    summary
}

#[test]
fn a_sweep_none_of_whose_runs_kept_to_the_safety_model_tested_nothing() {
    let broken = |seed| outside(violated(seed, "Safety"), true);
    check(&case(broken), exit::NOTHING_TESTED, 1);
    check(&case(|seed| outside(passed(seed), true)), exit::NOTHING_TESTED, 1);
    let one = move |seed| if seed == 40 { passed(seed) } else { broken(seed) };
    check(&case(one), exit::OK, 0);
    // What was asked for came, in or out of the model.
    check(&demanding(expecting("Safety", case(broken)), |demands| demands.faults.clear()), exit::OK, 0);
}

#[test]
fn a_share_of_the_runs_can_be_asked_to_be_judged() {
    let inside = |seed: u64| if seed % 10 >= 7 { outside(passed(seed), true) } else { passed(seed) };
    let asked = |share| demanding(case(inside), move |demands| demands.judged = Some(share));
    check(&asked(0.7), exit::OK, 0);
    check(&asked(0.71), exit::NOTHING_TESTED, 1);
    // Outside of the liveness model alone, where nobody asks for progress.
    check(&demanding(case(|seed| outside(passed(seed), false)), |demands| demands.judged = Some(1.0)), exit::OK, 0);
    let none = demanding(case(|seed| outside(passed(seed), true)), |demands| demands.judged = Some(0.0));
    check(&none, exit::OK, 0);
}

#[test]
fn a_figure_of_all_runs_together_must_lie_within_its_bounds() {
    // One half of the hundred runs, each with a whole of two: a quarter in all.
    let half = |seed: u64| Figure { part: f64::from(u8::from(seed < 50)), whole: 2.0 };
    let measured = move |seed| Summary { figures: vec![half(seed)], ..passed(seed) };
    let asked = |at_least, at_most| {
        let bounds = Bounds { at_least, at_most };
        demanding(case(measured), move |demands| demands.figures = vec![("share".to_owned(), bounds)])
    };
    check(&asked(Some(0.25), Some(0.25)), exit::OK, 0);
    check(&asked(Some(0.26), None), exit::NOTHING_TESTED, 1);
    check(&asked(None, Some(0.24)), exit::NOTHING_TESTED, 1);
    let nothing = move |seed| Summary { figures: vec![Figure::default()], ..passed(seed) };
    let bounds = Bounds { at_least: None, at_most: Some(1.0) };
    let asked = demanding(case(nothing), move |demands| demands.figures = vec![("share".to_owned(), bounds)]);
    check(&asked, exit::NOTHING_TESTED, 1);
}

#[test]
fn progress_that_is_asked_for_must_be_judged_in_a_run() {
    let with = |liveness: fn() -> Liveness| {
        let run = move |seed| Summary { liveness: liveness(), ..passed(seed) };
        demanding(case(run), |demands| demands.progress = true)
    };
    check(&with(|| Liveness::Progressed(sim_core::Duration::ZERO)), exit::OK, 0);
    check(&with(|| Liveness::Stuck { because: Vec::new(), recovered_after: None }), exit::NOTHING_TESTED, 1);
    check(&with(|| Liveness::NotJudged), exit::NOTHING_TESTED, 1);
    let progressed = |seed| Summary { liveness: Liveness::Progressed(sim_core::Duration::ZERO), ..passed(seed) };
    let beyond = case(move |seed| outside(progressed(seed), false));
    check(&demanding(beyond, |demands| demands.progress = true), exit::NOTHING_TESTED, 1);
}

#[test]
fn a_fault_that_no_run_saw_is_untested_unless_all_runs_were_cut_short() {
    let never = |mut summary: Summary| {
        summary.faults[0].began = None;
        summary
    };
    check(&case(move |seed| never(passed(seed))), exit::NOTHING_TESTED, 1);
    let cut = demanding(case(move |seed| never(violated(seed, "Safety"))), |demands| demands.goals.clear());
    check(&expecting("Safety", cut), exit::OK, 0);
    // It need not have begun in a run that was recorded.
    let recorded = demanding(case(move |seed| never(passed(seed))), |demands| demands.deviations = 3);
    check(&recorded, exit::OK, 0);
}

#[test]
fn a_recording_that_no_longer_fits_is_untested_whatever_the_number_of_seeds() {
    let unused = || ["n0>n1 Ping#0 delay", "n0 boot"].map(sim_core::ChoiceName::new).to_vec();
    let changed = case(move |seed| Summary { unused: unused(), ..passed(seed) });
    let changed = Case { seeds: 7..8, ..demanding(changed, |demands| demands.deviations = 9) };
    check(&changed, exit::NOTHING_TESTED, 1);
    let result = run_case(&changed, &effort(1), no_end(), |_| None);
    let [Problem::Untested(misfit)] = &result.problems[..] else { panic!("one problem: {result:?}") };
    let told = misfit.describe("made", 1);
    assert!(told.starts_with("2 of 9 deviations no longer fit") && told.contains("n0>n1 Ping#0 delay"), "{told}");
    let run = changed.run(7, passed(7));
    assert_eq!(exit_code_of_run(&run), exit::OK);
    let run = changed.run(7, Summary { unused: unused(), ..passed(7) });
    assert_eq!(exit_code_of_run(&run), exit::NOTHING_TESTED);
}

#[test]
fn a_run_that_a_limit_cuts_cannot_be_judged_and_says_which() {
    let limit = |seed| {
        let reason = "the run was cut after 1000 steps".to_owned();
        summary(seed, Verdict::Inconclusive { property: "Limits".to_owned(), reason })
    };
    let cut = demanding(case(limit), |demands| demands.goals.clear());
    check(&cut, exit::INCONCLUSIVE, 1);
    let mut text = String::new();
    run_case(&cut, &effort(1), no_end(), |taken| {
        text.extend(taken.news.iter().map(reports::failure_block));
        None
    });
    assert!(text.contains("cannot be judged at seed 0x0: Limits") && text.contains("cut after 1000 steps"), "{text}");
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
    let result = run_case(&case, &effort, no_end(), |taken| {
        seen.push(taken.seed);
        None
    });
    assert_eq!(seen, (0..=7).collect::<Vec<_>>());
    assert_eq!((result.runs, result.stopped), (8, Some(Stopped::FirstFailure)));
}

#[test]
fn when_the_time_is_up_nothing_more_begins_and_that_is_told() {
    let result = run_case(&case(passed), &effort(2), of_time("0s"), |_| None);
    assert_eq!((result.runs, result.stopped, exit_code(&result)), (0, Some(Stopped::OutOfTime), exit::NOTHING_TESTED));
    assert!(matches!(result.problems[..], [Problem::OutOfTime { left: 100 }]), "{result:?}");
}

/// Its runs are over only when they are told to stop.
struct Endless;

impl Prepared for Endless {
    fn simulation(&self, _: u64) -> Arc<dyn AnySimulation> {
        unreachable!("nothing is simulated")
    }

    fn run_unless(&self, seed: u64, stop: &AtomicBool) -> Option<Summary> {
        while seed > 2 && !stop.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        }
        (seed <= 2).then(|| passed(seed))
    }

    fn plan(&self, _: u64) -> serde_json::Value {
        unreachable!("plans of runs in a sweep are not printed")
    }

    fn record(&self, _: u64) -> Recorded {
        unreachable!("runs in a sweep are not recorded")
    }
}

#[test]
fn a_run_in_progress_is_given_up_and_counts_as_not_run() {
    let case = Case { prepared: Box::new(Endless), ..case(passed) };
    let result = run_case(&case, &effort(2), of_time("50ms"), |_| None);
    assert_eq!((result.runs, result.judged_for_safety, result.stopped), (3, 3, Some(Stopped::OutOfTime)));
    assert!(matches!(result.problems[..], [Problem::OutOfTime { left: 97 }]), "{result:?}");
    assert_eq!(result.not_judged.len(), 2, "of three seeds neither goals nor faults are judged: {result:?}");
    // Nor are two halves of a run held against each other.
    let case = Case { seeds: 5..9, ..case };
    let result = run_case(&case, &effort(2), of_time("20ms"), |_| None);
    assert_eq!((result.runs, exit_code(&result)), (0, exit::NOTHING_TESTED));
}

#[test]
fn runs_end_when_nobody_listens() {
    let gone = |taken: &Taken| (taken.seed == 4).then_some(Stopped::NobodyListens);
    let result = run_case(&case(passed), &effort(2), no_end(), gone);
    assert_eq!((result.runs, result.stopped), (5, Some(Stopped::NobodyListens)));
}

#[test]
fn failures_are_grouped() {
    let case = Case { seeds: 0..4, ..case(|seed| if seed > 0 { violated(seed, "Safety") } else { passed(seed) }) };
    let mut news = Vec::new();
    let result = run_case(&case, &effort(2), no_end(), |taken| {
        news.extend(taken.news.iter().map(|_| taken.seed));
        None
    });
    assert_eq!(news, [1], "what has been told once is not told again");
    let [Problem::Unexpected(runs)] = &result.problems[..] else { panic!("one problem: {result:?}") };
    assert_eq!((runs.first.seed, runs.count, &runs.more), (1, 3, &vec![2, 3]));
    assert_eq!(runs.first.replay, "faultbed replay made --seed 0x1");
}

#[test]
fn a_sample_of_the_seeds_is_run_again() {
    let sampled = |selected: u64| (0..selected).filter(|place| Repeats::Sample.include(*place, selected)).count();
    assert_eq!([0, 1, 100, 101, 2000, 3200, 100_000].map(sampled), [0, 1, 1, 2, 20, 32, 32]);
    assert!([1, 3201, 1_000_000].into_iter().all(|selected| Repeats::Sample.include(0, selected)));
    // A run that is another one each time, but only from seed 150 on.
    let count = AtomicU64::new(0);
    let odd = move |seed: u64| summary(seed + (seed / 150) * count.fetch_add(1, Ordering::Relaxed), Verdict::Passed);
    let of_many = Case { seeds: 0..300, ..case(odd) };
    let result = run_case(&of_many, &effort(1), no_end(), |_| None);
    let two_runs = result.problems.iter().find_map(|problem| match problem {
        Problem::TwoRuns { first, .. } => Some(first.seed),
        _ => None,
    });
    assert_eq!(two_runs, Some(200), "{result:?}");
}
