//! What a nemesis draws.

use std::collections::BTreeSet;

use super::*;

const ROLES: &[&str] = &["leader"];
const ACTIONS: &[&str] = &["add_server", "remove_server"];

fn nemesis(swarm: bool) -> Nemesis {
    let rhythm = Rhythm { between: Duration::from_secs(2), lasts: Duration::from_secs(1) };
    Nemesis { families: FaultFamily::ALL.map(|family| (family, rhythm)).into(), swarm, unrestricted: true }
}

fn plan_under(model: &FaultModel, nemesis: &Nemesis, seed: u64) -> Vec<Fault> {
    let field = Field { nodes: 5, roles: ROLES, actions: ACTIONS, fifo: false, model };
    nemesis.plan(seed, field, Time::ZERO + Duration::from_secs(20))
}

fn plan(nemesis: &Nemesis, seed: u64) -> Vec<Fault> {
    plan_under(&FaultModel::default(), nemesis, seed)
}

#[test]
fn every_kind_of_fault_is_drawn_and_a_seed_always_draws_the_same() {
    let all: Vec<Fault> = plan(&nemesis(false), 1);
    assert_eq!(all, plan(&nemesis(false), 1));
    assert_ne!(all, plan(&nemesis(false), 2));
    let mut kinds: Vec<&str> = (0..20).flat_map(|s| plan(&nemesis(false), s)).map(|f| f.kind.name()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let expected = [
        "bridge",
        "clock_jump",
        "corrupt_record",
        "crash",
        "drift",
        "failing_sync",
        "full_disk",
        "late_timers",
        "links",
        "majority_ring",
        "one_way",
        "operate",
        "partition",
        "pause",
        "power_loss",
        "random_links",
        "receive_omission",
        "reordered_power_loss",
        "replay",
        "send_omission",
        "slow",
        "slow_disk",
        "swizzle",
        "wiped_crash",
    ];
    assert_eq!(kinds, expected);
}

/// So that it can be read off a table of kinds whether each family struck.
#[test]
fn every_family_but_one_draws_a_kind_that_no_other_draws() {
    let kinds_of = |family: FaultFamily| -> BTreeSet<&str> {
        let mut alone = nemesis(false);
        alone.families.retain(|of, _| *of == family);
        (0..20).flat_map(|seed| plan(&alone, seed)).map(|fault| fault.kind.name()).collect()
    };
    let has_its_own = |family: &FaultFamily| {
        let others = FaultFamily::ALL.into_iter().filter(|other| other != family);
        let of_others: BTreeSet<&str> = others.flat_map(kinds_of).collect();
        !kinds_of(*family).is_subset(&of_others)
    };
    let shared: Vec<FaultFamily> = FaultFamily::ALL.into_iter().filter(|family| !has_its_own(family)).collect();
    // A link that flaps is a partition that comes and goes.
    assert_eq!(shared, [FaultFamily::Partition]);
}

#[test]
fn a_swarm_leaves_families_out() {
    let has = |plan: &[Fault], kind: &str| plan.iter().any(|fault| fault.kind.name() == kind);
    let with = (0..100).filter(|seed| has(&plan(&nemesis(true), *seed), "pause")).count();
    assert!((30..70).contains(&with), "{with} of 100 seeds pause nodes");
}

#[test]
fn one_family_less_changes_no_other() {
    let mut less = nemesis(false);
    less.families.remove(&FaultFamily::Pause);
    let mut expected = plan(&nemesis(false), 3);
    expected.retain(|fault| fault.kind.name() != "pause");
    assert_eq!(plan(&less, 3), expected);
}

#[test]
fn a_budget_keeps_to_what_the_protocol_claims_to_survive() {
    let model = FaultModel {
        safety: vec![Assumption::DownAtMost(2), Assumption::ClockRate { ppm: 500 }, Assumption::DurableDisks],
        liveness: Vec::new(),
    };
    let restricted = Nemesis { unrestricted: false, ..nemesis(false) };
    let faults: Vec<Fault> = (0..50).flat_map(|seed| plan_under(&model, &restricted, seed)).collect();
    let most = |faults: &[Fault]| {
        let counts = faults.iter().map(|fault| match &fault.kind {
            FaultKind::Crash { targets: Selector::All, .. } => 5,
            FaultKind::Crash { targets: Selector::Random(count), .. } => *count,
            _ => 0,
        });
        let drift = faults.iter().filter_map(|fault| match fault.kind {
            FaultKind::Drift { ppm, .. } => Some(ppm.unsigned_abs()),
            _ => None,
        });
        (counts.max(), drift.max())
    };
    assert_eq!(most(&faults).0, Some(2));
    assert!(most(&faults).1 <= Some(500));
    let free: Vec<Fault> = (0..50).flat_map(|seed| plan_under(&model, &nemesis(false), seed)).collect();
    assert_eq!(most(&free).0, Some(5));
    assert!(most(&free).1 > Some(50_000));
}

#[test]
fn families_beyond_the_model_are_named() {
    let model = FaultModel { safety: vec![Assumption::DurableDisks, Assumption::OrderedLinks], liveness: Vec::new() };
    let restricted = Nemesis { unrestricted: false, ..nemesis(false) };
    let beyond = [(FaultFamily::Replay, Assumption::OrderedLinks), (FaultFamily::Storage, Assumption::DurableDisks)];
    assert_eq!(restricted.beyond(&model), beyond);
    assert_eq!(nemesis(false).beyond(&model), []);
    assert_eq!(restricted.beyond(&FaultModel::default()), []);
}
