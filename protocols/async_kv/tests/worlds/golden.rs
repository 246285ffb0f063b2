//! A run that a person can read, compared with what was accepted. `cargo insta review` shows how a change of the
//! protocol changes it.

use async_kv::{AsyncKvConfig, AsyncKvNode};
use parts::kv::{KvOp, KvWorkload, WriteId};
use sim_core::{ClientProfile, Fault, Latency, LinkProfile, Simulation, ms};

/// A leader is cut off before a client asks for something. The others elect another, which serves the client; and the
/// first one steps down and catches up when it is back.
#[test]
fn a_leader_is_cut_off() {
    let clients = ClientProfile {
        count: 1,
        operations: 1,
        timeout: ms(200),
        think: (ms(400), ms(400)),
        ..ClientProfile::default()
    };
    let put = KvOp::Put { key: 0, write: WriteId { client: 0, index: 0 } };
    let outcome = Simulation::<AsyncKvNode>::of(AsyncKvConfig::default(), 3)
        .network(LinkProfile { latency: Latency::Constant(ms(5)), ..LinkProfile::default() })
        .workload(clients, KvWorkload::default())
        .operations(vec![vec![put]])
        .fault(Fault::isolate("leader").at(ms(395)).lasting(ms(600)))
        .run_for(ms(1200))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
