//! The choices that protocols ask for by name, and their own random numbers.

use std::collections::BTreeSet;

use crate::common::{Ctx, Event, Handlers, IDLE, Node, announced, calm, ms, n, saw, set, simulation};
use sim_core::{ChoiceName, Deviation, Duration, Fault, Simulation};

fn choosing(timer: fn(&mut Node, u64, &mut Ctx<'_>)) -> Simulation<Node> {
    simulation(2, Handlers { start: |_, ctx| set(0, ms(10), ctx), timer, ..IDLE }).run_for(ms(100))
}

fn ten_draws(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
    for _ in 0..10 {
        let number = ctx.choose("number", 5..15);
        ctx.emit(Event::Saw(number));
    }
}

#[test]
fn choices_stay_in_their_range_and_calm_is_its_start() {
    let all: BTreeSet<u64> = (0..30).flat_map(|seed| saw(&choosing(ten_draws).trace(seed))).collect();
    assert_eq!(all, (5..15).collect());
    assert!(saw(&calm(choosing(ten_draws)).trace(0)).iter().all(|number| *number == 5));
}

#[test]
fn a_named_choice_stays_what_it_is_when_others_come_and_go() {
    fn with_others(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        for _ in 0..10 {
            ctx.choose("of no interest", 0..1000);
            ctx.rng().bits();
            let number = ctx.choose("number", 5..15);
            ctx.emit(Event::Saw(number));
        }
    }
    for seed in 0..10 {
        assert_eq!(announced(&choosing(ten_draws).trace(seed)), announced(&choosing(with_others).trace(seed)));
    }
    let draws = saw(&choosing(ten_draws).trace(1));
    assert_ne!(draws[..10], draws[10..], "each node draws its own");
}

#[test]
fn spans_include_both_ends() {
    fn spans(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        for _ in 0..10 {
            let span = ctx.choose_duration("span", Duration::from_nanos(7), Duration::from_nanos(9));
            ctx.emit(Event::Saw(span.as_nanos()));
        }
    }
    let all: BTreeSet<u64> = (0..10).flat_map(|seed| saw(&choosing(spans).trace(seed))).collect();
    assert_eq!(all, [7, 8, 9].into());
}

#[test]
fn names_count_on_through_restarts_and_the_generator_begins_anew() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        let (named, own) = (ctx.choose("number", 0..1 << 40), ctx.rng().below(1 << 40));
        ctx.emit(Event::Saw(named));
        ctx.emit(Event::Saw(own));
    }
    let crash = |at| Fault::crash("all").restart_after(ms(1)).at(ms(at));
    let simulation = simulation(2, Handlers { start, ..IDLE }).fault(crash(10)).fault(crash(20));
    let drawn = saw(&simulation.trace(0));
    assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 12, "all are different");
    let (_, recording) = simulation.record(0);
    let names: BTreeSet<String> = recording.deviations.iter().map(|d| d.name.to_string()).collect();
    for name in ["n0 number#0", "n0 number#1", "n1 number#2", "n0 rng#1 seed", "n1 rng#3 seed"] {
        assert!(names.contains(name), "{name} is not in {names:?}");
    }
}

#[test]
fn a_recorded_answer_beyond_a_narrowed_range_is_its_last() {
    let deviation = Deviation { name: ChoiceName::new("n0 number#3"), value: 1_000_000 };
    let trace = choosing(ten_draws).deviations(vec![deviation]).trace(0);
    let numbers: Vec<u64> = crate::common::numbers(&trace, n(0)).into_iter().map(|(_, number)| number).collect();
    assert_eq!(numbers, [5, 5, 5, 14, 5, 5, 5, 5, 5, 5]);
}

#[test]
fn an_empty_range_is_the_protocols_mistake() {
    fn empty(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        ctx.choose("nothing", 3..3);
    }
    let (property, what) = crate::common::violation(&choosing(empty).run(0));
    assert_eq!(property, "No Panic");
    assert!(what.contains("nothing to choose from in 3..3"), "{what}");
}

/// What is certain is no choice: it happens beside recorded deviations, too.
#[test]
fn faults_that_lose_everything_do_so_without_a_seed() {
    use sim_core::{Deviation, Probability};
    let all = Probability::ALWAYS;
    let unrelated = || vec![Deviation { name: ChoiceName::new("n1 crash#7 cut"), value: 1 }];
    let faults: [Fault; 3] = [
        Fault::send_omission("all").at(ms(10)).into(),
        Fault::links("all").loss(all).at(ms(10)).into(),
        Fault::random_links(all).at(ms(10)).into(),
    ];
    for fault in faults {
        let simulation = crate::common::pinging(2).fault(fault).deviations(unrelated());
        assert_eq!(crate::common::missed(&simulation.trace(0), 1, 0).len(), 21);
    }
}
