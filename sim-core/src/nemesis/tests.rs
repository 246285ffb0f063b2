//! What a nemesis draws.

use super::*;

const ROLES: &[&str] = &["leader"];
const ACTIONS: &[&str] = &["add_server", "remove_server"];

fn nemesis(swarm: bool) -> Nemesis {
    let rhythm = Rhythm { between: Duration::from_secs(2), lasts: Duration::from_secs(1) };
    let families = FaultFamily::ALL.map(|family| (family, rhythm)).into();
    Nemesis { families, byzantine: None, swarm, unrestricted: true }
}

fn plan_under(model: &FaultModel, nemesis: &Nemesis, seed: u64) -> Vec<Fault> {
    let field = Field { nodes: 5, roles: ROLES, actions: ACTIONS, fifo: false, adversaries: &[], model };
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
        "send_omission",
        "slow",
        "slow_disk",
        "swizzle",
    ];
    assert_eq!(kinds, expected);
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
    let model = FaultModel { safety: vec![Assumption::DurableDisks], liveness: Vec::new() };
    let restricted = Nemesis { unrestricted: false, ..nemesis(false) };
    assert_eq!(restricted.beyond(&model), [(FaultFamily::Storage, Assumption::DurableDisks)]);
    assert_eq!(nemesis(false).beyond(&model), []);
    assert_eq!(restricted.beyond(&FaultModel::default()), []);
}
