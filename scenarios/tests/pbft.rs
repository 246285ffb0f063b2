//! What the library shows of PBFT: twins of one replica of four do no harm, twins of two do.

use std::collections::BTreeSet;

use scenarios::{Override, Registry, library, load};
use sim_core::Summary;

fn runs(name: &str, changes: &[Override], seeds: u64) -> Vec<Summary> {
    let source = library::find(name).unwrap().remove(0);
    let scenario = load(&Registry::standard(), &source, changes)
        .unwrap_or_else(|mistakes| panic!("{name}: {}", mistakes[0].render(false)));
    (0..seeds).map(|seed| scenario.prepared.run(seed)).collect()
}

#[test]
fn twins_of_one_replica_of_four_are_inside_the_model_and_do_no_harm() {
    for run in runs("pbft/twins-one", &[], 50) {
        assert!(run.verdict.is_passed(), "{}", run.verdict);
        assert!(run.outside.safety.is_empty() && run.outside.liveness.is_empty(), "{:?}", run.outside);
    }
}

#[test]
fn twins_of_two_replicas_of_four_are_outside_of_the_model_and_agreement_is_lost() {
    // Others are lost before it.
    let agreement = Override::parse("expect.only_properties=[\"Agreement\"]").unwrap();
    let runs = runs("pbft/twins-two", &[agreement], 50);
    let violated: BTreeSet<&str> =
        runs.iter().filter_map(|run| Some(run.verdict.violation()?.property.as_str())).collect();
    assert!(violated.contains("Agreement"), "{violated:?}");
    for run in &runs {
        assert_eq!(run.outside.safety.len(), 1, "{:?}", run.outside);
        assert!(run.verdict.violation().is_none() || !run.excuse().is_empty(), "{}", run.verdict);
    }
}
