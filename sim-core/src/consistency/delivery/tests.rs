//! The guarantees on small logs, and against their definitions on random ones.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::{Answer, Budget};
use super::*;

/// Processes 1 to 3, all of them correct, with time enough.
fn group() -> Group {
    let all = BTreeSet::from([1, 2, 3]);
    Group { senders: all.clone(), receivers: all, delivers_own: true, is_settled: true }
}

/// A log of words such as `1!a` (process 1 broadcasts a) and `2?a` (process 2 delivers a).
fn log(text: &str) -> DeliveryLog<String> {
    let mut log = DeliveryLog::new();
    for (time, word) in (0..).zip(text.split_whitespace()) {
        let process = word[..1].parse().expect("a word begins with a process");
        let message = word[2..].to_owned();
        match &word[1..2] {
            "!" => log.broadcast(process, message, time),
            _ => log.deliver(process, message, time),
        }
    }
    log
}

fn answer(text: &str, guarantee: DeliveryGuarantee) -> Answer<DeliveryViolation> {
    check_delivery(&log(text), guarantee, &group(), Budget::default())
}

fn check(text: &str, guarantee: DeliveryGuarantee, expected: &str) {
    match answer(text, guarantee) {
        Answer::Satisfied => assert_eq!("", expected),
        Answer::Violated(violation) => assert_eq!(violation.to_string(), expected),
        Answer::Unknown(why) => assert_eq!(why.to_string(), expected),
    }
}

#[test]
fn delivered_and_never_broadcast() {
    check("1!a 2?a 3?a 1?a", DeliveryGuarantee::NoCreation, "");
    let expected = "not no-creation: delivered, but not broadcast before\n  process 2 delivers \"a\" at 0ms\n";
    check("2?a 1!a", DeliveryGuarantee::NoCreation, expected);
}

#[test]
fn delivered_twice() {
    let expected = "\
not at-most-once: delivered twice
  process 2 delivers \"a\" at 0.000001ms
  process 2 delivers \"a\" at 0.000003ms
";
    check("1!a 2?a 3?a 2?a", DeliveryGuarantee::AtMostOnce, expected);
    check("1!a 2?a 3?a 2?a 1?a", DeliveryGuarantee::AtLeastOnce, "");
    check("1!a 2?a 3?a", DeliveryGuarantee::AtMostOnce, "");
    assert!(answer("1!a 2?a 3?a 2?a 1?a", DeliveryGuarantee::ExactlyOnce).is_violated());
}

#[test]
fn never_delivered() {
    let expected = "\
not exactly-once: process 3 never delivered what was broadcast
  process 1 broadcasts \"a\" at 0ms
";
    check("1!a 2?a 1?a", DeliveryGuarantee::ExactlyOnce, expected);
    let unsettled = Group { is_settled: false, ..group() };
    let check = |text: &str, group: &Group| {
        check_delivery(&log(text), DeliveryGuarantee::AtLeastOnce, group, Budget::default())
    };
    assert!(matches!(check("1!a 2?a 1?a", &unsettled), Answer::Unknown(_)));
    let crashed = Group { senders: BTreeSet::from([2, 3]), ..group() };
    assert!(check("1!a 2?a 1?a", &crashed).is_satisfied());
    let own_counts = Group { delivers_own: false, ..group() };
    assert!(check("1!a 2?a 3?a", &own_counts).is_satisfied());
    assert!(check("1!a 2?a 3?a", &group()).is_violated());
}

#[test]
fn delivered_out_of_order() {
    let fifo = "\
not fifo-order: process 2 had not delivered the first message before the last
  process 1 broadcasts \"a\" at 0ms
  process 1 broadcasts \"b\" at 0.000001ms
  process 2 delivers \"b\" at 0.000002ms
";
    check("1!a 1!b 2?b 2?a", DeliveryGuarantee::FifoOrder, fifo);
    let text = "1!a 2?a 2!b 3?b 3?a";
    check(text, DeliveryGuarantee::FifoOrder, "");
    let causal = "\
not causal-order: process 3 had not delivered the first message before the last
  process 1 broadcasts \"a\" at 0ms
  process 2 broadcasts \"b\" at 0.000002ms
  process 3 delivers \"b\" at 0.000003ms
";
    check(text, DeliveryGuarantee::CausalOrder, causal);
    check("1!a 2!b 3?b 3?a 1?a 1?b 2?b 2?a", DeliveryGuarantee::CausalOrder, "");
}

#[test]
fn a_name_used_twice_decides_nothing() {
    let expected = "message \"a\" was broadcast twice, so that its name says nothing";
    check("1!a 2!a 3?a", DeliveryGuarantee::AtMostOnce, expected);
}

#[test]
fn guarantees_are_read_by_their_names() {
    for guarantee in DeliveryGuarantee::ALL {
        assert_eq!(guarantee.name().parse(), Ok(*guarantee));
    }
    assert!("once".parse::<DeliveryGuarantee>().is_err());
}

/// Broadcasts and deliveries of what has been broadcast, by their processes and choices.
fn events() -> impl Strategy<Value = Vec<(u64, bool, usize)>> {
    prop::collection::vec((1..4u64, prop::bool::weighted(0.4), 0..8usize), 0..16)
}

fn log_of(events: &[(u64, bool, usize)]) -> DeliveryLog<u32> {
    let mut log = DeliveryLog::new();
    let mut broadcast = 0;
    for (time, &(process, is_broadcast, choice)) in (0..).zip(events) {
        if is_broadcast {
            log.broadcast(process, broadcast, time);
            broadcast += 1;
        } else if broadcast > 0 {
            log.deliver(process, choice as u32 % broadcast, time);
        }
    }
    log
}

/// Whether some process delivers a message without one that came before it, as the definition has
/// it: by the sender's own broadcasts, and if causal by its deliveries, and so on.
fn is_disordered(log: &DeliveryLog<u32>, is_causal: bool, delivers_own: bool) -> bool {
    let events = log.events();
    let broadcasts: Vec<usize> = (0..events.len()).filter(|&place| events[place].is_broadcast).collect();
    let messages = broadcasts.len();
    let mut before = vec![vec![false; messages]; messages];
    for b in 0..messages {
        let sender = events[broadcasts[b]].process;
        for event in events[..broadcasts[b]].iter().filter(|event| event.process == sender) {
            before[event.message as usize][b] |= is_causal || event.is_broadcast;
        }
        for a in 0..messages {
            let is_through = |middle: usize| is_causal && before[a][middle] && before[middle][b];
            before[a][b] |= (0..b).any(is_through);
        }
    }
    (0..events.len()).filter(|&place| !events[place].is_broadcast).any(|place| {
        let process = events[place].process;
        let counts = |event: &&DeliveryEvent<u32>| event.process == process && (!event.is_broadcast || !delivers_own);
        let had: BTreeSet<u32> = events[..place].iter().filter(counts).map(|event| event.message).collect();
        (0..messages).any(|a| before[a][events[place].message as usize] && !had.contains(&(a as u32)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_is_judged_by_its_definition(events in events(), delivers_own in any::<bool>()) {
        let log = log_of(&events);
        let group = Group { delivers_own, ..group() };
        for (guarantee, is_causal) in [(DeliveryGuarantee::FifoOrder, false), (DeliveryGuarantee::CausalOrder, true)] {
            let answer = check_delivery(&log, guarantee, &group, Budget::default());
            let expected = is_disordered(&log, is_causal, delivers_own);
            prop_assert_eq!(answer.is_violated(), expected, "{:?} {:#?}", answer, log);
            prop_assert_eq!(answer.is_satisfied(), !expected);
        }
    }
}
