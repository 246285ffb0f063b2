//! What the algorithm takes for granted, by what becomes of it without.

use lamport_mutex::LamportMutexConfig;
use sim_core::{Fault, Sabotage, ms};

use crate::calm;

fn plain() -> LamportMutexConfig {
    LamportMutexConfig::default()
}

/// Who has heard something later from another would otherwise not have all its earlier requests.
#[test]
fn links_must_keep_the_order_of_messages() {
    let unordered = calm(plain(), 3).sabotage(Sabotage::ReorderFifo).only_properties(["Mutual Exclusion"]);
    unordered.expect_violation("Mutual Exclusion").check(0..300);
}

/// A later message may make up for one that was lost. If none does, all wait.
#[test]
fn all_wait_for_ever_for_what_was_lost() {
    for kind in ["Acknowledge", "Release"] {
        let lossy = calm(plain(), 3).fault(Fault::link_omission("n0", "n1").kind(kind).lasting(ms(3000)));
        assert_eq!(lossy.run(0).summary.outside.safety.len(), 1);
        lossy.expect_violation("Every Request Is Granted").check(0..20);
    }
}

/// A request that only its process knows of keeps nobody else from the resource.
#[test]
fn a_request_that_is_lost_lets_two_have_the_resource() {
    let lossy = calm(plain(), 2).fault(Fault::link_omission("n0", "n1").kind("Request").lasting(ms(1000)));
    lossy.only_properties(["Mutual Exclusion"]).expect_violation("Mutual Exclusion").check(0..100);
}

#[test]
fn all_wait_for_ever_for_a_process_that_fails() {
    let failing = calm(plain(), 3).fault(Fault::crash("n2").at(ms(200)).restart_after(ms(100)));
    assert_eq!(failing.run(0).summary.outside.safety.len(), 1);
    failing.only_properties(["Every Request Is Granted"]).expect_violation("Every Request Is Granted").check(0..20);
}
