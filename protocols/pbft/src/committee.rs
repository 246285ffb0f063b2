//! Who the replicas are, how many of them may be faulty, and how many make a quorum.

use sim_core::NodeId;

use super::config::PbftConfig;
use super::flaws::PbftFlaw;
use parts::quorums::Group;

/// The replicas of a group, of which some may be faulty.
#[derive(Clone, Debug)]
pub(crate) struct Committee {
    replicas: Vec<NodeId>,
    group: Group,
    /// Whether certificates of a replica too few count.
    has_weak_quorums: bool,
    /// Whether a replica too few can begin a view.
    has_small_views: bool,
}

impl Committee {
    /// All `nodes` under this configuration.
    pub(crate) fn new(config: &PbftConfig, nodes: &[NodeId]) -> Self {
        let has_weak_quorums = config.flaws.has(PbftFlaw::WeakQuorum);
        let has_small_views = config.flaws.has(PbftFlaw::SmallNewView);
        let group = Group { n: nodes.len(), f: config.faulty as usize };
        Self { replicas: nodes.to_vec(), group, has_weak_quorums, has_small_views }
    }

    /// The replicas, in ascending order.
    pub(crate) fn replicas(&self) -> &[NodeId] {
        &self.replicas
    }

    /// The primary of a view: they take turns (OSDI 4).
    #[inline]
    pub(crate) fn primary(&self, view: u64) -> NodeId {
        self.replicas[(view % self.replicas.len() as u64) as usize]
    }

    /// How many replicas any two quorums of which have a correct one in common: 2f + 1 of 3f + 1.
    #[inline]
    pub(crate) const fn quorum(&self) -> usize {
        self.group.byzantine_quorum()
    }

    /// How many replicas, the primary with its pre-prepare among them, make a batch prepared, and how
    /// many make it committed.
    #[inline]
    pub(crate) const fn ordering_quorum(&self) -> usize {
        if self.has_weak_quorums { self.quorum() - 1 } else { self.quorum() }
    }

    /// How many replicas must have asked for a view, its primary among them, for it to begin.
    #[inline]
    pub(crate) const fn view_quorum(&self) -> usize {
        if self.has_small_views { self.quorum() - 1 } else { self.quorum() }
    }

    /// How many replicas have a correct one among them: f + 1.
    #[inline]
    pub(crate) const fn one_correct(&self) -> usize {
        self.group.one_correct()
    }

    /// Whether these are `count` different replicas, or more.
    pub(crate) fn are_at_least(&self, count: usize, signers: impl Iterator<Item = NodeId>) -> bool {
        let mut distinct: Vec<NodeId> = signers.filter(|signer| self.replicas.contains(signer)).collect();
        distinct.sort_unstable();
        distinct.dedup();
        distinct.len() >= count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committee(nodes: u32, faulty: u32) -> Committee {
        let nodes: Vec<NodeId> = (0..nodes).map(NodeId::node).collect();
        Committee::new(&PbftConfig { faulty, ..PbftConfig::default() }, &nodes)
    }

    #[test]
    fn a_replica_counts_once_and_strangers_do_not() {
        let four = committee(4, 1);
        let are = |signers: &[u32]| four.are_at_least(3, signers.iter().copied().map(NodeId::node));
        assert!(are(&[0, 3, 1]));
        assert!(!are(&[0, 3, 0, 3]));
        assert!(!are(&[0, 3, 4]));
    }
}
