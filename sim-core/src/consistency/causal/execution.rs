//! The accesses of a history with what their clocks need to know.

use std::collections::BTreeMap;

use super::super::accesses::{Accesses, Entry, Source};
use super::super::graph::{Edge, Graph, Why};
use super::super::sessions::Sessions;

use crate::history::{History, OperationId};

/// A chain without writes has no column in the clocks.
const NO_COLUMN: u32 = u32::MAX;

/// Columns of a clock that are worked out in the time of one step.
const COLUMNS_A_STEP: u64 = 32;

/// Accesses, their sessions, and where the writes are.
pub(super) struct Execution<'a> {
    pub(super) entries: &'a [Entry],
    pub(super) sessions: Sessions,
    /// By chain, its column in the clocks.
    columns: Vec<u32>,
    /// By column, the writes of its chain, in order.
    writes: Vec<Vec<u32>>,
    /// By entry, how many writes come before it in its chain.
    ranks: Vec<u32>,
    /// By register, the columns that have writes to it, with their ranks.
    writers: Vec<BTreeMap<u32, Vec<u32>>>,
}

/// For each entry and each column, how many writes of that chain come before the entry, which
/// itself does not count.
pub(super) struct Clocks {
    width: usize,
    counts: Vec<u32>,
}

impl<'a> Execution<'a> {
    pub(super) fn new<K, O, R>(accesses: &'a Accesses<K>, history: &History<O, R>) -> Self {
        let entries = &accesses.entries;
        let sessions = Sessions::of(entries.iter().map(|entry| history.get(entry.id)));
        let mut execution = Self {
            entries,
            columns: vec![NO_COLUMN; sessions.chains.len()],
            sessions,
            writes: Vec::new(),
            ranks: Vec::with_capacity(entries.len()),
            writers: Vec::new(),
        };
        execution.writers.resize_with(accesses.registers.len(), BTreeMap::new);
        (0..entries.len() as u32).for_each(|number| execution.add(number));
        execution
    }

    fn add(&mut self, number: u32) {
        let entry = &self.entries[number as usize];
        let column = &mut self.columns[self.sessions.chain(number) as usize];
        if *column == NO_COLUMN && entry.writes {
            *column = self.writes.len() as u32;
            self.writes.push(Vec::new());
        }
        let own = self.writes.get_mut(*column as usize);
        let rank = own.as_ref().map_or(0, |own| own.len() as u32);
        self.ranks.push(rank);
        if entry.writes
            && let Some(own) = own
        {
            own.push(number);
            self.writers[entry.register as usize].entry(*column).or_default().push(rank);
        }
    }

    pub(super) fn entry(&self, number: u32) -> &Entry {
        &self.entries[number as usize]
    }

    pub(super) fn id(&self, number: u32) -> OperationId {
        self.entry(number).id
    }

    /// Numbers of all entries that read, in order of invocation.
    pub(super) fn reads(&self) -> impl Iterator<Item = (u32, Source)> {
        (0..)
            .zip(self.entries)
            .filter(|(_, entry)| entry.read != Source::Unsaid)
            .map(|(number, entry)| (number, entry.read))
    }

    /// The session order.
    pub(super) fn session_edges(&self) -> impl Iterator<Item = Edge> + Clone {
        let edge = |from, to| Edge { from, to, why: Why::Session };
        let pairs = self.sessions.chains.iter().flat_map(|chain| chain.windows(2));
        let within = pairs.map(move |pair| edge(pair[0], pair[1]));
        within.chain(self.sessions.across.iter().map(move |&(from, to)| edge(from, to)))
    }

    /// From writes to those who read them.
    pub(super) fn read_edges(&self) -> impl Iterator<Item = Edge> + Clone {
        (0..).zip(self.entries).filter_map(|(to, entry)| match entry.read {
            Source::Write(from) => Some(Edge { from, to, why: Why::Read }),
            Source::Unsaid | Source::Initial | Source::Nowhere => None,
        })
    }

    /// Bytes that clocks take.
    pub(super) fn clock_bytes(&self) -> u64 {
        (self.entries.len() * self.writes.len() * size_of::<u32>()) as u64
    }

    /// What working out all clocks once counts as in steps of the budget.
    pub(super) fn clock_steps(&self) -> u64 {
        let entries = self.entries.len() as u64;
        entries + entries * self.writes.len() as u64 / COLUMNS_A_STEP
    }

    /// The clocks for an order given by its direct predecessors and sorted by them.
    pub(super) fn clocks(&self, graph: &Graph, sorted: &[u32]) -> Clocks {
        let width = self.writes.len();
        let mut clocks = Clocks { width, counts: vec![0; self.entries.len() * width] };
        let mut clock = vec![0; width];
        for &number in sorted {
            clock.fill(0);
            for &(before, _) in graph.predecessors(number) {
                clock.iter_mut().zip(clocks.of(before)).for_each(|(own, other)| *own = (*own).max(*other));
                if self.entry(before).writes {
                    let own = &mut clock[self.column(before)];
                    *own = (*own).max(self.ranks[before as usize] + 1);
                }
            }
            clocks.counts[number as usize * width..][..width].copy_from_slice(&clock);
        }
        clocks
    }

    /// Whether the write comes before the other entry.
    pub(super) fn precedes(&self, clocks: &Clocks, write: u32, other: u32) -> bool {
        clocks.of(other)[self.column(write)] > self.ranks[write as usize]
    }

    /// For each chain, the last of its writes to the register of `entry` that comes before `entry`.
    pub(super) fn last_writes_before<'b>(&'b self, clocks: &'b Clocks, entry: u32) -> impl Iterator<Item = u32> + 'b {
        let clock = clocks.of(entry);
        let writers = &self.writers[self.entry(entry).register as usize];
        writers.iter().filter_map(|(column, ranks)| {
            let column = *column as usize;
            let before = ranks.partition_point(|rank| *rank < clock[column]);
            let last = ranks[before.checked_sub(1)?];
            Some(self.writes[column][last as usize])
        })
    }

    /// For each chain, the first of its writes to the register of `entry` that comes after the write
    /// `seen`, or at all if there is none.
    pub(super) fn first_writes_after<'b>(
        &'b self,
        clocks: &'b Clocks,
        seen: Option<u32>,
        entry: u32,
    ) -> impl Iterator<Item = u32> + 'b {
        let writers = &self.writers[self.entry(entry).register as usize];
        writers.iter().filter_map(move |(column, ranks)| {
            let of_chain = &self.writes[*column as usize];
            let is_earlier =
                |rank: &u32| seen.is_some_and(|seen| !self.precedes(clocks, seen, of_chain[*rank as usize]));
            let first = ranks.get(ranks.partition_point(is_earlier))?;
            Some(of_chain[*first as usize])
        })
    }

    fn column(&self, write: u32) -> usize {
        self.columns[self.sessions.chain(write) as usize] as usize
    }
}

impl Clocks {
    fn of(&self, entry: u32) -> &[u32] {
        &self.counts[entry as usize * self.width..][..self.width]
    }
}
