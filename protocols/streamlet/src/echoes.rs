//! What a node passes on: of what a signer says about an epoch, the first statement.

use std::collections::BTreeSet;

use sim_core::NodeId;

/// What a node has passed on.
///
/// The paper has nodes pass on whatever they see for the first time. Byzantine nodes can make up
/// statements without end, and each would be sent on by everybody. A correct leader proposes once in
/// an epoch, and a correct node votes once, so the first statement is all that is owed to them. A
/// block that is notarized in spite of that has the vote of a correct node, to which its proposal was
/// the first; what else is missing of it is fetched with the chain.
#[derive(Clone, Debug, Default)]
pub(super) struct Echoes {
    /// The epochs of proposals. Each has one leader.
    proposals: BTreeSet<u64>,
    /// The signers and epochs of votes.
    votes: BTreeSet<(NodeId, u64)>,
}

impl Echoes {
    /// Whether a proposal is the first of its epoch. It is not the next time.
    pub(super) fn is_first_proposal(&mut self, epoch: u64) -> bool {
        self.proposals.insert(epoch)
    }

    /// Whether a vote is its signer's first in that epoch. It is not the next time.
    pub(super) fn is_first_vote(&mut self, signer: NodeId, epoch: u64) -> bool {
        self.votes.insert((signer, epoch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_signer_the_first_statement_about_an_epoch_is_passed_on() {
        let mut echoes = Echoes::default();
        let first: Vec<bool> = [3, 3, 4].into_iter().map(|epoch| echoes.is_first_proposal(epoch)).collect();
        assert_eq!(first, [true, false, true]);
        let votes = [(0, 3), (1, 3), (0, 3), (0, 4)];
        let first = votes.map(|(signer, epoch)| echoes.is_first_vote(NodeId::node(signer), epoch));
        assert_eq!(first, [true, true, false, true]);
    }
}
