//! What correct nodes deliver.

use protocols::bracha::BrachaConfig;
use sim_core::{CrashMoment, CrashSeverity, CutMode, Fault, FaultKind, Liveness, Misconduct, Selector, Time, Verdict};

use crate::common::{adversary, announced, first_violated, lie, node};
use crate::{calm, ms};

fn tolerating(f: u32) -> BrachaConfig {
    BrachaConfig { f, ..BrachaConfig::default() }
}

#[test]
fn everybody_delivers_every_broadcast_once() {
    let said = announced(&calm(tolerating(1), 4).run_traced(3));
    assert_eq!(said.iter().filter(|line| line.contains(" Broadcast ")).count(), 4 * 3);
    assert_eq!(said.iter().filter(|line| line.contains(" Delivered ")).count(), 4 * 3 * 4);
}

#[test]
fn attacks_come_to_nothing() {
    for name in ["equivocator", "favourite", "forger"] {
        calm(tolerating(1), 4).fault(adversary(name, [3])).check(0..100);
        calm(tolerating(2), 7).fault(adversary(name, [0, 5])).check(0..50);
    }
}

/// With one more the quorums of two payloads need not have a correct node in common.
#[test]
fn one_byzantine_node_more_is_outside_of_the_model_and_divides_the_others() {
    let beyond = calm(tolerating(1), 4).fault(adversary("equivocator", [2, 3]));
    assert_eq!(first_violated(&beyond, 20).as_deref(), Some("Consistency"));
    let summary = beyond.run(0).summary;
    assert_eq!((summary.outside.safety.len(), summary.excuse().is_empty()), (1, false));
}

#[test]
fn who_tells_nothing_keeps_nobody_from_delivering() {
    let silent = calm(tolerating(1), 4).fault(lie(3, &[], Misconduct::Silence));
    let said = announced(&silent.run_traced(0));
    assert_eq!(said.iter().filter(|line| line.contains(" Delivered ") && !line.starts_with("n3")).count(), 3 * 3 * 3);
}

#[test]
fn a_power_loss_everywhere_in_the_middle_of_broadcasts_is_survived() {
    let crash = FaultKind::Crash {
        targets: Selector::All,
        severity: CrashSeverity::PowerLoss,
        moment: CrashMoment::AtOnce,
        restart_after: Some(ms(20)),
        wiped: false,
    };
    let dark = [310, 340, 620, 630].map(|at| Fault::at(Time::ZERO + ms(at), crash.clone()));
    dark.into_iter().fold(calm(tolerating(1), 4), |simulation, fault| simulation.fault(fault)).check(0..200);
}

/// Whoever is cut off when the run ends may still be told.
#[test]
fn what_is_still_on_its_way_is_not_judged() {
    let groups = vec![vec![node(0)], vec![Selector::Others]];
    let cut = Fault::at(Time::ZERO, FaultKind::Partition { groups, mode: CutMode::Drop, rounds: None });
    let summary = calm(tolerating(1), 4).heal_core(vec![node(1)]).fault(cut).run(0).summary;
    assert!(matches!(&summary.verdict, Verdict::Inconclusive { property, .. } if property == "Totality"));
    assert_eq!(summary.liveness, Liveness::NotJudged);
}
