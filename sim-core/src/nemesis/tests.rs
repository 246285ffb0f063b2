//! What a nemesis draws.

use std::collections::BTreeSet;

use super::*;

const ROLES: &[&str] = &["leader"];
const ACTIONS: &[&str] = &["add_server", "remove_server"];
const STATES: &[&str] = &["candidate"];

fn nemesis(swarm: bool) -> Nemesis {
    // What is aimed is what other families draw, too, and is tested on its own.
    let all = Nemesis::of(FaultFamily::ALL, Rhythm::new(Duration::from_secs(2), Duration::from_secs(1)));
    Nemesis { swarm, ..all.without(FaultFamily::Aimed).unrestricted() }
}

fn plan_under(model: &FaultModel, nemesis: &Nemesis, seed: u64) -> Vec<Fault> {
    let field = Field {
        nodes: 5,
        roles: ROLES,
        actions: ACTIONS,
        states: STATES,
        goals: &[],
        fifo: false,
        adversaries: &[],
        model,
    };
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
        "bandwidth",
        "bridge",
        "clock_jump",
        "corrupt_record",
        "corruption",
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
        "phantom_writes",
        "power_loss",
        "random_links",
        "read_error",
        "receive_omission",
        "reordered_power_loss",
        "replay",
        "send_omission",
        "slow",
        "slow_disk",
        "swizzle",
        "wiped_crash",
        "withhold",
    ];
    assert_eq!(kinds, expected);
}

/// So that it can be read off a table of kinds whether each family struck.
#[test]
fn most_families_draw_a_kind_that_no_other_draws() {
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
    assert_eq!(shared, [FaultFamily::Partition, FaultFamily::Aimed]);
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
    let model =
        FaultModel::of(vec![Assumption::DownAtMost(2), Assumption::ClockRate { ppm: 500 }, Assumption::DurableDisks]);
    let restricted = Nemesis { unrestricted: false, ..nemesis(false) };
    let faults: Vec<Fault> = (0..50).flat_map(|seed| plan_under(&model, &restricted, seed)).collect();
    let most = |faults: &[Fault]| {
        let takes_down = |fault: &&Fault| matches!(fault.kind, FaultKind::Crash { .. } | FaultKind::FullDisk { .. });
        let keep = faults.iter().filter(takes_down).all(|fault| fault.within_model);
        let drift = faults.iter().filter_map(|fault| match fault.kind {
            FaultKind::Drift { ppm, .. } => Some(ppm.unsigned_abs()),
            _ => None,
        });
        (keep, drift.max())
    };
    assert!(most(&faults).0, "what takes nodes down is withheld when it strikes");
    assert!(most(&faults).1 <= Some(500));
    let free: Vec<Fault> = (0..50).flat_map(|seed| plan_under(&model, &nemesis(false), seed)).collect();
    assert!(!most(&free).0);
    assert!(most(&free).1 > Some(50_000));
}

#[test]
fn families_beyond_the_model_are_named() {
    let model = FaultModel::of(vec![Assumption::DurableDisks, Assumption::OrderedLinks]);
    let restricted = Nemesis { unrestricted: false, ..nemesis(false) };
    let beyond = [(FaultFamily::Replay, Assumption::OrderedLinks), (FaultFamily::Storage, Assumption::DurableDisks)];
    assert_eq!(restricted.beyond(&model), beyond);
    assert_eq!(nemesis(false).beyond(&model), []);
    assert_eq!(restricted.beyond(&FaultModel::default()), []);
}

fn byzantine(nodes: Option<u32>) -> Nemesis {
    let rhythm = Rhythm { between: Duration::from_secs(2), lasts: Duration::from_secs(1) };
    let byzantine = ByzantineNemesis {
        nodes,
        layers: Layer::ALL.into(),
        last_round: 9,
        mutated_rounds: 3,
        partitioned_rounds: 2,
        rhythm,
    };
    Nemesis { families: BTreeMap::new(), byzantine: Some(byzantine), swarm: true, unrestricted: false }
}

/// The plans of many seeds for a protocol that survives two Byzantine nodes of seven.
fn byzantine_plans(nemesis: &Nemesis, reliable: bool) -> Vec<Vec<Fault>> {
    let mut safety = vec![Assumption::ByzantineAtMost(2)];
    safety.extend(reliable.then_some(Assumption::ReliableLinks));
    let model = FaultModel::of(safety);
    let adversaries = ["liar".to_owned(), "cheat".to_owned()];
    let field = Field {
        nodes: 7,
        roles: ROLES,
        actions: ACTIONS,
        states: STATES,
        goals: &[],
        fifo: false,
        adversaries: &adversaries,
        model: &model,
    };
    (0..300).map(|seed| nemesis.plan(seed, field, Time::ZERO + Duration::from_secs(20))).collect()
}

fn traitors(plan: &[Fault]) -> Vec<&Selector> {
    let kinds = plan.iter().map(|fault| &fault.kind).filter(|kind| kind.is_byzantine());
    let mut traitors: Vec<&Selector> = Vec::new();
    for kind in kinds {
        traitors.extend(kind.aim().hit().into_iter().filter(|of| !traitors.contains(of)).collect::<Vec<_>>());
    }
    traitors
}

#[test]
fn no_more_nodes_are_byzantine_than_the_protocol_survives() {
    let counts = |nemesis: &Nemesis| {
        let plans = byzantine_plans(nemesis, false);
        [0, 1, 2, 3, 4].map(|count| plans.iter().filter(|plan| traitors(plan).len() == count).count())
    };
    let [none, one, two, three, _] = counts(&byzantine(None));
    assert!(none > 10 && one > 80 && two > 80 && three == 0, "{none} {one} {two} {three}");
    assert_eq!(counts(&byzantine(Some(1)))[2..], [0; 3]);
    let unrestricted = Nemesis { unrestricted: true, ..byzantine(Some(4)) };
    assert!(counts(&unrestricted)[4] > 0);
    let model = FaultModel::of(vec![Assumption::ByzantineAtMost(2)]);
    assert_eq!(byzantine(Some(3)).too_byzantine(&model), Some(2));
    assert_eq!(byzantine(None).too_byzantine(&FaultModel::default()), Some(0), "it would do nothing");
    assert_eq!((byzantine(Some(2)).too_byzantine(&model), unrestricted.too_byzantine(&model)), (None, None));
}

#[test]
fn all_layers_are_drawn_alone_and_together_and_rounds_are_few() {
    let plans = byzantine_plans(&byzantine(None), false);
    let kinds: BTreeSet<&str> = plans.iter().flatten().map(|fault| fault.kind.name()).collect();
    let expected = ["adversary", "mutate", "partition", "silence", "stale", "stall", "twin"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
    let both = |plan: &&Vec<Fault>| {
        let has = |kind: &str| plan.iter().any(|fault| fault.kind.name() == kind);
        has("twin") && has("mutate") && traitors(plan).len() == 1
    };
    assert!(plans.iter().any(|plan| both(&plan)));
    for fault in plans.iter().flatten() {
        let rounds = match &fault.kind {
            FaultKind::Lie { messages, .. } => messages.rounds,
            FaultKind::Partition { rounds, .. } => *rounds,
            _ => None,
        };
        assert!(rounds.is_none_or(|(first, last)| first == last && last <= 9), "{fault:?}");
    }
    let partitions = |plan: &Vec<Fault>| plan.iter().filter(|fault| fault.kind.name() == "partition").count();
    assert_eq!(plans.iter().map(partitions).max(), Some(2));
}

#[test]
fn where_messages_must_arrive_partitions_hold_them_back() {
    let modes = |reliable| {
        let plans = byzantine_plans(&byzantine(None), reliable);
        let of = |fault: &Fault| match fault.kind {
            FaultKind::Partition { mode, .. } => Some(mode),
            _ => None,
        };
        plans.iter().flatten().filter_map(of).filter(|mode| *mode == CutMode::Drop).count()
    };
    assert!(modes(false) > 0);
    assert_eq!(modes(true), 0);
}

/// A link is starved at some time; what then fails waits for a state, a role or an event.
#[test]
fn aimed_faults_wait_for_what_happens() {
    let rhythm = Rhythm { between: Duration::from_secs(2), lasts: Duration::from_secs(1) };
    let alone = Nemesis { families: [(FaultFamily::Aimed, rhythm)].into(), ..nemesis(false) };
    let goals = ["Committed".to_owned()];
    let model = FaultModel::default();
    let field = Field {
        nodes: 5,
        roles: ROLES,
        actions: &[],
        states: STATES,
        goals: &goals,
        fifo: false,
        adversaries: &[],
        model: &model,
    };
    let plan: Vec<Fault> =
        (0..20).flat_map(|seed| alone.plan(seed, field, Time::ZERO + Duration::from_secs(20))).collect();
    let mut waited_for = BTreeSet::new();
    for pair in plan.chunks(2) {
        let [first, second] = pair else { panic!("they come in pairs: {pair:?}") };
        assert!(matches!(first.trigger, crate::fault::Trigger::At(_)) && !first.follows);
        assert_eq!((first.kind.name(), second.follows), ("withhold", true));
        waited_for.insert(match &second.trigger {
            crate::fault::Trigger::After(Milestone::State { state, .. }) => state.clone(),
            crate::fault::Trigger::After(Milestone::Role { role, .. }) => role.clone(),
            crate::fault::Trigger::After(Milestone::Event { event, .. }) => event.clone(),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(waited_for, ["Committed", "candidate", "leader"].map(str::to_owned).into());
    // Where there is nothing to wait for, nothing is drawn.
    let empty = Field { roles: &[], states: &[], goals: &[], ..field };
    assert!(alone.plan(1, empty, Time::ZERO + Duration::from_secs(20)).is_empty());
}

#[test]
fn a_nemesis_within_a_model_draws_all_that_it_allows_and_nothing_more() {
    let none = Nemesis::within(&FaultModel::default());
    assert_eq!(none.families.into_keys().collect::<BTreeSet<_>>(), FaultFamily::ALL.into());
    assert_eq!(none.byzantine, None, "where a model does not say, all follow the protocol");
    let model =
        FaultModel::of(vec![Assumption::ReliableLinks, Assumption::DurableDisks, Assumption::ByzantineAtMost(1)]);
    let some = Nemesis::within(&model);
    assert!(some.beyond(&model).is_empty() && some.too_byzantine(&model).is_none());
    assert!(!some.families.contains_key(&FaultFamily::Omission) && !some.families.contains_key(&FaultFamily::Storage));
    assert!(some.families.contains_key(&FaultFamily::Crash) && some.byzantine.is_some());
}

/// Where messages must arrive, the network is cut and disturbed all the same.
#[test]
fn links_that_are_reliable_are_cut_and_hold_messages_back() {
    let model = FaultModel::of(vec![Assumption::ReliableLinks]);
    let nemesis = Nemesis::within(&model).in_every_seed();
    let kinds: Vec<FaultKind> = (0..20).flat_map(|seed| plan_under(&model, &nemesis, seed)).map(|f| f.kind).collect();
    assert_eq!(kinds.iter().find(|kind| Assumption::ReliableLinks.is_broken_by(kind)), None);
    for name in ["partition", "one_way", "bridge", "random_links", "swizzle", "links", "withhold"] {
        assert!(kinds.iter().any(|kind| kind.name() == name), "{name} is never drawn");
    }
}

#[test]
fn a_rhythm_is_that_of_all_that_is_drawn() {
    let rhythm = Rhythm::new(Duration::from_millis(20), Duration::from_millis(5));
    let model = FaultModel::of(vec![Assumption::ByzantineAtMost(1)]);
    let quick = Nemesis::within(&model).rhythm(rhythm).without(FaultFamily::Crash);
    assert!(!quick.families.contains_key(&FaultFamily::Crash));
    assert!(quick.families.values().all(|of| *of == rhythm));
    assert_eq!(quick.byzantine.map(|byzantine| byzantine.rhythm), Some(rhythm));
}
