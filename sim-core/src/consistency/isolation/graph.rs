//! Which transaction comes before which and why.
//!
//! Beside transactions there are nodes that only lead on, so that there are few edges: the moments
//! between returns and calls, through which all real-time order goes, and for each key that many read
//! at its last known version, one node that leads to all writes of unknown place.

use std::collections::BTreeMap;

use super::cycles::Ways;
use super::forbidden::EVERYTHING;
use super::history::{Key, TransactionHistory, TransactionId};
use super::resolve::{LOOSE, NOBODY, Resolved};
use super::witness::{Dependency, Grounds, Link};

/// Why one node comes before another. In each node's list they come in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Kind {
    /// It wrote an earlier version.
    Ww,
    /// The other read what it wrote.
    Wr,
    /// It read a version before the other's.
    Rw,
    /// From a node that stands for the end of such an edge to where it leads.
    Through,
    /// They are of one process.
    Process,
    /// It returned before the other was called; or it leads from, to or between moments.
    RealTime,
}

impl Kind {
    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// One edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) kind: Kind,
}

/// That one writer of a key, of those in no known order, comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) key: u32,
    pub(super) earlier: u32,
    pub(super) later: u32,
}

impl Pair {
    /// The other way round.
    pub(super) const fn turned(self) -> Self {
        Self { key: self.key, earlier: self.later, later: self.earlier }
    }
}

/// Nodes, the first of them transactions, with their direct successors.
#[derive(Debug)]
pub(super) struct Graph {
    transactions: u32,
    first: Vec<u32>,
    targets: Vec<u32>,
    kinds: Vec<Kind>,
}

impl Graph {
    /// The dependencies that reads show, those of `pairs`, and the orders of processes and of real time.
    pub(super) fn new(history: &TransactionHistory, resolved: &Resolved, pairs: &[Pair]) -> Self {
        let mut builder = Builder { history, resolved, edges: Vec::new(), nodes: resolved.transactions() };
        builder.add_writes(pairs);
        builder.add_reads();
        builder.add_missed(pairs);
        builder.add_processes();
        builder.add_real_time();
        Self::of(resolved.transactions(), builder.nodes, &builder.edges)
    }

    fn of(transactions: u32, nodes: u32, edges: &[Edge]) -> Self {
        let nodes = nodes as usize;
        let mut first = vec![0; nodes + 1];
        edges.iter().for_each(|edge| first[edge.from as usize + 1] += 1);
        (0..nodes).for_each(|node| first[node + 1] += first[node]);
        let mut targets = vec![0; edges.len()];
        let mut kinds = vec![Kind::Ww; edges.len()];
        let mut free = first.clone();
        for &Edge { from, to, kind } in edges {
            let place = &mut free[from as usize];
            targets[*place as usize] = to;
            kinds[*place as usize] = kind;
            *place += 1;
        }
        Self { transactions, first, targets, kinds }
    }

    /// The same nodes with the edges for which `keep` holds.
    pub(super) fn within(&self, keep: impl Fn(u32, u32) -> bool) -> Self {
        let leaving = |from| self.edges_of(from).map(move |edge| (from, self.edge(edge)));
        let all = (0..self.nodes()).flat_map(leaving).map(|(from, (to, kind))| Edge { from, to, kind });
        let edges: Vec<Edge> = all.filter(|edge| keep(edge.from, edge.to)).collect();
        Self::of(self.transactions, self.nodes(), &edges)
    }

    pub(super) fn nodes(&self) -> u32 {
        self.first.len() as u32 - 1
    }

    pub(super) fn edges(&self) -> usize {
        self.targets.len()
    }

    pub(super) fn is_transaction(&self, node: u32) -> bool {
        node < self.transactions
    }

    /// The numbers of the edges that leave `node`.
    pub(super) fn edges_of(&self, node: u32) -> std::ops::Range<u32> {
        self.first[node as usize]..self.first[node as usize + 1]
    }

    /// Where an edge leads, and why.
    pub(super) fn edge(&self, edge: u32) -> (u32, Kind) {
        (self.targets[edge as usize], self.kinds[edge as usize])
    }
}

/// The edges of a graph that are on cycles, if there are some.
pub(super) fn cyclic(graph: &Graph) -> Option<Graph> {
    let components = Ways::new(graph, EVERYTHING).components();
    components.any_cyclic().then(|| graph.within(|from, to| components.are_together(from, to)))
}

struct Builder<'a> {
    history: &'a TransactionHistory,
    resolved: &'a Resolved,
    edges: Vec<Edge>,
    nodes: u32,
}

impl Builder<'_> {
    fn add(&mut self, from: u32, to: u32, kind: Kind) {
        if from != to {
            self.edges.push(Edge { from, to, kind });
        }
    }

    fn new_node(&mut self) -> u32 {
        self.nodes += 1;
        self.nodes - 1
    }

    fn add_writes(&mut self, pairs: &[Pair]) {
        let resolved = self.resolved;
        for versions in &resolved.keys {
            versions.chain.windows(2).for_each(|pair| self.add(pair[0], pair[1], Kind::Ww));
            if let Some(&last) = versions.chain.last() {
                versions.loose.iter().for_each(|&loose| self.add(last, loose, Kind::Ww));
            }
        }
        pairs.iter().for_each(|pair| self.add(pair.earlier, pair.later, Kind::Ww));
    }

    fn add_reads(&mut self) {
        let resolved = self.resolved;
        let from_others = resolved.all_reads().filter(|(_, read)| read.source != NOBODY);
        from_others.for_each(|(reader, read)| self.add(read.source, reader, Kind::Wr));
    }

    /// From each read to the next version.
    fn add_missed(&mut self, pairs: &[Pair]) {
        let resolved = self.resolved;
        // Of reads at the end of a chain, by key; and of versions on no chain, by key and writer.
        let mut at_end: Vec<(u32, u32)> = Vec::new();
        let mut of_loose: Vec<(u32, u32, u32)> = Vec::new();
        for (reader, read) in resolved.all_reads() {
            let chain = &resolved.keys[read.key as usize].chain;
            if read.place == LOOSE {
                of_loose.push((read.key, read.source, reader));
            } else if let Some(&next) = chain.get(read.place as usize) {
                self.add(reader, next, Kind::Rw);
            } else {
                at_end.push((read.key, reader));
            }
        }
        at_end.sort_unstable();
        let mut throughs = Vec::new();
        for readers in at_end.chunk_by(|a, b| a.0 == b.0) {
            self.add_missed_loose(readers, &mut throughs);
        }
        of_loose.sort_unstable();
        for pair in pairs {
            let begin = of_loose.partition_point(|&(key, source, _)| (key, source) < (pair.key, pair.earlier));
            let readers =
                of_loose[begin..].iter().take_while(|&&(key, source, _)| (key, source) == (pair.key, pair.earlier));
            readers.for_each(|&(_, _, reader)| self.add(reader, pair.later, Kind::Rw));
        }
        self.edges.extend(throughs);
    }

    /// From the readers of the end of a chain to all that comes after it.
    fn add_missed_loose(&mut self, readers: &[(u32, u32)], throughs: &mut Vec<Edge>) {
        let resolved = self.resolved;
        let key = readers[0].0;
        let loose = &resolved.keys[key as usize].loose;
        let writes = |reader: u32| resolved.write(reader, key).is_some();
        let (writers, others): (Vec<u32>, Vec<u32>) =
            readers.iter().map(|&(_, reader)| reader).partition(|&r| writes(r));
        // Who writes the key too must not lead to itself.
        for &reader in &writers {
            loose.iter().for_each(|&later| self.add(reader, later, Kind::Rw));
        }
        if others.len() * loose.len() <= others.len() + loose.len() {
            for &reader in &others {
                loose.iter().for_each(|&later| self.add(reader, later, Kind::Rw));
            }
        } else {
            let through = self.new_node();
            others.iter().for_each(|&reader| self.add(reader, through, Kind::Rw));
            throughs.extend(loose.iter().map(|&to| Edge { from: through, to, kind: Kind::Through }));
        }
    }

    fn committed(&self) -> impl Iterator<Item = TransactionId> + use<'_> {
        let committed = self.resolved.committed.iter().zip(0..);
        committed.filter(|(committed, _)| **committed).map(|(_, id)| TransactionId(id))
    }

    fn add_processes(&mut self) {
        let mut last = BTreeMap::<u32, u32>::new();
        let mut edges = Vec::new();
        for id in self.committed() {
            let transaction = self.history.get(id);
            if let Some(&before) = last.get(&transaction.process) {
                edges.push(Edge { from: before, to: id.0, kind: Kind::Process });
            }
            if transaction.returned.is_some() {
                last.insert(transaction.process, id.0);
            }
        }
        self.edges.extend(edges);
    }

    fn add_real_time(&mut self) {
        // At the same moment, calls come before returns.
        let mut events: Vec<(u64, bool, u32)> = Vec::new();
        for id in self.committed() {
            let transaction = self.history.get(id);
            events.push((transaction.called, false, id.0));
            events.extend(transaction.returned.map(|returned| (returned, true, id.0)));
        }
        events.sort_unstable();
        let mut moment = None;
        let mut returned: Vec<u32> = Vec::new();
        for (_, is_return, id) in events {
            if is_return {
                returned.push(id);
                continue;
            }
            if !returned.is_empty() {
                let next = self.new_node();
                returned
                    .drain(..)
                    .for_each(|before| self.edges.push(Edge { from: before, to: next, kind: Kind::RealTime }));
                if let Some(moment) = moment {
                    self.add(moment, next, Kind::RealTime);
                }
                moment = Some(next);
            }
            if let Some(moment) = moment {
                self.add(moment, id, Kind::RealTime);
            }
        }
    }
}

/// Pairs that an order has to agree with, and those that are only tried, each sorted.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    pub(super) known: Vec<Pair>,
    pub(super) assumed: Vec<Pair>,
}

/// For which key a write-write or read-write dependency holds, and on which tried pair it rests, if on any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason {
    pub(super) key: u32,
    pub(super) assumed: Option<Pair>,
}

impl Pairs {
    pub(super) fn new(known: &[Pair], assumed: impl Iterator<Item = Pair>) -> Self {
        let mut assumed: Vec<Pair> = assumed.collect();
        assumed.sort_unstable();
        Self { known: known.to_vec(), assumed }
    }

    pub(super) fn contains(&self, pair: Pair) -> bool {
        self.known.binary_search(&pair).is_ok() || self.assumed.binary_search(&pair).is_ok()
    }

    /// All of them, sorted.
    pub(super) fn all(&self) -> Vec<Pair> {
        let mut all = [&self.known[..], &self.assumed].concat();
        all.sort_unstable();
        all
    }

    /// The reason for an edge of writes, or of a read and a write; a certain one, if there is one.
    pub(super) fn reason(&self, resolved: &Resolved, Edge { from, to, kind }: Edge) -> Option<Reason> {
        // What comes before the other's write: a write or a read of one of these keys, with its place in
        // the chain and who wrote the version.
        let earlier: Vec<(u32, u32, u32)> = match kind {
            Kind::Ww => resolved.writes(from).iter().map(|write| (write.key, write.place, from)).collect(),
            Kind::Rw | Kind::Through => {
                resolved.reads(from).iter().map(|read| (read.key, read.place, read.source)).collect()
            }
            Kind::Wr | Kind::Process | Kind::RealTime => return None,
        };
        let comes_later = |&&(key, place, _): &&(u32, u32, u32)| {
            place != LOOSE && resolved.write(to, key).is_some_and(|write| place < write.place)
        };
        if let Some(&(key, ..)) = earlier.iter().find(comes_later) {
            return Some(Reason { key, assumed: None });
        }
        let pairs = || earlier.iter().map(|&(key, _, writer)| Pair { key, earlier: writer, later: to });
        let is_known = |pair: &Pair| self.known.binary_search(pair).is_ok();
        if let Some(pair) = pairs().find(is_known) {
            return Some(Reason { key: pair.key, assumed: None });
        }
        let assumed = pairs().find(|pair| self.assumed.binary_search(pair).is_ok())?;
        Some(Reason { key: assumed.key, assumed: Some(assumed) })
    }
}

/// Says in full why one transaction comes before another, and on what `grounds` a pair is assumed.
pub(super) fn explain(
    history: &TransactionHistory,
    resolved: &Resolved,
    pairs: &Pairs,
    edge: Edge,
    grounds: impl Fn(Pair) -> Grounds,
) -> Link {
    let Edge { from, to, kind } = edge;
    let (one, other) = (history.get(TransactionId(from)), history.get(TransactionId(to)));
    let reason = || pairs.reason(resolved, edge).expect("the edge holds for some key");
    let written = |by, key| resolved.write(by, key).expect("it wrote the key").value;
    let dependency = match kind {
        Kind::Process => Dependency::Process { process: other.process },
        Kind::RealTime => Dependency::RealTime { returned: one.returned.unwrap_or_default(), called: other.called },
        Kind::Wr => {
            let read = resolved.reads(to).iter().find(|read| read.source == from).expect("the edge is there");
            Dependency::WriteRead { key: Key(read.key), value: written(from, read.key) }
        }
        Kind::Ww => {
            let key = reason().key;
            Dependency::WriteWrite { key: Key(key), earlier: written(from, key), later: written(to, key) }
        }
        Kind::Rw | Kind::Through => {
            let key = reason().key;
            let read = resolved.reads(from).iter().find(|read| read.key == key).expect("the edge is there");
            let read = (read.source != NOBODY).then(|| written(read.source, key));
            Dependency::ReadWrite { key: Key(key), read, written: written(to, key) }
        }
    };
    let assumed = pairs.reason(resolved, edge).and_then(|reason| reason.assumed);
    let grounds = assumed.map_or(Grounds::Shown, grounds);
    Link { from: TransactionId(from), to: TransactionId(to), dependency, grounds }
}
