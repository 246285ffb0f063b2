//! A doubly linked list over numbered entries, from which entries are lifted
//! and to which they return in reverse order.
//!
//! A lifted entry keeps its own links, so putting it back takes constant time
//! and no search (Wing & Gong 1993; Knuth's "dancing links"). All entries live
//! in one vector that is reused from list to list.

/// The entry before the first and after the last; real entries are numbered from 1.
pub(super) const END: u32 = 0;

#[derive(Debug, Default)]
pub(super) struct Links {
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    previous: u32,
    next: u32,
}

impl Links {
    /// Starts an empty list for entries numbered `1..=entries`.
    pub(super) fn reset(&mut self, entries: usize) {
        self.nodes.clear();
        self.nodes.resize(entries + 1, Node::default());
    }

    /// Appends an entry that is not in the list.
    pub(super) fn push(&mut self, entry: u32) {
        let previous = self.node(END).previous;
        *self.node_mut(entry) = Node { previous, next: END };
        self.unlift(entry);
    }

    /// The entry after `entry` (which may be [`END`]). For a lifted entry, the
    /// one that came after it when it was lifted.
    pub(super) fn after(&self, entry: u32) -> u32 {
        self.node(entry).next
    }

    pub(super) fn lift(&mut self, entry: u32) {
        let Node { previous, next } = *self.node(entry);
        self.node_mut(previous).next = next;
        self.node_mut(next).previous = previous;
    }

    /// Puts back the entry lifted last of those not yet put back.
    pub(super) fn unlift(&mut self, entry: u32) {
        let Node { previous, next } = *self.node(entry);
        self.node_mut(previous).next = entry;
        self.node_mut(next).previous = entry;
    }

    fn node(&self, entry: u32) -> &Node {
        &self.nodes[entry as usize]
    }

    fn node_mut(&mut self, entry: u32) -> &mut Node {
        &mut self.nodes[entry as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(links: &Links) -> Vec<u32> {
        let next = |&entry: &u32| Some(links.after(entry)).filter(|&entry| entry != END);
        std::iter::successors(next(&END), next).collect()
    }

    #[test]
    fn lifted_entries_come_back_to_their_places() {
        let mut links = Links::default();
        links.reset(4);
        [3, 1, 4, 2].into_iter().for_each(|entry| links.push(entry));
        let lifted = [1, 4, 3, 2];
        lifted.iter().for_each(|&entry| links.lift(entry));
        assert!(entries(&links).is_empty());
        lifted.iter().rev().for_each(|&entry| links.unlift(entry));
        assert_eq!(entries(&links), [3, 1, 4, 2]);
    }
}
