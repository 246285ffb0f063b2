//! Hashes that never change: those of runs which use every part of the simulator.
//!
//! A seed that fails must fail for ever. Whoever changes one of these numbers changes what every
//! seed means: that is a new version of the engine, and must be said.

use crate::common::{Ctx, Event, FAMILIES, Handlers, IDLE, Message, Node, constant, ms, set, simulation};
use sim_core::{
    Adversary, AdversaryContext, ByzantineNemesis, ClientProfile, ClockProfile, DiskProfile, Duration, Fault,
    FaultFamily, Latency, LinkProfile, Milestone, Misconduct, Mutations, Nemesis, NodeId, OperatorAction, Probability,
    Rhythm, Simulation, SyncToken,
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
    let crash = |targets: &str| Fault::crash(targets).restart_after(ms(10));
    let simulation = talk()
        .fault(crash("random:2").power_loss().at(ms(20)))
        .fault(crash("leader").mid_step().at(ms(50)))
        .fault(Fault::isolate("minority").at(ms(80)).lasting(ms(20)))
        .fault(Fault::isolate("minority").holding().at(ms(110)).lasting(ms(20)))
        .fault(Fault::pause("n1").at(ms(140)).lasting(ms(20)))
        .fault(Fault::slow("all", ms(1)).at(ms(150)).lasting(ms(50)));
    check(&simulation, 6, 0xf969_b323_2999_a6bd, 1525);
}

#[test]
fn a_nemesis() {
    let simulation = talk().nemesis(Nemesis::of(FAMILIES, Rhythm::new(ms(50), ms(20)))).heal_at(ms(250));
    check(&simulation, 7, 0x4c2f_ea94_3b08_53c4, 1382);
    check(&simulation, 8, 0xfbab_0169_de1b_efec, 591);
}

#[test]
fn faults_of_disks_clocks_and_links() {
    let replays = Fault::links("n0").replays(Probability::ratio(1, 4), Latency::Uniform(ms(5), ms(60)));
    let sync = Probability::ratio(1, 3);
    let simulation = talk()
        .clocks(ClockProfile { drift_ppm: 500, offset: ms(2) })
        .fault(replays.at(ms(10)).lasting(ms(100)))
        .fault(Fault::drift("n1", -200_000).at(ms(20)).lasting(ms(50)))
        .fault(Fault::late_timers("all", Latency::Uniform(ms(0), ms(3))).at(ms(25)).lasting(ms(60)))
        .fault(Fault::clock_jump("n2", ms(7)).backward().at(ms(40)).lasting(ms(20)))
        .fault(Fault::slow_disk("n0", ms(1), ms(4)).at(ms(90)).lasting(ms(30)))
        .fault(Fault::failing_sync("n1").rate(sync).at(ms(100)).lasting(ms(50)))
        .fault(Fault::full_disk("n2").at(ms(130)).lasting(ms(20)))
        .fault(Fault::corrupt_record("all").at(ms(160)));
    check(&simulation, 9, 0x8179_efb8_554f_a813, 1816);
}

#[test]
fn cuts_that_come_and_go_and_nodes_that_go_round() {
    let rate = Probability::ratio(1, 3);
    let reordering = Fault::crash("all").reordering_power_loss().mid_step().restart_after(ms(5));
    let simulation = talk()
        .fault(Fault::bridge("leader").after(Milestone::event("Elected", 1)).lasting(ms(20)))
        .fault(Fault::crash("same").restart_after(ms(4)).then_after(ms(25)))
        .fault(Fault::random_links(rate).at(ms(60)).lasting(ms(60)).flapping(ms(11), ms(6)))
        .fault(Fault::swizzle("all", ms(40)).holding().at(ms(130)))
        .fault(Fault::majority_ring().at(ms(180)).lasting(ms(20)))
        .fault(reordering.at(ms(210)).one_by_one(ms(12)));
    check(&simulation, 10, 0x4397_081d_564c_52f7, 1773);
}

#[test]
fn a_nemesis_of_the_later_families() {
    use FaultFamily::{Clock, Disk, Operator, PartialPartition, Reordering, Replay, Storage};
    let families = [PartialPartition, Replay, Clock, Disk, Reordering, Storage, Operator];
    let operator: fn(&mut Node, &OperatorAction, &mut Ctx<'_>) = |_, action, ctx| {
        action.nodes.iter().for_each(|node| ctx.send(*node, Message::Ping(1)));
    };
    let simulation = simulation(3, Handlers { operator, ..TALK })
        .run_for(ms(300))
        .nemesis(Nemesis::of(families, Rhythm::new(ms(40), ms(20))).unrestricted())
        .heal_at(ms(250))
        .heal_core(["majority"]);
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
    let lie = |misconduct, rate| Fault::lie("n1", misconduct).toward(["minority"]).rate(rate);
    let groups = [vec!["n0", "n2"], vec!["n1", "n3", "n2'"]];
    let adversary = Fault::adversary("parrot", ["n3", "n0"]);
    let half = Probability::ratio(1, 2);
    let simulation = with_traitors(4)
        .fault(Fault::twin("n2").at(ms(10)).lasting(ms(150)))
        .fault(Fault::partition(groups).holding().at(ms(20)).lasting(ms(40)))
        .fault(lie(Misconduct::Mutate, half).at(ms(70)).lasting(ms(60)))
        .fault(lie(Misconduct::Stale, half).at(ms(90)).lasting(ms(60)))
        .fault(lie(Misconduct::Stall(Latency::Uniform(ms(1), ms(9))), half).at(ms(100)).lasting(ms(60)))
        .fault(lie(Misconduct::Silence, half).at(ms(110)).lasting(ms(60)))
        .fault(adversary.at(ms(170)).lasting(ms(30)));
    check(&simulation, 13, 0xbe3f_f5ee_e793_a5b9, 4538);
}

#[test]
fn a_byzantine_nemesis() {
    let byzantine = ByzantineNemesis {
        nodes: Some(2),
        last_round: 40,
        mutated_rounds: 9,
        partitioned_rounds: 9,
        ..ByzantineNemesis::new(Rhythm::new(ms(40), ms(20)))
    };
    let nemesis =
        Nemesis::of([FaultFamily::PowerLoss], Rhythm::new(ms(90), ms(20))).byzantine(byzantine).unrestricted();
    let simulation = with_traitors(4).nemesis(nemesis).heal_at(ms(250)).heal_core(["correct"]);
    check(&simulation, 14, 0x7641_883a_47c9_e258, 4654);
    check(&simulation, 15, 0x381a_d761_5ddd_13e4, 4574);
}
