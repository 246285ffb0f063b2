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
pub(crate) struct Token {
    pub(crate) token: u64,
    pub(crate) hop: u64,
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

/// The node after this one.
pub(crate) fn next(me: NodeId, nodes: &[NodeId]) -> NodeId {
    NodeId::node((me.index() + 1) % nodes.len() as u32)
}

/// The tokens that begin at this node.
pub(crate) fn first_tokens(me: NodeId, nodes: &[NodeId], tokens: u64) -> impl Iterator<Item = u64> + use<> {
    (u64::from(me.index())..tokens).step_by(nodes.len())
}

/// Goes on until there have been so many deliveries.
pub(crate) fn endless<P: Protocol>(simulation: Simulation<P>, nodes: u32, deliveries: u64) -> Simulation<P> {
    simulation.run_for(Duration::from_secs(u64::from(u32::MAX))).step_limit(u64::from(nodes).saturating_add(deliveries))
}

/// `tokens` tokens go round `nodes` nodes until there have been so many deliveries.
pub(crate) fn simulation(nodes: u32, tokens: u64, deliveries: u64) -> Simulation<impl Protocol> {
    let station = move |me: NodeId, nodes: &[NodeId]| {
        let tokens = first_tokens(me, nodes, tokens).collect();
        Station { next: next(me, nodes), seen: 0, tokens }
    };
    endless(Simulation::new(nodes, station), nodes, deliveries)
}

/// Measures it.
pub(crate) fn measure(nodes: u32, tokens: u64, deliveries: u64, seed: u64) -> Report {
    let run = Measured::of(&simulation(nodes, tokens, deliveries), seed);
    assert_eq!(run.delivered, deliveries);
    Report { workload: "ring", params: params(nodes, tokens), run, check: String::new() }
}

/// What a ring is measured with.
pub(crate) fn params(nodes: u32, tokens: u64) -> Vec<(&'static str, u64)> {
    vec![("n", u64::from(nodes)), ("k", tokens)]
}
