//! Tokens go round: as many events are pending at all times as there are tokens.

use serde::Serialize;
use sim_core::{Context, Duration, NodeId, Nothing, Protocol, Simulation};

use crate::report::{Measured, Report};

#[derive(Debug)]
struct Station {
    next: NodeId,
    seen: u64,
    /// The tokens that begin here.
    tokens: Vec<u64>,
}

#[derive(Clone, Debug, Serialize)]
struct Token {
    token: u64,
    hop: u64,
}

impl Protocol for Station {
    type Message = Token;
    type Timer = Nothing;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Nothing;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        for token in std::mem::take(&mut self.tokens) {
            ctx.send(self.next, Token { token, hop: 0 });
        }
    }

    fn on_message(&mut self, _: NodeId, message: Token, ctx: &mut Context<'_, Self>) {
        self.seen += 1;
        ctx.send(self.next, Token { token: message.token, hop: message.hop + 1 });
    }
}

/// `tokens` tokens go round `nodes` nodes until there have been so many deliveries.
pub(crate) fn measure(nodes: u32, tokens: u64, deliveries: u64, seed: u64) -> Report {
    let station = move |me: NodeId, nodes: &[NodeId]| {
        let count = nodes.len() as u32;
        let mine = (u64::from(me.index())..tokens).step_by(count as usize);
        Station { next: NodeId::node((me.index() + 1) % count), seen: 0, tokens: mine.collect() }
    };
    let simulation = Simulation::new(nodes, station)
        .run_for(Duration::from_secs(u64::from(u32::MAX)))
        .step_limit(u64::from(nodes).saturating_add(deliveries));
    let run = Measured::of(&simulation, seed);
    assert_eq!(run.delivered, deliveries);
    let params = vec![("n", u64::from(nodes)), ("k", tokens)];
    Report { workload: "ring", params, run, check: String::new() }
}
