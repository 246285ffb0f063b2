//! The store in which the last writer wins, in whole simulated worlds.

use lww::{Lww, LwwConfig, LwwFlaw};
use parts::registers::RegisterWorkload;
use sim_core::consistency::DeliveryGuarantee;
use sim_core::{ClientProfile, DiskProfile, Fault, Guarantee, Latency, LinkProfile, NodeId, Simulation, ms};

/// Replicas whose disks are slow crash while they wait for them, boot, and at once lose their power.
fn power_fails_after_a_crash(flaws: &[LwwFlaw]) -> Simulation<Lww> {
    let config = LwwConfig { flaws: flaws.iter().copied().collect(), ..LwwConfig::default() };
    let clients = ClientProfile { count: 3, operations: 40, think: (ms(0), ms(20)), ..ClientProfile::default() };
    let world = Simulation::of(config, 3)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(40)), ..LinkProfile::default() })
        .disk(DiskProfile { sync: (ms(10), ms(20)), ..DiskProfile::default() })
        .workload(clients, RegisterWorkload::default())
        .consistency(Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce))
        .consistency(Guarantee::Delivery(DeliveryGuarantee::CausalOrder))
        .run_for(ms(6000));
    (1..8).fold(world, |world, round| {
        let (at, node) = (ms(200 * u64::from(round)), NodeId::node(round % 3));
        world
            .fault(Fault::crash(node).restart_after(ms(1)).at(at))
            .fault(Fault::crash(node).power_loss().restart_after(ms(50)).at(at + ms(5)))
    })
}

#[test]
fn what_a_replica_finds_on_its_disk_is_durable_before_it_is_announced() {
    power_fails_after_a_crash(&[]).check(0..100);
    let hasty = power_fails_after_a_crash(&[LwwFlaw::RecoversUnsynced]);
    hasty.expect_violation("Exactly-Once Delivery").check(0..50);
}

/// A run that a person can read, compared with what was accepted.
#[test]
fn a_replica_that_was_down_hears_of_what_it_missed() {
    let clients = ClientProfile { count: 3, operations: 4, think: (ms(0), ms(40)), ..ClientProfile::default() };
    let outcome = Simulation::<Lww>::of(LwwConfig::default(), 3)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .workload(clients, RegisterWorkload::default())
        .fault(Fault::crash("n2").restart_after(ms(60)).at(ms(30)))
        .run_for(ms(250))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
