//! Quorums as sets of nodes.

use sim_core::NodeId;

use super::Group;

/// Which sets of nodes are enough.
///
/// Whatever holds a set that is enough is enough. Thresholds, weights, grids and joint memberships are all made of
/// three parts:
///
/// ```
/// use parts::quorums::Quorum;
/// use sim_core::NodeId;
///
/// let nodes: Vec<NodeId> = (0..5).map(NodeId::node).collect();
/// // While Raft goes from the first three nodes to the last three (section 6).
/// let joint = Quorum::All(vec![Quorum::majority(&nodes[..3]), Quorum::majority(&nodes[2..])]);
/// let is_enough = |members: &[u32]| joint.is_in(|node| members.contains(&node.index()));
/// assert!(is_enough(&[0, 2, 4]));
/// assert!(!is_enough(&[0, 1, 2]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// Nodes that together have so many votes (Gifford 1979).
    Votes {
        /// How many it takes.
        needed: u64,
        /// How many each node has.
        votes: Vec<(NodeId, u64)>,
    },
    /// A quorum of each.
    All(Vec<Quorum>),
    /// A quorum of at least one.
    Any(Vec<Quorum>),
}

impl Quorum {
    /// So many of these nodes, whichever.
    pub fn at_least(needed: usize, nodes: &[NodeId]) -> Self {
        Self::Votes { needed: needed as u64, votes: nodes.iter().map(|node| (*node, 1)).collect() }
    }

    /// More than half of these nodes.
    pub fn majority(nodes: &[NodeId]) -> Self {
        Self::at_least(Group::crash_tolerant(nodes.len()).majority(), nodes)
    }

    /// Whether the nodes for which `contains` holds are enough.
    pub fn is_in(&self, contains: impl Fn(NodeId) -> bool) -> bool {
        self.is_among(&contains)
    }

    fn is_among(&self, contains: &dyn Fn(NodeId) -> bool) -> bool {
        match self {
            Self::Votes { needed, votes } => {
                let present = votes.iter().filter(|(node, _)| contains(*node));
                present.map(|(_, votes)| votes).sum::<u64>() >= *needed
            }
            Self::All(parts) => parts.iter().all(|part| part.is_among(contains)),
            Self::Any(parts) => parts.iter().any(|part| part.is_among(contains)),
        }
    }
}

/// Which nodes are enough to read, and which to write: every quorum of the one kind has a node in common with every
/// one of the other, and so have any two that write.
///
/// A protocol in two phases reads in the first and writes in the second, where two that write need not meet
/// ([`flexible`](Self::flexible)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorums {
    /// Enough to learn what was written.
    pub read: Quorum,
    /// Enough for others to learn of it.
    pub write: Quorum,
}

impl Quorums {
    /// A majority for both (Attiya, Bar-Noy and Dolev 1995).
    pub fn majority(nodes: &[NodeId]) -> Self {
        Self { read: Quorum::majority(nodes), write: Quorum::majority(nodes) }
    }

    /// So many for both that any two have a correct node in common, of nodes of which f lie.
    pub fn byzantine(nodes: &[NodeId], f: usize) -> Self {
        let quorum = Quorum::at_least(Group { n: nodes.len(), f }.byzantine_quorum(), nodes);
        Self { read: quorum.clone(), write: quorum }
    }

    /// As few to write as that, and as many to read as it then takes for both to meet: for writes that are many and
    /// reads that are few, as the phases of Flexible Paxos (Howard, Malkhi and Spiegelman 2016). Two that write meet
    /// only if `write` is a majority.
    ///
    /// # Panics
    /// If `write` is not from 1 to the number of nodes.
    pub fn flexible(nodes: &[NodeId], write: usize) -> Self {
        assert!((1..=nodes.len()).contains(&write), "{write} of {} nodes cannot write", nodes.len());
        let read = nodes.len() - write + 1;
        Self { read: Quorum::at_least(read, nodes), write: Quorum::at_least(write, nodes) }
    }

    /// A node of each row to read; that and all of one row to write (Cheung, Ammar and Ahamad 1992).
    pub fn grid(rows: &[Vec<NodeId>]) -> Self {
        let of_rows = |needed: fn(usize) -> usize| {
            rows.iter().map(|row| Quorum::at_least(needed(row.len()), row)).collect::<Vec<_>>()
        };
        let read = Quorum::All(of_rows(|_| 1));
        let write = Quorum::All(vec![read.clone(), Quorum::Any(of_rows(|length| length))]);
        Self { read, write }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(count: u32) -> Vec<NodeId> {
        (0..count).map(NodeId::node).collect()
    }

    /// The sets of `n` nodes that are enough, as bits.
    fn sets(n: u32, quorum: &Quorum) -> Vec<u32> {
        (0..1 << n).filter(|set| quorum.is_in(|node| set >> node.index() & 1 == 1)).collect()
    }

    /// The fewest nodes that a quorum of the one and one of the other have in common, of `n` in all.
    fn shared(n: u32, one: &Quorum, other: &Quorum) -> u32 {
        let others = sets(n, other);
        let common = sets(n, one).into_iter().flat_map(|a| others.iter().map(move |b| (a & b).count_ones()));
        common.min().expect("all nodes together are a quorum")
    }

    fn check(n: u32, quorums: &Quorums, (of_both, of_writes): (u32, u32)) {
        assert_eq!(shared(n, &quorums.read, &quorums.write), of_both, "{quorums:?}");
        assert_eq!(shared(n, &quorums.write, &quorums.write), of_writes, "{quorums:?}");
    }

    #[test]
    fn any_two_that_must_meet_do() {
        for n in 1..=6 {
            let two_in_common = 1 + u32::from(n % 2 == 0);
            check(n, &Quorums::majority(&nodes(n)), (two_in_common, two_in_common));
        }
        check(4, &Quorums::byzantine(&nodes(4), 1), (2, 2));
        check(7, &Quorums::byzantine(&nodes(7), 2), (3, 3));
    }

    #[test]
    fn with_fewer_to_write_those_that_write_need_not_meet() {
        check(5, &Quorums::flexible(&nodes(5), 2), (1, 0));
        check(5, &Quorums::flexible(&nodes(5), 4), (1, 3));
    }

    #[test]
    fn on_a_grid_reads_meet_writes_and_writes_each_other() {
        let grid = Quorums::grid(&[nodes(6)[..2].to_vec(), nodes(6)[2..4].to_vec(), nodes(6)[4..].to_vec()]);
        check(6, &grid, (1, 2));
        assert_eq!(shared(6, &grid.read, &grid.read), 0, "reads need not meet");
        let fewest = |quorum| sets(6, quorum).into_iter().map(u32::count_ones).min();
        assert_eq!((fewest(&grid.read), fewest(&grid.write)), (Some(3), Some(4)));
    }

    #[test]
    fn votes_count_and_not_nodes() {
        let quorum =
            Quorum::Votes { needed: 3, votes: [(0, 3), (1, 1), (2, 1)].map(|(i, v)| (NodeId::node(i), v)).into() };
        let is_enough = |members: &[u32]| quorum.is_in(|node| members.contains(&node.index()));
        assert!(is_enough(&[0]));
        assert!(!is_enough(&[1, 2]));
    }

    #[test]
    fn all_asks_for_a_quorum_of_each() {
        let joint = Quorum::All(vec![Quorum::majority(&nodes(5)[..3]), Quorum::majority(&nodes(5)[2..])]);
        assert_eq!(shared(5, &joint, &joint), 1);
        for before in [&nodes(5)[..3], &nodes(5)[2..]] {
            assert!(shared(5, &joint, &Quorum::majority(before)) >= 1);
        }
    }
}
