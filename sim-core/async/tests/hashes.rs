//! Hashes of runs that never change, in any build: a program of its own, because it is also run with optimisation.
//!
//! The other tests of this crate say what async nodes do; here they do a little of everything.

use async_nodes::{
    AsyncNode, Node, Program, Segment, TcpListener, TcpStream, interval, select, simulate, sleep, spawn,
};
use serde::Serialize;
use sim_core::{ClientProfile, Simulation, ms, secs};

#[derive(Debug)]
struct All;

#[derive(Clone, Debug, Serialize)]
enum Message {
    Count(u64),
    Stream(Segment),
}

impl Program for All {
    type Message = Message;
    type Record = u64;
    type Op = u64;
    type Reply = u64;
    type Event = u64;
    type State = u64;

    fn segment(segment: Segment) -> Message {
        Message::Stream(segment)
    }

    fn into_segment(message: Message) -> Result<Segment, Message> {
        match message {
            Message::Stream(segment) => Ok(segment),
            Message::Count(_) => Err(message),
        }
    }
}

/// Counts what it hears, durably; answers clients; and asks the next node over a stream now and then.
async fn all(node: Node<All>) {
    let next = node.nodes()[(node.me().index() as usize + 1) % node.nodes().len()];
    spawn(listen(node.clone()));
    let mut beats = interval(sleep(ms(100)).named("Beat"));
    let mut count = node.disk().records().map_or(0, |records| records.len() as u64);
    loop {
        select! { node, "first";
            (_, message) = node.recv() => if let Message::Count(heard) = message {
                count = count.max(heard) + 1;
                node.disk().append(count);
                if node.disk().sync().await.is_ok() {
                    node.emit(count);
                }
            },
            (request, op) = node.request() => node.reply(request, op + count),
            () = beats.tick() => {
                let pause = node.choose_duration("pause", ms(1), ms(5)).await;
                sleep(pause).named("Pause").await;
                node.broadcast(Message::Count(count));
                if let Ok(stream) = TcpStream::connect(&node, (next, 7)).await {
                    let _ = stream.write_all(&count.to_be_bytes()).await;
                }
            },
        }
        node.with_state(|state| *state = count);
    }
}

async fn listen(node: Node<All>) {
    let listener = TcpListener::bind(&node, 7).expect("the port is free");
    loop {
        let (stream, _) = listener.accept().await.expect("it listens");
        let node = node.clone();
        spawn(async move {
            let mut bytes = [0; 8];
            if stream.read_exact(&mut bytes).await.is_ok() {
                node.emit(u64::from_be_bytes(bytes));
            }
        });
    }
}

fn simulation() -> Simulation<AsyncNode<All>> {
    let clients = ClientProfile { count: 2, operations: 20, ..ClientProfile::default() };
    simulate(3, all).clients(clients, |_, index, _| index.into()).random_faults().heal_at(secs(3)).run_for(secs(5))
}

#[test]
fn runs_have_the_same_hashes_in_all_builds() {
    let hashes: Vec<String> =
        (0..4).map(|seed| format!("{:#018x}", simulation().run(seed).summary.trace_hash)).collect();
    assert_eq!(hashes, ["0xae4d3c775e8e4a58", "0x3cf4ddcadf164c1e", "0x8aa96b11ef5f1ddf", "0x6a4adc4b885feb05"]);
}

#[test]
fn runs_are_the_same_twice() {
    let simulation = simulation();
    for seed in 0..300 {
        assert_eq!(simulation.run(seed).summary, simulation.run(seed).summary, "seed {seed}");
    }
}

#[test]
fn recorded_runs_are_the_same_runs_with_nothing_unused() {
    let simulation = simulation();
    for seed in 0..50 {
        let (outcome, recording) = simulation.record(seed);
        let replayed = simulation.clone().replaying(recording).run(0).summary;
        assert_eq!(replayed.trace_hash, outcome.summary.trace_hash, "seed {seed}");
        assert!(replayed.unused.is_empty(), "seed {seed}: {:?}", replayed.unused);
    }
}
