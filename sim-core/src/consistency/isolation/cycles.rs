//! Cycles of the kinds that levels forbid: whether there are some, and a shortest.
//!
//! Some levels allow a read-write dependency only after certain others. For these, each transaction is
//! two nodes, its snapshot and its commit, and an edge of a kind leads from one of them to one of them;
//! every way through the graph then is one that the level counts. For instance, in snapshot isolation
//! what depends on a transaction takes its snapshot after its commit, and what replaces a version that
//! it read commits after its snapshot.

use std::collections::{BTreeMap, VecDeque};

use super::graph::{Edge, Graph, Kind};

/// Which ways through the graph count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// The kinds of edges, as [bits](Kind::bit).
    pub(super) kinds: u8,
    pub(super) shape: Shape,
}

/// Which edges may follow which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// All of them.
    Plain,
    /// No read-write dependency follows another.
    Snapshot,
    /// A read-write dependency follows one of reading or an order from outside.
    Prefix,
}

/// The ways through a graph that count under a rule. Its nodes are those of the graph, or two for each.
pub(super) struct Ways<'a> {
    pub(super) graph: &'a Graph,
    pub(super) rule: Rule,
}

/// The strongly connected components of the nodes.
pub(super) struct Components {
    /// By node, its component. Edges lead to components of the same or a lower number.
    of: Vec<u32>,
    /// By component, whether it has several nodes.
    is_cyclic: Vec<bool>,
}

/// A transaction, or a moment, as a node of the ways.
type Node = u32;

/// What comes next of a node.
enum Next {
    /// No more.
    End,
    /// An edge that does not count.
    Skip,
    To(Node),
}

impl<'a> Ways<'a> {
    pub(super) fn new(graph: &'a Graph, rule: Rule) -> Self {
        Self { graph, rule }
    }

    /// Whether each transaction is two nodes.
    pub(super) fn is_split(&self) -> bool {
        self.rule.shape != Shape::Plain
    }

    pub(super) fn nodes(&self) -> u32 {
        self.graph.nodes() << u32::from(self.is_split())
    }

    /// The node of the graph.
    fn base(&self, node: Node) -> u32 {
        node >> u32::from(self.is_split())
    }

    /// The node from which edges that depend on its commit leave.
    pub(super) fn commit(&self, base: u32) -> Node {
        if self.is_split() && self.graph.is_transaction(base) { 2 * base + 1 } else { self.snapshot(base) }
    }

    /// The node at which a transaction begins to see.
    pub(super) fn snapshot(&self, base: u32) -> Node {
        base << u32::from(self.is_split())
    }

    /// What the `count`th way out of `node` leads to.
    fn next(&self, node: Node, count: u32) -> Next {
        let base = self.base(node);
        let splits = self.is_split() && self.graph.is_transaction(base);
        let is_snapshot = splits && node & 1 == 0;
        if node != self.snapshot(base) && node != self.commit(base) {
            // There is no such node: what is no transaction has one.
            return Next::End;
        }
        if count == 0 {
            return if is_snapshot { Next::To(node + 1) } else { Next::Skip };
        }
        let edges = self.graph.edges_of(base);
        let edge = edges.start + count - 1;
        if edge >= edges.end {
            return Next::End;
        }
        let (to, kind) = self.graph.edge(edge);
        let is_missed = matches!(kind, Kind::Rw | Kind::Through);
        if self.rule.kinds & kind.bit() == 0 || splits && is_snapshot != is_missed {
            return Next::Skip;
        }
        let leads_to_commit = is_missed || self.rule.shape == Shape::Prefix && kind == Kind::Ww;
        Next::To(if leads_to_commit { self.commit(to) } else { self.snapshot(to) })
    }

    /// Where the ways out of `node` lead.
    pub(super) fn successors(&self, node: Node) -> impl Iterator<Item = Node> {
        let edges = self.graph.edges_of(self.base(node)).len() as u32;
        (0..=edges).filter_map(move |count| match self.next(node, count) {
            Next::To(to) => Some(to),
            Next::Skip | Next::End => None,
        })
    }

    /// Finds the components, without recursion (Tarjan 1972).
    pub(super) fn components(&self) -> Components {
        let count = self.nodes() as usize;
        const NEW: u32 = u32::MAX;
        let mut of = vec![NEW; count];
        // By node, when it was first seen; after that, the earliest that it leads back to.
        let mut low = vec![NEW; count];
        let mut is_cyclic = Vec::new();
        let mut seen = 0;
        let mut open: Vec<Node> = Vec::new();
        let mut walk: Vec<(Node, u32, u32)> = Vec::new();
        for root in 0..count as u32 {
            if low[root as usize] != NEW {
                continue;
            }
            walk.push((root, 0, seen));
            low[root as usize] = seen;
            open.push(root);
            seen += 1;
            while let Some((node, looked_at, since)) = walk.last_mut() {
                let (node, since) = (*node, *since);
                let next = self.next(node, *looked_at);
                *looked_at += 1;
                match next {
                    Next::Skip => {}
                    Next::To(to) if low[to as usize] == NEW => {
                        walk.push((to, 0, seen));
                        low[to as usize] = seen;
                        open.push(to);
                        seen += 1;
                    }
                    Next::To(to) => {
                        if of[to as usize] == NEW {
                            low[node as usize] = low[node as usize].min(low[to as usize]);
                        }
                    }
                    Next::End => {
                        walk.pop();
                        let lowest = low[node as usize];
                        if let Some(&(before, ..)) = walk.last() {
                            low[before as usize] = low[before as usize].min(lowest);
                        }
                        if lowest == since {
                            let component = is_cyclic.len() as u32;
                            is_cyclic.push(open.last() != Some(&node));
                            while let Some(member) = open.pop() {
                                of[member as usize] = component;
                                if member == node {
                                    break;
                                }
                            }
                        }
                    }
                }
            }
        }
        Components { of, is_cyclic }
    }

    /// A shortest cycle, if there is one within the budget of `steps`, each a look at an edge; if that runs
    /// out, the shortest found by then.
    pub(super) fn shortest_cycle(&self, components: &Components, steps: &mut u64) -> Option<Vec<Edge>> {
        let mut search = self.search(components);
        let mut shortest: Option<Vec<Edge>> = None;
        for base in 0..self.graph.nodes() {
            let node = self.commit(base);
            if !self.graph.is_transaction(base) || !components.is_cyclic(node) {
                continue;
            }
            let limit = shortest.as_ref().map_or(u32::MAX, |cycle| cycle.len() as u32 - 1);
            if limit < 2 || *steps == 0 && shortest.is_some() {
                break;
            }
            let spare = if shortest.is_some() { &mut *steps } else { &mut u64::MAX.clone() };
            if let Some(cycle) = search.path(&[node], node, limit, spare) {
                shortest = Some(cycle);
            }
        }
        shortest
    }

    /// A cycle of each component that has one, short but not always a shortest.
    pub(super) fn cycle_of_each(&self, components: &Components) -> Vec<Vec<Edge>> {
        /// How many nodes of a component are tried.
        const TRIED: u8 = 8;
        let mut search = self.search(components);
        let mut found: BTreeMap<u32, (u8, Vec<Edge>)> = BTreeMap::new();
        for base in (0..self.graph.nodes()).filter(|&base| self.graph.is_transaction(base)) {
            let node = self.commit(base);
            if !components.is_cyclic(node) {
                continue;
            }
            let (tried, shortest) = found.entry(components.of[node as usize]).or_default();
            if *tried == TRIED {
                continue;
            }
            *tried += 1;
            let limit = if shortest.is_empty() { u32::MAX } else { shortest.len() as u32 - 1 };
            if let Some(cycle) = search.path(&[node], node, limit, &mut u64::MAX.clone()) {
                *shortest = cycle;
            }
        }
        found.into_values().map(|(_, cycle)| cycle).filter(|cycle| !cycle.is_empty()).collect()
    }

    /// A search for ways within `components`.
    pub(super) fn search<'b>(&'b self, components: &'b Components) -> Search<'b> {
        Search { ways: self, components, seen: vec![Seen::default(); self.nodes() as usize], round: 0 }
    }

    /// Which node of the graph this is, and whether it is its commit, or all there is of it.
    pub(super) fn transaction(&self, node: Node) -> (u32, bool) {
        let base = self.base(node);
        (base, node == self.commit(base))
    }
}

impl Components {
    pub(super) fn is_cyclic(&self, node: Node) -> bool {
        self.is_cyclic[self.of[node as usize] as usize]
    }

    pub(super) fn any_cyclic(&self) -> bool {
        self.is_cyclic.contains(&true)
    }

    pub(super) fn are_together(&self, one: Node, other: Node) -> bool {
        self.of[one as usize] == self.of[other as usize]
    }

    /// All nodes, each after those that lead to it. Only where there is no cycle.
    pub(super) fn order(&self) -> Vec<Node> {
        let mut order = vec![0; self.of.len()];
        for (node, &component) in (0..).zip(&self.of) {
            order[self.of.len() - 1 - component as usize] = node;
        }
        order
    }
}

/// How a search came to a node.
#[derive(Clone, Copy, Default)]
struct Seen {
    round: u32,
    far: u32,
    before: Node,
}

/// A breadth-first search that is begun again and again.
pub(super) struct Search<'a> {
    ways: &'a Ways<'a>,
    components: &'a Components,
    /// By node, the search that last saw it, how far away, and from where.
    seen: Vec<Seen>,
    round: u32,
}

impl Search<'_> {
    /// A shortest way from one of `from` to `to`, of at most `limit` arrivals at transactions. Not the
    /// empty one.
    pub(super) fn path(&mut self, from: &[Node], to: Node, limit: u32, steps: &mut u64) -> Option<Vec<Edge>> {
        self.round += 1;
        // Nodes with how far they are. What costs nothing to reach comes first.
        let mut queue: VecDeque<(Node, u32)> = from.iter().map(|&from| (from, 0)).collect();
        while let Some((node, far)) = queue.pop_front() {
            for count in 0.. {
                let next = match self.ways.next(node, count) {
                    Next::End => break,
                    Next::Skip => continue,
                    Next::To(next) => next,
                };
                if *steps == 0 {
                    return None;
                }
                *steps -= 1;
                if !self.components.are_together(node, next) {
                    continue;
                }
                // From snapshot to commit, and to what is no transaction, it is no step.
                let base = self.ways.base(next);
                let costs = base != self.ways.base(node) && self.ways.graph.is_transaction(base);
                let far = far + u32::from(costs);
                let seen = self.seen[next as usize];
                if far > limit || seen.round == self.round && seen.far <= far {
                    continue;
                }
                self.seen[next as usize] = Seen { round: self.round, far, before: node };
                if next == to {
                    return Some(self.unroll(from, to));
                }
                if costs {
                    queue.push_back((next, far));
                } else {
                    queue.push_front((next, far));
                }
            }
        }
        None
    }

    /// The edges between transactions that lead to `to`.
    fn unroll(&self, from: &[Node], to: Node) -> Vec<Edge> {
        let mut path = Vec::new();
        let mut node = to;
        let mut end = self.ways.base(to);
        let mut kind = None;
        loop {
            let before = self.seen[node as usize].before;
            let (base, next) = (self.ways.base(before), self.ways.base(node));
            if base != next {
                kind = Some(self.kind_between(before, node));
            }
            node = before;
            let is_start = from.contains(&node);
            if base != next && self.ways.graph.is_transaction(base) {
                path.push(Edge { from: base, to: end, kind: kind.take().expect("it was just told") });
                end = base;
            }
            if is_start {
                path.reverse();
                return path;
            }
        }
    }

    /// Why one node comes before the other: the first reason.
    fn kind_between(&self, node: Node, next: Node) -> Kind {
        let graph = self.ways.graph;
        let is_meant = |count: &u32| matches!(self.ways.next(node, *count), Next::To(to) if to == next);
        let count = (1..).find(is_meant).expect("the way was gone");
        graph.edge(graph.edges_of(self.ways.base(node)).start + count - 1).1
    }
}
