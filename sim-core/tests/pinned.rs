//! Hashes that never change: those of runs which use every part of the simulator.
//!
//! A seed that fails must fail for ever. Whoever changes one of these numbers changes what every
//! seed means: that is a new version of the engine, and must be said.

mod common;

use common::{Ctx, Event, Handlers, IDLE, Message, Node, constant, fault, ms, node, set, simulation};
use sim_core::{
    ClientProfile, ClockProfile, CrashMoment, CrashSeverity, CutMode, DiskProfile, Duration, FaultFamily, FaultKind,
    Latency, LinkProfile, Nemesis, Probability, Rhythm, Selector, Simulation, SyncToken,
};

fn tick(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    node.memory += 1;
    let pause = ctx.choose_duration("pause", ms(1), ms(5)) + Duration::from_nanos(ctx.rng().below(1000));
    set(timer, pause, ctx);
    ctx.broadcast(Message::Ping(node.memory));
    ctx.emit(if node.memory.is_multiple_of(10) { Event::Elected } else { Event::Saw(node.memory) });
}

fn echo(node: &mut Node, from: sim_core::NodeId, message: Message, ctx: &mut Ctx<'_>) {
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
        &talk().network(LinkProfile { latency: exponential, loss, duplicate, fifo: false }),
        3,
        0x2673_8a63_0408_c25f,
        2047,
    );
    let log_normal = Latency::LogNormal { floor: ms(1), median: ms(2), sigma_thousandths: 800 };
    check(
        &talk().network(LinkProfile { latency: log_normal, loss, duplicate, fifo: true }),
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
    let crash = |targets, severity, moment| FaultKind::Crash { targets, severity, moment, restart_after: Some(ms(10)) };
    let cut = |mode| FaultKind::Partition { groups: vec![vec![Selector::Minority], vec![Selector::Others]], mode };
    let simulation = talk()
        .fault(fault(20, crash(Selector::Random(2), CrashSeverity::PowerLoss, CrashMoment::AtOnce)))
        .fault(fault(50, crash(common::role(), CrashSeverity::Process, CrashMoment::MidStep)))
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
    let simulation = talk().nemesis(Nemesis { families: families.into(), swarm: true }).heal_at(ms(250));
    check(&simulation, 7, 0x555b_1dbb_fc91_a649, 1330);
    check(&simulation, 8, 0x16f4_10cf_5f0e_6507, 590);
}
