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
fn no_order() {
    insta::assert_snapshot!(told(&["0@0-9 ax1 az1 ry.", "1@0-9 ax2 ay1 rz."], L::SnapshotIsolation));
}
