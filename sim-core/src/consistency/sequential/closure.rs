//! What follows for a few accesses from what each of them read, as long as all of it is to fit into
//! one order.
//!
//! An order of some accesses, closed transitively and under two rules, for a read that saw one write,
//! and another write to the same register: if the other comes before the read, it comes before the
//! write seen; if it comes after the write seen, it comes after the read.

use super::super::graph::{Edge, Why};

/// An access, whose source is among the same accesses.
pub(super) struct Node {
    /// Its number in the history.
    pub(super) entry: u32,
    pub(super) register: u32,
    pub(super) writes: bool,
    pub(super) reads: Seen,
}

/// What an access read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    Nothing,
    /// What its register held before all of these accesses.
    Before,
    /// What this one of them wrote.
    Write(u32),
}

/// Two accesses cannot be put in order.
pub(super) struct Contradiction;

/// The order so far. Accesses go by their places in the list given.
pub(super) struct Closure {
    nodes: Vec<Node>,
    /// By access, those that read what it wrote.
    readers: Vec<Vec<u32>>,
    /// Words in a set of accesses.
    width: usize,
    /// By access, the set of those after it, and then of those before it.
    sets: [Vec<u64>; 2],
    /// Words of sets before they were changed, while [pairs are tried](Self::try_before).
    trail: Vec<Change>,
    is_trial: bool,
    /// Pairs that were put in order for good and did not follow from others by transitivity alone.
    pairs: Vec<Pair>,
    to_add: Vec<Pair>,
    work: u64,
}

#[derive(Clone, Copy)]
struct Pair {
    from: u32,
    to: u32,
    why: Why,
}

struct Change {
    kind: usize,
    place: usize,
    word: u64,
}

/// Which set of an access.
const AFTER: usize = 0;
const BEFORE: usize = 1;

/// Bytes that so many accesses take.
pub(super) const fn bytes(accesses: usize) -> u64 {
    2 * (accesses.div_ceil(64) * 8 * accesses) as u64
}

impl Closure {
    /// Accesses, of which nothing is known but what each read.
    pub(super) fn new(nodes: Vec<Node>) -> Self {
        let width = nodes.len().div_ceil(64);
        let mut readers = vec![Vec::new(); nodes.len()];
        for (number, node) in (0..).zip(&nodes) {
            if let Seen::Write(write) = node.reads {
                readers[write as usize].push(number);
            }
        }
        let sets = [vec![0; width * nodes.len()], vec![0; width * nodes.len()]];
        Self {
            nodes,
            readers,
            width,
            sets,
            trail: Vec::new(),
            is_trial: false,
            pairs: Vec::new(),
            to_add: Vec::new(),
            work: 0,
        }
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The accesses that read what this one wrote.
    pub(super) fn readers(&self, access: u32) -> &[u32] {
        &self.readers[access as usize]
    }

    /// Takes in what each read says by itself.
    pub(super) fn add_reads(&mut self) -> Result<(), Contradiction> {
        let mut writes: Vec<(u32, u32)> = (0..)
            .zip(&self.nodes)
            .filter(|(_, node)| node.writes)
            .map(|(number, node)| (node.register, number))
            .collect();
        writes.sort_unstable();
        for number in 0..self.nodes.len() as u32 {
            let Node { register, reads, .. } = self.nodes[number as usize];
            match reads {
                Seen::Nothing => {}
                Seen::Write(from) => self.add(from, number, Why::Read)?,
                Seen::Before => {
                    let first = writes.partition_point(|&(other, _)| other < register);
                    let same = writes[first..].iter().take_while(|&&(other, _)| other == register);
                    for &(_, to) in same.filter(|&&(_, write)| write != number) {
                        self.add(number, to, Why::Replaced)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Puts one access before another, with all that follows.
    pub(super) fn add(&mut self, from: u32, to: u32, why: Why) -> Result<(), Contradiction> {
        self.to_add.push(Pair { from, to, why });
        while let Some(pair) = self.to_add.pop() {
            if self.is_before(pair.from, pair.to) {
                continue;
            }
            if !self.is_trial {
                self.pairs.push(pair);
            }
            if pair.from == pair.to || self.is_before(pair.to, pair.from) {
                self.to_add.clear();
                return Err(Contradiction);
            }
            self.close(pair.from, pair.to);
        }
        Ok(())
    }

    /// Whether one access comes before another.
    pub(super) fn is_before(&self, one: u32, other: u32) -> bool {
        self.sets[AFTER][self.place(one, other)] & bit(other) != 0
    }

    /// Whether all accesses before this one are outside of the set.
    pub(super) fn is_first(&self, access: u32, set: &[u64]) -> bool {
        let before = &self.sets[BEFORE][access as usize * self.width..][..self.width];
        before.iter().zip(set).all(|(before, set)| before & set == 0)
    }

    /// Puts one access before others, or, if that leads to a contradiction, changes nothing.
    pub(super) fn try_before(&mut self, one: u32, others: &[u32]) -> Result<(), Contradiction> {
        self.is_trial = true;
        // Nobody asks for the reasons of what is tried.
        let result = others.iter().try_for_each(|&other| self.add(one, other, Why::Replaced));
        self.is_trial = false;
        if result.is_err() {
            for Change { kind, place, word } in self.trail.drain(..).rev() {
                self.sets[kind][place] = word;
            }
        }
        self.trail.clear();
        result
    }

    /// The pairs added, with what followed by more than transitivity, of numbers in the history.
    pub(super) fn edges(&self) -> Vec<Edge> {
        let entry = |access: u32| self.nodes[access as usize].entry;
        let why = |why| if let Why::Seen(read) = why { Why::Seen(entry(read)) } else { why };
        let edge = |pair: &Pair| Edge { from: entry(pair.from), to: entry(pair.to), why: why(pair.why) };
        self.pairs.iter().map(edge).collect()
    }

    /// Pairs of accesses put in order so far.
    pub(super) fn work(&self) -> u64 {
        self.work
    }

    /// Puts all before the first pair's `from` before all after its `to`.
    fn close(&mut self, from: u32, to: u32) {
        let mut later = self.sets[AFTER][to as usize * self.width..][..self.width].to_vec();
        later[to as usize / 64] |= bit(to);
        for at in 0..self.width {
            let mut earlier = self.sets[BEFORE][from as usize * self.width + at];
            if at == from as usize / 64 {
                earlier |= bit(from);
            }
            earlier &= !self.sets[BEFORE][to as usize * self.width + at];
            for one in bits(at, earlier) {
                for (at, later) in later.iter().enumerate() {
                    let place = one as usize * self.width + at;
                    let new = later & !self.sets[AFTER][place];
                    if new != 0 {
                        self.set(AFTER, place, new);
                        bits(at, new).for_each(|other| self.put(one, other));
                    }
                }
            }
        }
    }

    /// Notes that one access comes before another, from its side, and what follows by the rules.
    fn put(&mut self, one: u32, other: u32) {
        self.work += 1;
        self.set(BEFORE, self.place(other, one), bit(one));
        let [first, second] = [one, other].map(|access| &self.nodes[access as usize]);
        if !first.writes || first.register != second.register {
            return;
        }
        if let Seen::Write(seen) = second.reads
            && seen != one
        {
            self.to_add.push(Pair { from: one, to: seen, why: Why::Seen(other) });
        }
        if second.writes {
            let others = self.readers[one as usize].iter().filter(|&&read| read != other);
            self.to_add.extend(others.map(|&from| Pair { from, to: other, why: Why::Replaced }));
        }
    }

    fn set(&mut self, kind: usize, place: usize, bits: u64) {
        let word = &mut self.sets[kind][place];
        if self.is_trial {
            self.trail.push(Change { kind, place, word: *word });
        }
        *word |= bits;
    }

    fn place(&self, set: u32, access: u32) -> usize {
        set as usize * self.width + access as usize / 64
    }
}

const fn bit(access: u32) -> u64 {
    1 << (access % 64)
}

/// The accesses in one word of a set.
fn bits(at: usize, mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let lowest = (word != 0).then(|| word.trailing_zeros())?;
        word &= word - 1;
        Some(at as u32 * 64 + lowest)
    })
}
