//! Replicas that do not follow the protocol.

use pbft::{Pbft, PbftConfig};
use sim_core::{Fault, NodeId, Simulation, SystemUnderTest};

use crate::{answered, calm, ms, node, with_the_smallest_log};

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
            let simulation = group(read_only).fault(Fault::adversary(info.name, [node(index)])).run_for(ms(20_000));
            let outcome = simulation.run(u64::from(index));
            assert!(outcome.summary.verdict.is_passed(), "{} at n{index}: {}", info.name, outcome.summary.verdict);
            assert_eq!(answered(&outcome), 180, "{} at n{index}", info.name);
        }
    }
}

#[test]
fn a_primary_whose_every_word_is_mutated_does_no_harm() {
    let lie = Fault::mutate("n0");
    for seed in 0..20 {
        let outcome = group(true).fault(lie.clone()).run(seed);
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
        twins.iter().map(twin).chain(half).chain([client]).collect::<Vec<NodeId>>()
    };
    let partition = Fault::partition([side(0), side(1)]);
    let group = group(false).fault(partition.at(ms(200)).lasting(ms(1500)));
    twins.iter().fold(group, |group, index| group.fault(Fault::twin(node(*index))))
}

#[test]
fn twins_of_one_replica_of_four_do_no_harm_and_of_two_they_do() {
    with_twins(&[0]).check(0..30);
    with_twins(&[0, 1]).expect_violation("Prepared Agreement").check(0..30);
    let outside = with_twins(&[0, 1]).run(0).summary.outside;
    assert_eq!(outside.safety, ["at most 1 nodes are Byzantine, but n0, n1 were Byzantine"]);
}

/// The second traitor lies about the lies of the first: no place before the first checkpoint is left to
/// lie about.
#[test]
fn lies_about_lies_about_the_first_checkpoint_do_no_harm() {
    let config = PbftConfig { faulty: 2, ..PbftConfig::default() };
    let world = with_the_smallest_log(config, 7)
        .fault(Fault::mutate("n5"))
        .fault(Fault::adversary("supporter", ["n6"]))
        .fault(Fault::mutate("n6"))
        .run_for(ms(5_000));
    world.check(0..10);
}
