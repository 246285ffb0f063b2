//! Replicas that do not follow the protocol.

use std::collections::BTreeSet;

use protocols::pbft::{Pbft, PbftConfig};
use sim_core::{CutMode, FaultKind, MessageFilter, Misconduct, NodeId, Selector, Simulation, SystemUnderTest};

use crate::{answered, at, calm, ms, node, with_the_smallest_log};

pub(crate) fn adversary(name: &str, indexes: &[u32]) -> FaultKind {
    FaultKind::Adversary { name: name.to_owned(), targets: indexes.iter().map(|index| node(*index)).collect() }
}

fn group(read_only: bool) -> Simulation<Pbft> {
    calm(
        PbftConfig {
            read_only,
            view_change_timeout: ms(40),
            max_view_change_timeout: ms(640),
            ..PbftConfig::default()
        },
        4,
    )
}

#[test]
fn one_adversary_of_four_does_no_harm_wherever_it_is() {
    for info in Pbft::ADVERSARIES {
        for (index, read_only) in (0..4).flat_map(|index| [(index, false), (index, true)]) {
            let simulation = group(read_only).fault(at(0, adversary(info.name, &[index]))).run_for(ms(20_000));
            let outcome = simulation.run(u64::from(index));
            assert!(outcome.summary.verdict.is_passed(), "{} at n{index}: {}", info.name, outcome.summary.verdict);
            assert_eq!(answered(&outcome), 180, "{} at n{index}", info.name);
        }
    }
}

#[test]
fn a_primary_whose_every_word_is_mutated_does_no_harm() {
    let lie = FaultKind::Lie {
        targets: node(0),
        to: Vec::new(),
        messages: MessageFilter::ALL,
        misconduct: Misconduct::Mutate,
    };
    for seed in 0..20 {
        let outcome = group(true).fault(at(0, lie.clone())).run(seed);
        assert!(outcome.summary.verdict.is_passed(), "seed {seed}: {}", outcome.summary.verdict);
        assert_eq!(answered(&outcome), 180, "seed {seed}");
    }
}

/// Twins of these replicas, and a partition with one of each pair on either side.
fn with_twins(twins: &[u32]) -> Simulation<Pbft> {
    let side = |number: usize| {
        let twin = |index: &u32| if number == 0 { NodeId::node(*index) } else { NodeId::node(*index).twin() };
        let others: Vec<u32> = (0..4).filter(|index| !twins.contains(index)).collect();
        let half: Vec<NodeId> = others.iter().skip(number).step_by(2).map(|index| NodeId::node(*index)).collect();
        let client = NodeId::client(number as u32);
        twins.iter().map(twin).chain(half).chain([client]).map(Selector::Node).collect()
    };
    let partition = FaultKind::Partition { groups: vec![side(0), side(1)], mode: CutMode::Drop, rounds: None };
    let group = group(false).fault(at(200, partition).lasting(ms(1500)));
    twins.iter().fold(group, |group, index| group.fault(at(0, FaultKind::Twin { targets: node(*index) })))
}

fn violated(simulation: &Simulation<Pbft>, seeds: u64) -> BTreeSet<String> {
    let verdicts = (0..seeds).map(|seed| simulation.run(seed).summary.verdict);
    verdicts.filter_map(|verdict| verdict.violation().map(|violation| violation.property.clone())).collect()
}

#[test]
fn twins_of_one_replica_of_four_do_no_harm_and_of_two_they_do() {
    assert_eq!(violated(&with_twins(&[0]), 30), BTreeSet::new());
    let two = violated(&with_twins(&[0, 1]), 30);
    assert!(two.contains("Prepared Agreement"), "{two:?}");
    let outside = with_twins(&[0, 1]).run(0).summary.outside;
    assert_eq!(outside.safety, ["at most 1 nodes are Byzantine, but n0, n1 were Byzantine"]);
}

/// The second traitor lies about the lies of the first: no place before the first checkpoint is left to
/// lie about.
#[test]
fn lies_about_lies_about_the_first_checkpoint_do_no_harm() {
    let mutated = |index| FaultKind::Lie {
        targets: node(index),
        to: Vec::new(),
        messages: MessageFilter::ALL,
        misconduct: Misconduct::Mutate,
    };
    let config = PbftConfig { faulty: 2, ..PbftConfig::default() };
    let world = with_the_smallest_log(config, 7)
        .fault(at(0, mutated(5)))
        .fault(at(0, adversary("supporter", &[6])))
        .fault(at(0, mutated(6)))
        .run_for(ms(5_000));
    world.check(0..10);
}
