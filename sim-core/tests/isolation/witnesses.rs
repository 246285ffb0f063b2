//! What people are told.

use sim_core::consistency::Budget;
use sim_core::consistency::isolation::{IsolationLevel as L, Verdict, check_isolation};

use crate::notation::parse;

#[track_caller]
fn told(transactions: &[&str], level: L) -> String {
    match check_isolation(&parse(transactions), level, Budget::default()) {
        Verdict::Violated(witness) => witness.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cycle() {
    let transactions = ["0@0-2 ax1", "1@3-4 rx.1 ay2", "!2@3-5 ax9", "3@5-9 ry.2", "3@10-11 rx. az3"];
    insta::assert_snapshot!(told(&transactions, L::Causal));
}

#[test]
fn a_skew_of_registers() {
    insta::assert_snapshot!(told(&["0@0-3 wx1 gy=nil", "1@1-4 wy2 gx=nil"], L::Serializable));
}

#[test]
fn an_aborted_read() {
    insta::assert_snapshot!(told(&["!0@0-2 wx1", "1@1-4 gx=1"], L::ReadCommitted));
}

#[test]
fn lists_that_do_not_go_together() {
    insta::assert_snapshot!(told(&["0@0-2 ax1", "1@0-2 ax2", "2@1-4 rx.1.2", "3@1-4 rx.2"], L::ReadCommitted));
}

#[test]
fn a_lost_update() {
    insta::assert_snapshot!(told(
        &["0@0-2 rx. ax1", "?1@0-2 ax2 ay3", "2@1-4 rx. ax3", "3@3-4 ry.3"],
        L::SnapshotIsolation
    ));
}

#[test]
fn writes_that_can_come_in_one_order_only() {
    insta::assert_snapshot!(told(&["0@0-9 ax1 az1 ry.", "1@0-9 ax2 ay1 rz."], L::SnapshotIsolation));
    let sees_and_misses = ["0@0-9 wx1 wy1", "1@0-9 wx2 wz1", "2@0-9 gx=1 gz=1", "3@0-9 gx=2 gy=1"];
    insta::assert_snapshot!(told(&sees_and_misses, L::Causal));
}

/// What there is to say if the budget does not suffice for more.
#[test]
fn no_order() {
    let history = parse(&["0@0-9 ax1 az1 ry.", "1@0-9 ax2 ay1 rz."]);
    let witness = (0..1000).find_map(|steps| {
        match check_isolation(&history, L::SnapshotIsolation, Budget { steps, ..Budget::default() }) {
            Verdict::Violated(witness) => Some(witness.to_string()),
            _ => None,
        }
    });
    insta::assert_snapshot!(witness.expect("with more steps it is found"));
}
