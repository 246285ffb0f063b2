//! Progress after the heal: by what it is seen, and what is said if it is not.

use crate::common::{
    Ctx, Event, Handlers, IDLE, Node, constant, crash, fault, ms, n, node, set, simulation, violation,
};
use sim_core::{
    ClientProfile, CutMode, Fault, FaultKind, Liveness, MessageFilter, NodeId, Outlook, PROGRESS, PropertyClass,
    Selector, Sign, Simulation, Summary,
};

/// A heal at 20 ms, progress within 30 ms of it.
fn healed(handlers: Handlers, signs: Vec<Sign>) -> Simulation<Node> {
    simulation(3, handlers)
        .network(constant(ms(1)))
        .heal_at(ms(20))
        .progress_within(ms(30))
        .signs_of_progress(signs)
        .run_for(ms(100))
}

fn leader() -> Sign {
    Sign::Role("leader".to_owned())
}

fn summary(simulation: &Simulation<Node>) -> Summary {
    crate::common::check_replays(simulation, 2);
    simulation.run(0).summary
}

#[track_caller]
fn check_fails(simulation: &Simulation<Node>, how: &Liveness, what: &str) {
    let outcome = simulation.run(0);
    let (property, seen) = violation(&outcome);
    assert_eq!((property.as_str(), &outcome.summary.liveness), (PROGRESS, how), "{seen}");
    assert!(seen.contains(what), "{seen}");
    let class = outcome.summary.verdict.violation().map(|violation| violation.class);
    assert_eq!(class, Some(PropertyClass::Liveness));
}

#[track_caller]
fn check_progressed(simulation: &Simulation<Node>, millis: u64) {
    let summary = summary(simulation);
    assert_eq!((summary.liveness, summary.verdict.is_passed()), (Liveness::Progressed(ms(millis)), true));
}

/// Node 1 takes the role at 10 ms, gives it up at 12 ms, and takes it again at 35 ms.
const ELECTS: Handlers = Handlers { start: three_timers, timer: elect, ..IDLE };

/// The same without the end.
const GIVES_UP: Handlers = Handlers { start: two_timers, timer: elect, ..IDLE };

fn two_timers(_: &mut Node, ctx: &mut Ctx<'_>) {
    if ctx.me() == n(1) {
        [10, 12].into_iter().for_each(|timer| set(timer, ms(timer), ctx));
    }
}

fn three_timers(node: &mut Node, ctx: &mut Ctx<'_>) {
    two_timers(node, ctx);
    if ctx.me() == n(1) {
        set(35, ms(35), ctx);
    }
}

fn elect(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    ctx.emit(if timer == 12 { Event::Resigned } else { Event::Elected });
}

#[test]
fn a_role_must_be_held_after_the_heal_by_a_node_that_is_repaired() {
    check_progressed(&healed(ELECTS, vec![leader()]), 15);
    check_fails(&healed(GIVES_UP, vec![leader()]), &Liveness::Unexplained, "nobody became leader within 30ms");
    check_progressed(&healed(ELECTS, vec![leader()]).heal_core(vec![node(1)]), 15);
    let others = healed(ELECTS, vec![leader()]).heal_core(vec![node(0), node(2)]);
    check_fails(&others, &Liveness::Unexplained, "nobody became leader");
    // Who has it at the heal has it.
    let keeps = Handlers { start: |_, ctx| set(10, ms(10), ctx), ..ELECTS };
    check_progressed(&healed(keeps, vec![leader()]), 0);
}

fn asking(simulation: Simulation<Node>, operations: u32) -> Simulation<Node> {
    let profile =
        ClientProfile { count: 1, operations, timeout: ms(5), think: (ms(4), ms(4)), ..ClientProfile::default() };
    simulation.clients(profile, |_, _, _| 1)
}

#[test]
fn an_operation_must_complete_if_there_is_one_left() {
    // Every operation takes 6 ms: the fourth ends at 24 ms.
    check_progressed(&asking(healed(IDLE, vec![Sign::Operation]), 100), 4);
    let deaf = Handlers { request: |_, _, _, _| {}, ..IDLE };
    check_fails(&asking(healed(deaf, vec![Sign::Operation]), 100), &Liveness::Unexplained, "no operation completed");
    check_progressed(&asking(healed(IDLE, vec![Sign::Operation]), 2), 30);
}

/// Nodes differ until they have been told at 31 ms.
fn converging(when: u64) -> Simulation<Node> {
    const HANDLERS: Handlers = Handlers {
        start: |node, ctx| {
            node.memory = u64::from(ctx.me().index());
            set(31, ms(31), ctx);
        },
        timer: |node, _, _| node.memory = 5,
        ..IDLE
    };
    let simulation = healed(HANDLERS, vec![Sign::Convergence]);
    if when == 31 { simulation.digest(|node| Some(node.memory)) } else { simulation.digest(|_| None) }
}

#[test]
fn all_repaired_nodes_must_agree_at_one_moment() {
    check_progressed(&converging(31), 11);
    check_fails(&converging(0), &Liveness::Unexplained, "the replicas did not converge");
    let down = converging(31).fault(fault(10, crash(node(0), None)));
    check_progressed(&down.clone().heal_core(vec![node(1), node(2)]), 11);
    // One that boots at the heal tells its timer 31 ms later.
    check_fails(&down, &Liveness::Unexplained, "did not converge");
}

#[test]
fn all_signs_must_be_seen() {
    let signs = vec![leader(), Sign::Convergence];
    check_progressed(&healed(ELECTS, signs.clone()).digest(|_| Some(1)), 15);
    check_fails(
        &healed(ELECTS, signs).digest(|_| None),
        &Liveness::Unexplained,
        "the replicas did not converge within",
    );
}

#[test]
fn nothing_is_judged_that_nobody_asked_for_or_that_is_not_due_yet() {
    assert_eq!(summary(&simulation(3, IDLE).heal_at(ms(20)).run_for(ms(100))).liveness, Liveness::NotJudged);
    let short = healed(GIVES_UP, vec![leader()]).run_for(ms(40));
    let summary = summary(&short);
    assert_eq!((summary.liveness, summary.verdict.word()), (Liveness::NotJudged, "inconclusive"));
}

/// A quorum of two of three.
fn has_quorum(outlook: &Outlook<'_, Node>) -> Result<(), String> {
    if outlook.has_connected_quorum(outlook.nodes(), |nodes| nodes.len() >= 2) {
        Ok(())
    } else {
        Err("no quorum".to_owned())
    }
}

fn after(kind: FaultKind, core: &[u32]) -> Simulation<Node> {
    let core = core.iter().map(|index| node(*index)).collect();
    healed(IDLE, vec![leader()]).fault(fault(10, kind)).heal_core(core).can_progress(has_quorum)
}

#[test]
fn a_system_without_a_quorum_is_stuck_and_that_is_no_violation() {
    let all = MessageFilter::ALL;
    let lasting = [
        crash(Selector::All, None),
        FaultKind::Pause { targets: Selector::All },
        FaultKind::RandomLinks { rate: sim_core::Probability::ALWAYS, mode: CutMode::Drop },
        FaultKind::OneWay { from: node(0), to: Selector::Others, mode: CutMode::Hold },
        FaultKind::Omission { from: None, to: None, messages: all },
    ];
    for kind in lasting {
        let name = kind.name();
        let stuck = summary(&match kind {
            // One way is enough to leave node 1 and 2 to themselves; those are paused.
            FaultKind::OneWay { .. } => after(kind, &[0]).fault(fault(11, FaultKind::Pause { targets: node(2) })),
            _ => after(kind, &[1]),
        });
        assert_eq!(
            (stuck.liveness, stuck.verdict.is_passed()),
            (Liveness::Stuck("no quorum".to_owned()), true),
            "{name}"
        );
    }
}

#[test]
fn a_system_that_has_its_quorum_has_no_excuse() {
    let down = after(crash(Selector::All, None), &[0, 1]);
    check_fails(&down, &Liveness::Unexplained, "nobody became leader");
    let whole = after(FaultKind::Pause { targets: node(0) }, &[1, 2]);
    check_fails(&whole, &Liveness::Unexplained, "nobody became leader");
    let some = FaultKind::Omission {
        from: None,
        to: None,
        messages: MessageFilter::rate(sim_core::Probability::ratio(9, 10)),
    };
    check_fails(&after(some, &[1, 2]), &Liveness::Unexplained, "nobody became leader");
}

#[test]
fn an_outlook_tells_which_of_the_repaired_nodes_run_and_are_connected() {
    fn facts(outlook: &Outlook<'_, Node>) -> Result<(), String> {
        let runs: Vec<bool> = outlook.nodes().iter().map(|node| outlook.runs(*node)).collect();
        let links = [(0, 1), (0, 2), (1, 2)].map(|(a, b)| outlook.are_connected(n(a), n(b)));
        Err(format!("{runs:?} {links:?} {}", outlook.node(n(1)).is_some()))
    }
    let told = |fault: Fault| {
        let simulation =
            healed(GIVES_UP, vec![leader()]).fault(fault).heal_core(vec![node(0), node(2)]).can_progress(facts);
        match simulation.run(0).summary.liveness {
            Liveness::Stuck(facts) => facts,
            other => panic!("{other:?}"),
        }
    };
    let nothing = FaultKind::Restart { targets: Selector::Node(NodeId::node(0)) };
    let whole = "[true, false, true] [false, true, false] true";
    assert_eq!(told(fault(10, nothing)), whole);
    assert_eq!(told(fault(10, crash(node(1), None))), "[true, false, true] [false, true, false] false");
    assert_eq!(told(fault(10, FaultKind::Pause { targets: node(2) })), whole, "it is repaired");
    let one_way = FaultKind::OneWay { from: node(0), to: node(2), mode: CutMode::Drop };
    assert_eq!(told(fault(10, one_way)), whole, "it is repaired");
}

/// Nodes whose memory goes round among three values, or grows.
#[test]
fn a_system_that_comes_back_to_the_same_states_is_livelocked() {
    const ROUND: Handlers = Handlers {
        start: |_, ctx| set(0, ms(1), ctx),
        timer: |node, timer, ctx| {
            node.memory = (node.memory + 1) % 3;
            set(timer, ms(1), ctx);
        },
        ..IDLE
    };
    const GROWS: Handlers = Handlers {
        timer: |node, timer, ctx| {
            node.memory += 1;
            set(timer, ms(1), ctx);
        },
        ..ROUND
    };
    let of = |handlers| {
        healed(handlers, vec![leader()])
            .abstract_state(|world| world.processes().find_map(|process| world.node(process)).map(|node| node.memory))
    };
    check_fails(&of(ROUND), &Liveness::Livelocked, "the same states came again and again");
    check_fails(&of(GROWS), &Liveness::Unexplained, "nobody became leader");
    let untold = healed(ROUND, vec![leader()]);
    check_fails(&untold, &Liveness::Unexplained, "nobody became leader");
}

/// A panic in what the protocol tells is its own.
#[test]
fn a_panic_in_what_the_protocol_tells_is_a_violation() {
    let digest = healed(ELECTS, vec![Sign::Convergence]).digest(|_| panic!("no digest"));
    assert_eq!(violation(&digest.run(0)).0, "No Panic");
    let state = healed(ELECTS, vec![leader()]).abstract_state(|_| panic!("no state"));
    assert_eq!(violation(&state.run(0)).0, "No Panic");
    let judge = healed(GIVES_UP, vec![leader()]).can_progress(|_| panic!("no judge"));
    assert_eq!(violation(&judge.run(0)).0, "No Panic");
}
