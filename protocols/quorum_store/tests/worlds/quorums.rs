//! What operations cost, and what they need.

use parts::bounds::LONGEST;
use quorum_store::{QuorumConfig, QuorumOp, Quorums, ReadRepair, StaleReads, WriteAvailability};
use sim_core::{ClientProfile, Moment, Outcome, ms};

use crate::{asked, calm, completed_soon, down};

/// How many messages come up when one client asks for ten operations, its own requests and replies among them.
fn messages(config: QuorumConfig, writes_percent: u32) -> u64 {
    let quiet = QuorumConfig { anti_entropy_interval: LONGEST, hint_interval: LONGEST, ..config };
    let one = ClientProfile { count: 1, operations: 10, ..ClientProfile::default() };
    let outcome = asked(quiet, one, writes_percent).run(1);
    assert_eq!(completed_soon(&outcome), (10, 10));
    outcome.summary.delivered
}

/// All N replicas are asked, whatever R and W are, and each of them answers.
#[test]
fn an_operation_is_a_message_to_each_replica_and_an_answer_of_each() {
    for replication in [1, 3, 5] {
        for read_quorum in [1, replication] {
            let config = QuorumConfig {
                replication,
                read_quorum,
                write_availability: WriteAvailability::AnyReplica,
                quorums: Quorums::Partial,
                read_repair: ReadRepair::Off,
                ..QuorumConfig::default()
            };
            let each = 10 * (2 + 2 * u64::from(replication));
            assert_eq!((messages(config.clone(), 0), messages(config, 100)), (each, each), "N = {replication}");
        }
    }
}

/// How many reads and writes did not complete soon, with one node of five down for two seconds.
fn missing(config: QuorumConfig) -> (usize, usize) {
    let outcome = calm(config).fault(down("n4")).run(1);
    assert_eq!(outcome.summary.verdict.violation(), None);
    let late = |is_read: bool| {
        let of_kind = outcome.history.iter().filter(|(_, of)| matches!(of.op, QuorumOp::Get { .. }) == is_read);
        let took = |at: Moment, invoked: Moment| at.time_ns - invoked.time_ns;
        of_kind.filter(|(_, of)| of.returned().is_none_or(|at| took(at, of.invoked) >= ms(400).as_nanos())).count()
    };
    (late(true), late(false))
}

#[test]
fn as_many_replicas_may_be_down_as_quorums_can_do_without() {
    let of = |read_quorum, write_availability, quorums| QuorumConfig {
        read_quorum,
        write_availability,
        quorums,
        ..QuorumConfig::default()
    };
    use WriteAvailability::{AnyReplica, Majority, Quorum};
    let none = (0, 0);
    assert_eq!(missing(of(2, Majority, Quorums::Strict)), none);
    let (reads, writes) = missing(of(1, Quorum(3), Quorums::Strict));
    assert!(reads == 0 && writes > 0, "{writes}");
    let (reads, writes) = missing(of(3, AnyReplica, Quorums::Strict));
    assert!(reads > 0 && writes == 0, "{reads}");
    // Others stand in.
    assert_eq!(missing(of(1, Quorum(3), Quorums::Sloppy)), none);
    assert_eq!(missing(of(3, AnyReplica, Quorums::Sloppy)), none);
    let stale = QuorumConfig { stale_reads: StaleReads::Allowed, ..of(3, AnyReplica, Quorums::Strict) };
    assert_eq!(missing(stale), none);
}

fn announced(outcome: &Outcome<quorum_store::QuorumStore>, kind: &str) -> usize {
    outcome.announced().into_iter().filter(|line| line.contains(&format!(" {kind} "))).count()
}

/// What stands in hands over, and forgets.
#[test]
fn hints_come_home() {
    let sloppy = QuorumConfig {
        quorums: Quorums::Sloppy,
        write_availability: WriteAvailability::Quorum(3),
        ..QuorumConfig::default()
    };
    let outcome = calm(sloppy.clone()).fault(down("n4")).run_traced(1);
    assert!(announced(&outcome, "Hinted") > 3 && announced(&outcome, "HandedOff") > 0);
    calm(sloppy).fault(down("n4")).sometimes("HandedOff").check(0..50);
}
