//! Hashes that never change: those of runs which use every part of the simulator.
//!
//! A seed that fails must fail for ever. Whoever changes one of these numbers changes what every
//! seed means: that is a new version of the engine, and must be said.

use crate::common::{Ctx, Event, Handlers, IDLE, Message, Node, constant, fault, ms, node, set, simulation};
use sim_core::{
    Adversary, AdversaryContext, ByzantineNemesis, ClientProfile, ClockProfile, CrashMoment, CrashSeverity, CutMode,
    DiskProfile, Duration, Fault, FaultFamily, FaultKind, Latency, Layer, LinkProfile, LinkTrouble, MessageFilter,
    Milestone, Misconduct, Mutations, Nemesis, NodeId, OperatorAction, Probability, Replays, Rhythm, Selector,
    Simulation, SyncToken, Trigger,
};

fn tick(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    node.memory += 1;
    let pause = ctx.choose_duration("pause", ms(1), ms(5)) + Duration::from_nanos(ctx.rng().below(1000));
    set(timer, pause, ctx);
    ctx.broadcast(Message::Ping(node.memory));
    ctx.emit(if node.memory.is_multiple_of(10) { Event::Elected } else { Event::Saw(node.memory) });
}

fn echo(node: &mut Node, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
    if let Message::Ping(number) = message {
        node.memory = node.memory.max(number);
        ctx.disk().append(number);
        if number % 3 == 0 {
            ctx.disk().sync();
        } else {
            ctx.disk().sync_then(SyncToken(number));
        }
        ctx.send(from, Message::Pong(number));
    }
}

const TALK: Handlers = Handlers { start: |_, ctx| set(0, ms(1), ctx), timer: tick, message: echo, ..IDLE };

fn talk() -> Simulation<Node> {
    simulation(3, TALK).run_for(ms(300))
}

#[track_caller]
fn check(simulation: &Simulation<Node>, seed: u64, hash: u64, steps: u64) {
    let summary = simulation.run(seed).summary;
    assert!(summary.verdict.is_passed(), "{}", summary.verdict);
    assert_eq!((format!("{:#018x}", summary.trace_hash), summary.steps), (format!("{hash:#018x}"), steps));
}

#[test]
fn nobody() {
    check(&simulation(1, IDLE), 0, 0xcf98_51f6_6875_64df, 1);
}

#[test]
fn uniform_links() {
    check(&talk(), 1, 0x1f70_a436_6959_b55a, 2017);
    check(&talk(), u64::MAX, 0xcd2a_9c50_44e6_2533, 2044);
}

#[test]
fn constant_links_and_ties() {
    check(&talk().network(constant(ms(1))), 2, 0xbee4_51a7_82a7_2efa, 2091);
}

#[test]
fn long_tails_loss_duplication_and_fifo() {
    let (loss, duplicate) = (Probability::ratio(1, 20), Probability::ratio(1, 20));
    let exponential = Latency::Exponential { floor: ms(1), mean: ms(3) };
    check(
        &talk().network(LinkProfile {
            latency: exponential,
            loss,
            duplicate,
            fifo: false,
            connections: false,
            bandwidth: None,
        }),
        3,
        0x2673_8a63_0408_c25f,
        2047,
    );
    let log_normal = Latency::LogNormal { floor: ms(1), median: ms(2), sigma_thousandths: 800 };
    check(
        &talk().network(LinkProfile {
            latency: log_normal,
            loss,
            duplicate,
            fifo: true,
            connections: false,
            bandwidth: None,
        }),
        4,
        0x7de7_7144_2a30_96f7,
        2022,
    );
}

#[test]
fn clocks_disks_and_clients() {
    let profile =
        ClientProfile { count: 3, operations: 20, timeout: ms(20), think: (ms(1), ms(9)), ..ClientProfile::default() };
    let simulation = talk()
        .clocks(ClockProfile { drift_ppm: 5000, offset: ms(20) })
        .disk(DiskProfile { sync: (Duration::ZERO, ms(3)), torn_writes: true })
        .clients(profile, |client, index, rng| u64::from(client * 1000 + index) << 8 | rng.below(256));
    check(&simulation, 5, 0xdb7c_4878_29da_a716, 1697);
}

#[test]
fn declared_faults() {
    let crash = |targets, severity, moment| FaultKind::Crash {
        targets,
        severity,
        moment,
        restart_after: Some(ms(10)),
        wiped: false,
    };
    let cut = |mode| FaultKind::Partition {
        groups: vec![vec![Selector::Minority], vec![Selector::Others]],
        mode,
        rounds: None,
    };
    let simulation = talk()
        .fault(fault(20, crash(Selector::Random(2), CrashSeverity::PowerLoss, CrashMoment::AtOnce)))
        .fault(fault(50, crash(crate::common::role(), CrashSeverity::Process, CrashMoment::MidStep)))
        .fault(fault(80, cut(CutMode::Drop)).lasting(ms(20)))
        .fault(fault(110, cut(CutMode::Hold)).lasting(ms(20)))
        .fault(fault(140, FaultKind::Pause { targets: node(1) }).lasting(ms(20)))
        .fault(fault(150, FaultKind::Slow { targets: Selector::All, step_takes: ms(1) }).lasting(ms(50)));
    check(&simulation, 6, 0xf969_b323_2999_a6bd, 1525);
}

#[test]
fn a_nemesis() {
    let rhythm = Rhythm { between: ms(50), lasts: ms(20) };
    use FaultFamily::{Crash, Links, Omission, OneWay, Partition, Pause, PowerLoss, Slow};
    let families = [Crash, PowerLoss, Partition, OneWay, Links, Omission, Pause, Slow].map(|family| (family, rhythm));
    let simulation = talk()
        .nemesis(Nemesis { families: families.into(), byzantine: None, swarm: true, unrestricted: false })
        .heal_at(ms(250));
    check(&simulation, 7, 0x4c2f_ea94_3b08_53c4, 1382);
    check(&simulation, 8, 0xfbab_0169_de1b_efec, 591);
}

#[test]
fn faults_of_disks_clocks_and_links() {
    let links = |trouble| FaultKind::links(node(0), trouble);
    let replays = Some(Replays { rate: Probability::ratio(1, 4), after: Latency::Uniform(ms(5), ms(60)) });
    let sync = Probability::ratio(1, 3);
    let simulation = talk()
        .clocks(ClockProfile { drift_ppm: 500, offset: ms(2) })
        .fault(fault(10, links(LinkTrouble { replays, ..LinkTrouble::default() })).lasting(ms(100)))
        .fault(fault(20, FaultKind::Drift { targets: node(1), ppm: -200_000 }).lasting(ms(50)))
        .fault(fault(25, FaultKind::late_timers(Selector::All, Latency::Uniform(ms(0), ms(3)))).lasting(ms(60)))
        .fault(fault(40, FaultKind::ClockJump { targets: node(2), by: ms(7), backward: true }).lasting(ms(20)))
        .fault(fault(90, FaultKind::SlowDisk { targets: node(0), sync: (ms(1), ms(4)) }).lasting(ms(30)))
        .fault(fault(100, FaultKind::failing_sync(node(1), sync, None)).lasting(ms(50)))
        .fault(fault(130, FaultKind::FullDisk { targets: node(2), restart_after: None }).lasting(ms(20)))
        .fault(fault(160, FaultKind::CorruptRecord { targets: Selector::All }));
    check(&simulation, 9, 0x8179_efb8_554f_a813, 1816);
}

#[test]
fn cuts_that_come_and_go_and_nodes_that_go_round() {
    let (mode, rate) = (CutMode::Drop, Probability::ratio(1, 3));
    let reordering = FaultKind::Crash {
        targets: Selector::All,
        severity: CrashSeverity::ReorderingPowerLoss,
        moment: CrashMoment::MidStep,
        restart_after: Some(ms(5)),
        wiped: false,
    };
    let swizzle = FaultKind::Swizzle { targets: Selector::All, mode: CutMode::Hold };
    let restart = crate::common::crash(Selector::Same, Some(ms(4)));
    let simulation = talk()
        .fault(
            Fault::after(Milestone::event("Elected", 1), FaultKind::Bridge { targets: crate::common::role(), mode })
                .lasting(ms(20)),
        )
        .fault(Fault { trigger: Trigger::Wait(ms(25)), ..fault(0, restart).following() })
        .fault(fault(60, FaultKind::RandomLinks { rate, mode }).lasting(ms(60)).repeated(ms(11), Some(ms(6))))
        .fault(fault(130, swizzle).lasting(ms(40)))
        .fault(fault(180, FaultKind::MajorityRing { mode }).lasting(ms(20)))
        .fault(fault(210, reordering).one_by_one(ms(12)));
    check(&simulation, 10, 0x4397_081d_564c_52f7, 1773);
}

#[test]
fn a_nemesis_of_the_later_families() {
    let rhythm = Rhythm { between: ms(40), lasts: ms(20) };
    use FaultFamily::{Clock, Disk, Operator, PartialPartition, Reordering, Replay, Storage};
    let families =
        [PartialPartition, Replay, Clock, Disk, Reordering, Storage, Operator].map(|family| (family, rhythm));
    let operator: fn(&mut Node, &OperatorAction, &mut Ctx<'_>) = |_, action, ctx| {
        action.nodes.iter().for_each(|node| ctx.send(*node, Message::Ping(1)));
    };
    let simulation = simulation(3, Handlers { operator, ..TALK })
        .run_for(ms(300))
        .nemesis(Nemesis { families: families.into(), byzantine: None, swarm: true, unrestricted: true })
        .heal_at(ms(250))
        .heal_core(vec![Selector::Majority]);
    check(&simulation, 11, 0x698c_b765_e380_1d83, 1449);
    check(&simulation, 12, 0xcf32_dfc9_e38a_58d4, 387);
}

/// Says the number of each ping that it hears, and one more.
#[derive(Debug)]
struct Parrot;

impl Adversary<Node> for Parrot {
    fn on_message(&mut self, puppet: NodeId, from: NodeId, message: &Message, ctx: &mut AdversaryContext<'_, Node>) {
        if let (Message::Ping(number), false) = (message, ctx.puppets().contains(&from)) {
            let more = ctx.choose("more", 0..3);
            ctx.send(puppet, from, Message::Ping(number + more));
            ctx.set_timer(*number, ms(1));
        }
    }

    fn on_timer(&mut self, timer: u64, ctx: &mut AdversaryContext<'_, Node>) {
        ctx.broadcast(ctx.puppets()[0], &Message::Pong(timer));
    }
}

fn with_traitors(nodes: u32) -> Simulation<Node> {
    let mutations = Mutations::of(|message, _| {
        let (Message::Ping(number) | Message::Pong(number)) = message;
        vec![Message::Ping(number + 1), Message::Pong(number + 1)]
    });
    simulation(nodes, TALK).run_for(ms(300)).adversary("parrot", || Box::new(Parrot)).mutations(mutations)
}

#[test]
fn byzantine_nodes() {
    let lie = |misconduct, rate| FaultKind::Lie {
        targets: node(1),
        to: vec![Selector::Minority],
        messages: MessageFilter::rate(rate),
        misconduct,
    };
    let groups = vec![vec![node(0), node(2)], vec![node(1), node(3), Selector::Node(NodeId::node(2).twin())]];
    let adversary = FaultKind::Adversary { name: "parrot".to_owned(), targets: vec![node(3), node(0)] };
    let half = Probability::ratio(1, 2);
    let simulation = with_traitors(4)
        .fault(fault(10, FaultKind::Twin { targets: node(2) }).lasting(ms(150)))
        .fault(fault(20, FaultKind::Partition { groups, mode: CutMode::Hold, rounds: None }).lasting(ms(40)))
        .fault(fault(70, lie(Misconduct::Mutate, half)).lasting(ms(60)))
        .fault(fault(90, lie(Misconduct::Stale, half)).lasting(ms(60)))
        .fault(fault(100, lie(Misconduct::Stall(Latency::Uniform(ms(1), ms(9))), half)).lasting(ms(60)))
        .fault(fault(110, lie(Misconduct::Silence, half)).lasting(ms(60)))
        .fault(fault(170, adversary).lasting(ms(30)));
    check(&simulation, 13, 0xbe3f_f5ee_e793_a5b9, 4538);
}

#[test]
fn a_byzantine_nemesis() {
    let byzantine = ByzantineNemesis {
        nodes: Some(2),
        layers: Layer::ALL.into(),
        last_round: 40,
        mutated_rounds: 9,
        partitioned_rounds: 9,
        rhythm: Rhythm { between: ms(40), lasts: ms(20) },
    };
    let families = [(FaultFamily::PowerLoss, Rhythm { between: ms(90), lasts: ms(20) })].into();
    let simulation = with_traitors(4)
        .nemesis(Nemesis { families, byzantine: Some(byzantine), swarm: true, unrestricted: true })
        .heal_at(ms(250))
        .heal_core(vec![Selector::Correct]);
    check(&simulation, 14, 0x7641_883a_47c9_e258, 4654);
    check(&simulation, 15, 0x381a_d761_5ddd_13e4, 4574);
}
