//! What properties see, and when.

use std::sync::{Arc, Mutex};

use crate::common::{Ctx, Event, Handlers, IDLE, Message, Node, constant, ms, n, set, simulation};
use sim_core::{
    Assumption, Breach, ClientProfile, DiskProfile, Duration, Fault, FaultModel, Judgement, ProcessId, Property,
    Received, Simulation, Step, StepKind, SyncToken, Time, World,
};

type Steps = Arc<Mutex<Vec<(u64, u32, StepKind)>>>;

/// Keeps the number, process and kind of every step.
struct Spy(Steps);

impl Property<Node> for Spy {
    fn after_step(&mut self, world: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        assert_eq!(world.processes().count(), world.node_ids().len());
        self.0.lock().expect("one thread").push((step.number, step.process.0, step.kind));
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, Node>) -> Judgement {
        assert_eq!(world.now(), Time::ZERO + ms(100));
        Judgement::Holds
    }
}

fn spied(simulation: Simulation<Node>) -> Vec<(u64, u32, StepKind)> {
    let steps = Steps::default();
    let kept = Arc::clone(&steps);
    let outcome = simulation.run_for(ms(100)).property("Spy", move || Spy(Arc::clone(&kept))).run(0);
    assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
    steps.lock().expect("one thread").clone()
}

#[test]
fn every_kind_of_step_is_seen_once_it_completes() {
    fn timer(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        ctx.disk().append(1);
        ctx.disk().sync();
        ctx.send(n(1), Message::Ping(1));
        ctx.disk().sync_then(SyncToken(1));
    }
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| {
        if ctx.me() == n(0) {
            set(0, ms(10), ctx);
        }
    };
    let crash = Fault::crash("n1").restart_after(ms(10));
    let profile = ClientProfile { count: 1, operations: 1, think: (ms(40), ms(40)), ..ClientProfile::default() };
    let simulation = simulation(2, Handlers { start, timer, ..IDLE })
        .network(constant(ms(2)))
        .disk(DiskProfile { sync: (ms(1), ms(1)), torn_writes: false })
        .clients(profile, |_, _, _| 1)
        .fault(crash.at(ms(20)));
    use StepKind::{Boot, Client, Crash, Disk, Message as Delivery, Request, Timer};
    let expected = [
        (1, 0, Boot),
        (2, 1, Boot),
        (3, 2, Client),
        // Step 4 is the timer, which is seen when its sync is over.
        (5, 0, Timer),
        (6, 0, Disk),
        (7, 1, Delivery),
        (8, 1, Crash),
        (9, 1, Boot),
        (10, 2, Client),
        (11, 0, Request),
        (12, 2, Client),
        (13, 2, Client),
    ];
    assert_eq!(spied(simulation), expected);
}

struct Looks;

/// Node 0 writes, node 1 is down from 20 ms to 30 ms.
impl Property<Node> for Looks {
    fn after_step(&mut self, world: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        let down = (20..30).contains(&(world.now().as_nanos() / 1_000_000));
        assert_eq!(world.node(ProcessId(1)).is_none(), down || step.number == 1);
        assert_eq!(
            world.incarnation(ProcessId(1)),
            if step.number == 1 { 0 } else { 1 + u32::from(world.now() >= crate::common::at(30)) }
        );
        assert_eq!(world.identity(ProcessId(1)), n(1));
        let written = world.disk(ProcessId(0)).len() as u64;
        assert_eq!(world.node(ProcessId(0)).map(|node| node.memory), Some(written));
        Ok(())
    }
}

#[test]
fn the_world_shows_states_disks_and_who_is_down() {
    fn timer(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(0) {
            node.memory += 1;
            ctx.disk().append(1);
        }
        set(timer, ms(1), ctx);
    }
    let crash = Fault::crash("n1").restart_after(ms(10));
    let handlers = Handlers { start: |_, ctx| set(0, ms(1), ctx), timer, ..IDLE };
    let outcome = simulation(2, handlers).fault(crash.at(ms(20))).property("Looks", || Looks).run(0);
    assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
    assert!(outcome.summary.steps > 10_000);
}

/// Ghost state is of one run: each gets a property of its own.
struct Counts(u64);

impl Property<Node> for Counts {
    fn after_step(&mut self, _: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        self.0 += step.events.len() as u64;
        if self.0 > 3 { Err(Breach::new([], format!("{} events", self.0))) } else { Ok(()) }
    }
}

#[test]
fn every_run_has_properties_of_its_own() {
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| ctx.emit(Event::Saw(1));
    let three = simulation(3, Handlers { start, ..IDLE }).property("Counts", || Counts(0));
    assert!((0..10).all(|seed| three.run(seed).summary.verdict.is_passed()));
    let four = simulation(4, Handlers { start, ..IDLE }).property("Counts", || Counts(0));
    assert!((0..10).all(|seed| !four.run(seed).summary.verdict.is_passed()));
}

#[test]
fn a_property_is_shown_by_itself_where_another_would_come_first() {
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| ctx.emit(Event::Saw(1));
    let steps = Steps::default();
    let kept = Arc::clone(&steps);
    let both = simulation(4, Handlers { start, ..IDLE })
        .run_for(ms(100))
        .property("Counts", || Counts(0))
        .property("Spy", move || Spy(Arc::clone(&kept)));
    assert!(!both.run(0).summary.verdict.is_passed());
    assert!(both.clone().only_properties(["Spy"]).run(0).summary.verdict.is_passed());
    assert!(!both.clone().only_properties(["Counts"]).run(0).summary.verdict.is_passed());
    let (_, message) = both.only_properties(["Spy", "Count"]).validate().expect_err("it would test nothing");
    assert!(message.contains("`Count`"), "{message}");
}

#[test]
fn a_node_on_which_something_was_seen_twice_is_named_once() {
    assert_eq!(Breach::new([n(1), n(0), n(1)], "twice").nodes, [n(1), n(0)]);
}

/// What is said of a traitor from the first step on, where the protocol tolerates one; a protocol
/// that tolerates none relies on every node until the first of them begins to lie.
#[test]
fn a_named_traitor_is_seen_until_it_lies_where_none_is_tolerated() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        [10, 20, 30].into_iter().for_each(|timer| set(timer, ms(timer), ctx));
    }
    let lie = Fault::silence("n1");
    let simulation = simulation(2, Handlers { start, ..IDLE }).fault(lie.at(ms(25)));
    let of_the_traitor = |most| {
        let model = FaultModel::of(vec![Assumption::ByzantineAtMost(most)]);
        spied(simulation.clone().model(model)).into_iter().filter(|(_, process, _)| *process == 1).count()
    };
    assert_eq!([0, 1].map(of_the_traitor), [3, 0], "its boot and two timers, or nothing");
}

type Messages = Arc<Mutex<Vec<(u32, StepKind, Option<(u32, Message)>, Vec<(u32, Message)>)>>>;

/// Keeps what was received and sent in every step.
struct Reader {
    looks: bool,
    read: Messages,
}

impl Property<Node> for Reader {
    fn looks_at_messages(&self) -> bool {
        self.looks
    }

    fn after_step(&mut self, _: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        let received = step.received.map(|received| (received.from.index(), received.message.clone()));
        let sent: Vec<_> = step.sent.iter().map(|(to, message)| (to.index(), message.clone())).collect();
        if received.is_some() || !sent.is_empty() {
            self.read.lock().expect("one thread").push((step.process.0, step.kind, received, sent));
        }
        Ok(())
    }
}

/// Node 0 pings node 1, and waits for its disk before it pings it again. Node 1 waits before it answers.
fn reading(simulation: Simulation<Node>, looks: bool) -> (Messages, u64) {
    let read = Messages::default();
    let kept = Arc::clone(&read);
    let simulation = simulation.property("Reader", move || Reader { looks, read: Arc::clone(&kept) });
    let outcome = simulation.run_for(ms(100)).run(0);
    assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
    (read, outcome.summary.trace_hash)
}

fn pinging() -> Simulation<Node> {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(0) {
            set(0, ms(10), ctx);
        }
    }
    fn timer(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        ctx.send(n(1), Message::Ping(1));
        ctx.disk().append(1);
        ctx.disk().sync();
        ctx.send(n(1), Message::Ping(2));
    }
    fn message(_: &mut Node, from: sim_core::NodeId, message: Message, ctx: &mut Ctx<'_>) {
        if let Message::Ping(number) = message {
            ctx.disk().append(number);
            ctx.disk().sync();
            ctx.send(from, Message::Pong(number));
        }
    }
    simulation(2, Handlers { start, timer, message, ..IDLE })
        .network(constant(ms(20)))
        .disk(DiskProfile { sync: (ms(1), ms(1)), torn_writes: false })
}

#[test]
fn properties_that_look_at_messages_see_each_with_its_step() {
    use Message::{Ping, Pong};
    use StepKind::{Message as Delivery, Timer};
    let (read, hash) = reading(pinging(), true);
    let expected = [
        (0, Timer, None, vec![(1, Ping(1)), (1, Ping(2))]),
        (1, Delivery, Some((0, Ping(1))), vec![(0, Pong(1))]),
        (1, Delivery, Some((0, Ping(2))), vec![(0, Pong(2))]),
        (0, Delivery, Some((1, Pong(1))), vec![]),
        (0, Delivery, Some((1, Pong(2))), vec![]),
    ];
    assert_eq!(*read.lock().expect("one thread"), expected);
    let (read, unread) = reading(pinging(), false);
    assert_eq!(*read.lock().expect("one thread"), [], "where nobody looks, nothing is shown");
    assert_eq!(hash, unread, "to look changes no run");
}

#[test]
fn what_was_sent_before_a_crash_cut_the_step_off_is_shown_with_the_crash() {
    let crashed = |target: &str, at| pinging().fault(Fault::crash(target).at(at));
    let (read, _) = reading(crashed("n0", Duration::from_micros(10_500)), true);
    assert_eq!(read.lock().expect("one thread")[0], (0, StepKind::Crash, None, vec![(1, Message::Ping(1))]));
    let (read, _) = reading(crashed("n1", Duration::from_micros(30_500)), true);
    let cut_off = read.lock().expect("one thread")[1].clone();
    assert_eq!(cut_off, (1, StepKind::Crash, Some((0, Message::Ping(1))), vec![]));
}

/// That each message was sent in the step that it names.
#[derive(Default)]
struct Sendings(Vec<(u64, Message)>);

impl Property<Node> for Sendings {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, _: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        let Self(sent) = self;
        sent.extend(step.sent.iter().map(|(_, message)| (step.number, message.clone())));
        if let Some(Received { sent_in, message, .. }) = step.received {
            assert!(sent.contains(&(*sent_in, message.clone())), "{message:?} in step {sent_in}, of {sent:?}");
        }
        Ok(())
    }

    fn at_end(&mut self, _: &World<'_, Node>) -> Judgement {
        assert_eq!(self.0.len(), 6);
        Judgement::Holds
    }
}

#[test]
fn a_message_says_in_which_step_it_was_sent() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        let pings = ctx.me() == n(0);
        [10, 20, 30].into_iter().filter(|_| pings).for_each(|timer| set(timer, ms(timer), ctx));
    }
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        ctx.send(n(1), Message::Ping(timer));
    }
    fn message(_: &mut Node, from: sim_core::NodeId, message: Message, ctx: &mut Ctx<'_>) {
        if let Message::Ping(number) = message {
            ctx.send(from, Message::Pong(number));
        }
    }
    let pinging = simulation(2, Handlers { start, timer, message, ..IDLE }).network(constant(ms(25)));
    let outcome = pinging.property("Sendings", Sendings::default).run_for(ms(100)).run(0);
    assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
}
