//! What counts as converged, alike and lost.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Answer;
use super::*;

/// Two replicas that are unlike from 100 on; healed at 200, with 50 to become alike.
fn unlike_replicas() -> Convergence {
    let mut convergence = Convergence::within(50);
    convergence.observe(1, 0xa, 100);
    convergence.observe(2, 0xb, 100);
    convergence.heal(200);
    convergence
}

fn is_unknown<W>(answer: &Answer<W>) -> bool {
    matches!(answer, Answer::Unknown(_))
}

#[test]
fn converged_within_the_bound() {
    let mut convergence = unlike_replicas();
    assert!(is_unknown(&convergence.judge(250)));
    convergence.observe(2, 0xa, 250);
    assert_eq!(convergence.judge(1000), Answer::Satisfied);
}

#[test]
fn converged_too_late() {
    let mut convergence = unlike_replicas();
    convergence.observe(2, 0xa, 251);
    let Answer::Violated(divergence) = convergence.judge(1000) else {
        panic!("{:?}", convergence.judge(1000));
    };
    let expected = "\
replicas are unlike at 0.000251ms, more than 50ns after nothing kept them apart any more, at 0.0002ms:
  replica 1: 0x000000000000000a
  replica 2: 0x000000000000000b
";
    assert_eq!(divergence.to_string(), expected);
}

#[test]
fn an_update_gives_more_time() {
    let mut convergence = unlike_replicas();
    convergence.update(240);
    assert!(is_unknown(&convergence.judge(290)));
    assert!(convergence.judge(291).is_violated());
}

#[test]
fn parting_again_is_a_divergence_unless_something_excuses_it() {
    let mut convergence = unlike_replicas();
    convergence.observe(2, 0xa, 210);
    convergence.observe(2, 0xc, 400);
    assert!(convergence.judge(401).is_violated());
    let mut disturbed = unlike_replicas();
    disturbed.disturb(240);
    assert!(is_unknown(&disturbed.judge(1000)));
    let mut smaller = unlike_replicas();
    smaller.forget(2, 240);
    assert_eq!(smaller.judge(1000), Answer::Satisfied);
}

#[test]
fn without_a_heal_nothing_is_owed() {
    let mut convergence = Convergence::within(50);
    convergence.observe(1, 0xa, 0);
    assert!(is_unknown(&convergence.judge(1000)));
}

#[test]
fn the_same_updates_in_another_order() {
    let mut strong = StrongConvergence::new();
    for update in ["a", "b", "c"] {
        strong.deliver(1, update);
    }
    assert_eq!(strong.observe(1, 7), Ok(()));
    for update in ["c", "a", "c"] {
        strong.deliver(2, update);
    }
    assert_eq!(strong.observe(2, 8), Ok(()), "it has fewer");
    strong.deliver(2, "b");
    assert_eq!(strong.observe(2, 7), Ok(()));
    let unlike = strong.observe(2, 9).expect_err("its digest changed, and its updates did not");
    let expected = "\
with the same 3 updates, replicas are unlike:
  replica 1: 0x0000000000000007 after \"a\", \"b\", \"c\"
  replica 2: 0x0000000000000009 after \"c\", \"a\", \"b\"
";
    assert_eq!(unlike.to_string(), expected);
}

#[test]
fn a_wiped_replica_begins_anew() {
    let mut strong = StrongConvergence::new();
    assert_eq!(strong.observe(1, 0), Ok(()));
    strong.deliver(1, 5);
    assert_eq!(strong.observe(1, 3), Ok(()));
    strong.wipe(1);
    assert_eq!(strong.observe(1, 0), Ok(()));
    strong.deliver(1, 5);
    assert!(strong.observe(1, 4).is_err());
}

#[test]
fn acknowledged_updates_are_everywhere_or_lost() {
    let acknowledged = BTreeSet::from([1, 2, 3]);
    let replicas = |second: &[i32]| BTreeMap::from([(1, acknowledged.clone()), (2, second.iter().copied().collect())]);
    assert_eq!(check_durability(&acknowledged, &replicas(&[3, 1, 2, 9])), Answer::Satisfied);
    let Answer::Violated(lost) = check_durability(&acknowledged, &replicas(&[2])) else {
        panic!("two are lost");
    };
    let expected = "\
acknowledged update 1 is missing at 1 of 2 replicas: 2
  (and 1 more updates are missing somewhere)
";
    assert_eq!(lost.to_string(), expected);
}
