//! What loyal generals do among traitors.

use oral_messages::OralMessagesConfig;
use sim_core::{Fault, Verdict};

use crate::generals;

fn om(m: u32) -> OralMessagesConfig {
    OralMessagesConfig { m, ..OralMessagesConfig::default() }
}

/// Section 3 counts them: n - 1 commands, and for each as many relays as there are others.
#[test]
fn an_order_takes_a_message_for_each_path() {
    let delivered = |m, nodes| generals(om(m), nodes).run(1).summary.delivered / u64::from(nodes);
    assert_eq!(delivered(1, 4), 3 + 3 * 2);
    assert_eq!(delivered(2, 7), 6 + 6 * 5 + 6 * 5 * 4);
}

#[test]
fn all_obey_a_loyal_commander() {
    let said = generals(om(1), 4).run_traced(7).announced();
    let ordered = said.iter().find_map(|line| line.strip_prefix("n0 Ordered ")).expect("n0 commands first");
    for lieutenant in ["n1", "n2", "n3"] {
        assert!(said.contains(&format!("{lieutenant} Obeyed {ordered}")), "{said:?}");
    }
}

#[test]
fn who_hears_nothing_retreats() {
    let silent = generals(om(1), 4).fault(Fault::silence("n0"));
    let said = silent.run_traced(0).announced();
    let of_first: Vec<_> = said.iter().filter(|line| line.contains("Obeyed number=0")).collect();
    assert_eq!(of_first.len(), 3, "{said:?}");
    assert!(of_first.iter().all(|line| line.ends_with("order=Retreat")), "{said:?}");
}

#[test]
fn a_commander_with_two_faces_divides_nobody() {
    let check = |m, nodes, traitors: &[&str]| {
        for name in ["two-faced", "contrary"] {
            generals(om(m), nodes).fault(Fault::adversary(name, traitors.iter().copied())).check(0..100);
        }
    };
    check(1, 4, &["n0"]);
    check(1, 4, &["n3"]);
    check(2, 7, &["n0", "n1"]);
    check(2, 7, &["n2", "n6"]);
}

/// "No solution with fewer than 3m + 1 generals can cope with m traitors" (section 2).
#[test]
fn one_traitor_more_is_outside_of_the_model_and_divides_the_army() {
    let beyond = generals(om(1), 4).fault(Fault::adversary("contrary", ["n2", "n3"]));
    beyond.clone().expect_violation("IC2").check(0..50);
    for seed in 0..50 {
        let summary = beyond.run(seed).summary;
        assert_eq!(summary.outside.safety.len(), 1, "{:?}", summary.outside);
        assert!(summary.verdict == Verdict::Passed || !summary.excuse().is_empty());
    }
}
