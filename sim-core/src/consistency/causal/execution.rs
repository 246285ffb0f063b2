//! The accesses of a history with what their clocks need to know.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::Undecided;
use super::super::accesses::{Accesses, Entry, Source};
use super::super::graph::{Edge, Graph, Why};
use super::super::sessions::Sessions;
use crate::history::{History, OperationId};

/// A chain without writes has no column in the clocks.
const NO_COLUMN: u32 = u32::MAX;

/// Columns of a clock that are kept together, and worked out in the time of one step.
const COLUMNS: usize = 16;

/// The piece of a clock that is all zero.
const ZERO: u32 = 0;

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
///
/// A clock is kept in pieces of several columns. What is the same in an entry and one of its
/// predecessors is kept once, so that chains that have come to their ends hardly count.
pub(super) struct Clocks {
    /// How many pieces a clock has.
    width: usize,
    pieces: Vec<[u32; COLUMNS]>,
    /// By entry, the numbers of its pieces.
    of_entries: Vec<u32>,
    /// Pieces from this one on belong to the entry that is being worked out alone.
    own: usize,
    /// How many pieces were worked out.
    steps: u64,
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

    /// How many registers there are.
    pub(super) fn registers(&self) -> usize {
        self.writers.len()
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
        self.sessions.pairs().map(|(from, to)| Edge { from, to, why: Why::Session })
    }

    /// From writes to those who read them.
    pub(super) fn read_edges(&self) -> impl Iterator<Item = Edge> + Clone {
        (0..).zip(self.entries).filter_map(|(to, entry)| match entry.read {
            Source::Write(from) => Some(Edge { from, to, why: Why::Read }),
            Source::Unsaid | Source::Initial | Source::Nowhere => None,
        })
    }

    /// The clocks for an order given by its direct predecessors and sorted by them. Adds to `steps`
    /// what working them out counts as in steps of the budget.
    ///
    /// # Errors
    /// If they take more than so many bytes.
    pub(super) fn clocks(
        &self,
        graph: &Graph,
        sorted: &[u32],
        limit_bytes: u64,
        steps: &mut u64,
    ) -> Result<Clocks, Undecided> {
        let mut clocks = Clocks::new(self.entries.len(), self.writes.len());
        let mut clock = vec![ZERO; clocks.width];
        for &number in sorted {
            clock.fill(ZERO);
            clocks.own = clocks.pieces.len();
            for &(before, _) in graph.predecessors(number) {
                let of_before = before as usize * clocks.width;
                for (place, own) in clock.iter_mut().enumerate() {
                    *own = clocks.merge(*own, clocks.of_entries[of_before + place]);
                }
                if self.entry(before).writes {
                    let column = self.column(before);
                    let piece = &mut clock[column / COLUMNS];
                    *piece = clocks.raise(*piece, column % COLUMNS, self.ranks[before as usize] + 1);
                }
            }
            clocks.of_entries[number as usize * clocks.width..][..clocks.width].copy_from_slice(&clock);
            if clocks.bytes() > limit_bytes {
                return Err(Undecided::OutOfMemory { limit_bytes });
            }
        }
        *steps += self.entries.len() as u64 + clocks.steps;
        Ok(clocks)
    }

    /// Whether the write comes before the other entry.
    pub(super) fn precedes(&self, clocks: &Clocks, write: u32, other: u32) -> bool {
        clocks.count(other, self.column(write)) > self.ranks[write as usize]
    }

    /// For each chain, the last of its writes to the register of `read` that comes before `read`; only
    /// of chains of which there may be one that does not come before `seen`.
    pub(super) fn last_writes_before<'b>(
        &'b self,
        clocks: &'b Clocks,
        read: u32,
        seen: Option<u32>,
    ) -> impl Iterator<Item = u32> + 'b {
        let writers = &self.writers[self.entry(read).register as usize];
        let columns = clocks.differing(read, seen).flat_map(|columns| writers.range(columns));
        columns.filter_map(move |(column, ranks)| {
            let column = *column as usize;
            let before = ranks.partition_point(|rank| *rank < clocks.count(read, column));
            let last = ranks[before.checked_sub(1)?];
            Some(self.writes[column][last as usize])
        })
    }

    /// Whether an entry comes before a write of its chain that is in such a past, or is one.
    pub(super) fn is_in_past(&self, past: &[u32], entry: u32) -> bool {
        let column = self.columns[self.sessions.chain(entry) as usize] as usize;
        past.get(column).is_some_and(|&count| self.ranks[entry as usize] < count)
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

    /// Those of the writes that come after none of the others, which are far fewer where sessions end
    /// and others begin.
    pub(super) fn first_of<'b>(&self, clocks: &Clocks, writes: &'b mut [u32]) -> &'b [u32] {
        // Mostly what was invoked first comes first.
        writes.sort_unstable();
        let mut kept = 0;
        for place in 0..writes.len() {
            let write = writes[place];
            if !writes[..kept].iter().any(|&first| self.precedes(clocks, first, write)) {
                writes[kept] = write;
                kept += 1;
            }
        }
        &writes[..kept]
    }

    fn column(&self, write: u32) -> usize {
        self.columns[self.sessions.chain(write) as usize] as usize
    }
}

impl Clocks {
    fn new(entries: usize, columns: usize) -> Self {
        let width = columns.div_ceil(COLUMNS);
        Self { width, pieces: vec![[0; COLUMNS]], of_entries: vec![ZERO; entries * width], own: 0, steps: 0 }
    }

    fn pieces(&self, entry: u32) -> &[u32] {
        &self.of_entries[entry as usize * self.width..][..self.width]
    }

    fn count(&self, entry: u32, column: usize) -> u32 {
        let piece = self.of_entries[entry as usize * self.width + column / COLUMNS];
        self.pieces[piece as usize][column % COLUMNS]
    }

    /// By column, how many writes come before all of these entries.
    pub(super) fn least(&self, mut entries: impl Iterator<Item = u32>) -> Vec<u32> {
        let Some(first) = entries.next() else {
            return Vec::new();
        };
        let mut least: Vec<[u32; COLUMNS]> =
            self.pieces(first).iter().map(|&piece| self.pieces[piece as usize]).collect();
        for entry in entries {
            let both = self.pieces(entry).iter().zip(self.pieces(first)).enumerate();
            for (place, (&piece, _)) in both.filter(|(_, (one, other))| one != other) {
                let counts = self.pieces[piece as usize];
                least[place].iter_mut().zip(counts).for_each(|(least, count)| *least = count.min(*least));
            }
        }
        least.into_flattened()
    }

    /// Columns, in ranges, of which an entry has more in its past than another.
    fn differing(&self, entry: u32, other: Option<u32>) -> impl Iterator<Item = Range<u32>> {
        let of_other = other.map(|other| self.pieces(other));
        let differs = move |(place, &piece): (usize, &u32)| piece != of_other.map_or(ZERO, |other| other[place]);
        let places = self.pieces(entry).iter().enumerate().filter(move |piece| differs(*piece)).map(|(place, _)| place);
        places.map(|place| (place * COLUMNS) as u32..((place + 1) * COLUMNS) as u32)
    }

    fn bytes(&self) -> u64 {
        (size_of_val(&self.pieces[..]) + size_of_val(&self.of_entries[..])) as u64
    }

    /// The larger of two pieces in each column.
    fn merge(&mut self, one: u32, other: u32) -> u32 {
        if one == other || other == ZERO {
            return one;
        } else if one == ZERO {
            return other;
        }
        self.steps += 1;
        let [a, b] = [one, other].map(|piece| self.pieces[piece as usize]);
        let larger: [u32; COLUMNS] = std::array::from_fn(|column| a[column].max(b[column]));
        if larger == a {
            one
        } else if larger == b {
            other
        } else {
            self.change(one, larger)
        }
    }

    /// The piece with at least so much in one column.
    fn raise(&mut self, piece: u32, column: usize, least: u32) -> u32 {
        let mut raised = self.pieces[piece as usize];
        if raised[column] >= least {
            return piece;
        }
        raised[column] = least;
        self.change(piece, raised)
    }

    /// A piece of the entry that is being worked out, instead of this one.
    fn change(&mut self, piece: u32, changed: [u32; COLUMNS]) -> u32 {
        if piece as usize >= self.own {
            self.pieces[piece as usize] = changed;
            return piece;
        }
        self.pieces.push(changed);
        (self.pieces.len() - 1) as u32
    }
}
