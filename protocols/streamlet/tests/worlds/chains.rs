//! What becomes final, and when.

use sim_core::{Fault, FaultFamily, Liveness, Nemesis, NodeId, Rhythm};
use streamlet::StreamletConfig;

use crate::{calm, ms};

fn tolerating(f: u32) -> StreamletConfig {
    StreamletConfig { f, ..StreamletConfig::default() }
}

/// Section 3: with all leaders honest each epoch adds a block, and makes the one before final. Whoever
/// sees the votes before the proposal does not vote any more: the chain is longer by then.
#[test]
fn without_faults_every_epoch_makes_a_block_final() {
    let outcome = calm(tolerating(1), 4).run_for(ms(4490)).run_traced(5);
    let said = outcome.announced();
    let of = |who: &str, what: &str| said.iter().filter(|line| line.starts_with(who) && line.contains(what)).count();
    let epochs = 4500 / 60;
    for node in ["n0", "n1", "n2", "n3"] {
        assert_eq!(of(node, " Finalized "), epochs - 1);
    }
    assert_eq!(of("n", " Proposed "), epochs);
}

#[test]
fn attacks_come_to_nothing() {
    for name in ["equivocator", "forker"] {
        for traitor in 0..4 {
            calm(tolerating(1), 4).fault(Fault::adversary(name, [NodeId::node(traitor)])).check(0..20);
        }
        calm(tolerating(2), 7).fault(Fault::adversary(name, ["n1", "n4"])).check(0..3);
    }
}

/// Traitors who change what the other has said before they pass it on: each change is something that
/// nobody has seen before.
#[test]
fn traitors_who_change_each_others_statements_do_not_keep_the_others_busy() {
    let honest = calm(tolerating(2), 7).run(0).summary;
    let world = [1, 4]
        .into_iter()
        .fold(calm(tolerating(2), 7), |world, traitor| world.fault(Fault::mutate(NodeId::node(traitor))));
    let summary = world.step_limit(20 * honest.steps).run(0).summary;
    assert!(summary.verdict.is_passed(), "{}", summary.verdict);
    assert!(summary.steps < 3 * honest.steps, "{} steps instead of {}", summary.steps, honest.steps);
}

/// Each of the four nodes in turn: five other leaders in a row come early enough whoever it is.
#[test]
fn a_silent_node_does_not_keep_the_others_from_making_progress() {
    for silent in 0..4 {
        let summary = calm(tolerating(1), 4).fault(Fault::silence(NodeId::node(silent))).run(0).summary;
        assert!(matches!(summary.liveness, Liveness::Progressed(_)), "{silent}: {}", summary.verdict);
    }
}

#[test]
fn one_byzantine_node_more_is_outside_of_the_model_and_two_blocks_of_an_epoch_are_notarized() {
    let beyond = calm(tolerating(1), 4).fault(Fault::adversary("equivocator", ["n2", "n3"]));
    let summary = beyond.run(0).summary;
    assert!(!summary.outside.safety.is_empty() && !summary.excuse().is_empty());
    beyond.expect_violation("Unique Notarization").check(0..20);
}

/// Clocks are what progress rests on, and safety does not.
#[test]
fn wrong_clocks_do_no_harm_to_safety() {
    let rhythm = Rhythm::new(ms(200), ms(300));
    let clocks = Nemesis::of([FaultFamily::Clock, FaultFamily::Crash], rhythm).in_every_seed().unrestricted();
    let simulation = calm(tolerating(1), 4).nemesis(clocks);
    for seed in 0..100 {
        let summary = simulation.run(seed).summary;
        let violated = summary.verdict.violation().map(|violation| violation.property.as_str());
        assert!(matches!(violated, None | Some("Progress")), "{}", summary.verdict);
        assert!(summary.outside.safety.is_empty() && !summary.outside.liveness.is_empty());
    }
}
