//! What each kind of redundancy survives, and what it does not: the table of the scenarios' README.

use parts::kv::KvWorkload;
use replicated_service::{Mode, ReplicatedService, ServiceConfig};
use sim_core::{ClientProfile, Fault, OperationOutcome, Simulation, ms, secs};

use crate::world;

/// Of operations that are asked for between half a second and two and a half, how many in a hundred are answered by
/// then.
fn answered(config: ServiceConfig, nodes: u32, faults: &[Fault]) -> u64 {
    let clients = ClientProfile { count: 3, think: (ms(20), ms(40)), timeout: ms(100), ..ClientProfile::default() };
    let world: Simulation<ReplicatedService> =
        world(config, nodes).workload(clients, KvWorkload::default()).run_for(secs(3));
    let history = faults.iter().cloned().fold(world, Simulation::fault).run(3).history;
    let [from, until] = [500_000_000, 2_500_000_000];
    let asked = history.iter().filter(|(_, operation)| (from..until).contains(&operation.invoked.time_ns));
    let is_told =
        |outcome: &OperationOutcome<_>| matches!(outcome, OperationOutcome::Ok { at, .. } if at.time_ns < until);
    let told: Vec<bool> = asked.map(|(_, operation)| is_told(&operation.outcome)).collect();
    told.iter().filter(|told| **told).count() as u64 * 100 / told.len().max(1) as u64
}

fn with(replicas: u32, routes: u32) -> ServiceConfig {
    let may_stop = Some(4);
    ServiceConfig { mode: Mode::SemiActive, replicas, routes, may_stop, ..ServiceConfig::default() }
}

fn stop(node: &str, at: u64) -> Fault {
    Fault::crash(node).at(ms(at)).into()
}

#[test]
fn copies_survive_nodes_that_stop_and_not_the_last_copy() {
    assert!(answered(with(3, 1), 3, &[stop("n0", 300), stop("n1", 300)]) > 90);
    assert!(answered(with(1, 1), 1, &[stop("n0", 300)]) < 10);
    assert!(answered(with(2, 1), 3, &[stop("n0", 300), stop("n1", 300)]) < 10, "a spare has no copy");
}

#[test]
fn spares_survive_more_nodes_than_there_are_copies_if_one_stops_after_the_other() {
    let one_by_one = [stop("n0", 100), stop("n1", 300), stop("n2", 500)];
    assert!(answered(with(2, 1), 5, &one_by_one) > 90);
    assert!(answered(with(2, 1), 2, &one_by_one[..2]) < 10, "without spares");
}

#[test]
fn routes_survive_a_broken_link_and_not_a_node_that_is_cut_off() {
    let broken = |from: &str, to: &str| Fault::link_omission(from, to).at(ms(300)).lasting(secs(3)).into();
    let broken: [Fault; 2] = [broken("n0", "n1"), broken("n1", "n0")];
    let cut_off: Fault = Fault::isolate("n1").at(ms(300)).lasting(secs(3)).into();
    assert!(answered(with(3, 1), 3, &broken) < 10);
    assert!(answered(with(3, 2), 3, &broken) > 90);
    assert!(answered(with(3, 2), 3, &[cut_off]) < 10);
}
