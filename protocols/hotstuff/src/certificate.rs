//! Votes and the certificates made of them (section 4.2).

use serde::Serialize;
use sim_core::{NodeId, Signed};

use super::block::{Block, BlockHash};
use super::config::HotStuffConfig;
use super::flaws::HotStuffFlaw;
use parts::quorums::Group;

/// A replica's statement that a block may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Vote {
    /// The view of the block.
    pub view: u64,
    /// The block.
    pub block: BlockHash,
}

/// A quorum certificate: the votes of n - f replicas for one block. The paper makes one signature
/// of them, with a threshold scheme; here they are all in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// The view of the block.
    pub view: u64,
    /// The block.
    pub block: BlockHash,
    /// Who voted for it.
    pub votes: Vec<Signed<Vote>>,
}

/// Who votes, who leads, and how many votes make a certificate.
#[derive(Clone, Debug)]
pub(super) struct Electorate {
    /// All replicas, in ascending order.
    pub(super) nodes: Vec<NodeId>,
    /// How many they are, and how many of them may be Byzantine.
    group: Group,
    /// How many views in a row have the same leader.
    pub(super) tenure: u64,
    /// A flaw: two votes of one replica count as two.
    pub(super) counts_duplicates: bool,
}

impl Electorate {
    /// That of a configuration with these nodes.
    pub(super) fn new(config: &HotStuffConfig, nodes: &[NodeId]) -> Self {
        let counts_duplicates = config.flaws.has(HotStuffFlaw::CountsDuplicates);
        let group = Group { n: nodes.len(), f: config.faulty as usize };
        Self { nodes: nodes.to_vec(), group, tenure: config.tenure(), counts_duplicates }
    }

    /// The leader of a view: one after the other, a tenure each.
    #[inline]
    pub(super) fn leader(&self, view: u64) -> NodeId {
        self.nodes[(view / self.tenure % self.nodes.len() as u64) as usize]
    }

    /// How many votes certify a block.
    pub(super) fn quorum(&self) -> usize {
        self.group.available()
    }

    /// How many replicas have a correct one among them.
    pub(super) fn one_correct(&self) -> usize {
        self.group.one_correct()
    }

    /// How many of these votes count.
    pub(super) fn count(&self, votes: &[Signed<Vote>]) -> usize {
        if self.counts_duplicates {
            return votes.len();
        }
        let is_first = |place: usize| votes[..place].iter().all(|vote| vote.signer() != votes[place].signer());
        (0..votes.len()).filter(|place| is_first(*place)).count()
    }

    /// Whether it is genuine: made of votes of a quorum, or the one of the first block.
    pub(super) fn accepts(&self, certificate: &Certificate, genesis: &Block) -> bool {
        if certificate.view == 0 {
            return certificate.block == genesis.hash();
        }
        let vote = Vote { view: certificate.view, block: certificate.block };
        certificate.votes.iter().all(|signed| signed.verify() == Some(&vote) && self.nodes.contains(&signed.signer()))
            && self.count(&certificate.votes) >= self.quorum()
    }
}

/// The votes that the leader of the next view has received and not yet made certificates of.
///
/// A replica votes once a view, so of each only its last few votes are kept: a Byzantine one cannot
/// fill the memory.
#[derive(Debug, Default)]
pub(super) struct Ballots {
    votes: Vec<Signed<Vote>>,
}

/// How many votes of one replica wait.
const WAITING: usize = 4;

impl Ballots {
    /// Counts a vote that has been verified. Gives the certificate if that was the last one it
    /// needed.
    pub(super) fn cast(&mut self, signed: Signed<Vote>, electorate: &Electorate) -> Option<Certificate> {
        let Vote { view, block } = *signed.content();
        self.make_room(signed.signer());
        if electorate.counts_duplicates || !self.votes.contains(&signed) {
            self.votes.push(signed);
        }
        let is_for_it = |vote: &&Signed<Vote>| vote.content().block == block && vote.content().view == view;
        let votes: Vec<_> = self.votes.iter().filter(is_for_it).cloned().collect();
        (electorate.count(&votes) >= electorate.quorum()).then_some(Certificate { view, block, votes })
    }

    fn make_room(&mut self, signer: NodeId) {
        let of_signer = || self.votes.iter().enumerate().filter(|(_, vote)| vote.signer() == signer);
        if of_signer().count() >= WAITING
            && let Some((oldest, _)) = of_signer().next()
        {
            self.votes.remove(oldest);
        }
    }

    /// Forgets the votes of views before `view`.
    pub(super) fn forget_before(&mut self, view: u64) {
        self.votes.retain(|vote| vote.content().view >= view);
    }
}
