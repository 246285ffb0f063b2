//! What a node writes down, and what it knows again after a crash.

use sim_core::{Context, Signed};

use super::flaws::StreamletFlaw;
use super::message::{Ballot, Block, Record};
use super::node::Streamlet;

impl Streamlet {
    /// Writes its vote down, and makes sure that it, and all that was notarized before, is durable
    /// before anybody hears of it.
    pub(super) fn write_vote(&mut self, block: Signed<Block>, vote: Signed<Ballot>, ctx: &mut Context<'_, Self>) {
        if self.has(StreamletFlaw::VoteAmnesia) {
            // It is as slow as one that writes.
            ctx.disk().sync();
        } else {
            self.journal.append(Record::Voted(block, vote), ctx);
            self.journal.make_durable(ctx);
        }
    }

    /// Comes to what it knew before a crash: at least all on which its votes rested.
    pub(super) fn recover(&mut self, records: Vec<&Record>) {
        let mut grown = Vec::new();
        for record in records {
            match record.clone() {
                Record::Voted(block, vote) => {
                    self.last_voted = self.last_voted.max(vote.content().epoch);
                    self.tree.add_block(block, &mut grown);
                    self.tree.add_vote(vote, &mut grown);
                }
                Record::Notarized(certified) => {
                    self.tree.add_block(certified.block, &mut grown);
                    for vote in certified.votes {
                        self.tree.add_vote(vote, &mut grown);
                    }
                }
            }
        }
    }
}
