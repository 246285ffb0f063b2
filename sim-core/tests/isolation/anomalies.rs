//! Each anomaly in its smallest form: which levels it breaks, and which it leaves.

use sim_core::consistency::isolation::{IsolationCheck, IsolationLevel as L, Verdict};
use sim_core::consistency::{Budget, Undecided};

use crate::notation::parse;

const SERIALIZABLE: [L; 4] = [L::StrictSerializable, L::StrongSessionSerializable, L::Serializable, L::RepeatableRead];
const SNAPSHOTS: [L; 3] = [L::StrongSnapshotIsolation, L::StrongSessionSnapshotIsolation, L::SnapshotIsolation];

/// Exactly the levels `broken` are broken, each by the anomaly of this name.
#[track_caller]
fn check(transactions: &[&str], anomaly: &str, broken: &[&[L]]) {
    let history = parse(transactions);
    let check = IsolationCheck::new(&history);
    let broken = broken.concat();
    for &level in L::ALL {
        match check.check(level, Budget::default()) {
            Verdict::Satisfied(certificate) => {
                assert!(!broken.contains(&level), "{level}");
                assert_eq!(certificate.validate(&history, level), Ok(()), "{level}");
            }
            Verdict::Violated(witness) => {
                assert!(broken.contains(&level), "{witness}");
                assert_eq!(witness.anomaly.name(), anomaly, "{witness}");
            }
            Verdict::Unknown(why) => panic!("{level}: {why}"),
        }
    }
}

/// The same for what all levels forbid.
#[track_caller]
fn check_worst(transactions: &[&str], anomaly: &str) {
    check(transactions, anomaly, &[L::ALL]);
}

const ABOVE_COMMITTED: &[&[L]] =
    &[&SERIALIZABLE, &SNAPSHOTS, &[L::ParallelSnapshotIsolation, L::Prefix, L::Causal, L::ReadAtomic]];

#[test]
fn what_goes_well() {
    check(&["0@0-1 ax1 ay1", "1@2-3 rx.1 ry.1 ax2", "2@4-5 rx.1.2"], "", &[]);
    check(&["0@0-1 wx1 wy1", "1@2-3 gx=1 gy=1 wx2", "2@4-5 gx=2 gz=nil"], "", &[]);
}

#[test]
fn what_is_not_known_to_have_happened_may_have() {
    check(&["?0@0-1 ax1", "1@2-3 rx.1"], "", &[]);
    check(&["?0@0-1 ax1", "1@2-3 rx."], "", &[]);
    check(
        &["?0@0-1 ax1 ay1", "1@2-3 rx.1", "2@4-5 rx.1 ry.", "3@6-7 ry.1"],
        "G-single",
        &[&SERIALIZABLE, &SNAPSHOTS, &[L::ParallelSnapshotIsolation, L::Prefix, L::Causal, L::ReadAtomic]],
    );
}

#[test]
fn reads_that_should_not_be() {
    check_worst(&["0@0-9 rx.9"], "garbage-read");
    check_worst(&["0@0-9 gx=9"], "garbage-read");
    check_worst(&["0@0-9 rx.1 ax1"], "future-read");
    check_worst(&["0@0-9 gx=1 wx1"], "future-read");
    check_worst(&["0@0-9 ax1", "1@0-9 rx.1.1"], "duplicate-elements");
    check_worst(&["0@0-9 ax1", "1@0-9 ax2", "2@0-9 rx.1.2", "3@0-9 rx.2.1"], "incompatible-order");
    check_worst(&["0@0-9 ax1 ax2", "1@0-9 rx.2.1"], "incompatible-order");
    check_worst(&["!0@0-9 ax1", "1@0-9 rx.1"], "G1a");
    check_worst(&["!0@0-9 wx1", "1@0-9 gx=1"], "G1a");
    check_worst(&["!0@0-9 ax1", "1@0-9 ax2", "2@0-9 rx.1.2"], "dirty-update");
    check_worst(&["0@0-9 ax1 ax2", "1@0-9 rx.1"], "G1b");
    check_worst(&["0@0-9 wx1 wx2", "1@0-9 gx=1"], "G1b");
    check_worst(&["0@0-9 ax1 ax2", "1@0-9 ax3", "2@0-9 rx.1.3"], "G1b");
}

#[test]
fn a_transaction_reads_its_own_writes() {
    check(&["0@0-9 ax1 rx."], "internal", ABOVE_COMMITTED);
    check(&["0@0-9 wx1 gx=nil"], "internal", ABOVE_COMMITTED);
    check(&["0@0-9 ax1", "1@0-9 rx. rx.1"], "internal", ABOVE_COMMITTED);
    check(&["0@0-9 ax1 rx.1 ax2 rx.1.2"], "", &[]);
}

#[test]
fn cycles_of_writes() {
    check_worst(&["0@0-9 ax1 ay1", "1@0-9 ax2 ay2", "2@0-9 rx.1.2 ry.2.1"], "G0");
    check_worst(&["0@0-9 ax1 ax3", "1@0-9 ax2", "2@0-9 rx.1.2.3"], "G0");
    let session = [L::ParallelSnapshotIsolation, L::Prefix, L::Causal, L::StrongSessionSnapshotIsolation];
    let strict = [L::StrictSerializable, L::StrongSnapshotIsolation];
    let strong_session = [&session[..], &strict, &[L::StrongSessionSerializable]].concat();
    check(&["0@0-1 ax1", "0@2-3 ax2", "1@0-9 rx.2.1"], "G0-process", &[&strong_session]);
    check(&["0@0-1 ax1", "1@2-3 ax2", "2@0-9 rx.2.1"], "G0-realtime", &[&strict]);
}

#[test]
fn cycles_of_information() {
    check_worst(&["0@0-9 ax1 ry.1", "1@0-9 ay1 rx.1"], "G1c");
    check_worst(&["0@0-9 wx1 gy=1", "1@0-9 wy1 gx=1"], "G1c");
    let session = [L::ParallelSnapshotIsolation, L::Prefix, L::Causal, L::StrongSessionSnapshotIsolation];
    let strict = [L::StrictSerializable, L::StrongSnapshotIsolation];
    let strong_session = [&session[..], &strict, &[L::StrongSessionSerializable]].concat();
    check(&["0@0-1 rx.1", "0@2-3 ax1"], "G1c-process", &[&strong_session]);
    check(&["0@0-1 rx.1", "1@2-3 ax1"], "G1c-realtime", &[&strict]);
}

#[test]
fn a_fractured_read_breaks_read_atomic() {
    check(&["0@0-9 ax1 ay1", "1@0-9 rx.1 ry."], "G-single", ABOVE_COMMITTED);
    check(&["0@0-9 wx1 wy1", "1@0-9 gx=1 gy=nil"], "G-single", ABOVE_COMMITTED);
}

#[test]
fn an_effect_without_its_cause_breaks_causal() {
    let above_atomic = &ABOVE_COMMITTED.concat()[..ABOVE_COMMITTED.concat().len() - 1];
    check(&["0@0-9 ax1", "1@0-9 rx.1 ay1", "2@0-9 ry.1 rx."], "G-single", &[above_atomic]);
    check(&["0@0-9 wx1", "1@0-9 gx=1 wy1", "2@0-9 gy=1 gx=nil"], "G-single", &[above_atomic]);
}

#[test]
fn a_lost_update_breaks_parallel_snapshot_isolation_and_leaves_prefix() {
    let broken: &[&[L]] = &[&SERIALIZABLE, &SNAPSHOTS, &[L::ParallelSnapshotIsolation]];
    check(&["0@0-9 rx. ax1", "1@0-9 rx. ax2"], "lost-update", broken);
    check(&["0@0-9 gx=nil wx1", "1@0-9 gx=nil wx2"], "lost-update", broken);
}

#[test]
fn a_long_fork_breaks_prefix_and_leaves_parallel_snapshot_isolation() {
    let broken: &[&[L]] = &[&SERIALIZABLE, &SNAPSHOTS, &[L::Prefix]];
    check(&["0@0-9 ax1", "1@0-9 ay1", "2@0-9 rx.1 ry.", "3@0-9 rx. ry.1"], "G-nonadjacent", broken);
    check(&["0@0-9 wx1", "1@0-9 wy1", "2@0-9 gx=1 gy=nil", "3@0-9 gx=nil gy=1"], "G-nonadjacent", broken);
}

#[test]
fn write_skew_breaks_serializability_and_leaves_snapshot_isolation() {
    check(&["0@0-9 rx. ay1", "1@0-9 ry. ax1"], "write-skew", &[&SERIALIZABLE]);
    check(&["0@0-9 gx=nil wy1", "1@0-9 gy=nil wx1"], "write-skew", &[&SERIALIZABLE]);
    check(&["0@0-9 rx. ay1", "1@0-9 ry. az1", "2@0-9 rz. ax1"], "G2-item", &[&SERIALIZABLE]);
}

#[test]
fn a_session_that_forgets_breaks_the_levels_with_sessions() {
    let broken = [L::StrictSerializable, L::StrongSessionSerializable, L::StrongSnapshotIsolation];
    let weaker = [L::StrongSessionSnapshotIsolation, L::ParallelSnapshotIsolation, L::Prefix, L::Causal];
    check(&["0@0-1 ax1", "0@2-3 rx."], "G-single-process", &[&broken, &weaker]);
    check(&["0@0-1 wx1", "0@2-3 gx=nil"], "G-single-process", &[&broken, &weaker]);
}

#[test]
fn a_stale_read_breaks_the_levels_with_real_time() {
    let broken = [L::StrictSerializable, L::StrongSnapshotIsolation];
    check(&["0@0-1 ax1", "1@2-3 rx."], "G-single-realtime", &[&broken]);
    check(&["0@0-1 wx1", "1@2-3 wx2", "2@4-5 gx=1"], "G-single-realtime", &[&broken]);
    // What began before the other returned may not have seen it.
    check(&["0@0-2 ax1", "1@1-3 rx."], "", &[]);
    check(&["0@0-2 ax1", "1@2-3 rx."], "", &[]);
}

/// The names of all anomalies that are listed.
fn anomalies(transactions: &[&str]) -> Vec<&'static str> {
    let history = parse(transactions);
    let found = IsolationCheck::new(&history).anomalies(Budget::default()).expect("no value was written twice");
    found.iter().map(|witness| witness.anomaly.name()).collect()
}

#[test]
fn every_kind_of_anomaly_is_listed_once() {
    // Each of two sessions misses what the other wrote before, and one of them does so after it was done.
    let missed = ["0@0-3 ax1", "0@5-9 ry.", "1@1-4 ay1", "1@6-9 rx."];
    assert_eq!(anomalies(&missed), ["G-single-realtime", "G-nonadjacent-process"]);
    let several = ["0@0-9 rx. ax1 rx.1.9", "1@0-9 ay1 rz.", "2@0-9 az1 ry."];
    assert_eq!(anomalies(&several), ["garbage-read", "internal", "write-skew"]);
    assert!(anomalies(&["0@0-1 ax1", "1@2-3 rx.1"]).is_empty());
}

#[test]
fn both_orders_of_writes_that_nobody_read_may_be_wrong() {
    let skew = ["0@0-9 ax1 az1 ry.", "1@0-9 ax2 ay1 rz."];
    let history = parse(&skew);
    let anomaly = |level| match IsolationCheck::new(&history).check(level, Budget::default()) {
        Verdict::Violated(witness) => witness.anomaly.name(),
        _ => "none",
    };
    assert_eq!(anomaly(L::SnapshotIsolation), "G-single");
    assert_eq!(anomaly(L::ParallelSnapshotIsolation), "G-single");
    assert_eq!(anomaly(L::Serializable), "write-skew");
    assert_eq!(anomaly(L::Prefix), "none");
    let nothing = Budget { steps: 0, ..Budget::default() };
    let verdict = IsolationCheck::new(&history).check(L::SnapshotIsolation, nothing);
    assert_eq!(verdict, Verdict::Unknown(Undecided::OutOfSteps { steps: 0 }));
}

#[test]
fn a_value_written_twice_cannot_be_judged() {
    let history = parse(&["0@0-9 ax1", "1@0-9 ax1"]);
    let verdict = IsolationCheck::new(&history).check(L::ReadCommitted, Budget::default());
    let what = "1 was written twice to x, by T0 and T1".to_owned();
    assert_eq!(verdict, Verdict::Unknown(Undecided::Ambiguous { what }));
}
