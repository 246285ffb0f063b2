//! A run that a person can read, compared with what was accepted. `cargo insta review` shows how a change of the
//! protocol changes it.

use failure_detectors::{DetectorConfig, DetectorKind, DetectorNode, DetectorOp, DetectorWorkload};
use sim_core::{ClientProfile, Fault, Latency, LinkProfile, Simulation, ms};

/// n2 is paused: it is suspected by mistake, and when it wakes up it suspects the others for a moment. Then it crashes:
/// it is suspected, taken for crashed, and has recovered when it has booted. At last operators have nobody monitor it
/// any more, and nobody says a word when it crashes again. A client asks what a node makes of the others, before and
/// after.
#[test]
fn a_pause_is_a_mistake_and_a_crash_is_none() {
    let clients = ClientProfile { count: 1, operations: 4, think: (ms(900), ms(900)), ..ClientProfile::default() };
    let outcome = Simulation::<DetectorNode>::of(DetectorConfig::default(), 3)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(5)), ..LinkProfile::default() })
        .workload(clients, DetectorWorkload::default())
        .operations(vec![vec![DetectorOp::View; 4]])
        .fault(Fault::pause("n2").at(ms(1000)).lasting(ms(250)))
        .fault(Fault::crash("n2").power_loss().restart_after(ms(800)).at(ms(2000)))
        .fault(Fault::operate("all", "stop_monitoring").nodes(["n2"]).at(ms(3200)))
        .fault(Fault::crash("n2").at(ms(3400)))
        .run_for(ms(4000))
        .run_traced(1);
    assert_eq!(DetectorConfig::default().detector, DetectorKind::Phi);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
