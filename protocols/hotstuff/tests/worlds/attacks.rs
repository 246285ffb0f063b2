//! Known attacks: within the model they come to nothing, beyond it they do harm.

use hotstuff::{HotStuff, HotStuffConfig};
use sim_core::draft::{Draft, Partition};
use sim_core::{Fault, NodeId, Selector, SystemUnderTest};

use crate::{calm, ms};

const fn node(index: u32) -> Selector {
    Selector::Node(NodeId::node(index))
}

const fn twin(index: u32) -> Selector {
    Selector::Node(NodeId::node(index).twin())
}

#[test]
fn no_adversary_breaks_anything_or_keeps_the_others_from_progress() {
    for info in HotStuff::ADVERSARIES {
        for traitor in 0..4 {
            calm(HotStuffConfig::default(), 4)
                .fault(Fault::adversary(info.name, [node(traitor)]))
                .heal_at(ms(2_000))
                .heal_core(["correct"])
                .progress_within(ms(1_000))
                .check(0..25);
        }
    }
}

#[test]
fn two_colluding_adversaries_of_seven_come_to_nothing_either() {
    for info in HotStuff::ADVERSARIES {
        let colluding = Fault::adversary(info.name, ["n1", "n5"]);
        let config = HotStuffConfig { faulty: 2, ..HotStuffConfig::default() };
        calm(config, 7)
            .fault(colluding)
            .heal_at(ms(2_000))
            .heal_core(["correct"])
            .progress_within(ms(2_000))
            .check(0..20);
    }
}

/// Both sides hear one of the twins of each traitor, and nothing of the other side.
fn split(mut groups: Vec<Vec<Selector>>, traitors: &[u32]) -> Draft<Partition> {
    for traitor in traitors {
        groups[0].push(node(*traitor));
        groups[1].push(twin(*traitor));
    }
    Fault::partition(groups)
}

#[test]
fn twins_of_one_replica_of_four_are_harmless_and_of_two_are_not() {
    let with_twins = |groups: Vec<Vec<Selector>>, traitors: &[u32]| {
        let partition = split(groups, traitors).lasting(ms(2_000));
        traitors.iter().fold(calm(HotStuffConfig::default(), 4).fault(partition), |simulation, traitor| {
            simulation.fault(Fault::twin(node(*traitor)))
        })
    };
    with_twins(vec![vec![node(0), node(1)], vec![node(2)]], &[3]).check(0..50);
    let outside = || with_twins(vec![vec![node(0)], vec![node(1)]], &[2, 3]);
    for property in ["Agreement", "One Certificate A View"] {
        let outside = outside().only_properties([property]);
        assert!(!outside.run(0).summary.outside.safety.is_empty(), "two Byzantine replicas are one too many");
        outside.expect_violation(property).check(0..20);
    }
}
