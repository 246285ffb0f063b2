//! What a message costs an async node, beside the same node on the plain trait: five tokens go round a ring of five.
//!
//! Both are run in turns, and the median of each counts. Prints one line of JSON; the ratio is to be at most 2.5.
//!
//! ```text
//! cargo bench -p faultbed-async --bench ring
//! ```

#[expect(clippy::disallowed_types, reason = "a benchmark is there to read the wall clock, outside of the run")]
use std::time::Instant;

use async_nodes::{Node, Program, simulate};
use serde::Serialize;
use sim_core::{Context, Duration, NodeId, Nothing, Protocol, Simulation};

const NODES: u32 = 5;
const DELIVERIES: u64 = 2_000_000;
const TURNS: usize = 9;

#[derive(Clone, Debug, Serialize)]
struct Token {
    token: u64,
    hop: u64,
}

/// On the plain trait.
#[derive(Debug)]
struct Station {
    next: NodeId,
    seen: u64,
}

impl Protocol for Station {
    type Message = Token;
    type Timer = Nothing;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Nothing;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.send(self.next, Token { token: ctx.me().index().into(), hop: 0 });
    }

    fn on_message(&mut self, _: NodeId, message: Token, ctx: &mut Context<'_, Self>) {
        self.seen += 1;
        ctx.send(self.next, Token { token: message.token, hop: message.hop + 1 });
    }
}

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

async fn station(node: Node<Ring>) {
    let next = NodeId::node((node.me().index() + 1) % NODES);
    let mut seen = 0_u64;
    node.send(next, Token { token: node.me().index().into(), hop: 0 });
    loop {
        let (_, message) = node.recv().await;
        seen += 1;
        node.send(next, Token { token: message.token, hop: message.hop + 1 });
        std::hint::black_box(seen);
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() {
    let plain = Simulation::new(NODES, |me, _| Station { next: NodeId::node((me.index() + 1) % NODES), seen: 0 });
    let plain = endless(plain);
    let asynchronous = endless(simulate(NODES, station));
    let (mut plain_ns, mut async_ns) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        plain_ns.push(timed(|| plain.run(1).summary.delivered));
        async_ns.push(timed(|| asynchronous.run(1).summary.delivered));
    }
    let (plain, asynchronous) = (median(plain_ns), median(async_ns));
    let ratio = asynchronous / plain;
    println!("{{\"workload\":\"ring\",\"plain_ns\":{plain:.1},\"async_ns\":{asynchronous:.1},\"ratio\":{ratio:.2}}}");
}

fn endless<P: Protocol>(simulation: Simulation<P>) -> Simulation<P> {
    simulation.run_for(Duration::from_secs(u64::from(u32::MAX))).step_limit(u64::from(NODES) + DELIVERIES)
}

/// Nanoseconds for each delivery.
#[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "a benchmark reads the wall clock")]
fn timed(run: impl FnOnce() -> u64) -> f64 {
    let begin = Instant::now();
    assert_eq!(run(), DELIVERIES);
    begin.elapsed().as_secs_f64() * 1e9 / DELIVERIES as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
