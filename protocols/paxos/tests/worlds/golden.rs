//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a change of the protocol
//! changes them.

use parts::kv::{KvOp, KvWorkload, WriteId};
use paxos::{Paxos, PaxosConfig};
use sim_core::{ClientProfile, Fault, Latency, LinkProfile, Milestone, Simulation, ms};

/// Both clients write, and their writes are proposed in instances 1 and 2. Nobody but the leader accepts the first, because
/// all that would tell the others is lost; one other accepts the second, and the leader dies. The next leader is told of
/// something in instance 2 and of nothing in instance 1: it fills the gap with a no-op, and proposes in instance 2 what was
/// accepted there. The first client asks again.
#[test]
fn a_leader_dies_and_leaves_a_gap() {
    let put = |client| vec![KvOp::Put { key: client, write: WriteId { client, index: 0 } }];
    let clients = ClientProfile { count: 2, timeout: ms(150), think: (ms(140), ms(142)), ..ClientProfile::default() };
    let config =
        PaxosConfig { election_timeout: (ms(60), ms(120)), heartbeat_interval: ms(50), ..PaxosConfig::default() };
    let outcome = Simulation::<Paxos>::of(config, 3)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(5)), ..LinkProfile::default() })
        .workload(clients, KvWorkload::default())
        .operations(vec![put(0), put(1)])
        .fault(Fault::send_omission("leader").kind("Accept").nth([1, 2, 4]).after(Milestone::event("BecameLeader", 1)))
        .fault(Fault::crash("leader").after(Milestone::message("Accepted", 1)))
        .run_for(ms(600))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
