//! What a member knows of the others.

use std::collections::{BTreeMap, VecDeque};

use sim_core::NodeId;

use super::message::{Statement, Status};

/// What is known of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is said of it.
    pub said: Statement,
    /// Its metadata under this incarnation.
    pub metadata: u32,
    /// Whether it is dead or has left, and is not told of any more. What is left of it is its incarnation: nothing that
    /// was said before can bring it back.
    pub is_forgotten: bool,
}

impl Entry {
    /// What all know of each other that begin as members.
    pub(super) const AT_FIRST: Self =
        Self { said: Statement { incarnation: 1, status: Status::Alive }, metadata: 0, is_forgotten: false };
}

/// All that a member knows of the others.
///
/// Where all begin as members, what everybody knows at first is kept by nobody: a view is the differences from that.
#[derive(Debug, Default)]
pub struct View {
    /// How many nodes are members as everybody knows.
    converged: u32,
    pub(super) changed: BTreeMap<NodeId, Entry>,
    /// Those that are dead or have left, and in which period that was learnt.
    departed: VecDeque<(u64, NodeId)>,
}

impl View {
    /// That of a node that knows of so many nodes, the first ones, that all are members.
    pub(super) fn of_first(nodes: u32) -> Self {
        Self { converged: nodes, ..Self::default() }
    }

    /// What is known of a node.
    #[inline]
    pub fn get(&self, node: NodeId) -> Option<Entry> {
        self.changed.get(&node).copied().or_else(|| (node.index() < self.converged).then_some(Entry::AT_FIRST))
    }

    /// Whether it is known as a member.
    pub fn has_member(&self, node: NodeId) -> bool {
        self.get(node).is_some_and(|entry| entry.said.status.is_member())
    }

    /// Everything that is known and not forgotten, or only what has changed since the beginning.
    pub(super) fn told(&self, with_unchanged: bool) -> impl Iterator<Item = (NodeId, Entry)> {
        let unchanged = 0..if with_unchanged { self.converged } else { 0 };
        let unchanged = unchanged.map(NodeId::node).filter(|node| !self.changed.contains_key(node));
        let changed = self.changed.iter().filter(|(_, entry)| !entry.is_forgotten);
        unchanged.map(|node| (node, Entry::AT_FIRST)).chain(changed.map(|(node, entry)| (*node, *entry)))
    }

    /// Something new is known of a node, in this period.
    pub(super) fn set(&mut self, node: NodeId, said: Statement, metadata: u32, period: u64) {
        self.changed.insert(node, Entry { said, metadata, is_forgotten: false });
        if !said.status.is_member() {
            self.departed.push_back((period, node));
        }
    }

    /// Forgets those that are dead or have left since this period or longer, and names them.
    pub(super) fn forget(&mut self, until: u64) -> Vec<NodeId> {
        let mut forgotten = Vec::new();
        while let Some((_, node)) = self.departed.pop_front_if(|(period, _)| *period <= until) {
            // It has come back, and may have left again since.
            let is_due = !self.departed.iter().any(|(_, other)| *other == node);
            if let Some(entry) = self.changed.get_mut(&node)
                && is_due
                && !entry.said.status.is_member()
                && !entry.is_forgotten
            {
                entry.is_forgotten = true;
                forgotten.push(node);
            }
        }
        forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_come_back_is_not_forgotten() {
        let node = NodeId::node(3);
        let mut view = View::of_first(4);
        let statement = |incarnation, status| Statement { incarnation, status };
        view.set(node, statement(1, Status::Dead), 0, 1);
        view.set(node, statement(2, Status::Alive), 0, 2);
        assert_eq!(view.forget(3), []);
        view.set(node, statement(2, Status::Dead), 0, 4);
        view.set(node, statement(2, Status::Left), 0, 5);
        assert_eq!((view.forget(4), view.forget(5)), (vec![], vec![node]));
        assert_eq!(view.told(false).count(), 0);
        assert_eq!(view.told(true).count(), 3);
        assert_eq!(view.get(node).map(|entry| entry.said), Some(statement(2, Status::Left)));
    }
}
