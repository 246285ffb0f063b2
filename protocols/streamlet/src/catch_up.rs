//! How a node gets what it lacks of the chain: messages get lost, and nodes are down at times.

use std::collections::BTreeSet;

use sim_core::{Context, NodeId, Signed};

use super::flaws::StreamletFlaw;
use super::message::{Ballot, BlockHash, Certified, Event, Message};
use super::node::Streamlet;

/// How many blocks one message carries at most.
const MOST_BLOCKS: usize = 32;

impl Streamlet {
    /// Asks for the notarized chain that ends with this block.
    pub(super) fn fetch(&self, tip: BlockHash, from: NodeId, ctx: &mut Context<'_, Self>) {
        if from != self.me && !self.has(StreamletFlaw::NoCatchUp) {
            ctx.emit(Event::Fetched);
            ctx.send(from, Message::Fetch { tip, above: self.tree.finalized().len() as u64 });
        }
    }

    /// Tells a leader, who has proposed on top of a shorter chain, of the longest.
    pub(super) fn tell_of_longest(&self, leader: NodeId, ctx: &mut Context<'_, Self>) {
        if leader != self.me && !self.has(StreamletFlaw::NoCatchUp) {
            let above = self.tree.finalized().len() as u64;
            self.send_chain(leader, self.tree.tip(), above.saturating_sub(1), ctx);
        }
    }

    pub(super) fn send_chain(&self, to: NodeId, tip: BlockHash, above: u64, ctx: &mut Context<'_, Self>) {
        let chain = self.tree.chain(tip, above, MOST_BLOCKS);
        if !chain.is_empty() {
            ctx.send(to, Message::Chain(chain));
        }
    }

    /// Somebody has sent a part of a notarized chain.
    pub(super) fn on_chain(&mut self, from: NodeId, chain: Vec<Certified>, ctx: &mut Context<'_, Self>) {
        let Some(last) = chain.last().map(|certified| certified.block.content().hash()) else { return };
        let mut grown = Vec::new();
        for certified in chain {
            if !self.is_certified(&certified) {
                continue;
            }
            self.tree.add_block(certified.block, &mut grown);
            for vote in certified.votes {
                self.tree.add_vote(vote, &mut grown);
            }
        }
        self.note(grown, ctx);
        // It begins further up than what is known here.
        if self.tree.is_loose(last) {
            self.fetch(last, from, ctx);
        }
        self.vote_if_due(ctx);
    }

    /// Whether a block is its leader's, and enough have voted for it.
    fn is_certified(&self, certified: &Certified) -> bool {
        let block = &certified.block;
        let hash = block.content().hash();
        let is_vote_for_it = |vote: &&Signed<Ballot>| {
            let ballot = vote.content();
            self.is_signed(vote) && (ballot.block, ballot.epoch) == (hash, block.content().epoch)
        };
        let signers: BTreeSet<NodeId> =
            certified.votes.iter().filter(is_vote_for_it).map(|vote| vote.signer()).collect();
        self.is_signed(block)
            && block.signer() == self.leader(block.content().epoch)
            && signers.len() == certified.votes.len()
            && signers.len() >= self.config.quorum(self.nodes.len())
    }
}
