//! Messages that faults lose, delay, double and replay: which of them, on which links, and when.

use crate::common::{
    Event, Handlers, IDLE, Message, check_replays, constant, count, heard, missed, ms, n, numbers, pinging, set,
    simulation,
};
use sim_core::draft::{Draft, Lasting, Links, Omission};
use sim_core::{Duration, Fault, Latency, LossReason, Probability, Simulation, TraceKind};

/// These pings from n0 to n1 are lost.
fn nth(nth: &[u64]) -> Draft<Omission> {
    Fault::link_omission("n0", "n1").kind("Ping").nth(nth.iter().copied())
}

/// A fault from 10 ms to 20 ms among three nodes.
fn with(fault: Draft<impl Lasting>) -> Simulation<crate::common::Node> {
    pinging(3).fault(fault.at(ms(10)).lasting(ms(10)))
}

/// How many milliseconds of pings each link misses, in the order 0>1 0>2 1>0 1>2 2>0 2>1.
fn misses(simulation: &Simulation<crate::common::Node>) -> [usize; 6] {
    let trace = simulation.trace(0);
    [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)].map(|(from, to)| {
        let missed = missed(&trace, to, from);
        assert!(missed.iter().all(|time| (10..20).contains(time)), "{missed:?}");
        missed.len()
    })
}

#[test]
fn what_the_ones_send_is_lost_or_what_is_sent_to_the_others_or_both() {
    assert_eq!(misses(&pinging(3)), [0; 6]);
    assert_eq!(misses(&with(Fault::send_omission("n0"))), [10, 10, 0, 0, 0, 0]);
    assert_eq!(misses(&with(Fault::receive_omission("n0"))), [0, 0, 10, 0, 10, 0]);
    assert_eq!(misses(&with(Fault::link_omission("n0", "n1"))), [10, 0, 0, 0, 0, 0]);
    assert_eq!(misses(&with(Fault::link_omission("n0", "others"))), [10, 10, 0, 0, 0, 0]);
}

#[test]
fn only_messages_of_one_kind_are_lost() {
    let simulation = with(Fault::send_omission("n0").kind("Ping"));
    assert_eq!(misses(&simulation), [10, 10, 0, 0, 0, 0]);
    let pongs = numbers(&simulation.trace(0), n(1)).into_iter().filter(|(_, who)| *who == 100).count();
    assert_eq!(pongs, 30);
}

#[test]
fn a_part_of_the_messages_is_lost() {
    let simulation = with(Fault::link_omission("n0", "n1").rate(Probability::ratio(1, 2)));
    let lost: usize = (0..40).map(|seed| missed(&simulation.trace(seed), 1, 0).len()).sum();
    assert!((150..250).contains(&lost), "{lost} of 400");
    assert_eq!(misses(&with(Fault::send_omission("n0").rate(Probability::NEVER))), [0; 6]);
    check_replays(&simulation, 10);
}

#[test]
fn exactly_the_messages_with_these_numbers_are_lost() {
    let simulation = with(nth(&[2, 5]));
    assert_eq!(missed(&simulation.trace(0), 1, 0), [11, 14]);
    assert_eq!(misses(&simulation), [2, 0, 0, 0, 0, 0]);
    let lost = |kind: &TraceKind| matches!(kind, TraceKind::Lost { why: LossReason::Omission, .. });
    assert_eq!(count(&simulation.trace(0), lost), 2);
    let cut = Fault::one_way("n0", "n1");
    let behind_a_cut = with(nth(&[5])).fault(cut.at(ms(10)).lasting(ms(3)));
    assert_eq!(missed(&behind_a_cut.trace(0), 1, 0), [10, 11, 12, 14], "those that a cut loses count as well");
    let flapping = pinging(2).fault(nth(&[2]).at(ms(10)).lasting(ms(10)).flapping(ms(5), ms(3)));
    assert_eq!(missed(&flapping.trace(0), 1, 0), [11, 16], "they are counted anew each time");
    check_replays(&flapping, 5);
}

#[test]
fn links_of_the_targets_take_longer_for_a_while() {
    let simulation = with(Fault::links("n1").delay(Latency::Constant(ms(40)))).run_for(ms(100));
    let trace = simulation.trace(0);
    let late: Vec<u64> = heard(&trace, 0, 1).into_iter().filter(|time| *time < 31 || (50..60).contains(time)).collect();
    // Of those at 50 to 59, half were sent 40 ms before.
    let expected: Vec<u64> = (1..10).chain(20..31).chain((50..60).flat_map(|time| [time, time])).collect();
    assert_eq!(late, expected);
    assert_eq!(heard(&trace, 0, 2), (1..100).collect::<Vec<_>>());
    assert_eq!(missed(&trace, 1, 2), (10..20).collect::<Vec<_>>(), "in both directions");
}

#[test]
fn links_of_the_targets_double_for_a_while() {
    let trace = with(Fault::links("n1").duplicate(Probability::ALWAYS)).trace(0);
    let doubled = |to, from| heard(&trace, to, from).chunk_by(|a, b| a == b).filter(|of| of.len() == 2).count();
    assert_eq!((doubled(0, 1), doubled(1, 2), doubled(0, 2)), (10, 10, 0));
}

/// Everything on the links of the targets comes once more.
fn replays(targets: &str, after: Duration) -> Draft<Links> {
    Fault::links(targets).replays(Probability::ALWAYS, Latency::Constant(after))
}

#[test]
fn a_replayed_message_arrives_in_time_and_once_more_much_later() {
    let simulation = with(replays("n1", ms(100))).run_for(ms(200));
    let trace = simulation.trace(0);
    let expected: Vec<u64> =
        (1..200).flat_map(|time| vec![time; if (110..120).contains(&time) { 2 } else { 1 }]).collect();
    assert_eq!(heard(&trace, 0, 1), expected);
    assert_eq!(heard(&trace, 1, 2), expected);
    assert_eq!(heard(&trace, 0, 2), (1..200).collect::<Vec<_>>());
    check_replays(&simulation, 5);
}

/// Originals, duplicates and replays that all arrive at once.
#[test]
fn replays_have_an_order_of_their_own() {
    let links = |targets| replays(targets, ms(2)).duplicate(Probability::ratio(1, 2));
    let simulation = with(links("all")).network(constant(ms(1)));
    let simulation = simulation.fault(links("n0").at(ms(12)).lasting(ms(5)));
    check_replays(&simulation, 30);
}

/// A replay comes although the link is cut by then only if the cut holds it, and not at a node that
/// is down.
#[test]
fn a_replay_shares_the_fate_of_all_that_is_under_way() {
    use sim_core::CutMode;
    let cut = |mode| Fault::one_way("n0", "n1").mode(mode);
    let handlers = Handlers {
        start: |_, ctx| set(0, ms(10), ctx),
        timer: |_, _, ctx| {
            if ctx.me() == n(0) {
                ctx.send(n(1), Message::Ping(7));
            }
        },
        message: |_, _, _, ctx| ctx.emit(Event::Saw(7)),
        ..IDLE
    };
    let simulation =
        simulation(2, handlers).network(constant(ms(1))).fault(replays("n1", ms(20)).at(ms(5)).lasting(ms(10)));
    let times = |simulation: Simulation<crate::common::Node>| -> Vec<u64> {
        numbers(&simulation.trace(0), n(1)).into_iter().map(|(time, _)| time).collect()
    };
    assert_eq!(times(simulation.clone()), [11, 30]);
    assert_eq!(times(simulation.clone().fault(cut(CutMode::Drop).at(ms(25)).lasting(ms(10)))), [11]);
    assert_eq!(times(simulation.clone().fault(cut(CutMode::Hold).at(ms(25)).lasting(ms(10)))), [11, 35]);
    assert_eq!(times(simulation.fault(Fault::crash("n1").at(ms(25)))), [11]);
}
