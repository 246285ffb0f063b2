//! Which node has what.

use sim_core::NodeId;

use super::message::Version;

/// Data centres with as many nodes each: every data centre has all keys, and each of its nodes has a partition of
/// them. Node i is in data centre i / partitions, and has partition i mod partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cluster {
    partitions: u32,
    data_centres: u32,
}

impl Cluster {
    /// Of so many nodes, which the number of partitions divides.
    pub const fn new(partitions: u32, nodes: usize) -> Self {
        Self { partitions, data_centres: nodes as u32 / partitions }
    }

    /// How many data centres there are.
    pub const fn data_centres(self) -> u32 {
        self.data_centres
    }

    /// The data centre of a node.
    pub const fn data_centre(self, node: NodeId) -> u32 {
        node.index() / self.partitions
    }

    /// The node of a data centre that has a key.
    pub const fn owner(self, data_centre: u32, key: u32) -> NodeId {
        NodeId::node(data_centre * self.partitions + key % self.partitions)
    }

    /// The nodes that have the same partition as this one, in other data centres.
    pub fn equivalents(self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let partition = node.index() % self.partitions;
        let all =
            (0..self.data_centres).map(move |data_centre| NodeId::node(data_centre * self.partitions + partition));
        all.filter(move |other| *other != node)
    }

    /// The nodes that are to have a version.
    pub fn replicas(self, version: Version) -> impl Iterator<Item = NodeId> {
        (0..self.data_centres).map(move |data_centre| self.owner(data_centre, version.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_centre_has_every_key_once() {
        let cluster = Cluster::new(2, 6);
        assert_eq!(cluster.data_centres(), 3);
        assert_eq!([0, 1, 2, 3].map(|key| cluster.owner(1, key).index()), [2, 3, 2, 3]);
        let equivalents: Vec<u32> = cluster.equivalents(NodeId::node(3)).map(NodeId::index).collect();
        assert_eq!(equivalents, [1, 5]);
        assert_eq!([0, 1, 2, 5].map(|node| cluster.data_centre(NodeId::node(node))), [0, 0, 1, 2]);
    }
}
