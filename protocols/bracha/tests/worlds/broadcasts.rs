//! What correct nodes deliver.

use bracha::BrachaConfig;
use sim_core::{Fault, Liveness, Verdict};

use crate::{calm, ms};

fn tolerating(f: u32) -> BrachaConfig {
    BrachaConfig { f, ..BrachaConfig::default() }
}

#[test]
fn everybody_delivers_every_broadcast_once() {
    let said = calm(tolerating(1), 4).run_traced(3).announced();
    assert_eq!(said.iter().filter(|line| line.contains(" Broadcast ")).count(), 4 * 3);
    assert_eq!(said.iter().filter(|line| line.contains(" Delivered ")).count(), 4 * 3 * 4);
}

#[test]
fn attacks_come_to_nothing() {
    for name in ["equivocator", "favourite", "forger"] {
        calm(tolerating(1), 4).fault(Fault::adversary(name, ["n3"])).check(0..100);
        calm(tolerating(2), 7).fault(Fault::adversary(name, ["n0", "n5"])).check(0..50);
    }
}

/// With one more the quorums of two payloads need not have a correct node in common.
#[test]
fn one_byzantine_node_more_is_outside_of_the_model_and_divides_the_others() {
    let beyond = calm(tolerating(1), 4).fault(Fault::adversary("equivocator", ["n2", "n3"]));
    let summary = beyond.run(0).summary;
    assert_eq!((summary.outside.safety.len(), summary.excuse().is_empty()), (1, false));
    beyond.expect_violation("Consistency").check(0..20);
}

#[test]
fn who_tells_nothing_keeps_nobody_from_delivering() {
    let silent = calm(tolerating(1), 4).fault(Fault::silence("n3"));
    let said = silent.run_traced(0).announced();
    assert_eq!(said.iter().filter(|line| line.contains(" Delivered ") && !line.starts_with("n3")).count(), 3 * 3 * 3);
}

#[test]
fn a_power_loss_everywhere_in_the_middle_of_broadcasts_is_survived() {
    let crash = Fault::crash("all").power_loss().restart_after(ms(20));
    let dark = [310, 340, 620, 630].map(|at| crash.clone().at(ms(at)));
    dark.into_iter().fold(calm(tolerating(1), 4), |simulation, fault| simulation.fault(fault)).check(0..200);
}

/// Whoever is cut off when the run ends may still be told.
#[test]
fn what_is_still_on_its_way_is_not_judged() {
    let summary = calm(tolerating(1), 4).heal_core(["n1"]).fault(Fault::isolate("n0")).run(0).summary;
    assert!(matches!(&summary.verdict, Verdict::Inconclusive { property, .. } if property == "Totality"));
    assert_eq!(summary.liveness, Liveness::NotJudged);
}
