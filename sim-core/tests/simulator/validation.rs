//! Descriptions that make no sense are refused, and told why.

use crate::common::{IDLE, Node, at, ms, n, node, simulation};
use sim_core::{
    Assumption, ByzantineNemesis, ClientProfile, CrashMoment, CrashSeverity, CutMode, DiskProfile, Duration, Fault,
    FaultFamily, FaultKind, FaultModel, Latency, LinkProfile, LinkTrouble, MessageFilter, Milestone, Nemesis, NodeId,
    Probability, Replays, Rhythm, Sabotage, Selector, Simulation, Trigger, Zone,
};

fn three() -> Simulation<Node> {
    simulation(3, IDLE).configuration("new", |_, _| unreachable!("nobody is upgraded"))
}

/// What the builder of faults does not let pass is put together by hand.
fn fault(millis: u64, kind: FaultKind) -> Fault {
    Fault::at(at(millis), kind)
}

fn crash(targets: &str) -> FaultKind {
    Fault::from(Fault::crash(targets)).kind
}

#[track_caller]
fn check(fault: Fault, what: &str) {
    check_in(three(), fault, what);
}

#[track_caller]
fn check_in(simulation: Simulation<Node>, fault: Fault, what: &str) {
    let (place, message) = simulation.fault(self::fault(1, pause())).fault(fault).validate().expect_err(what);
    assert_eq!(place, Some(1));
    assert!(message.contains(what), "{message}");
}

/// What is wrong is not in a fault.
#[track_caller]
fn check_world(simulation: Simulation<Node>, what: &str) {
    let (place, message) = simulation.validate().expect_err(what);
    assert_eq!(place, None);
    assert!(message.contains(what), "{message}");
}

#[track_caller]
fn check_fine(fault: Fault) {
    assert_eq!(three().fault(self::fault(1, pause())).fault(fault).validate(), Ok(()));
}

fn pause() -> FaultKind {
    FaultKind::Pause { targets: node(0) }
}

fn swizzle() -> Fault {
    fault(10, FaultKind::Swizzle { targets: Selector::All, mode: CutMode::Drop })
}

#[test]
fn how_long_a_fault_lasts_must_fit_to_its_kind() {
    check(fault(10, crash("n0")).lasting(ms(5)), "it is over at once and has no duration");
    check(fault(10, FaultKind::CorruptRecord { targets: node(0) }).lasting(ms(5)), "no duration");
    check(swizzle(), "a swizzle needs a duration");
    check_fine(swizzle().lasting(ms(5)));
    check_fine(fault(10, crash("n0")).lasting(ms(50)).repeated(ms(5), None));
    check_fine(fault(10, pause()));
}

#[test]
fn repetitions_must_make_sense() {
    let repeated = |every, on: Option<u64>| fault(10, pause()).repeated(ms(every), on.map(ms));
    check(repeated(0, Some(1)), "it must repeat after a while");
    check(repeated(5, None), "all else needs to be told how long it is there");
    check(fault(10, crash("n0")).repeated(ms(5), Some(ms(1))), "what is over at once comes again and again");
    check(repeated(5, Some(0)), "it must be there for a while");
    check(repeated(5, Some(5)), "and be gone before it comes again");
    check(swizzle().lasting(ms(50)).repeated(ms(5), Some(ms(1))), "this cannot repeat");
    check(fault(10, FaultKind::Join { targets: node(1) }).repeated(ms(5), None), "this cannot repeat");
    check(repeated(5, Some(1)).one_by_one(ms(5)), "it cannot repeat and go round at the same time");
    check_fine(repeated(5, Some(1)));
}

#[test]
fn only_what_hits_nodes_each_for_itself_goes_round() {
    let cut = FaultKind::OneWay { from: node(0), to: node(1), mode: CutMode::Drop };
    check(fault(10, cut).lasting(ms(5)).one_by_one(ms(5)), "it does not hit one after the other");
    check(fault(10, FaultKind::Join { targets: node(1) }).one_by_one(ms(5)), "it does not hit one after the other");
    check(fault(10, crash("all")).one_by_one(Duration::ZERO), "one after the other takes time");
    check(fault(10, pause()).one_by_one(ms(5)), "it needs to be told how long each time");
    check_fine(fault(10, pause()).lasting(ms(5)).one_by_one(ms(5)));
    check_fine(fault(10, crash("all")).one_by_one(ms(5)));
}

#[test]
fn triggers_must_be_able_to_come() {
    let after = |milestone| Fault::after(milestone, pause());
    let role = |role: &str, count| Milestone::Role { role: role.to_owned(), by: None, count };
    let state = |state: &str, on| Milestone::State { state: state.to_owned(), on };
    let message = |to, count| Milestone::Message { kind: "Ping".to_owned(), from: None, to, count };
    let event = |by| Milestone::Event { event: "Saw".to_owned(), by, count: 1 };
    check(fault(10_000, pause()), "it begins at 10s, when faults are over: they end at 10s");
    check_in(three().heal_at(ms(50)), fault(50, pause()), "they end at 50ms");
    check(Fault { trigger: Trigger::Wait(ms(5)), ..fault(0, pause()) }, "and is no step of one");
    check(after(role("king", 1)), r#"no node has the role king: the roles are ["leader"]"#);
    check(after(role("leader", 0)), "counted from 1");
    check(after(message(None, 0)), "counted from 1");
    check(after(message(Some(n(3)), 1)), "there is no node n3: the nodes are n0 to n2");
    check(after(event(Some(Selector::Node(NodeId::client(0))))), "there is no client c0: there are 0 clients");
    check(after(state("nine", None)), r#"no node can be in the state nine: the states are ["seven", "odd"]"#);
    check(after(state("seven", Some(node(9)))), "there is no node n9");
    check(after(Milestone::Operations { count: 1 }), "there are no clients");
    for milestone in [role("leader", 1), message(Some(n(2)), 3), state("seven", None), event(Some(node(0)))] {
        check_fine(after(milestone));
    }
    check_fine(Fault { trigger: Trigger::Wait(ms(5)), ..fault(0, pause()) }.following());
    let first = three().fault(fault(0, pause()).following()).validate();
    assert_eq!(first, Err((Some(0), "it is the next step of a sequence that has no first".to_owned())));
}

#[test]
fn kinds_must_make_sense() {
    let of = |kind| fault(10, kind);
    let clients = ClientProfile { count: 1, ..ClientProfile::default() };
    let one_group = FaultKind::Partition { groups: vec![vec![Selector::All]], mode: CutMode::Drop, rounds: None };
    check(of(one_group), "a partition needs at least two groups");
    let operator = FaultKind::Operator { targets: node(0), action: "stir".to_owned(), nodes: vec![] };
    check(of(operator), r#"no operator can ask for stir: the actions are ["shake"]"#);
    let upgrade = |configuration: &str| {
        let configuration = configuration.to_owned();
        of(FaultKind::Upgrade { targets: node(0), configuration, restart_after: ms(1) })
    };
    check(upgrade("newer"), "there is no configuration newer to upgrade to");
    check_fine(upgrade("new"));
    let join = |targets| of(FaultKind::Join { targets });
    check(join(Selector::Random(1)), "a node that joins must be named");
    check_in(three().clients(clients, |_, _, _| 1), join(Selector::Node(NodeId::client(0))), "must be named");
    check_fine(join(node(2)));
    let drift = |ppm| of(FaultKind::Drift { targets: node(0), ppm });
    check(drift(-1_000_000), "a clock does not stand still");
    check_fine(drift(-999_999));
    let replays = Some(Replays { rate: Probability::ALWAYS, after: Latency::Constant(ms(1)) });
    let replaying = of(FaultKind::links(node(0), LinkTrouble { replays, ..LinkTrouble::default() }));
    let fifo = three().network(LinkProfile { fifo: true, ..LinkProfile::default() });
    check_in(fifo, replaying.clone(), "links that keep the order replay nothing");
    check_fine(replaying);
    let nth = |nth: &[u64]| {
        let messages = MessageFilter { nth: nth.to_vec(), ..MessageFilter::ALL };
        of(FaultKind::Omission { from: None, to: None, messages })
    };
    check(nth(&[0, 1]), "messages are numbered from 1");
    check(nth(&[2, 1]), "in ascending order");
    check_fine(nth(&[1, 2]));
    for severity in [CrashSeverity::PowerLoss, CrashSeverity::ReorderingPowerLoss] {
        let (targets, moment) = (node(0), CrashMoment::AtOnce);
        let wiped = FaultKind::Crash { targets, severity, moment, restart_after: None, wiped: true, lost: None };
        check(of(wiped), "a disk that is wiped has nothing to lose");
    }
}

#[test]
fn only_an_order_that_is_kept_can_be_broken() {
    let lying = |fifo| {
        let network = LinkProfile { fifo, ..LinkProfile::default() };
        three().network(network).sabotage(Sabotage::ReorderFifo).validate()
    };
    assert_eq!(lying(true), Ok(()));
    assert!(lying(false).is_err_and(|(_, message)| message.contains("only links that keep the order")));
}

#[test]
fn whoever_is_named_must_exist() {
    let of = |targets| fault(10, FaultKind::Pause { targets });
    check(of(node(3)), "there is no node n3");
    check(of(Selector::Node(NodeId::client(0))), "there is no client c0");
    check(of(Selector::Role("king".to_owned())), "no node has the role king");
    check(of(Selector::Zone("z".to_owned())), "there is no zone z");
    check(of(Selector::Clients), "there are no clients");
    check(of(Selector::Same), "there is no step before it in a sequence");
    check_fine(of(Selector::Same).following());
    let zone = Zone { name: "z".to_owned(), members: vec![n(0)], latencies: [].into() };
    assert_eq!(three().zones(vec![zone]).fault(of(Selector::Zone("z".to_owned()))).validate(), Ok(()));
    let omission = FaultKind::Omission { from: Some(node(0)), to: Some(node(8)), messages: MessageFilter::ALL };
    check(fault(10, omission), "there is no node n8");
    let operator = FaultKind::Operator { targets: node(0), action: "shake".to_owned(), nodes: vec![node(7)] };
    check(fault(10, operator), "there is no node n7");
}

#[test]
fn the_core_of_a_heal_must_exist() {
    let core = |selector| three().heal_at(ms(50)).heal_core(vec![selector]);
    check_world(core(node(5)), "there is no node n5");
    check_world(core(Selector::Zone("z".to_owned())), "there is no zone z");
    check_world(core(Selector::Same), "there is no step before it in a sequence");
    let sequence = |core: Simulation<Node>| core.fault(fault(10, pause())).fault(fault(0, pause()).following());
    check_world(sequence(core(Selector::Same)), "there is no step before it in a sequence");
    assert_eq!(sequence(core(Selector::Majority)).validate(), Ok(()));
}

#[test]
fn no_range_ends_before_it_starts() {
    let what = "from 2ms to 1ms is no range";
    let (range, backwards) = ((ms(1), ms(1)), (ms(2), ms(1)));
    fn uniform((low, high): (Duration, Duration)) -> Latency {
        Latency::Uniform(low, high)
    }
    let links = |range| three().network(LinkProfile { latency: uniform(range), ..LinkProfile::default() });
    let disk = |sync| three().disk(DiskProfile { sync, ..DiskProfile::default() });
    let zones = |range| {
        let latencies = [("z".to_owned(), uniform(range))].into();
        three().zones(vec![Zone { name: "z".to_owned(), members: vec![n(0)], latencies }])
    };
    for world in [links, disk, zones] as [fn(_) -> _; 3] {
        check_world(world(backwards), what);
        assert_eq!(world(range).validate(), Ok(()));
    }
    let slow_disk = |sync| FaultKind::SlowDisk { targets: node(0), sync };
    let late = |range| FaultKind::late_timers(node(0), uniform(range));
    fn trouble(trouble: LinkTrouble) -> FaultKind {
        FaultKind::links(node(0), trouble)
    }
    let delayed = |range| trouble(LinkTrouble { delay: Some(uniform(range)), ..LinkTrouble::default() });
    let replayed = |range| {
        let replays = Some(Replays { rate: Probability::ALWAYS, after: uniform(range) });
        trouble(LinkTrouble { replays, ..LinkTrouble::default() })
    };
    for kind in [slow_disk, late, delayed, replayed] as [fn(_) -> _; 4] {
        check(fault(10, kind(backwards)), what);
        check_fine(fault(10, kind(range)));
    }
}

/// Nothing but runs outside of the model would come of it.
#[test]
fn a_nemesis_keeps_to_the_model_unless_it_is_told_not_to() {
    let durable = || three().model(FaultModel::of(vec![Assumption::DurableDisks]));
    let storage = || Nemesis::of([FaultFamily::Storage], Rhythm::default());
    check_world(durable().nemesis(storage()), "Storage is more than that, and the nemesis is not unrestricted");
    assert_eq!(durable().nemesis(storage().unrestricted()).validate(), Ok(()));
    assert_eq!(durable().random_faults().validate(), Ok(()));
    check_world(three().random_faults().model(FaultModel::of(vec![Assumption::DurableDisks])), "Storage is more");
    let traitors = Nemesis::of([], Rhythm::default()).byzantine(ByzantineNemesis::new(Rhythm::default()));
    check_world(three().nemesis(traitors), "claims to survive 0 Byzantine nodes");
}
