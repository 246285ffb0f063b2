//! A run that a person can read, compared with what was accepted. `cargo insta review` shows how a change of the
//! protocol changes it.

use saga::{SagaConfig, SagaNode, SagaOp, SagaWorkload};
use sim_core::{ClientProfile, Fault, Latency, LinkProfile, Simulation, ms};

/// The money transfer of the textbooks, in which everything goes wrong: account 0 is to pay accounts 1 and 2. The
/// deposit to account 2 is on its way for too long, and so all is compensated, that deposit too, of which nobody knows
/// whether it was made. When it arrives it is refused.
#[test]
fn a_deposit_comes_after_its_compensation() {
    let clients = ClientProfile { count: 1, operations: 1, think: (ms(0), ms(0)), ..ClientProfile::default() };
    let transfer = SagaOp::Transfer { from: 0, to: vec![1, 2], amount: 31 };
    let outcome = Simulation::<SagaNode>::of(SagaConfig::default(), 4)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(5)), ..LinkProfile::default() })
        .workload(clients, SagaWorkload::default())
        .operations(vec![vec![transfer]])
        .fault(Fault::link("n0", "n3").hold().kind("Do").at(ms(0)).lasting(ms(600)))
        .run_for(ms(1000))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
