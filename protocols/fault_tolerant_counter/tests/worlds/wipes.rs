//! How many disks may be lost, and at which price.

use fault_tolerant_counter::{CounterConfig, FaultTolerantCounter};
use sim_core::{Fault, OperationOutcome, Simulation, ms, secs};

use crate::calm;

/// Disks of so many replicas are lost at once, and then nobody suspects anybody by mistake.
fn wiped(copies: u32, lost: u32) -> Simulation<FaultTolerantCounter> {
    let config = CounterConfig { copies, replicas: 4, ..CounterConfig::default() };
    let wipe = |node: u32| Fault::crash(format!("n{node}").as_str()).wiped().restart_after(ms(20)).at(ms(600));
    (1..=lost).fold(calm(config, 6), |world, node| world.fault(wipe(node)))
}

/// How many of the operations that were asked for after the loss have completed.
fn completed_after(simulation: &Simulation<FaultTolerantCounter>, seed: u64) -> usize {
    let history = simulation.run(seed).history;
    let operations = history.iter().map(|(_, operation)| operation);
    let after = operations.filter(|operation| operation.invoked.time_ns > ms(900).as_nanos());
    after.filter(|operation| matches!(operation.outcome, OperationOutcome::Ok { .. })).count()
}

#[test]
fn the_disks_of_one_replica_less_than_there_are_copies_may_be_lost() {
    for copies in 2..=4 {
        let world = wiped(copies, copies - 1).run_for(secs(8));
        world.check(0..30);
        assert!(completed_after(&world, 1) > 0, "{copies} copies");
    }
}

/// What was acknowledged may be gone, so nothing is told any more: nothing wrong is told.
#[test]
fn where_as_many_disks_are_lost_as_there_are_copies_the_counter_stops() {
    for copies in 1..=4 {
        let world = wiped(copies, copies).run_for(secs(8));
        world.check(0..30);
        assert_eq!(completed_after(&world, 1), 0, "{copies} copies");
    }
}
