//! Progress after the heal: when it is owed, by what it is seen, and what is said if it is not.

use crate::common::{Ctx, Event, Handlers, IDLE, Node, constant, ms, n, node, set, simulation, violation};
use sim_core::{
    Assumption, ClientProfile, Fault, FaultModel, HealKind, Liveness, NO_HALT, NodeId, OperationKind, Outlook, OwedTo,
    PROGRESS, PropertyClass, RequestId, Sign, Simulation, Summary,
};

/// A heal at 20 ms; what takes 1 ms is there at 21 ms, and progress is owed within 30 ms from there.
fn healed(handlers: Handlers, signs: Vec<Sign>) -> Simulation<Node> {
    simulation(3, handlers)
        .network(constant(ms(1)))
        .heal_at(ms(20))
        .progress_within(ms(30))
        .signs_of_progress(signs)
        .heal_kind(HealKind::Open)
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
    check_progressed(&healed(ELECTS, vec![leader()]), 14);
    check_fails(&healed(GIVES_UP, vec![leader()]), &Liveness::Unexplained, "nobody became leader within 30ms");
    check_progressed(&healed(ELECTS, vec![leader()]).heal_core(["n1"]), 14);
    // One outside of the core is of no use to it if it is out of reach.
    let others = healed(ELECTS, vec![leader()]).heal_core(["n0", "n2"]);
    check_progressed(&others, 14);
    check_fails(&others.heal_kind(HealKind::Sealed), &Liveness::Unexplained, "nobody became leader");
}

/// Whoever has the role from before the heal must keep it all the time.
#[test]
fn a_role_that_is_kept_is_progress_and_one_that_is_lost_is_none() {
    let keeps = Handlers { start: |_, ctx| set(10, ms(10), ctx), ..ELECTS };
    check_progressed(&healed(keeps, vec![leader()]), 30);
    check_progressed(&healed(keeps, vec![leader()]).heal_core(["n0", "n1"]), 30);
    let loses = Handlers { start: |_, ctx| [10, 12].into_iter().for_each(|t| set(t, ms(t * 4 - 20), ctx)), ..ELECTS };
    check_fails(&healed(loses, vec![leader()]), &Liveness::Unexplained, "nobody became leader");
}

#[test]
fn an_event_counts_that_is_announced_after_the_stabilisation_time() {
    let event = || Sign::Event("Elected".to_owned());
    check_progressed(&healed(ELECTS, vec![event()]), 14);
    check_fails(&healed(GIVES_UP, vec![event()]), &Liveness::Unexplained, "nobody announced Elected");
}

fn asking(simulation: Simulation<Node>, operations: u32) -> Simulation<Node> {
    let profile =
        ClientProfile { count: 1, operations, timeout: ms(5), think: (ms(4), ms(4)), ..ClientProfile::default() };
    simulation.clients(profile, |_, _, _| 1)
}

#[test]
fn an_operation_must_complete_if_there_is_one_left() {
    // Every operation takes 6 ms: the fourth is asked for at 22 ms and ends at 24 ms.
    check_progressed(&asking(healed(IDLE, vec![Sign::Operation]), 100), 3);
    let deaf = Handlers { request: |_, _, _, _| {}, ..IDLE };
    check_fails(&asking(healed(deaf, vec![Sign::Operation]), 100), &Liveness::Unexplained, "no operation completed");
    let idle = summary(&asking(healed(IDLE, vec![Sign::Operation]), 2));
    assert_eq!((idle.liveness, idle.verdict.is_passed()), (Liveness::NothingAsked, true));
}

/// An operation that is asked for before the stabilisation time is no sign when it completes, and is
/// not waited for as long as nobody asks for it again.
#[test]
fn what_was_asked_before_counts_from_when_it_is_asked_again() {
    // Answered at 25 ms: asked for at 4 ms, and never again.
    let late = Handlers { request: |_, _, _, _| {}, ..IDLE };
    let patient = ClientProfile { count: 1, operations: 9, timeout: ms(1000), think: (ms(4), ms(4)), attempts: 1 };
    let simulation = healed(late, vec![Sign::Operation]).clients(patient, |_, _, _| 1);
    assert_eq!(summary(&simulation).liveness, Liveness::NothingAsked);
    // Asked again at 24 ms, and for the last time.
    let again = ClientProfile { timeout: ms(20), attempts: 100, ..patient };
    let simulation = healed(late, vec![Sign::Operation]).clients(again, |_, _, _| 1);
    check_fails(&simulation, &Liveness::Unexplained, "no operation completed within 30ms from 24ms on");
}

/// Where clients pause the bound takes longer than itself to come: the run goes on until then.
#[test]
fn clients_who_pause_between_operations_are_owed_progress_all_the_same() {
    let deaf = Handlers { request: |_, _, _, _| {}, ..IDLE };
    let of = |operations| {
        let pauses = ClientProfile { count: 1, operations, timeout: ms(5), think: (ms(15), ms(15)), attempts: 1 };
        healed(deaf, vec![Sign::Operation]).clients(pauses, |_, _, _| 1)
    };
    check_fails(&of(1000), &Liveness::Unexplained, "no operation completed within 30ms");
    // Where they have nothing more to ask it cannot be judged, and that is no pass.
    let summary = summary(&of(6));
    assert_eq!((summary.liveness, summary.verdict.word()), (Liveness::NotJudged, "inconclusive"));
}

/// What a node does about a request.
type Answers = fn(&mut Node, RequestId, u64, &mut Ctx<'_>);

/// Systems that are broken in one way each: what is wrong, what they do about requests, which property
/// they violate, and what is seen. Even operations are reads.
const BROKEN: [(&str, Answers, &str, &str); 4] = [
    (
        "dies after an operation",
        |node, request, op, ctx| {
            if ctx.now() > ms_at(22) {
                node.memory += 1;
            }
            if node.memory < 2 {
                ctx.reply(request, op);
            }
        },
        PROGRESS,
        "no operation of c",
    ),
    (
        "serves only reads",
        |_, request, op, ctx| {
            if op % 2 == 0 {
                ctx.reply(request, op);
            }
        },
        PROGRESS,
        "no write of c",
    ),
    (
        "serves only writes",
        |_, request, op, ctx| {
            if op % 2 == 1 {
                ctx.reply(request, op);
            }
        },
        PROGRESS,
        "no read of c",
    ),
    (
        "starves a client",
        |_, request, op, ctx| {
            if request.client == NodeId::client(1) {
                ctx.reply(request, op);
            }
        },
        PROGRESS,
        "no operation of c0",
    ),
];

const fn ms_at(millis: u64) -> sim_core::Time {
    sim_core::Time::from_nanos(millis * 1_000_000)
}

/// Two clients that ask reads and writes in turn, and go on after a while without an answer.
fn reading_and_writing(request: Answers) -> Simulation<Node> {
    let profile = ClientProfile { count: 2, operations: 1000, timeout: ms(2), think: (ms(1), ms(1)), attempts: 3 };
    healed(Handlers { request, ..IDLE }, vec![Sign::Operation])
        .clients(profile, |client, index, _| u64::from(client + index))
        .owed_to(OwedTo::EachClient)
        .operation_kinds(|op| if op % 2 == 0 { OperationKind::Read } else { OperationKind::Write })
}

#[test]
fn a_system_that_is_broken_in_any_way_is_found_out() {
    for (name, request, property, what) in BROKEN {
        let outcome = reading_and_writing(request).run(0);
        let (violated, seen) = violation(&outcome);
        assert_eq!(violated, property, "{name}: {seen}");
        assert!(seen.contains(what), "{name}: {seen}");
    }
    let well = reading_and_writing(|_, request, op, ctx| ctx.reply(request, op));
    check_progressed(&well, 3);
}

/// What is not promised is not asked for.
#[test]
fn progress_is_owed_to_whom_it_is_promised() {
    let starves = || reading_and_writing(BROKEN[3].1).operation_kinds(|_| OperationKind::Operation);
    check_fails(&starves(), &Liveness::Unexplained, "no operation of c0");
    check_progressed(&starves().owed_to(OwedTo::System), 3);
    let reads_only = || reading_and_writing(BROKEN[1].1);
    let by_key = reads_only().owed_to(OwedTo::EachKey(|op| op % 2)).operation_kinds(|_| OperationKind::Operation);
    check_fails(&by_key, &Liveness::Unexplained, "no operation of key 1");
    check_progressed(&reads_only().signs_of_progress(vec![Sign::Read]), 2);
    check_fails(&reads_only().signs_of_progress(vec![Sign::Write]), &Liveness::Unexplained, "no write");
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
    check_progressed(&converging(31), 10);
    check_fails(&converging(0), &Liveness::Unexplained, "the replicas did not converge");
    let down = converging(31).fault(Fault::crash("n0").at(ms(10)));
    check_progressed(&down.clone().heal_core(["n1", "n2"]), 10);
    // One that boots at the heal tells its timer 31 ms later.
    check_fails(&down, &Liveness::Unexplained, "did not converge");
}

/// A node that was removed need not agree with anybody, whatever it thinks of itself.
#[test]
fn only_those_who_belong_to_the_system_must_agree() {
    const BEHIND: Handlers = Handlers { start: |node, ctx| node.memory = u64::from(ctx.me() == n(0)), ..IDLE };
    let simulation = healed(BEHIND, vec![Sign::Convergence]).digest(|node| Some(node.memory));
    check_fails(&simulation, &Liveness::Unexplained, "the replicas did not converge");
    let ended = summary(&simulation.members(|_| Some(vec![n(1), n(2)])));
    assert!(ended.verdict.is_passed(), "{}", ended.verdict);
}

#[test]
fn all_signs_must_be_seen() {
    let signs = vec![leader(), Sign::Convergence];
    check_progressed(&healed(ELECTS, signs.clone()).digest(|_| Some(1)), 14);
    check_fails(
        &healed(ELECTS, signs).digest(|_| None),
        &Liveness::Unexplained,
        "the replicas did not converge within",
    );
}

#[test]
fn nothing_is_judged_that_nobody_asked_for_or_that_is_not_due_yet() {
    assert_eq!(summary(&simulation(3, IDLE).heal_at(ms(20)).run_for(ms(100))).liveness, Liveness::NotJudged);
    // A run goes on until progress is due.
    let short = healed(GIVES_UP, vec![leader()]).run_for(ms(40));
    check_fails(&short, &Liveness::Unexplained, "nobody became leader");
    let summary = summary(&healed(GIVES_UP, vec![leader()]).run_for(ms(15)));
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

fn after(fault: impl Into<Fault>, core: &[u32]) -> Simulation<Node> {
    let core = core.iter().map(|index| node(*index));
    healed(TOGETHER, vec![leader()]).fault(fault).heal_core(core).can_progress(has_quorum)
}

fn in_vain(fault: impl Into<Fault>, core: &[u32]) -> Simulation<Node> {
    let core = core.iter().map(|index| node(*index));
    healed(IDLE, vec![leader()]).fault(fault).heal_core(core).can_progress(has_quorum)
}

/// Nodes that take the role 5 ms after they have heard of another, as the repaired ones do when all
/// of them are up.
const TOGETHER: Handlers = Handlers {
    start: |_, ctx| set(1, ms(1), ctx),
    timer: |_, timer, ctx| {
        ctx.broadcast(crate::common::Message::Ping(1));
        set(timer, ms(1), ctx);
    },
    message: |node, from, _, ctx| {
        node.memory |= 1 << from.index();
        if node.memory.count_ones() == 2 && ctx.now() > ms_at(30) {
            ctx.emit(Event::Elected);
        }
    },
    ..IDLE
};

/// Stuck is checked: everything is repaired, and then it must go on.
#[test]
fn a_stuck_system_goes_on_when_everything_is_repaired_or_is_found_out() {
    let stuck = |handlers, kind| {
        let alone = vec![node(1)];
        healed(handlers, vec![leader()])
            .fault(Fault::crash("all").at(ms(10)))
            .heal_core(alone)
            .heal_kind(kind)
            .can_progress(has_quorum)
    };
    for kind in [HealKind::Open, HealKind::Sealed, HealKind::Drawn] {
        let simulation = stuck(TOGETHER, kind);
        let Summary { liveness, verdict, time, .. } = summary(&simulation);
        let Liveness::Stuck { because, recovered_after: Some(after) } = liveness else { panic!("{liveness:?}") };
        assert!(verdict.is_passed() && after < ms(10), "{verdict}: {after}");
        assert_eq!((because.len(), because[0].because.as_str()), (1, "no quorum"));
        assert!(because[0].from < ms_at(26) && because[0].until == ms_at(51) && time == ms_at(100), "{because:?}");
        check_fails(&stuck(IDLE, kind), &Liveness::Unexplained, "although everything was repaired at 51ms");
        // However short it was to be, the run goes on until that is judged, too.
        for short in [30, 51, 52] {
            let run = stuck(TOGETHER, kind).run_for(ms(short)).run(0).summary;
            assert!(matches!(run.liveness, Liveness::Stuck { recovered_after: Some(_), .. }), "{:?}", run.liveness);
            check_fails(&stuck(IDLE, kind).run_for(ms(short)), &Liveness::Unexplained, "everything was repaired");
        }
    }
}

/// Who stops itself without need excuses nobody, and does not count as down.
#[test]
fn a_node_that_stops_itself_is_a_violation_unless_it_may_and_never_an_excuse() {
    let quits = Handlers {
        start: |_, ctx| set(25, ms(25), ctx),
        timer: |_, _, ctx| {
            if ctx.me() == n(1) {
                ctx.halt("an assertion of mine");
            }
        },
        ..IDLE
    };
    let simulation = || healed(quits, vec![leader()]).can_progress(has_quorum);
    let outcome = simulation().run(0);
    assert_eq!(violation(&outcome), (NO_HALT.to_owned(), "n1 stopped itself: an assertion of mine".to_owned()));
    check_fails(&simulation().legitimate_halts(&["an assertion of mine"]), &Liveness::Unexplained, "nobody became");
    let most = FaultModel::of(vec![Assumption::DownAtMost(0)]);
    let legitimate = simulation().model(most).legitimate_halts(&["an assertion of mine"]).run(0);
    assert_eq!(legitimate.summary.outside.safety, [""; 0]);
    // A disk that fails is a reason.
    let forced = Handlers {
        timer: |_, _, ctx| {
            ctx.disk().append(1);
            ctx.disk().sync();
        },
        disk: crate::common::stop_on_disk_fault,
        ..quits
    };
    let fails = Fault::failing_sync("all").restart_after(ms(1));
    let run = healed(forced, Vec::new()).heal_at(ms(90)).fault(fails.at(ms(10))).run(0);
    assert!(run.summary.verdict.is_passed(), "{}", run.summary.verdict);
}

/// A system that is hindered only for a part of the time owes progress from when it no longer is.
#[test]
fn facts_are_looked_at_over_the_whole_time() {
    let hindered = |outlook: &Outlook<'_, Node>| match outlook.node(n(0)).map(|node| node.memory) {
        Some(1) => Err("n0 says so".to_owned()),
        _ => Ok(()),
    };
    let says = Handlers {
        start: |_, ctx| [30, 40].into_iter().for_each(|timer| set(timer, ms(timer), ctx)),
        timer: |node, timer, _| node.memory = u64::from(timer == 30),
        ..IDLE
    };
    let outcome = healed(says, vec![leader()]).can_progress(hindered).run(0);
    let (_, seen) = violation(&outcome);
    assert!(seen.contains("stuck before: n0 says so, from 32.25ms to 39.75ms"), "{seen}");
}

#[test]
fn a_system_without_a_quorum_is_stuck_and_that_is_no_violation() {
    let lasting = [
        ("crash", after(Fault::crash("all").at(ms(10)), &[1])),
        ("pause", after(Fault::pause("all").at(ms(10)), &[1])),
        ("random links", after(Fault::random_links(sim_core::Probability::ALWAYS).at(ms(10)), &[1])),
        // One way is enough to leave node 1 and 2 to themselves; those are paused.
        (
            "one way",
            after(Fault::one_way("n0", "others").holding().at(ms(10)), &[0]).fault(Fault::pause("n2").at(ms(11))),
        ),
        ("omission", after(Fault::omission().at(ms(10)), &[1])),
    ];
    for (name, simulation) in lasting {
        let stuck = summary(&simulation.heal_kind(HealKind::Sealed));
        let Liveness::Stuck { because, recovered_after } = stuck.liveness else {
            panic!("{name}: {:?}, {}", stuck.liveness, stuck.verdict)
        };
        assert_eq!((because[0].because.as_str(), stuck.verdict.is_passed()), ("no quorum", true), "{name}");
        assert!(recovered_after.is_some(), "{name}");
    }
}

#[test]
fn a_system_that_has_its_quorum_has_no_excuse() {
    let down = in_vain(Fault::crash("all").at(ms(10)), &[0, 1]);
    check_fails(&down, &Liveness::Unexplained, "nobody became leader");
    let whole = in_vain(Fault::pause("n0").at(ms(10)), &[1, 2]);
    check_fails(&whole, &Liveness::Unexplained, "nobody became leader");
    let some = Fault::omission().rate(sim_core::Probability::ratio(9, 10)).at(ms(10));
    check_fails(&in_vain(some, &[1, 2]), &Liveness::Unexplained, "nobody became leader");
}

#[test]
fn an_outlook_tells_which_of_the_repaired_nodes_run_and_are_connected() {
    fn facts(outlook: &Outlook<'_, Node>) -> Result<(), String> {
        let runs: Vec<bool> = outlook.nodes().iter().map(|node| outlook.runs(*node)).collect();
        let links = [(0, 1), (0, 2), (1, 2)].map(|(a, b)| outlook.are_connected(n(a), n(b)));
        Err(format!("{runs:?} {links:?} {}", outlook.node(n(1)).is_some()))
    }
    let told = |fault: Fault| {
        let simulation = healed(IDLE, vec![leader()]).fault(fault).heal_core(["n0", "n2"]).can_progress(facts);
        // It never gets on, which is a violation in the end; before that the facts were told.
        let (_, seen) = violation(&simulation.run(0));
        let (_, facts) = seen.split_once("stuck before: ").expect(&seen);
        facts.split_once(", from").expect(facts).0.to_owned()
    };
    let nothing = Fault::restart("n0");
    let whole = "[true, false, true] [false, true, false] true";
    assert_eq!(told(nothing.at(ms(10)).into()), whole);
    assert_eq!(told(Fault::crash("n1").at(ms(10)).into()), "[true, false, true] [false, true, false] false");
    assert_eq!(told(Fault::pause("n2").at(ms(10)).into()), whole, "it is repaired");
    let one_way = Fault::one_way("n0", "n2");
    assert_eq!(told(one_way.at(ms(10)).into()), whole, "it is repaired");
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
