//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use parts::bounds::LONGEST;
use parts::kv::WriteId;
use quorum_store::{QuorumConfig, QuorumOp, QuorumStore, Quorums, WriteAvailability};
use sim_core::{ClientProfile, Fault, Latency, LinkProfile, Simulation, ms};

/// Key 2 has the replicas n0, n3 and n4, and n4 is down. Another node stands in for it, keeps the write for it, and
/// hands it over when n4 is back.
#[test]
fn a_write_waits_for_its_replica_at_a_node_that_stands_in_for_it() {
    let config = QuorumConfig {
        quorums: Quorums::Sloppy,
        write_availability: WriteAvailability::Quorum(3),
        anti_entropy_interval: LONGEST,
        ..QuorumConfig::default()
    };
    let put = QuorumOp::Put { key: 2, write: WriteId { client: 0, index: 0 } };
    let outcome = Simulation::<QuorumStore>::of(config, 5)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(5)), ..LinkProfile::default() })
        .workload(ClientProfile { think: (ms(0), ms(5)), ..ClientProfile::default() }, Default::default())
        .operations(vec![vec![put]])
        .fault(Fault::crash("n4").restart_after(ms(150)).at(ms(0)))
        .run_for(ms(300))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
