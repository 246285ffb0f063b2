//! Availability against failed nodes: Theorem 2.

mod curves;

use curves::{ASKING, MODES, SEEDS, WITHIN, curve, line};

const README: &str = include_str!("../../../scenarios/library/primary-backup/README.md");

/// Every fifth curve is measured again.
#[test]
fn the_table_of_the_documentation_is_what_is_measured() {
    let said = format!("in the {ASKING} after the last failure, and that complete within {WITHIN}");
    assert!(README.contains(&said), "the README should say `{said}`");
    assert!(README.contains(&format!("{SEEDS} runs for each point")));
    let sizes = MODES.iter().flat_map(|mode| mode.sizes.iter().map(move |nodes| (mode, *nodes)));
    let all = sizes.flat_map(|(mode, nodes)| mode.failing.iter().map(move |failing| (mode, nodes, *failing)));
    for (mode, nodes, failing) in all.step_by(5) {
        let curve = curve(mode, nodes, failing);
        let measured = line(mode, nodes, failing, &curve);
        assert!(README.contains(&measured), "the README of the scenarios should have\n{measured}");
        // What theory says, in figures: nearly all is answered up to there, and less beyond. Without a view service a
        // primary goes on for a while.
        let may_fail = (mode.may_fail)(nodes) as usize;
        let (within, beyond) = curve.split_at(may_fail + 1);
        assert!(within.iter().all(|share| *share >= 0.95), "{measured}");
        assert!(beyond.iter().all(|share| *share <= 0.8), "{measured}");
    }
}

/// A view service of which nothing is measured would be taken for one that never fails.
#[test]
fn view_services_that_are_named_are_measured() {
    for name in MODES.iter().filter_map(|mode| mode.view_service) {
        assert!(MODES.iter().any(|mode| mode.name == name), "there is no mode {name}");
    }
}
