//! What clients can tell of locks that are let go, and of money that is made or lost.

use std::collections::BTreeSet;

use atomic_commit::{AtomicCommit, BankOp, BankReply, CommitFlaw, OPENING};
use sim_core::consistency::isolation::IsolationLevel;
use sim_core::consistency::{Answer, Budget, Counterexample};
use sim_core::{Flaw, History, OperationOutcome, SystemUnderTest};

use crate::faulty;

/// What clients were told in a run in which no property but their history is looked at.
fn told(flaws: impl IntoIterator<Item = CommitFlaw>, audits_percent: u32, seed: u64) -> History<BankOp, BankReply> {
    faulty(flaws, audits_percent).only_properties([]).run(seed).history
}

fn judge(level: IsolationLevel, history: &History<BankOp, BankReply>) -> Answer<Counterexample> {
    AtomicCommit::CHECK_ISOLATION(level, history, Budget::default()).expect("it judges all of its histories")
}

/// Whether each audit tells that the bank has what it began with.
fn totals_are_right(history: &History<BankOp, BankReply>) -> bool {
    let is_right = |op: &BankOp, reply: &BankReply| match op {
        BankOp::Audit { accounts } => {
            reply.ledgers().iter().map(|ledger| ledger.balance()).sum::<i64>() == i64::from(*accounts) * OPENING
        }
        BankOp::Transfer { .. } => true,
    };
    history.iter().all(|(_, operation)| match &operation.outcome {
        OperationOutcome::Ok { reply, .. } => is_right(&operation.op, reply),
        _ => true,
    })
}

/// On every run, with each flaw and without.
#[test]
fn serializable_implies_that_the_total_holds() {
    let (mut kept, mut wrong) = (0, 0);
    let all = CommitFlaw::ALL.iter().map(|flaw| Some(*flaw)).chain([None]);
    for flaw in all {
        for seed in 0..6 {
            let history = told(flaw, 20, seed);
            let answer = judge(IsolationLevel::Serializable, &history);
            let is_right = totals_are_right(&history);
            assert!(is_right || answer.is_violated(), "{flaw:?}, seed {seed}: a wrong total, and yet {answer:?}");
            assert!(flaw.is_some() || answer == Answer::Satisfied, "no flaw, seed {seed}: {answer:?}");
            kept += u32::from(answer == Answer::Satisfied);
            wrong += u32::from(!is_right);
        }
    }
    assert!(kept > 20 && wrong > 5, "{kept} are serializable, and {wrong} have a wrong total");
}

/// The names of what breaks serializability in runs with this flaw.
fn anomalies(flaw: CommitFlaw, audits_percent: u32) -> BTreeSet<&'static str> {
    let named =
        (0..20).filter_map(|seed| match judge(IsolationLevel::Serializable, &told([flaw], audits_percent, seed)) {
            Answer::Violated(Counterexample::Isolation(witness)) => Some(witness.anomaly.name()),
            _ => None,
        });
    named.collect()
}

#[track_caller]
fn check(flaw: CommitFlaw, audits_percent: u32, expected: &str) {
    let found = anomalies(flaw, audits_percent);
    assert!(found.contains(expected), "{flaw:?}, {audits_percent} % audits: {found:?}");
}

/// Where there are many audits and few transfers, it is audits that see it.
#[test]
fn locks_of_writes_that_are_let_go_at_the_vote() {
    check(CommitFlaw::ReleasesAtPrepare, 20, "lost-update");
    check(CommitFlaw::ReleasesAtPrepare, 90, "G-single");
    check(CommitFlaw::PostsAtPrepare, 20, "G1a");
}

#[test]
fn locks_of_reads_that_are_let_go_early() {
    check(CommitFlaw::ShortReadLocks, 20, "lost-update");
    check(CommitFlaw::ShortReadLocks, 90, "G-single");
    check(CommitFlaw::UpgradeForgotten, 20, "lost-update");
}
