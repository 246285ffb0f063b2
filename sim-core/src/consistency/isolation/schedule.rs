//! An order of commits and snapshots in which every read is of the last version, if one is found quickly.
//!
//! Transactions are placed one after the other, in an order that agrees with the ways through a graph and,
//! within that, with time. No write replaces a version that somebody has still to read, and with snapshot
//! isolation nobody takes a snapshot while another is at work on what it writes. So if all can be placed,
//! all is right.
//!
//! If nothing can be placed, some are in each other's way in a circle: each is held back by one that was
//! placed before and is still to be read by somebody who waits for the next. In every right order at
//! least one of them comes before the one that holds it back. So one is made to, and all is undone from
//! there on; if that leads nowhere, another is. As those in each other's way are mostly at work at the
//! same time, little is undone.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::Certificate;
use super::cycles::{Shape, Ways};
use super::history::{TransactionHistory, TransactionId};
use super::resolve::{NOBODY, Resolved};

/// An order, right or likely to be nearly so.
pub(super) struct Scheduled {
    pub(super) certificate: Certificate,
    /// Whether every read is of the last version.
    pub(super) is_right: bool,
}

/// Schedules all transactions. `None` if the ways lead in a circle. When the budget of `steps` is spent,
/// the rest is placed in any way.
pub(super) fn schedule(
    history: &TransactionHistory,
    resolved: &Resolved,
    ways: &Ways<'_>,
    steps: &mut u64,
) -> Option<Scheduled> {
    if ways.components().any_cyclic() {
        return None;
    }
    let mut schedule = Schedule::new(history, resolved, ways);
    let mut is_right = true;
    while let Some(&(_, first)) = schedule.candidates.first() {
        *steps = steps.saturating_sub(1);
        match schedule.look_for_free(first, steps) {
            Ok(free) => schedule.place(free),
            Err(circle) if is_right && *steps > 0 && schedule.mend(&circle, steps) => {}
            Err(_) => {
                is_right = false;
                schedule.place(first);
            }
        }
    }
    Some(Scheduled { certificate: schedule.certificate(), is_right })
}

/// A version that somebody reads; the rest has no number.
type Version = u32;

const UNREAD: Version = u32::MAX;
const NOT_PLACED: u32 = u32::MAX;

struct Schedule<'a> {
    history: &'a TransactionHistory,
    resolved: &'a Resolved,
    ways: &'a Ways<'a>,
    versions: Versions,
    /// By node, how many ways into it have not been gone.
    awaited: Vec<u32>,
    /// Nodes into which all ways have been gone, soonest first.
    candidates: BTreeSet<(u64, u32)>,
    placed: Vec<u32>,
    /// By node, its place among those placed.
    places: Vec<u32>,
    /// By key, the versions written so far, and how many of the current one's readers are to come.
    current: Vec<Vec<Version>>,
    unread: Vec<u32>,
    /// By key, with snapshot isolation, who writes it and is at work.
    owners: Vec<u32>,
    /// Nodes that are made to come before others, in the order in which this was decided.
    added: Vec<(u32, u32)>,
    added_by: BTreeMap<u32, Vec<u32>>,
    added_back: BTreeMap<u32, Vec<u32>>,
    decisions: Vec<Decision>,
    /// From where ways lead into each node, and where those of each node begin.
    back: Vec<u32>,
    back_first: Vec<u32>,
}

/// Who reads what, by number.
struct Versions {
    /// By version, where its readers end.
    ends: Vec<u32>,
    readers: Vec<u32>,
    /// By transaction, the versions it reads, and those it writes by key.
    read: Vec<Vec<Version>>,
    written: BTreeMap<(u32, u32), Version>,
}

impl Versions {
    fn new(resolved: &Resolved) -> Self {
        let mut reads: Vec<(u32, u32, u32)> = resolved.all_reads().map(|(by, it)| (it.key, it.source, by)).collect();
        reads.sort_unstable();
        reads.dedup();
        let mut versions = Self {
            ends: Vec::new(),
            readers: reads.iter().map(|&(.., reader)| reader).collect(),
            read: vec![Vec::new(); resolved.transactions() as usize],
            written: BTreeMap::new(),
        };
        for of_version in reads.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let version = versions.ends.len() as u32;
            versions.written.insert((of_version[0].0, of_version[0].1), version);
            of_version.iter().for_each(|&(.., reader)| versions.read[reader as usize].push(version));
            versions.ends.push(versions.ends.last().copied().unwrap_or_default() + of_version.len() as u32);
        }
        versions
    }

    fn readers(&self, version: Version) -> &[u32] {
        let begin = version.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        &self.readers[begin as usize..self.ends[version as usize] as usize]
    }

    fn of(&self, key: u32, writer: u32) -> Version {
        self.written.get(&(key, writer)).copied().unwrap_or(UNREAD)
    }
}

/// One of several that could be made to come before another.
struct Decision {
    /// How many were, before it.
    added: usize,
    /// What has not been tried, the first to be tried last.
    others: Vec<(u32, u32)>,
}

/// What keeps a node from being placed.
#[derive(Clone, Copy)]
struct Hindrance {
    key: u32,
    /// The transaction that would have to come later.
    ahead: u32,
    /// A node that has to come first.
    awaits: u32,
}

impl<'a> Schedule<'a> {
    fn new(history: &'a TransactionHistory, resolved: &'a Resolved, ways: &'a Ways<'a>) -> Self {
        let versions = Versions::new(resolved);
        let (back_first, back) = backwards(ways);
        let awaited = back_first.windows(2).map(|of_node| of_node[1] - of_node[0]).collect();
        let unread = (0..versions.ends.len() as u32).map(|version| versions.readers(version).len() as u32).collect();
        let current = (0..history.keys() as u32).map(|key| vec![versions.of(key, NOBODY)]).collect();
        let mut schedule = Self {
            history,
            resolved,
            ways,
            versions,
            awaited,
            candidates: BTreeSet::new(),
            placed: Vec::with_capacity(ways.nodes() as usize),
            places: vec![NOT_PLACED; ways.nodes() as usize],
            current,
            unread,
            owners: vec![NOBODY; history.keys()],
            added: Vec::new(),
            added_by: BTreeMap::new(),
            added_back: BTreeMap::new(),
            decisions: Vec::new(),
            back,
            back_first,
        };
        // Who takes no effect, and a node that is none, has no place.
        for node in 0..ways.nodes() {
            let (base, is_commit) = ways.transaction(node);
            let has_place = match resolved.committed.get(base as usize) {
                Some(&is_committed) => is_committed,
                None => is_commit,
            };
            if has_place && schedule.awaited[node as usize] == 0 {
                schedule.candidates.insert((schedule.due(node), node));
            }
        }
        schedule
    }

    /// The transaction of a node, if it is one, whether it is where it reads, and whether where it writes.
    fn roles(&self, node: u32) -> Option<(u32, bool, bool)> {
        let (base, is_commit) = self.ways.transaction(node);
        let is_transaction = base < self.resolved.transactions();
        is_transaction.then_some((base, !is_commit || !self.ways.is_split(), is_commit))
    }

    fn has_owners(&self) -> bool {
        self.ways.rule.shape == Shape::Snapshot
    }

    /// When a node should have come.
    fn due(&self, node: u32) -> u64 {
        self.roles(node).map_or(0, |(transaction, _, writes)| {
            let transaction = self.history.get(TransactionId(transaction));
            if writes { transaction.returned.unwrap_or(transaction.called) } else { transaction.called }
        })
    }

    fn hindrance(&self, node: u32) -> Option<Hindrance> {
        let (transaction, reads, writes) = self.roles(node)?;
        let keys = self.resolved.writes(transaction).iter().map(|write| write.key);
        let owned = keys.clone().filter(|_| reads && self.has_owners()).find_map(|key| {
            let owner = self.owners[key as usize];
            (owner != NOBODY).then(|| Hindrance { key, ahead: owner, awaits: self.ways.commit(owner) })
        });
        let unread = keys.filter(|_| writes).find_map(|key| {
            let version = *self.current[key as usize].last().expect("the first is never undone");
            if version == UNREAD || self.unread[version as usize] == 0 {
                return None;
            }
            let readers = self.versions.readers(version).iter().copied().filter(|&reader| reader != transaction);
            let awaits = readers.map(|it| self.ways.snapshot(it)).find(|&it| self.places[it as usize] == NOT_PLACED)?;
            Some(Hindrance { key, ahead: NOBODY, awaits })
        });
        owned.or(unread)
    }

    fn place(&mut self, node: u32) {
        self.candidates.remove(&(self.due(node), node));
        self.places[node as usize] = self.placed.len() as u32;
        self.placed.push(node);
        if let Some((transaction, reads, writes)) = self.roles(node) {
            if reads {
                self.versions.read[transaction as usize].iter().for_each(|&version| self.unread[version as usize] -= 1);
            }
            for write in self.resolved.writes(transaction) {
                if writes {
                    self.current[write.key as usize].push(self.versions.of(write.key, transaction));
                }
                self.owners[write.key as usize] = if writes { NOBODY } else { transaction };
            }
        }
        for next in self.successors(node) {
            self.awaited[next as usize] -= 1;
            if self.awaited[next as usize] == 0 {
                self.candidates.insert((self.due(next), next));
            }
        }
    }

    /// Takes back the last that was placed.
    fn undo(&mut self) {
        let node = self.placed.pop().expect("something was placed");
        self.places[node as usize] = NOT_PLACED;
        for next in self.successors(node) {
            if self.awaited[next as usize] == 0 {
                self.candidates.remove(&(self.due(next), next));
            }
            self.awaited[next as usize] += 1;
        }
        if let Some((transaction, reads, writes)) = self.roles(node) {
            if reads {
                self.versions.read[transaction as usize].iter().for_each(|&version| self.unread[version as usize] += 1);
            }
            for write in self.resolved.writes(transaction) {
                if writes {
                    self.current[write.key as usize].pop();
                }
                let is_at_work = writes && self.has_owners();
                self.owners[write.key as usize] = if is_at_work { transaction } else { NOBODY };
            }
        }
        self.candidates.insert((self.due(node), node));
    }

    fn successors(&self, node: u32) -> Vec<u32> {
        self.ways.successors(node).chain(self.added_by.get(&node).into_iter().flatten().copied()).collect()
    }

    /// From where ways lead into `node`.
    fn predecessors(&self, node: u32) -> impl Iterator<Item = u32> {
        let of_ways = &self.back[self.back_first[node as usize] as usize..self.back_first[node as usize + 1] as usize];
        of_ways.iter().chain(self.added_back.get(&node).into_iter().flatten()).copied()
    }

    /// A node that can be placed: `wanted`, or what it waits for before it can.
    ///
    /// # Errors
    /// Nodes each of which is held back by something that waits for the next, and the last for the first.
    fn look_for_free(&self, wanted: u32, steps: &mut u64) -> Result<u32, Vec<(u32, Hindrance)>> {
        let mut held: Vec<(u32, Hindrance)> = Vec::new();
        let mut node = wanted;
        while let Some(hindrance) = self.hindrance(node) {
            *steps = steps.saturating_sub(1);
            if let Some(begin) = held.iter().position(|&(other, _)| other == node) {
                return Err(held.split_off(begin));
            }
            held.push((node, hindrance));
            node = self.first_awaited(hindrance.awaits);
        }
        Ok(node)
    }

    /// Makes one node of a circle come before what holds it back. Says whether there was one left to try.
    fn mend(&mut self, circle: &[(u32, Hindrance)], steps: &mut u64) -> bool {
        let pair = |&(node, hindrance): &(u32, Hindrance)| {
            let (transaction, ..) = self.roles(node)?;
            let ahead = self.ahead(hindrance)?;
            // With snapshot isolation, what replaces a version begins after it was committed.
            let later = if self.has_owners() { self.ways.snapshot(ahead) } else { self.ways.commit(ahead) };
            Some((self.ways.commit(transaction), later))
        };
        let mut others: Vec<(u32, u32)> = circle.iter().filter_map(pair).collect();
        others.sort_unstable_by_key(|&(_, later)| self.places[later as usize]);
        self.decisions.push(Decision { added: self.added.len(), others });
        while let Some(decision) = self.decisions.last_mut() {
            let added = decision.added;
            let next = decision.others.pop();
            while self.added.len() > added {
                self.forget();
            }
            let Some((first, later)) = next else {
                self.decisions.pop();
                continue;
            };
            *steps = steps.saturating_sub(1);
            if !self.leads_to(later, first, steps) {
                *steps = steps.saturating_sub(self.put_before(first, later));
                return true;
            }
        }
        false
    }

    /// The transaction that wrote too early, or took its snapshot too early, and so holds another back.
    fn ahead(&self, hindrance: Hindrance) -> Option<u32> {
        if hindrance.ahead != NOBODY {
            return Some(hindrance.ahead);
        }
        let current = *self.current[hindrance.key as usize].last()?;
        let (reader, ..) = self.roles(hindrance.awaits)?;
        let read = self
            .resolved
            .reads(reader)
            .iter()
            .find(|read| read.key == hindrance.key && self.versions.of(read.key, read.source) == current);
        read.map(|read| read.source).filter(|&source| source != NOBODY)
    }

    /// A node that may come next and that `node` waits for.
    fn first_awaited(&self, mut node: u32) -> u32 {
        while self.awaited[node as usize] > 0 {
            let left = self.predecessors(node).find(|&before| self.places[before as usize] == NOT_PLACED);
            node = left.expect("it waits for one that has not been placed");
        }
        node
    }

    /// Whether ways lead from one node to another.
    fn leads_to(&self, from: u32, to: u32, steps: &mut u64) -> bool {
        // Nothing that was placed before `from` comes after it.
        let since = self.places[from as usize];
        let mut seen = BTreeSet::new();
        let mut to_visit = vec![to];
        while let Some(node) = to_visit.pop() {
            if node == from {
                return true;
            }
            *steps = steps.saturating_sub(1);
            to_visit.extend(self.predecessors(node).filter(|&it| self.places[it as usize] >= since && seen.insert(it)));
        }
        false
    }

    /// Makes `later` come after `first`. Returns how much was undone.
    fn put_before(&mut self, first: u32, later: u32) -> u64 {
        let mut undone = 0;
        let place = |schedule: &Self, node: u32| schedule.places[node as usize];
        while place(self, later) != NOT_PLACED && place(self, first) > place(self, later) {
            self.undo();
            undone += 1;
        }
        if place(self, first) == NOT_PLACED {
            self.candidates.remove(&(self.due(later), later));
            self.awaited[later as usize] += 1;
        }
        self.added.push((first, later));
        self.added_by.entry(first).or_default().push(later);
        self.added_back.entry(later).or_default().push(first);
        undone
    }

    /// Takes back the last that was made to come before another.
    fn forget(&mut self) {
        let (first, later) = self.added.pop().expect("there is one");
        let forget = |by: &mut BTreeMap<u32, Vec<u32>>, one: u32| by.get_mut(&one).map(Vec::pop);
        forget(&mut self.added_by, first);
        forget(&mut self.added_back, later);
        if self.places[first as usize] == NOT_PLACED {
            self.awaited[later as usize] -= 1;
            if self.awaited[later as usize] == 0 {
                self.candidates.insert((self.due(later), later));
            }
        }
    }

    fn certificate(&self) -> Certificate {
        let mut certificate = Certificate { order: Vec::new(), snapshots: Vec::new() };
        let mut snapshots = vec![0; self.resolved.transactions() as usize];
        for (transaction, reads, writes) in self.placed.iter().filter_map(|&node| self.roles(node)) {
            if reads {
                snapshots[transaction as usize] = certificate.order.len() as u32;
            }
            if writes && self.resolved.committed[transaction as usize] {
                certificate.order.push(TransactionId(transaction));
                certificate.snapshots.push(snapshots[transaction as usize]);
            }
        }
        certificate
    }
}

/// Where the ways into each node begin, and from where they lead, one node after the other.
fn backwards(ways: &Ways<'_>) -> (Vec<u32>, Vec<u32>) {
    let nodes = ways.nodes() as usize;
    let mut first = vec![0; nodes + 1];
    (0..ways.nodes()).flat_map(|from| ways.successors(from)).for_each(|to| first[to as usize + 1] += 1);
    (0..nodes).for_each(|to| first[to + 1] += first[to]);
    let mut all = vec![0; first[nodes] as usize];
    let mut free = first.clone();
    for from in 0..ways.nodes() {
        for to in ways.successors(from) {
            all[free[to as usize] as usize] = from;
            free[to as usize] += 1;
        }
    }
    (first, all)
}
