//! Attacks on Streamlet.

use sim_core::{Adversary, AdversaryContext, AdversaryRow, Duration, NodeId, Time};

use super::config::StreamletConfig;
use super::message::{Ballot, Block, BlockHash, Message};
use super::node::Streamlet;
use super::tree::Tree;

/// All adversaries.
pub(super) const ADVERSARIES: &[AdversaryRow<Streamlet>] = &[
    AdversaryRow {
        name: "equivocator",
        summary: "As a leader proposes one block to one half of the nodes and another to the other; votes for everything.",
        source: "Chan and Shi 2020, section 3: the corrupt leader",
        make: |config| Conspiracy::boxed(config, Attack::Equivocate),
    },
    AdversaryRow {
        name: "forker",
        summary: "Extends a chain of its own, from the genesis block on, and votes for nothing else.",
        source: "Chan and Shi 2020, section 3.4: the longest notarized chain",
        make: |config| Conspiracy::boxed(config, Attack::Fork),
    },
];

/// What the puppets of a conspiracy are up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attack {
    Equivocate,
    Fork,
}

/// Byzantine nodes that act as one.
#[derive(Debug)]
struct Conspiracy {
    config: StreamletConfig,
    attack: Attack,
    /// What they have seen.
    tree: Option<Tree>,
    /// The last block of their own chain.
    fork: BlockHash,
}

impl Conspiracy {
    fn boxed(config: &StreamletConfig, attack: Attack) -> Box<dyn Adversary<Streamlet>> {
        Box::new(Conspiracy { config: config.clone(), attack, tree: None, fork: BlockHash::GENESIS })
    }

    fn tree<'t>(&'t mut self, ctx: &AdversaryContext<'_, Streamlet>) -> &'t mut Tree {
        let config = &self.config;
        self.tree.get_or_insert_with(|| Streamlet::tree(config, ctx.nodes().len()))
    }

    /// Waits for the next epoch, by true time.
    fn await_epoch(&self, ctx: &mut AdversaryContext<'_, Streamlet>) {
        let length = self.config.epoch_length().as_nanos();
        let passed = ctx.now().since(Time::ZERO).as_nanos() % length;
        let left = Duration::from_nanos(length - passed);
        ctx.set_timer(0, left);
    }

    /// A puppet proposes a block to a node.
    fn propose(&self, leader: NodeId, to: NodeId, block: Block, ctx: &mut AdversaryContext<'_, Streamlet>) {
        let proposal = ctx.sign(leader, block);
        ctx.send(leader, to, Message::Propose(proposal));
    }

    /// All puppets vote for a block.
    fn vote(&mut self, epoch: u64, block: BlockHash, ctx: &mut AdversaryContext<'_, Streamlet>) {
        for puppet in ctx.puppets() {
            let vote = ctx.sign(*puppet, Ballot { epoch, block });
            self.tree(ctx).add_vote(vote.clone(), &mut Vec::new());
            ctx.broadcast(*puppet, &Message::Vote(vote));
        }
    }
}

impl Adversary<Streamlet> for Conspiracy {
    fn on_start(&mut self, ctx: &mut AdversaryContext<'_, Streamlet>) {
        self.await_epoch(ctx);
    }

    fn on_timer(&mut self, _: u64, ctx: &mut AdversaryContext<'_, Streamlet>) {
        self.await_epoch(ctx);
        let epoch = ctx.now().since(Time::ZERO).as_nanos() / self.config.epoch_length().as_nanos() + 1;
        let leader = StreamletConfig::leader(epoch, ctx.nodes());
        if !ctx.puppets().contains(&leader) {
            return;
        }
        let tip = self.tree(ctx).tip();
        match self.attack {
            Attack::Equivocate => {
                let halves = [0, 1].map(|payload| Block { parent: tip, epoch, payload });
                for to in ctx.nodes().iter().filter(|to| **to != leader) {
                    self.propose(leader, *to, halves[to.index() as usize % 2], ctx);
                }
                for block in halves {
                    self.vote(epoch, block.hash(), ctx);
                }
            }
            Attack::Fork => {
                let block = Block { parent: self.fork, epoch, payload: 0 };
                let proposal = ctx.sign(leader, block);
                self.tree(ctx).add_block(proposal.clone(), &mut Vec::new());
                ctx.broadcast(leader, &Message::Propose(proposal));
                self.vote(epoch, block.hash(), ctx);
            }
        }
    }

    fn on_message(&mut self, _: NodeId, _: NodeId, message: &Message, ctx: &mut AdversaryContext<'_, Streamlet>) {
        match message {
            Message::Propose(proposal) => {
                let Block { epoch, .. } = *proposal.content();
                let is_new = self.tree(ctx).add_block(proposal.clone(), &mut Vec::new());
                if is_new && self.attack == Attack::Equivocate {
                    self.vote(epoch, proposal.content().hash(), ctx);
                }
            }
            Message::Vote(vote) => {
                let block = vote.content().block;
                self.tree(ctx).add_vote(vote.clone(), &mut Vec::new());
                // Its own chain grows when it is notarized.
                let tree = self.tree(ctx);
                let extends = tree.block(block).map(|proposal| (proposal.signer(), proposal.content().parent));
                let is_notarized = tree.length(block).is_some();
                if let Some((signer, parent)) = extends
                    && is_notarized
                    && parent == self.fork
                    && ctx.puppets().contains(&signer)
                {
                    self.fork = block;
                }
            }
            Message::Fetch { .. } | Message::Chain(_) => {}
        }
    }
}
