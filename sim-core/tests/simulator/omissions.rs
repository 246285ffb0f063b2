//! Messages that faults lose, delay, double and replay: which of them, on which links, and when.

use crate::common::{
    Event, Handlers, IDLE, Message, check_replays, constant, count, fault, heard, missed, ms, n, node, numbers,
    pinging, set, simulation,
};
use sim_core::{
    CutMode, FaultKind, Latency, LinkTrouble, LossReason, MessageFilter, Probability, Replays, Selector, Simulation,
    TraceKind,
};

fn omission(from: Option<Selector>, to: Option<Selector>, messages: MessageFilter) -> FaultKind {
    FaultKind::Omission { from, to, messages }
}

fn nth(nth: &[u64]) -> MessageFilter {
    MessageFilter { kind: Some("Ping".to_owned()), nth: nth.to_vec(), ..MessageFilter::ALL }
}

/// A fault from 10 ms to 20 ms among three nodes.
fn with(kind: FaultKind) -> Simulation<crate::common::Node> {
    pinging(3).fault(fault(10, kind).lasting(ms(10)))
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
    let all = MessageFilter::ALL;
    assert_eq!(misses(&pinging(3)), [0; 6]);
    assert_eq!(misses(&with(omission(Some(node(0)), None, all.clone()))), [10, 10, 0, 0, 0, 0]);
    assert_eq!(misses(&with(omission(None, Some(node(0)), all.clone()))), [0, 0, 10, 0, 10, 0]);
    assert_eq!(misses(&with(omission(Some(node(0)), Some(node(1)), all.clone()))), [10, 0, 0, 0, 0, 0]);
    assert_eq!(misses(&with(omission(Some(node(0)), Some(Selector::Others), all))), [10, 10, 0, 0, 0, 0]);
}

#[test]
fn only_messages_of_one_kind_are_lost() {
    let pings = MessageFilter { kind: Some("Ping".to_owned()), ..MessageFilter::ALL };
    let simulation = with(omission(Some(node(0)), None, pings));
    assert_eq!(misses(&simulation), [10, 10, 0, 0, 0, 0]);
    let pongs = numbers(&simulation.trace(0), n(1)).into_iter().filter(|(_, who)| *who == 100).count();
    assert_eq!(pongs, 30);
}

#[test]
fn a_part_of_the_messages_is_lost() {
    let half = omission(Some(node(0)), Some(node(1)), MessageFilter::rate(Probability::ratio(1, 2)));
    let simulation = with(half);
    let lost: usize = (0..40).map(|seed| missed(&simulation.trace(seed), 1, 0).len()).sum();
    assert!((150..250).contains(&lost), "{lost} of 400");
    assert_eq!(misses(&with(omission(Some(node(0)), None, MessageFilter::rate(Probability::NEVER)))), [0; 6]);
    check_replays(&simulation, 10);
}

#[test]
fn exactly_the_messages_with_these_numbers_are_lost() {
    let simulation = with(omission(Some(node(0)), Some(node(1)), nth(&[2, 5])));
    assert_eq!(missed(&simulation.trace(0), 1, 0), [11, 14]);
    assert_eq!(misses(&simulation), [2, 0, 0, 0, 0, 0]);
    let lost = |kind: &TraceKind| matches!(kind, TraceKind::Lost { why: LossReason::Omission, .. });
    assert_eq!(count(&simulation.trace(0), lost), 2);
    let cut = FaultKind::OneWay { from: node(0), to: node(1), mode: CutMode::Drop };
    let behind_a_cut = with(omission(Some(node(0)), Some(node(1)), nth(&[5]))).fault(fault(10, cut).lasting(ms(3)));
    assert_eq!(missed(&behind_a_cut.trace(0), 1, 0), [10, 11, 12, 14], "those that a cut loses count as well");
    let flapping = omission(Some(node(0)), Some(node(1)), nth(&[2]));
    let flapping = pinging(2).fault(fault(10, flapping).lasting(ms(10)).repeated(ms(5), Some(ms(3))));
    assert_eq!(missed(&flapping.trace(0), 1, 0), [11, 16], "they are counted anew each time");
    check_replays(&flapping, 5);
}

fn links(targets: Selector, trouble: LinkTrouble) -> FaultKind {
    FaultKind::links(targets, trouble)
}

#[test]
fn links_of_the_targets_take_longer_for_a_while() {
    let delay = Some(Latency::Constant(ms(40)));
    let simulation = with(links(node(1), LinkTrouble { delay, ..LinkTrouble::default() })).run_for(ms(100));
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
    let trouble = LinkTrouble { duplicate: Probability::ALWAYS, ..LinkTrouble::default() };
    let trace = with(links(node(1), trouble)).trace(0);
    let doubled = |to, from| heard(&trace, to, from).chunk_by(|a, b| a == b).filter(|of| of.len() == 2).count();
    assert_eq!((doubled(0, 1), doubled(1, 2), doubled(0, 2)), (10, 10, 0));
}

fn replays(after: Latency) -> LinkTrouble {
    LinkTrouble { replays: Some(Replays { rate: Probability::ALWAYS, after }), ..LinkTrouble::default() }
}

#[test]
fn a_replayed_message_arrives_in_time_and_once_more_much_later() {
    let simulation = with(links(node(1), replays(Latency::Constant(ms(100))))).run_for(ms(200));
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
    let trouble = LinkTrouble { duplicate: Probability::ratio(1, 2), ..replays(Latency::Constant(ms(2))) };
    let simulation = with(links(Selector::All, trouble)).network(constant(ms(1)));
    let simulation = simulation.fault(fault(12, links(node(0), trouble)).lasting(ms(5)));
    check_replays(&simulation, 30);
}

/// A replay comes although the link is cut by then only if the cut holds it, and not at a node that
/// is down.
#[test]
fn a_replay_shares_the_fate_of_all_that_is_under_way() {
    use sim_core::CutMode;
    let cut = |mode| FaultKind::OneWay { from: node(0), to: node(1), mode };
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
    let simulation = simulation(2, handlers)
        .network(constant(ms(1)))
        .fault(fault(5, links(node(1), replays(Latency::Constant(ms(20))))).lasting(ms(10)));
    let times = |simulation: Simulation<crate::common::Node>| -> Vec<u64> {
        numbers(&simulation.trace(0), n(1)).into_iter().map(|(time, _)| time).collect()
    };
    assert_eq!(times(simulation.clone()), [11, 30]);
    assert_eq!(times(simulation.clone().fault(fault(25, cut(CutMode::Drop)).lasting(ms(10)))), [11]);
    assert_eq!(times(simulation.clone().fault(fault(25, cut(CutMode::Hold)).lasting(ms(10)))), [11, 35]);
    assert_eq!(times(simulation.fault(fault(25, crate::common::crash(node(1), None)))), [11]);
}
