//! Whom to choose next: in rounds (section 4.3), or by chance.

use sim_core::NodeId;

use super::node::Ctx;

/// A walk through all nodes, each once, in an order that is drawn anew for each round.
///
/// The order is an arithmetic progression modulo the number of nodes, whose beginning and step are drawn. So no list
/// is kept, and who joins in the middle of a round has a place in it already, drawn by chance.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Round {
    next: u32,
    step: u32,
    pub(super) left: u32,
}

impl Round {
    /// The next node of the walk that is eligible, if there is one. After the last one a new round begins.
    pub(super) fn next(
        &mut self,
        nodes: u32,
        is_eligible: impl Fn(NodeId) -> bool,
        ctx: &mut Ctx<'_>,
    ) -> Option<NodeId> {
        // What is left of this round, and one whole round.
        for _ in 0..self.left + nodes {
            if self.left == 0 {
                self.begin(nodes, ctx);
            }
            let node = NodeId::node(self.next);
            self.left -= 1;
            self.next = (self.next + self.step) % nodes;
            if is_eligible(node) {
                return Some(node);
            }
        }
        None
    }

    fn begin(&mut self, nodes: u32, ctx: &mut Ctx<'_>) {
        self.next = ctx.choose("round begins at", 0..u64::from(nodes)) as u32;
        let drawn = ctx.choose("round goes by", 0..u64::from(nodes)) as u32;
        // Whatever is drawn, some step that reaches all nodes is found.
        let steps = (0..nodes).map(|further| 1 + (drawn + further) % nodes);
        self.step = steps.into_iter().find(|step| gcd(*step, nodes) == 1).unwrap_or(1);
        self.left = nodes;
    }
}

/// The node that is drawn, or the next one that is eligible.
pub(super) fn draw(
    name: &'static str,
    nodes: u32,
    is_eligible: impl Fn(NodeId) -> bool,
    ctx: &mut Ctx<'_>,
) -> Option<NodeId> {
    let first = ctx.choose(name, 0..u64::from(nodes)) as u32;
    (0..nodes).map(|further| NodeId::node((first + further) % nodes)).find(|node| is_eligible(*node))
}

const fn gcd(one: u32, other: u32) -> u32 {
    if other == 0 { one } else { gcd(other, one % other) }
}
