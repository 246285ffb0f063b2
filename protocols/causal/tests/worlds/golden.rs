//! A run that a person can read, compared with what was accepted. `cargo insta review` shows how a change of the
//! protocol changes it.

use causal::{Causal, CausalConfig, CausalOp};
use parts::kv::WriteId;
use parts::registers::RegisterWorkload;
use sim_core::{ClientProfile, Fault, Latency, LinkProfile, Simulation, ms};

/// The photo album of Lloyd et al. (2011): Alice adds a photo (key 0) and then refers to it in her album
/// (key 1). The photo is slow on its way to Bob's data centre, and so the album waits there for it.
#[test]
fn an_album_waits_for_its_photo() {
    let put = |key, index| CausalOp::Put { key, write: WriteId { client: 0, index }, after: Vec::new() };
    let get = |key| CausalOp::Get { key, after: Vec::new() };
    let clients = ClientProfile { count: 2, operations: 6, think: (ms(10), ms(60)), ..ClientProfile::default() };
    let outcome = Simulation::<Causal>::of(CausalConfig::default(), 4)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(5)), ..LinkProfile::default() })
        .workload(clients, RegisterWorkload::default())
        .operations(vec![vec![put(0, 0), put(1, 1)], vec![get(1), get(1), get(1), get(1), get(1), get(0)]])
        .fault(Fault::link("n0", "n2").hold().kind("Replicate").at(ms(0)).lasting(ms(150)))
        .run_for(ms(400))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
