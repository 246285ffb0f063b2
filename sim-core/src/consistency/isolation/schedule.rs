//! An order of commits that is likely to be right where reads tell little about the order of writes.
//!
//! It agrees with the ways through a graph, and within that goes by time, except that no write replaces a
//! version that somebody has still to read, as long as there is anything else to do.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::cycles::Ways;
use super::history::{TransactionHistory, TransactionId};
use super::resolve::{NOBODY, Resolved};

/// The place of each transaction in an order of commits; `None` if the ways lead in a circle.
pub(super) fn schedule(history: &TransactionHistory, resolved: &Resolved, ways: &Ways<'_>) -> Option<Vec<u32>> {
    let mut schedule = Schedule::new(history, resolved, ways);
    let mut left = ways.nodes();
    while let Some(node) = schedule.next() {
        schedule.place(node);
        left -= 1;
    }
    (left == 0).then_some(schedule.places)
}

struct Schedule<'a> {
    history: &'a TransactionHistory,
    resolved: &'a Resolved,
    ways: &'a Ways<'a>,
    /// By node, how many ways into it have not been gone.
    awaited: Vec<u32>,
    /// Nodes that may come next, soonest first.
    ready: BinaryHeap<Reverse<(u64, u32)>>,
    /// Those of them that would replace what is still to be read, by when, and by key.
    held: BTreeSet<(u64, u32)>,
    held_by: BTreeMap<u32, Vec<u32>>,
    /// By key, who wrote its last version.
    current: Vec<u32>,
    /// By version, how many transactions have still to read it.
    readers: BTreeMap<(u32, u32), u32>,
    places: Vec<u32>,
    placed: u32,
}

impl<'a> Schedule<'a> {
    fn new(history: &'a TransactionHistory, resolved: &'a Resolved, ways: &'a Ways<'a>) -> Self {
        let mut awaited = vec![0; ways.nodes() as usize];
        for node in 0..ways.nodes() {
            ways.successors(node).for_each(|next| awaited[next as usize] += 1);
        }
        let mut readers = BTreeMap::new();
        resolved.all_reads().for_each(|(_, read)| *readers.entry((read.key, read.source)).or_default() += 1);
        let mut schedule = Self {
            history,
            resolved,
            ways,
            awaited,
            ready: BinaryHeap::new(),
            held: BTreeSet::new(),
            held_by: BTreeMap::new(),
            current: vec![NOBODY; history.keys()],
            readers,
            places: vec![0; history.len()],
            placed: 0,
        };
        for node in 0..ways.nodes() {
            if schedule.awaited[node as usize] == 0 {
                schedule.offer(node);
            }
        }
        schedule
    }

    /// Until when a node should have come.
    fn due(&self, node: u32) -> u64 {
        let (base, _) = self.ways.transaction(node);
        if base >= self.resolved.transactions() {
            return 0;
        }
        let transaction = self.history.get(TransactionId(base));
        transaction.returned.unwrap_or(transaction.called)
    }

    fn offer(&mut self, node: u32) {
        self.ready.push(Reverse((self.due(node), node)));
    }

    fn next(&mut self) -> Option<u32> {
        while let Some(Reverse((due, node))) = self.ready.pop() {
            let Some(key) = self.replaces_unread(node) else {
                return Some(node);
            };
            self.held.insert((due, node));
            self.held_by.entry(key).or_default().push(node);
        }
        self.held.pop_first().map(|(_, node)| node)
    }

    /// A key of which the node would replace a version that others have still to read.
    fn replaces_unread(&self, node: u32) -> Option<u32> {
        let (base, is_commit) = self.ways.transaction(node);
        if !is_commit || base >= self.resolved.transactions() {
            return None;
        }
        let reads_itself = |key, source| {
            let reads = self.resolved.reads(base).iter().any(|read| (read.key, read.source) == (key, source));
            u32::from(reads && !self.ways.is_split())
        };
        self.resolved.writes(base).iter().map(|write| write.key).find(|&key| {
            let source = self.current[key as usize];
            self.readers.get(&(key, source)).is_some_and(|&left| left > reads_itself(key, source))
        })
    }

    fn place(&mut self, node: u32) {
        let (base, is_commit) = self.ways.transaction(node);
        if base < self.resolved.transactions() {
            if !is_commit || !self.ways.is_split() {
                self.read(base);
            }
            if is_commit {
                self.places[base as usize] = self.placed;
                self.placed += 1;
                self.resolved.writes(base).iter().for_each(|write| self.current[write.key as usize] = base);
            }
        }
        let ways = self.ways;
        for next in ways.successors(node) {
            self.awaited[next as usize] -= 1;
            if self.awaited[next as usize] == 0 {
                self.offer(next);
            }
        }
    }

    fn read(&mut self, reader: u32) {
        let resolved = self.resolved;
        for read in resolved.reads(reader) {
            let left = self.readers.entry((read.key, read.source)).or_default();
            *left = left.saturating_sub(1);
            for node in self.held_by.remove(&read.key).into_iter().flatten() {
                let due = self.due(node);
                if self.held.remove(&(due, node)) {
                    self.ready.push(Reverse((due, node)));
                }
            }
        }
    }
}
