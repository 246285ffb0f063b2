//! The library shows every guarantee kept and every guarantee broken, and what is shown of a broken
//! one can be read.

use std::collections::BTreeSet;

use crate::common::render;
use scenarios::{Override, Registry, Scenario, Source, library, load};
use sim_core::consistency::DeliveryGuarantee;
use sim_core::consistency::isolation::IsolationLevel;
use sim_core::{Guarantee, TraceKind, Verdict};

/// Scenarios in which reads at one level break the next.
const BELOW: [&str; 4] = [
    "raft/sequential-reads-stale",
    "raft/causal-reads-apart",
    "raft/session-reads-out-of-order",
    "raft/eventual-reads-go-back",
];

/// The scenarios about guarantees: those of the store that keeps few, and reads from followers.
fn scenarios() -> impl Iterator<Item = Scenario> {
    let registry = Registry::standard();
    let is_meant = |name: &str| {
        name.starts_with("lww/") || name.contains("follower") || name.contains("session-index") || BELOW.contains(&name)
    };
    let entries = library::library().filter(move |entry| is_meant(entry.name));
    entries.map(move |entry| load(&registry, &entry.source(), &[]).expect("the library has no mistakes"))
}

/// There is no flaw that makes a message out of nothing.
const NEVER_BROKEN: [Guarantee; 1] = [Guarantee::Delivery(DeliveryGuarantee::NoCreation)];

#[test]
fn every_guarantee_has_a_scenario_that_keeps_it_and_one_that_breaks_it() {
    let (mut kept, mut broken) = (BTreeSet::new(), BTreeSet::new());
    let registry = Registry::standard();
    for entry in library::library() {
        let expect = load(&registry, &entry.source(), &[]).expect("the library has no mistakes").expect;
        match expect.violates {
            None => kept.extend(expect.consistency.iter().map(|guarantee| guarantee.property())),
            Some(property) => {
                kept.extend(expect.consistency.iter().map(|kept| kept.property()).filter(|kept| *kept != property));
                broken.insert(property);
            }
        }
    }
    for guarantee in Guarantee::ALL {
        let is_kept = |strong: &Guarantee| kept.contains(strong.property()) && strong.implies(*guarantee);
        assert!(Guarantee::ALL.iter().any(is_kept), "no scenario keeps {guarantee}");
        let is_broken = broken.contains(guarantee.property());
        // Each level of isolation is broken below.
        let is_exempt = matches!(guarantee, Guarantee::Isolation(_)) || NEVER_BROKEN.contains(guarantee);
        assert!(is_broken || is_exempt, "no scenario breaks {guarantee}");
    }
}

#[test]
fn operations_that_take_effect_twice_break_every_level_of_isolation() {
    let entry = library::library().find(|entry| entry.name == "raft/transactions").expect("it is in the library");
    for &level in IsolationLevel::ALL {
        let overrides = [r#"protocol.flaws=["kv-no-dedup"]"#.to_owned(), format!(r#"expect.consistency="{level}""#)];
        let overrides = overrides.map(|text| Override::parse(&text).expect("it is well-formed"));
        let scenario = load(&Registry::standard(), &entry.source(), &overrides).expect("it has no mistakes");
        let mut verdicts = (0..20).map(|seed| scenario.prepared.run(seed).verdict);
        let property = Guarantee::from(level).property();
        let is_broken = |verdict: Verdict| verdict.violation().is_some_and(|violation| violation.property == property);
        assert!(verdicts.any(is_broken), "{level}");
    }
}

#[test]
fn what_a_scenario_breaks_is_shown_and_it_breaks_nothing_else() {
    for scenario in scenarios() {
        let expected = scenario.expect.violates.as_deref();
        let mut shown = false;
        for seed in scenario.seeds.start..scenario.seeds.end.min(20) {
            let summary = scenario.prepared.run(seed);
            match &summary.verdict {
                Verdict::Passed => {}
                Verdict::Violated(violation) if Some(violation.property.as_str()) == expected => {
                    if !std::mem::replace(&mut shown, true) {
                        insta::assert_snapshot!(scenario.name.replace('/', " "), violation.what);
                    }
                }
                other => panic!("{} {seed}: {other}", scenario.name),
            }
        }
        assert!(shown || expected.is_none(), "{}", scenario.name);
    }
}

#[test]
fn of_a_level_that_is_broken_the_wrong_answer_is_pointed_at() {
    for scenario in scenarios() {
        let expected = scenario.expect.violates.as_deref();
        let is_level = |of: &&Guarantee| matches!(of, Guarantee::Level(_)) && expected == Some(of.property());
        if !Guarantee::ALL.iter().any(|guarantee| is_level(&guarantee)) {
            continue;
        }
        let traces = (scenario.seeds.start..scenario.seeds.end).map(|seed| scenario.prepared.trace(seed).trace);
        let trace =
            traces.into_iter().find(|trace| trace.verdict.violation().is_some()).expect("one of them breaks it");
        let violation = trace.verdict.violation().expect("it does");
        let of_step = || trace.events.iter().filter(|event| event.step == violation.step);
        let giver = of_step().find_map(|event| match event.kind {
            TraceKind::Deliver { from, .. } => Some(from),
            _ => None,
        });
        assert_eq!(violation.nodes, Vec::from_iter(giver), "{}: {violation}", scenario.name);
        let told = of_step().find_map(|event| match &event.kind {
            TraceKind::Return { operation, .. } => Some((operation, event.time)),
            _ => None,
        });
        let (operation, time) = told.expect("a client gets its answer");
        assert_eq!(time, violation.time, "{}", scenario.name);
        assert!(violation.what.matches(operation.as_str()).count() >= 2, "{}: {violation}", scenario.name);
    }
}

/// A store of which one replica is cut off, for ever or until a second before the end.
fn apart(guarantee: Guarantee, lasts: &str) -> Verdict {
    let text = format!(
        r#"{{ "protocol": {{ "name": "lww" }}, "nodes": 3, "seeds": 1, "run_for": "6s",
              "clients": {{ "count": 3, "operations": 10, "attempts": 1 }},
              "faults": [{{ "at": "1ms", "isolate": "n2" {lasts} }}],
              "expect": {{ "consistency": "{guarantee}" }} }}"#
    );
    let scenario = load(&Registry::standard(), &Source::new("apart.json", text), &[]);
    let scenario = scenario.unwrap_or_else(|mistakes| panic!("{}", render(&mistakes)));
    scenario.prepared.run(0).verdict
}

#[test]
fn replicas_that_a_fault_keeps_apart_need_not_be_alike() {
    let delivery = Guarantee::Delivery(DeliveryGuarantee::AtLeastOnce);
    for guarantee in [Guarantee::Eventual, Guarantee::Durable, delivery] {
        for lasts in ["", r#", "for": "5900ms""#] {
            let verdict = apart(guarantee, lasts);
            assert!(matches!(verdict, Verdict::Inconclusive { .. }), "{guarantee} {lasts}: {verdict}");
        }
        let verdict = apart(guarantee, r#", "for": "500ms""#);
        assert!(verdict.is_passed(), "{guarantee}: {verdict}");
    }
}
