//! Runs of replicated sets, with or without what they are held to: eight replicas, a thousand operations of eight
//! clients, deltas over links that lose messages. Making a run and ending it counts.

use crdt::types::Kind;
use crdt::{Crdt, CrdtConfig, CrdtWorkload};
use sim_core::{ClientProfile, Guarantee, LinkProfile, Probability, Simulation, ms};

use crate::report::{Measured, Report};

const NODES: u32 = 8;
const OPERATIONS: u32 = 1000;

/// `runs` runs one after the other, of as many seeds from `seed` on. Without `properties` nothing is judged.
pub(crate) fn measure(runs: u64, properties: bool, seed: u64) -> Report {
    let simulation = simulation(properties);
    let run = Measured::of_many(&simulation, seed..seed.saturating_add(runs), |seed, outcome| {
        let answered = outcome.history.outcomes().ok;
        assert!(answered >= u64::from(OPERATIONS) / 2, "seed {seed} completes {answered} operations");
    });
    let check = format!("acked={} ", run.completed);
    let params = vec![("n", u64::from(NODES)), ("properties", u64::from(properties))];
    Report { workload: "crdt", params, run, check }
}

fn simulation(properties: bool) -> Simulation<Crdt> {
    let network = LinkProfile { loss: Probability::ratio(1, 100), ..LinkProfile::default() };
    let clients = ClientProfile {
        count: NODES,
        operations: OPERATIONS / NODES,
        attempts: 1,
        timeout: ms(100),
        think: (ms(0), ms(20)),
    };
    let workload = CrdtWorkload { objects: vec![Kind::OrSet], elements: 8, ..CrdtWorkload::default() };
    let simulation =
        Simulation::of(CrdtConfig::default(), NODES).network(network).workload(clients, workload).run_for(ms(5000));
    if properties {
        simulation.consistency(Guarantee::StrongEventual).consistency(Guarantee::Eventual)
    } else {
        simulation.only_properties([])
    }
}
