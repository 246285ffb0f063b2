//! Which operation comes before which and why, as a graph that is walked backwards.

use std::collections::VecDeque;

/// Why one operation comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// They are of one session.
    Session,
    /// The second read what the first wrote.
    Read,
    /// The server of the second had the first.
    Visible,
    /// The first read a value that the second replaced.
    Replaced,
    /// This read returns what the second wrote and has the first, a write to the same register, in
    /// its past.
    Seen(u32),
}

/// That `from` comes before `to`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) why: Why,
}

/// Nodes with their direct predecessors.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Where the predecessors of each node begin, and the end.
    first: Vec<u32>,
    predecessors: Vec<(u32, Why)>,
}

/// Nodes each of which comes before the next, with the reason.
pub(super) type Path = Vec<(u32, Why)>;

/// How many nodes of a cycle are tried as the start of a shorter one.
const TRIED: usize = 16;

impl Graph {
    pub(super) fn new(nodes: usize, edges: impl Iterator<Item = Edge> + Clone) -> Self {
        let mut first = vec![0; nodes + 1];
        edges.clone().for_each(|edge| first[edge.to as usize + 1] += 1);
        (0..nodes).for_each(|node| first[node + 1] += first[node]);
        let mut predecessors = vec![(0, Why::Session); first[nodes] as usize];
        let mut free = first.clone();
        for Edge { from, to, why } in edges {
            let place = &mut free[to as usize];
            predecessors[*place as usize] = (from, why);
            *place += 1;
        }
        Self { first, predecessors }
    }

    pub(super) fn predecessors(&self, node: u32) -> &[(u32, Why)] {
        let node = node as usize;
        &self.predecessors[self.first[node] as usize..self.first[node + 1] as usize]
    }

    fn nodes(&self) -> u32 {
        self.first.len() as u32 - 1
    }

    /// All nodes, each after its predecessors.
    ///
    /// # Errors
    /// A short cycle, if there is one: its last node comes before its first.
    pub(super) fn sorted(&self) -> Result<Vec<u32>, Path> {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
            Done,
        }
        let mut marks = vec![Mark::New; self.nodes() as usize];
        let mut sorted = Vec::with_capacity(marks.len());
        // Each open node with how many of its predecessors have been looked at.
        let mut open: Vec<(u32, u32)> = Vec::new();
        for root in 0..self.nodes() {
            if marks[root as usize] == Mark::New {
                marks[root as usize] = Mark::Open;
                open.push((root, 0));
            }
            while let Some((node, looked_at)) = open.last_mut() {
                let Some(&(before, _)) = self.predecessors(*node).get(*looked_at as usize) else {
                    marks[*node as usize] = Mark::Done;
                    sorted.push(*node);
                    open.pop();
                    continue;
                };
                *looked_at += 1;
                match marks[before as usize] {
                    Mark::Done => {}
                    Mark::New => {
                        marks[before as usize] = Mark::Open;
                        open.push((before, 0));
                    }
                    Mark::Open => {
                        let start = open.iter().position(|&(node, _)| node == before).unwrap_or_default();
                        let on_cycle: Vec<u32> = open[start..].iter().map(|&(node, _)| node).collect();
                        return Err(self.short_cycle(&on_cycle));
                    }
                }
            }
        }
        Ok(sorted)
    }

    /// The shortest of the cycles through some of these nodes, all of which are on one.
    fn short_cycle(&self, on_cycle: &[u32]) -> Path {
        let step = on_cycle.len().div_ceil(TRIED).max(1);
        let cycles = on_cycle.iter().step_by(step).filter_map(|&node| self.path(node, node));
        cycles.min_by_key(Vec::len).expect("the nodes are on a cycle")
    }

    /// The shortest way from one node to another, without the latter; not the empty one if they are
    /// the same.
    pub(super) fn path(&self, from: u32, to: u32) -> Option<Path> {
        // By node, what it comes before, on the way to `to`.
        let mut next: Vec<Option<(u32, Why)>> = vec![None; self.nodes() as usize];
        let mut to_visit = VecDeque::from([to]);
        while let Some(node) = to_visit.pop_front() {
            for &(before, why) in self.predecessors(node) {
                if next[before as usize].is_none() {
                    next[before as usize] = Some((node, why));
                    if before == from {
                        return Some(unroll(&next, from, to));
                    }
                    to_visit.push_back(before);
                }
            }
        }
        None
    }
}

fn unroll(next: &[Option<(u32, Why)>], from: u32, to: u32) -> Path {
    let mut path = Path::new();
    let mut node = from;
    while let Some((after, why)) = next[node as usize] {
        path.push((node, why));
        node = after;
        if node == to {
            break;
        }
    }
    path
}

/// The same way with successive steps through one session made one.
pub(super) fn straightened(path: Path) -> Path {
    let mut straight = Path::new();
    for (node, why) in path {
        let is_on_the_way = why == Why::Session && straight.last().is_some_and(|&(_, last)| last == Why::Session);
        if !is_on_the_way {
            straight.push((node, why));
        }
    }
    straight
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(nodes: usize, edges: &[(u32, u32)]) -> Graph {
        Graph::new(nodes, edges.iter().map(|&(from, to)| Edge { from, to, why: Why::Read }))
    }

    fn nodes(path: Path) -> Vec<u32> {
        path.into_iter().map(|(node, _)| node).collect()
    }

    #[test]
    fn sorts_what_has_no_cycle() {
        let graph = graph(5, &[(3, 1), (1, 0), (4, 0), (3, 4)]);
        let sorted = graph.sorted().expect("it has no cycle");
        let place = |node| sorted.iter().position(|&other| other == node);
        assert_eq!(sorted.len(), 5);
        assert!(place(3) < place(1) && place(1) < place(0) && place(4) < place(0) && place(3) < place(4));
    }

    #[test]
    fn finds_a_short_cycle() {
        let cycle =
            graph(6, &[(0, 1), (1, 2), (2, 3), (3, 0), (2, 5), (5, 2), (4, 0)]).sorted().expect_err("it has two");
        let mut nodes = nodes(cycle);
        nodes.sort_unstable();
        assert!([vec![2, 5], vec![0, 1, 2, 3]].contains(&nodes), "{nodes:?}");
    }

    #[test]
    fn finds_the_shortest_way() {
        let graph = graph(5, &[(0, 1), (1, 2), (2, 3), (1, 3), (4, 4)]);
        assert_eq!(graph.path(0, 3).map(nodes), Some(vec![0, 1]));
        assert_eq!(graph.path(4, 4).map(nodes), Some(vec![4]));
        assert_eq!(graph.path(3, 0).map(nodes), None);
        assert_eq!(graph.path(0, 0).map(nodes), None);
    }
}
