//! What a lieutenant has heard of one order, and what follows from it.

use std::collections::BTreeMap;

use sim_core::NodeId;

use super::message::Order;

/// Statements by their paths: a tree whose root is what the commander said himself, and in which a
/// child is what one more general said of its parent.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    heard: BTreeMap<Vec<NodeId>, Order>,
}

impl Tree {
    /// Takes down a statement; one that was heard before stands.
    pub fn hear(&mut self, path: Vec<NodeId>, order: Order) {
        self.heard.entry(path).or_insert(order);
    }

    /// What was heard along this path, if anything.
    pub fn heard(&self, path: &[NodeId]) -> Option<Order> {
        self.heard.get(path).copied()
    }

    /// What this general uses as the order that was given along `path`, which he is not on himself:
    /// the majority of what he heard there and what came of the others' passing it on.
    ///
    /// `path` comes back as it was. `without_majority` tells what to do where there is none, from
    /// what was heard there.
    pub fn fold(&self, path: &mut Vec<NodeId>, view: &View<'_>) -> Order {
        let own = self.heard(path).unwrap_or_default();
        if path.len() as u64 == view.rounds {
            return own;
        }
        let mut votes = Votes::default();
        votes.count(own);
        for next in view.participants {
            if *next != view.me && !path.contains(next) {
                path.push(*next);
                votes.count(self.fold(path, view));
                path.pop();
            }
        }
        votes.majority().unwrap_or(if view.keeps_own_order { own } else { Order::default() })
    }

    /// Whether something was heard along every path from `path` on.
    pub fn is_complete(&self, path: &mut Vec<NodeId>, view: &View<'_>) -> bool {
        let is_leaf = path.len() as u64 == view.rounds;
        let mut complete = self.heard(path).is_some();
        for next in view.participants.iter().filter(|_| !is_leaf) {
            if complete && *next != view.me && !path.contains(next) {
                path.push(*next);
                complete = self.is_complete(path, view);
                path.pop();
            }
        }
        complete
    }
}

/// From where a tree is looked at.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Whose tree it is.
    pub me: NodeId,
    /// Who takes part.
    pub participants: &'a [NodeId],
    /// How long paths are at most.
    pub rounds: u64,
    /// A known bug: where there is no majority, what was heard at first hand is used.
    pub keeps_own_order: bool,
}

/// How often each order was given.
#[derive(Debug, Default)]
struct Votes {
    counts: [u32; Order::ALL.len()],
}

impl Votes {
    fn count(&mut self, order: Order) {
        self.counts[order as usize] += 1;
    }

    /// The order that more than half of them are for.
    fn majority(&self) -> Option<Order> {
        let all: u32 = self.counts.iter().sum();
        Order::ALL.into_iter().find(|order| 2 * self.counts[*order as usize] > all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Order::{Attack, Hold, Retreat};

    /// A path through the nodes with these numbers.
    fn path(numbers: &[u32]) -> Vec<NodeId> {
        numbers.iter().copied().map(NodeId::node).collect()
    }

    /// What node 1 of `nodes` makes of this, if node 0 commands.
    fn check(nodes: u32, rounds: u64, heard: &[(&[u32], Order)], expected: Order) {
        let mut tree = Tree::default();
        heard.iter().for_each(|(numbers, order)| tree.hear(path(numbers), *order));
        let participants: Vec<NodeId> = (0..nodes).map(NodeId::node).collect();
        let view = View { me: NodeId::node(1), participants: &participants, rounds, keeps_own_order: false };
        assert_eq!(tree.fold(&mut path(&[0]), &view), expected, "{heard:?}");
    }

    #[test]
    fn a_majority_outvotes_what_was_heard_at_first_hand() {
        check(4, 2, &[(&[0], Retreat), (&[0, 2], Attack), (&[0, 3], Attack)], Attack);
        check(4, 2, &[(&[0], Attack), (&[0, 2], Attack), (&[0, 3], Retreat)], Attack);
    }

    #[test]
    fn who_says_nothing_says_retreat() {
        check(4, 2, &[], Retreat);
        check(4, 2, &[(&[0], Attack)], Retreat);
        check(4, 1, &[(&[0], Attack)], Attack);
    }

    #[test]
    fn without_a_majority_there_is_a_retreat() {
        check(4, 2, &[(&[0], Attack), (&[0, 2], Hold), (&[0, 3], Retreat)], Retreat);
        check(5, 2, &[(&[0], Attack), (&[0, 2], Hold), (&[0, 3], Hold), (&[0, 4], Attack)], Retreat);
    }

    /// Node 2 says that it heard to hold; two of the three others deny that.
    #[test]
    fn what_others_say_of_a_relay_counts_for_what_it_was() {
        let direct: [(&[u32], Order); 4] = [(&[0], Attack), (&[0, 2], Hold), (&[0, 3], Attack), (&[0, 4], Hold)];
        let of_two: [(&[u32], Order); 2] = [(&[0, 2, 3], Attack), (&[0, 2, 4], Attack)];
        let of_three: [(&[u32], Order); 2] = [(&[0, 3, 2], Attack), (&[0, 3, 4], Attack)];
        check(5, 3, &[&direct[..], &of_two, &of_three].concat(), Attack);
    }

    #[test]
    fn the_first_statement_of_a_path_stands() {
        let mut tree = Tree::default();
        tree.hear(path(&[0]), Attack);
        tree.hear(path(&[0]), Hold);
        assert_eq!(tree.heard(&path(&[0])), Some(Attack));
    }

    #[test]
    fn a_tree_is_complete_when_everybody_has_spoken() {
        let participants: Vec<NodeId> = (0..4).map(NodeId::node).collect();
        let view = View { me: NodeId::node(1), participants: &participants, rounds: 2, keeps_own_order: false };
        let mut tree = Tree::default();
        for numbers in [&[0][..], &[0, 2], &[0, 3]] {
            assert!(!tree.is_complete(&mut path(&[0]), &view));
            tree.hear(path(numbers), Hold);
        }
        assert!(tree.is_complete(&mut path(&[0]), &view));
    }
}
