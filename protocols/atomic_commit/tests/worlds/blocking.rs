//! When participants in doubt can end a transaction, and when they must wait.

use atomic_commit::{BankOp, CommitConfig, CommitProtocol};
use parts::kv::WriteId;
use sim_core::{ClientProfile, Fault, Liveness, Simulation, ms, secs};

use crate::calm;

/// Three nodes keep accounts, and the fourth coordinates a transfer between all of them. It stops after 400 ms, until
/// everything is repaired. Others audit all accounts the whole time.
fn without_coordinator(config: CommitConfig, faults: impl IntoIterator<Item = Fault>) -> Vec<Liveness> {
    let config = CommitConfig { shards: Some(3), ..config };
    let transfer = WriteId { client: 3, index: 0 };
    let transfer = BankOp::Transfer { from: 0, to: vec![1, 2], amount: 10, transfer };
    let profile = ClientProfile { attempts: 4, timeout: ms(200), think: (ms(50), ms(100)), ..ClientProfile::default() };
    let world = calm(config, 4, profile)
        .operations(vec![vec![BankOp::Audit { accounts: 3 }; 30], Vec::new(), Vec::new(), vec![transfer]])
        .fault(Fault::crash("n3").at(ms(400)))
        .heal_at(ms(1000))
        .heal_core(["n0", "n1", "n2"])
        .progress_within(secs(3))
        .run_for(secs(12));
    let world = faults.into_iter().fold(world, Simulation::fault);
    let judged = |seed| {
        let summary = world.run(seed).summary;
        assert!(summary.verdict.is_passed(), "seed {seed}: {}", summary.verdict);
        summary.liveness
    };
    (0..20).map(judged).collect()
}

/// All of these messages between the coordinator and this participant are held back.
fn held(from: &str, to: &str, kind: &str) -> Fault {
    Fault::link(from, to).kind(kind).hold().at(ms(0)).into()
}

#[track_caller]
fn check_blocks(runs: &[Liveness]) {
    for run in runs {
        let Liveness::Stuck { because, recovered_after: Some(_) } = run else { panic!("{run:?}") };
        assert!(because[0].because.contains("must hold its locks until it knows the decision"), "{}", because[0]);
    }
}

#[track_caller]
fn check_progresses(runs: &[Liveness]) {
    assert!(runs.iter().all(|run| matches!(run, Liveness::Progressed(_))), "{runs:?}");
}

/// It goes on once the coordinator is back, which presumes that the transaction was aborted.
#[test]
fn where_all_are_in_doubt_nobody_can_go_on_without_the_coordinator() {
    let votes = || ["n0", "n1", "n2"].map(|from| held(from, "n3", "Vote"));
    for cooperative_termination in [true, false] {
        let config = CommitConfig { cooperative_termination, ..CommitConfig::default() };
        check_blocks(&without_coordinator(config, votes()));
    }
}

#[test]
fn a_participant_that_knows_the_decision_tells_the_others_if_they_ask() {
    let decisions = || ["n1", "n2"].map(|to| held("n3", to, "Decide"));
    check_progresses(&without_coordinator(CommitConfig::default(), decisions()));
    let alone = CommitConfig { cooperative_termination: false, ..CommitConfig::default() };
    check_blocks(&without_coordinator(alone, decisions()));
}

/// Gray and Lamport 2006: the acceptors know how all have voted.
#[test]
fn paxos_commit_goes_on_without_the_coordinator_where_all_are_in_doubt() {
    let config = CommitConfig { commit: CommitProtocol::PaxosCommit, ..CommitConfig::default() };
    check_progresses(&without_coordinator(config, ["n0", "n1", "n2"].map(|from| held(from, "n3", "Accepted"))));
}

/// It has not voted yes, so nobody can have decided to commit.
#[test]
fn a_participant_that_has_not_voted_aborts_for_the_others() {
    let prepare = || [held("n3", "n1", "Prepare")];
    check_progresses(&without_coordinator(CommitConfig::default(), prepare()));
}
