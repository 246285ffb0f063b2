//! Who the replicas are, and how many of them must agree.

use serde::Serialize;
use sim_core::NodeId;

use super::state::Entry;

/// The replicas under one number, which is higher than that of any configuration before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Configuration {
    /// Its number, counted from 1; 0 before there is any.
    pub number: u64,
    /// The replicas, each under its present incarnation, by node.
    pub members: Vec<Entry>,
}

impl Configuration {
    /// The entry in which a node counts, if it is a replica.
    pub fn entry_of(&self, node: NodeId) -> Option<Entry> {
        self.members.iter().find(|entry| entry.node == node).copied()
    }

    /// All replicas but this one.
    pub(super) fn others(&self, me: NodeId) -> impl Iterator<Item = NodeId> {
        self.members.iter().map(|entry| entry.node).filter(move |node| *node != me)
    }

    /// How many of the replicas meet any `copies` of them: |R| - t + 1.
    pub(super) fn gathered(&self, copies: usize) -> usize {
        (self.members.len() + 1).saturating_sub(copies)
    }

    /// How many of the replicas carry out a read: max(t, |R| - t + 1). They meet any `copies` that have acknowledged,
    /// any that have carried out another read, and any whose states are gathered for the next configuration: after that
    /// too few are left that are not sealed.
    pub(super) fn readers(&self, copies: usize) -> usize {
        self.gathered(copies).max(copies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_gathers_or_reads_meets_what_was_acknowledged() {
        for size in 1..=7 {
            let members = (0..size).map(|index| Entry { node: NodeId::node(index), since: 1 }).collect();
            let configuration = Configuration { number: 1, members };
            let size = size as usize;
            for copies in 1..=size {
                let (gathered, readers) = (configuration.gathered(copies), configuration.readers(copies));
                assert_eq!(gathered + copies, size + 1, "and one less might miss it");
                assert!(readers + copies > size && readers + gathered > size && 2 * readers > size && readers <= size);
            }
        }
    }
}
