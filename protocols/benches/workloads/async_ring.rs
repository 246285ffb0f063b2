//! What a message costs a node that is an async function, beside a node of the plain trait: the workload `ring`, both
//! ways.

use async_nodes::{Node, Program, simulate};
use sim_core::Nothing;

use crate::report::{Measured, Report};
use crate::ring::{self, Token};

/// Runs of each, in turns.
const TURNS: u64 = 5;

#[derive(Debug)]
struct Ring;

impl Program for Ring {
    type Message = Token;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Nothing;
    type State = ();
}

async fn station(node: Node<Ring>, tokens: u64) {
    let (me, nodes) = (node.me(), node.nodes());
    let next = ring::next(me, nodes);
    let mut seen = 0_u64;
    for token in ring::first_tokens(me, nodes, tokens) {
        node.send(next, Token { token, hop: 0 });
    }
    loop {
        let (_, message) = node.recv().await;
        seen += 1;
        node.send(next, Token { token: message.token, hop: message.hop + 1 });
        // As a field of a node is there to be seen.
        std::hint::black_box(seen);
    }
}

/// Measures it.
pub(crate) fn measure(nodes: u32, tokens: u64, deliveries: u64, seed: u64) -> Report {
    let plain = ring::simulation(nodes, tokens, deliveries);
    let asynchronous = ring::endless(simulate(nodes, move |node| station(node, tokens)), nodes, deliveries);
    let (mut handlers, mut functions) = (Measured::default(), Measured::default());
    for seed in seed..seed.saturating_add(TURNS) {
        handlers.add_run(seed, || plain.run(seed));
        functions.add_run(seed, || asynchronous.run(seed));
    }
    assert_eq!(functions.hash(), handlers.hash(), "it is the same run");
    Report {
        workload: "async-ring",
        params: ring::params(nodes, tokens),
        run: functions.beside(&handlers),
        check: String::new(),
    }
}
