//! One order of all accesses, found window by window.
//!
//! What can be placed next is taken from a window of accesses, the first by invocation that are not
//! in place, of which the [`Closure`] is known. Reads of what a window writes count even if they come
//! after it, but are not placed. Other reads are placed as soon as they can be. Of writes that can be
//! placed, that one is tried first that was seen or returned first, and last those that later reads
//! would keep others waiting for. A write that is in no order yet with another to its register is put
//! before it, with all that follows; one that this contradicts has to wait. When half of a window is
//! in place the next one begins.
//!
//! An order found is one. If nothing can be placed, the accesses around are closed once more, with
//! nothing taken for granted. A contradiction among a few accesses is one among all, as long as what
//! they read was written by one of them: an order of all accesses is an order of these. Otherwise
//! what was placed may have been placed wrongly, and the last of it is taken back and placed anew with
//! a larger window.
//!
//! Lags and concurrency of real systems are small against their histories, so windows are mostly as
//! good as the whole, and they cost time in proportion to it and hardly any memory.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Budget;
use super::super::accesses::{Accesses, Entry, Source};
use super::super::graph::{Edge, Graph, Path, Why};
use super::super::sessions::Sessions;
use super::closure::{Closure, Contradiction, Node, Seen, bytes};
use crate::history::History;

/// Accesses in the windows that are tried first.
pub(super) const WINDOW: usize = 1024;

/// How many times as many are closed around a place where nothing goes on.
const AROUND: usize = 2;

/// How far ahead of a window reads of what it writes are looked for, as many times its accesses.
const OUTLOOK: usize = 4;

/// Pairs of accesses that are put in order in the time of one step.
const PAIRS_A_STEP: u64 = 32;

/// No place in a window.
const NONE: u32 = u32::MAX;

/// What came of looking for an order.
pub(super) enum Outcome {
    /// There is one.
    Order,
    /// There is none, as these entries come before one another.
    Cycle(Path),
    /// Neither was found in windows of the sizes that the budget allows.
    Open,
}

/// Looks for an order of accesses in which each read sees what it saw, in windows of so many at
/// first.
pub(super) fn find_order<K, O, R>(
    accesses: &Accesses<K>,
    history: &History<O, R>,
    window: usize,
    budget: Budget,
) -> Outcome {
    let asked = Asked::new(accesses, history);
    let mut schedule = Schedule::new(&asked);
    let mut size = window;
    // Where nothing went on.
    let mut obstacle = 0;
    while schedule.steps < budget.steps {
        if schedule.go_on(size) {
            if schedule.is_complete() {
                return Outcome::Order;
            }
            if schedule.order.len() > obstacle {
                size = window;
            }
            continue;
        }
        let nodes = asked.around(&schedule, AROUND * size);
        if bytes(nodes.len()) > budget.bytes {
            break;
        }
        if let Some(cycle) = asked.refute(nodes, &mut schedule.steps) {
            return Outcome::Cycle(cycle);
        }
        if size >= accesses.entries.len() {
            break;
        }
        size *= 2;
        obstacle = obstacle.max(schedule.order.len());
        schedule.take_back_to(obstacle.saturating_sub(size / 4));
    }
    Outcome::Open
}

/// What an order is asked for.
struct Asked<'a> {
    entries: &'a [Entry],
    registers: usize,
    sessions: Sessions,
    /// The session order.
    session_order: Graph,
    /// By entry, the first return of one that saw it, or of itself.
    seen_at: Vec<u64>,
}

/// An order that is being made.
struct Schedule<'a> {
    asked: &'a Asked<'a>,
    order: Vec<Placed>,
    /// Entries before this one are in place, or left.
    next: u32,
    left: Vec<u32>,
    /// By entry.
    is_placed: Vec<bool>,
    /// By register, the number of the value it holds.
    holds: Vec<u32>,
    /// How many reads of each value are still to be placed: of what each entry wrote, by its number,
    /// and after them of the initial value of each register.
    unread: Vec<u32>,
    /// By entry, its place in the window that is being made.
    places: Vec<u32>,
    /// What it has cost, in steps of the budget.
    steps: u64,
}

/// An entry in place, and what the register that it wrote held before.
struct Placed {
    entry: u32,
    held: u32,
}

/// Accesses among which the next are chosen.
struct Window {
    closure: Closure,
    /// How many may be placed. Those after them only tell what follows from placing others.
    own: u32,
    /// Those not in place.
    left: Vec<u64>,
    /// Those of each chain, and how many of them are in place.
    chains: Vec<(Vec<u32>, usize)>,
    /// The writes to each register.
    writes: BTreeMap<u32, Vec<u32>>,
}

impl<'a> Asked<'a> {
    fn new<K, O, R>(accesses: &'a Accesses<K>, history: &History<O, R>) -> Self {
        let entries = &accesses.entries;
        let sessions = Sessions::of(entries.iter().map(|entry| history.get(entry.id)));
        let edges = sessions.pairs().map(|(from, to)| Edge { from, to, why: Why::Session });
        let session_order = Graph::new(entries.len(), edges);
        let returned = |entry: &Entry| history.get(entry.id).returned().map_or(u64::MAX, |at| at.order);
        let mut seen_at: Vec<u64> = entries.iter().map(returned).collect();
        for entry in entries {
            if let Source::Write(write) = entry.read {
                let first = &mut seen_at[write as usize];
                *first = returned(entry).min(*first);
            }
        }
        Self { entries, registers: accesses.registers.len(), sessions, session_order, seen_at }
    }

    fn entry(&self, number: u32) -> &Entry {
        &self.entries[number as usize]
    }

    /// The number of the value that an entry read.
    fn value_read(&self, number: u32) -> Option<u32> {
        match self.entry(number).read {
            Source::Write(write) => Some(write),
            Source::Initial => Some(self.entries.len() as u32 + self.entry(number).register),
            Source::Unsaid | Source::Nowhere => None,
        }
    }

    /// So many accesses around the end of an unfinished order, with the writes that they saw.
    fn around(&self, schedule: &Schedule<'_>, size: usize) -> Vec<Node> {
        let before = schedule.order.iter().rev().take(size / 2).map(|placed| placed.entry);
        let after = (0..self.entries.len() as u32).filter(|&entry| !schedule.is_placed[entry as usize]);
        let mut members: Vec<u32> = before.chain(after.take(size / 2)).collect();
        members.sort_unstable();
        let seen = members.iter().filter_map(|&member| match self.entry(member).read {
            Source::Write(write) => Some(write),
            Source::Unsaid | Source::Initial | Source::Nowhere => None,
        });
        let mut all: Vec<u32> = seen.chain(members.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        let place = |entry: u32| all.partition_point(|&other| other < entry) as u32;
        let node = |&entry: &u32| {
            let Entry { register, writes, read, .. } = *self.entry(entry);
            let reads = match read {
                _ if members.binary_search(&entry).is_err() => Seen::Nothing,
                Source::Write(write) => Seen::Write(place(write)),
                Source::Initial => Seen::Before,
                Source::Unsaid | Source::Nowhere => Seen::Nothing,
            };
            Node { entry, register, writes, reads }
        };
        all.iter().map(node).collect()
    }

    /// A cycle that keeps some accesses, and so all, from having an order.
    fn refute(&self, nodes: Vec<Node>, steps: &mut u64) -> Option<Path> {
        let mut closure = Closure::new(nodes);
        let result = self.close_sessions(&mut closure).and_then(|()| closure.add_reads());
        *steps += 1 + closure.work() / PAIRS_A_STEP;
        result.err()?;
        Graph::new(self.entries.len(), closure.edges().into_iter()).sorted().err()
    }

    /// Puts accesses of one session in order, as far as nothing in between is missing.
    fn close_sessions(&self, closure: &mut Closure) -> Result<(), Contradiction> {
        let mut places = BTreeMap::new();
        let mut last_of_chains = BTreeMap::new();
        for place in 0..closure.nodes().len() as u32 {
            let entry = closure.nodes()[place as usize].entry;
            places.insert(entry, place);
            if let Some(last) = last_of_chains.insert(self.sessions.chain(entry), place) {
                closure.add(last, place, Why::Session)?;
            }
            for &(before, _) in self.session_order.predecessors(entry) {
                if let Some(&before) = places.get(&before) {
                    closure.add(before, place, Why::Session)?;
                }
            }
        }
        Ok(())
    }
}

impl<'a> Schedule<'a> {
    fn new(asked: &'a Asked<'a>) -> Self {
        let entries = asked.entries.len();
        let mut unread = vec![0; entries + asked.registers];
        (0..entries as u32).filter_map(|entry| asked.value_read(entry)).for_each(|value| unread[value as usize] += 1);
        Self {
            asked,
            order: Vec::with_capacity(entries),
            next: 0,
            left: Vec::new(),
            is_placed: vec![false; entries],
            holds: (entries as u32..).take(asked.registers).collect(),
            unread,
            places: vec![NONE; entries],
            steps: 0,
        }
    }

    fn is_complete(&self) -> bool {
        self.order.len() == self.asked.entries.len()
    }

    /// Places some accesses, chosen from so many. Whether any could be.
    fn go_on(&mut self, size: usize) -> bool {
        self.left.retain(|&entry| !self.is_placed[entry as usize]);
        let end = self.asked.entries.len() as u32;
        let taken = self.next..end.min(self.next + size.saturating_sub(self.left.len()) as u32);
        self.next = taken.end;
        self.left.extend(taken);
        let goal = if self.next == end { self.left.len() } else { (size / 2).max(1) };
        let placed = self.order.len();
        if let Some(mut window) = self.window() {
            while self.order.len() < placed + goal && self.place_next(&mut window) {}
            self.steps += window.closure.work() / PAIRS_A_STEP;
        }
        self.steps += 1;
        self.order.len() > placed || self.is_complete()
    }

    /// Takes back what was placed last, down to so many.
    fn take_back_to(&mut self, length: usize) {
        while self.order.len() > length
            && let Some(Placed { entry: number, held }) = self.order.pop()
        {
            if let Some(value) = self.asked.value_read(number) {
                self.unread[value as usize] += 1;
            }
            let entry = self.asked.entry(number);
            if entry.writes {
                self.holds[entry.register as usize] = held;
            }
            self.is_placed[number as usize] = false;
            self.left.push(number);
        }
        self.left.sort_unstable();
        self.left.dedup();
    }

    /// The window of those accesses left before which nothing outside of it has to be placed.
    fn window(&mut self) -> Option<Window> {
        let asked = self.asked;
        let mut inside = self.left.clone();
        loop {
            inside.iter().for_each(|&entry| self.places[entry as usize] = 0);
            let is_there = |entry: u32| self.is_placed[entry as usize] || self.places[entry as usize] != NONE;
            let is_complete = |entry: u32| {
                let mut before = asked.session_order.predecessors(entry).iter();
                let seen = if let Source::Write(write) = asked.entry(entry).read { Some(write) } else { None };
                before.all(|&(before, _)| is_there(before)) && seen.is_none_or(is_there)
            };
            let complete: Vec<u32> = inside.iter().copied().filter(|&entry| is_complete(entry)).collect();
            inside.iter().for_each(|&entry| self.places[entry as usize] = NONE);
            if complete.len() == inside.len() {
                break;
            }
            inside = complete;
        }
        let own = inside.len();
        (0..).zip(&inside).for_each(|(place, &entry)| self.places[entry as usize] = place);
        self.add_outlook(&mut inside);
        let nodes = inside.iter().map(|&entry| self.node(entry)).collect();
        inside.iter().for_each(|&entry| self.places[entry as usize] = NONE);
        let mut closure = Closure::new(nodes);
        asked.close_sessions(&mut closure).and_then(|()| closure.add_reads()).ok()?;
        let mut chains = BTreeMap::<u32, (Vec<u32>, usize)>::new();
        let mut writes = BTreeMap::<u32, Vec<u32>>::new();
        let mut left = vec![0; inside.len().div_ceil(64)];
        for (place, &entry) in (0..).zip(&inside) {
            if (place as usize) < own {
                chains.entry(asked.sessions.chain(entry)).or_default().0.push(place);
            }
            left[place as usize / 64] |= 1 << (place % 64);
            if asked.entry(entry).writes {
                writes.entry(asked.entry(entry).register).or_default().push(place);
            }
        }
        Some(Window { closure, own: own as u32, left, chains: chains.into_values().collect(), writes })
    }

    /// Adds to a window some later accesses that read what was written in it, or what registers hold
    /// that are written in it.
    fn add_outlook(&mut self, inside: &mut Vec<u32>) {
        let asked = self.asked;
        let own = inside.len();
        let writes = inside.iter().map(|&entry| asked.entry(entry)).filter(|entry| entry.writes);
        let written: BTreeSet<u32> = writes.map(|entry| entry.register).collect();
        let end = (self.next as usize + OUTLOOK * own).min(asked.entries.len()) as u32;
        for entry in self.left.iter().copied().chain(self.next..end) {
            if inside.len() >= own + own / 2 {
                break;
            }
            let Entry { register, read, .. } = *asked.entry(entry);
            let is_seen_here = match read {
                Source::Write(write) if !self.is_placed[write as usize] => self.places[write as usize] != NONE,
                Source::Write(_) | Source::Initial => written.contains(&register),
                Source::Unsaid | Source::Nowhere => false,
            };
            if is_seen_here && self.places[entry as usize] == NONE {
                self.places[entry as usize] = inside.len() as u32;
                inside.push(entry);
            }
        }
    }

    fn node(&self, entry: u32) -> Node {
        let Entry { register, writes, read, .. } = *self.asked.entry(entry);
        let reads = match read {
            Source::Write(write) if !self.is_placed[write as usize] => Seen::Write(self.places[write as usize]),
            Source::Write(_) | Source::Initial => Seen::Before,
            Source::Unsaid | Source::Nowhere => Seen::Nothing,
        };
        Node { entry, register, writes, reads }
    }

    /// Places all reads that can be, or else one write. Whether there was any.
    fn place_next(&mut self, window: &mut Window) -> bool {
        let mut is_changed = false;
        let mut writes = Vec::new();
        for chain in 0..window.chains.len() {
            while let Some(place) = window.head(chain)
                && window.closure.is_first(place, &window.left)
                && self.is_right(window.entry(place))
            {
                let entry = window.entry(place);
                if self.asked.entry(entry).writes {
                    let readers = window.closure.readers(place).iter().filter(|&&reader| reader < window.own);
                    let has_to_last = self.unread[entry as usize] as usize > readers.count();
                    let would_bar = has_to_last && !self.rivals(window, place).is_empty();
                    writes.push((would_bar, self.asked.seen_at[entry as usize], place, chain));
                    break;
                }
                self.place(window, place, chain);
                is_changed = true;
            }
        }
        if is_changed {
            return true;
        }
        writes.sort_unstable();
        let mut put_first = |place: u32| {
            let rivals = self.rivals(window, place);
            window.closure.try_before(place, &rivals).is_ok()
        };
        let next = writes.into_iter().find(|&(.., place, _)| put_first(place));
        if let Some((.., place, chain)) = next {
            self.place(window, place, chain);
        }
        next.is_some()
    }

    /// The writes to the same register that are left in a window and in no order yet with this one.
    fn rivals(&self, window: &Window, write: u32) -> Vec<u32> {
        let register = self.asked.entry(window.entry(write)).register;
        let is_left = |other: u32| !self.is_placed[window.entry(other) as usize];
        let is_rival = |&other: &u32| other != write && is_left(other) && !window.closure.is_before(write, other);
        window.writes[&register].iter().copied().filter(is_rival).collect()
    }

    /// Whether an access reads what its register holds, and writes only what nobody reads any more.
    fn is_right(&self, entry: u32) -> bool {
        let Entry { register, writes, .. } = *self.asked.entry(entry);
        let held = self.holds[register as usize];
        let reads = self.asked.value_read(entry);
        reads.is_none_or(|value| value == held) && (!writes || self.unread[held as usize] == u32::from(reads.is_some()))
    }

    fn place(&mut self, window: &mut Window, place: u32, chain: usize) {
        window.left[place as usize / 64] &= !(1 << (place % 64));
        window.chains[chain].1 += 1;
        let number = window.entry(place);
        if let Some(value) = self.asked.value_read(number) {
            self.unread[value as usize] -= 1;
        }
        let entry = self.asked.entry(number);
        let held = &mut self.holds[entry.register as usize];
        let before = if entry.writes { std::mem::replace(held, number) } else { *held };
        self.is_placed[number as usize] = true;
        self.order.push(Placed { entry: number, held: before });
    }
}

impl Window {
    fn entry(&self, place: u32) -> u32 {
        self.closure.nodes()[place as usize].entry
    }

    /// The next access of a chain.
    fn head(&self, chain: usize) -> Option<u32> {
        let (places, placed) = &self.chains[chain];
        places.get(*placed).copied()
    }
}
