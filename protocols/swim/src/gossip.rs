//! Infection-style dissemination (section 4.1): which updates ride on the next message.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::NodeId;

/// The members of whom there is something to tell. Each is told of a bounded number of times, those first of whom was
/// told least.
#[derive(Debug, Default)]
pub struct Gossip {
    /// How often each was told of, and who it is.
    pub(super) queue: BTreeSet<(u32, NodeId)>,
    pub(super) sent: BTreeMap<NodeId, u32>,
}

impl Gossip {
    /// There is something new to tell of a member.
    pub(super) fn push(&mut self, member: NodeId) {
        if let Some(sent) = self.sent.insert(member, 0) {
            self.queue.remove(&(sent, member));
        }
        self.queue.insert((0, member));
    }

    /// At most so many members to tell of now, each at most `limit` times in all.
    pub(super) fn take(&mut self, most: usize, limit: u32) -> Vec<NodeId> {
        let taken: Vec<(u32, NodeId)> = self.queue.iter().take(most).copied().collect();
        for (sent, member) in &taken {
            self.queue.remove(&(*sent, *member));
            if sent + 1 < limit {
                self.queue.insert((sent + 1, *member));
                self.sent.insert(*member, sent + 1);
            } else {
                self.sent.remove(member);
            }
        }
        taken.into_iter().map(|(_, member)| member).collect()
    }

    /// Nothing is told any more.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.sent.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_least_comes_first_and_each_is_told_so_often() {
        let [a, b, c] = [0, 1, 2].map(NodeId::node);
        let mut gossip = Gossip::default();
        gossip.push(a);
        gossip.push(b);
        assert_eq!(gossip.take(1, 3), [a]);
        gossip.push(c);
        assert_eq!(gossip.take(2, 3), [b, c]);
        assert_eq!(gossip.take(9, 3), [a, b, c]);
        gossip.push(b);
        assert_eq!(gossip.take(9, 3), [b, a, c]);
        assert_eq!((gossip.take(9, 3), gossip.take(9, 3), gossip.take(9, 3)), (vec![b], vec![b], vec![]));
    }
}
