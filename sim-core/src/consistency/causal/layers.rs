//! The order of one session, layer by layer.
//!
//! Let the reads of the session be r₁, …, rₖ, each before the next. The *layer* of an operation is
//! the number of the first of them that it comes before or is. So an operation has no higher layer
//! than what comes after it; and if a write has no higher layer than the last read that returns
//! another write to the same register, it comes before that other write, and has no higher layer
//! either. Lowering layers until this holds takes one pass from the last layer to the first, as it
//! only ever moves operations to lower ones.
//!
//! An order then exists if a register does not hold two values read at the same time, no write comes
//! before a read of the initial value, and no layer has a cycle in itself; between layers there is
//! none. Layers take the time of a walk over the operations before the last read, plus what moves.

use super::super::accesses::Source;
use super::super::graph::{Edge, Graph, Why};
use super::super::{Budget, Undecided};
use super::execution::Execution;
use super::saturation::{Base, OwnReads};

/// No entry, no layer, nothing.
const NONE: u32 = u32::MAX;

/// In place of an entry: the initial value.
const INITIAL: u32 = u32::MAX - 1;

/// Entries that are looked at in the time of one step.
const ENTRIES_A_STEP: u64 = 16;

/// Finds the layers of one session after the other.
pub(super) struct Layers<'a> {
    execution: &'a Execution<'a>,
    base: Base<'a>,
    /// The order that all sessions have to agree with.
    common: &'a Graph,
    /// What comes before all that the session has read, by columns of clocks. No more comes before that,
    /// so it is left out.
    settled: Vec<u32>,
    /// By entry.
    layers: Vec<u32>,
    /// Entries that have a layer.
    placed: Vec<u32>,
    /// By layer, one of its entries.
    heads: Vec<u32>,
    /// By entry, the one before and the one after it in the list of its layer.
    neighbours: Vec<[u32; 2]>,
    /// By register, the value that it has to hold, and the last read that returns it.
    held: Vec<Held>,
    /// By register that holds a value, those of the other writes to it that were in the current layer
    /// at first.
    writes: Vec<Vec<u32>>,
    /// By entry, whether the search for a cycle in its layer has been there.
    marks: Vec<Mark>,
    to_visit: Vec<u32>,
    /// Pairs of writes that moved one of them to another layer, or would make a cycle.
    added: Vec<Edge>,
    looked_at: u64,
}

#[derive(Clone, Copy)]
struct Held {
    /// [`NONE`], [`INITIAL`] or an entry.
    value: u32,
    until: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Why a session has no order.
pub(super) enum Contradiction {
    /// The base and the [pairs](Layers::pairs) have a cycle.
    Cycle,
    /// The write comes before the read of the initial value.
    InitialRead { write: u32, read: u32 },
}

type Result<T = ()> = std::result::Result<T, Contradiction>;

impl<'a> Layers<'a> {
    /// `common` is the base without what the session itself has read.
    pub(super) fn new(execution: &'a Execution<'a>, base: Base<'a>, common: &'a Graph) -> Self {
        let entries = execution.entries.len();
        let registers = execution.registers();
        Self {
            execution,
            base,
            common,
            settled: Vec::new(),
            layers: vec![NONE; entries],
            placed: Vec::new(),
            heads: Vec::new(),
            neighbours: vec![[NONE; 2]; entries],
            held: vec![Held { value: NONE, until: NONE }; registers],
            writes: vec![Vec::new(); registers],
            marks: vec![Mark::New; entries],
            to_visit: Vec::new(),
            added: Vec::new(),
            looked_at: 0,
        }
    }

    /// What keeps these reads, one after the other, from having an order, if anything does. Adds to
    /// `steps` what it costs.
    pub(super) fn find(
        &mut self,
        own: &OwnReads,
        steps: &mut u64,
        budget: Budget,
    ) -> std::result::Result<Option<Contradiction>, Undecided> {
        self.begin(own);
        let mut found = self.place_all(own);
        for layer in (0..own.reads.len() as u32).rev() {
            if found.is_err() {
                break;
            }
            found = self.finish_layer(own, layer);
            *steps += std::mem::take(&mut self.looked_at) / ENTRIES_A_STEP;
            if *steps > budget.steps {
                return Err(Undecided::OutOfSteps { steps: *steps });
            }
            if size_of_val(&self.added[..]) as u64 > budget.bytes {
                return Err(Undecided::OutOfMemory { limit_bytes: budget.bytes });
            }
        }
        Ok(found.err())
    }

    /// Pairs of writes that have to be in this order for the session that was looked at last.
    pub(super) fn pairs(&self) -> &[Edge] {
        &self.added
    }

    fn begin(&mut self, own: &OwnReads) {
        for entry in self.placed.drain(..) {
            self.layers[entry as usize] = NONE;
            self.marks[entry as usize] = Mark::New;
            let register = self.execution.entry(entry).register as usize;
            self.held[register].value = NONE;
            self.writes[register].clear();
        }
        self.heads.clear();
        self.heads.resize(own.reads.len(), NONE);
        self.added.clear();
        self.to_visit.clear();
        self.settled.clear();
        if let Base::AllReads(clocks) = self.base {
            let seen = own.reads.iter().filter_map(|&(_, source)| match source {
                Source::Write(seen) => Some(seen),
                Source::Unsaid | Source::Initial | Source::Nowhere => None,
            });
            self.settled = clocks.least(seen);
        }
    }

    /// Gives layers to all that comes before some read.
    fn place_all(&mut self, own: &OwnReads) -> Result {
        for (layer, &(read, _)) in (0..).zip(&own.reads) {
            if self.layers[read as usize] != NONE {
                return Err(Contradiction::Cycle);
            }
            self.place(read, layer);
            while let Some(entry) = self.to_visit.pop() {
                let mut number = 0;
                while let Some(before) = self.predecessor(own, entry, number) {
                    if self.layers[before as usize] == NONE && !self.execution.is_in_past(&self.settled, before) {
                        self.place(before, layer);
                    }
                    number += 1;
                }
            }
        }
        Ok(())
    }

    fn place(&mut self, entry: u32, layer: u32) {
        self.looked_at += 1;
        self.placed.push(entry);
        self.to_visit.push(entry);
        self.enlist(entry, layer);
    }

    fn enlist(&mut self, entry: u32, layer: u32) {
        self.layers[entry as usize] = layer;
        let head = std::mem::replace(&mut self.heads[layer as usize], entry);
        self.neighbours[entry as usize] = [NONE, head];
        if head != NONE {
            self.neighbours[head as usize][0] = entry;
        }
    }

    fn delist(&mut self, entry: u32) {
        let [before, after] = self.neighbours[entry as usize];
        match before {
            NONE => self.heads[self.layers[entry as usize] as usize] = after,
            before => self.neighbours[before as usize][1] = after,
        }
        if after != NONE {
            self.neighbours[after as usize][0] = before;
        }
    }

    /// One predecessor after the other of an entry that has a layer.
    fn predecessor(&self, own: &OwnReads, entry: u32, number: usize) -> Option<u32> {
        let common = self.common.predecessors(entry);
        match (common.get(number), self.own_read(own, entry)) {
            (Some(&(before, _)), _) => Some(before),
            (None, Some(Source::Write(seen))) if matches!(self.base, Base::OwnReads) && number == common.len() => {
                Some(seen)
            }
            _ => None,
        }
    }

    /// What the entry read, if it is one of the reads of the session.
    fn own_read(&self, own: &OwnReads, entry: u32) -> Option<Source> {
        let (read, source) = own.reads[self.layers[entry as usize] as usize];
        (read == entry).then_some(source)
    }

    /// Goes on to a layer below those that are finished: finds what moves from there to lower ones,
    /// and whether the rest has an order.
    fn finish_layer(&mut self, own: &OwnReads, layer: u32) -> Result {
        self.hold_from(own, layer)?;
        let registers = self.gather_writes(layer);
        self.move_down(own, layer, registers.clone())?;
        self.find_cycle(own, layer, &registers)?;
        for register in registers {
            self.writes[register as usize].clear();
            let held = &mut self.held[register as usize];
            if held.value != INITIAL && self.layers[held.value as usize] == layer {
                held.value = NONE;
            }
        }
        Ok(())
    }

    /// From the read at the end of this layer on, downwards, its register holds what it returns.
    fn hold_from(&mut self, own: &OwnReads, layer: u32) -> Result {
        let (read, source) = own.reads[layer as usize];
        let value = match source {
            Source::Write(seen) => seen,
            Source::Initial => INITIAL,
            Source::Unsaid | Source::Nowhere => return Ok(()),
        };
        let held = &mut self.held[self.execution.entry(read).register as usize];
        let other = std::mem::replace(held, Held { value, until: read });
        match (value, other.value) {
            // What the read itself has written is held from just here on.
            (_, NONE) => Ok(()),
            (_, written) if written == read => Ok(()),
            (value, same) if value == same => {
                held.until = other.until;
                Ok(())
            }
            (write, INITIAL) => Err(Contradiction::InitialRead { write, read: other.until }),
            (INITIAL, write) => Err(Contradiction::InitialRead { write, read }),
            (one, two) => {
                self.added.push(Edge { from: two, to: one, why: Why::Seen(read) });
                self.added.push(Edge { from: one, to: two, why: Why::Seen(other.until) });
                Err(Contradiction::Cycle)
            }
        }
    }

    /// Finds the writes of a layer that have to come before a value held. Tells of which registers.
    fn gather_writes(&mut self, layer: u32) -> Vec<u32> {
        let mut registers = Vec::new();
        let mut next = self.heads[layer as usize];
        while next != NONE {
            let (number, entry) = (next, self.execution.entry(next));
            next = self.neighbours[next as usize][1];
            self.looked_at += 1;
            let held = self.held[entry.register as usize];
            // What reads a value last and replaces it comes after it.
            if !entry.writes || held.value == NONE || held.until == number {
                continue;
            }
            registers.push(entry.register);
            if held.value != number {
                self.writes[entry.register as usize].push(number);
            }
        }
        registers.sort_unstable();
        registers.dedup();
        registers
    }

    /// Moves writes that have to come before one of a lower layer, with all that comes before them.
    fn move_down(&mut self, own: &OwnReads, layer: u32, mut to_look_at: Vec<u32>) -> Result {
        while let Some(register) = to_look_at.pop() {
            let Held { value, until } = self.held[register as usize];
            let writes = std::mem::take(&mut self.writes[register as usize]);
            for &write in &writes {
                if value == INITIAL {
                    return Err(Contradiction::InitialRead { write, read: until });
                }
                let down_to = self.layers[value as usize];
                if down_to < layer && self.layers[write as usize] == layer {
                    self.added.push(Edge { from: write, to: value, why: Why::Seen(until) });
                    self.lower(own, write, down_to, layer, &mut to_look_at)?;
                }
            }
            self.writes[register as usize] = writes;
        }
        Ok(())
    }

    /// Lowers an entry and what comes before it. Notes registers whose value leaves the layer.
    fn lower(&mut self, own: &OwnReads, entry: u32, down_to: u32, layer: u32, to_look_at: &mut Vec<u32>) -> Result {
        self.to_visit.push(entry);
        while let Some(entry) = self.to_visit.pop() {
            let from = self.layers[entry as usize];
            if from <= down_to {
                continue;
            }
            if self.own_read(own, entry).is_some() {
                return Err(Contradiction::Cycle);
            }
            self.looked_at += 1;
            self.delist(entry);
            self.enlist(entry, down_to);
            let register = self.execution.entry(entry).register;
            if from == layer && self.held[register as usize].value == entry {
                to_look_at.push(register);
            }
            let before = self.common.predecessors(entry).iter().map(|&(before, _)| before);
            let is_higher = |layer: u32| layer != NONE && layer > down_to;
            self.to_visit.extend(before.filter(|&before| is_higher(self.layers[before as usize])));
        }
        Ok(())
    }

    /// Finds a cycle within a layer: each leads through a value that is held.
    fn find_cycle(&mut self, own: &OwnReads, layer: u32, registers: &[u32]) -> Result {
        for &register in registers {
            let value = self.held[register as usize].value;
            if self.layers[value as usize] == layer && self.is_on_cycle(own, value) {
                for &register in registers {
                    let Held { value, until } = self.held[register as usize];
                    let pair = |&from| Edge { from, to: value, why: Why::Seen(until) };
                    self.added.extend(self.writes[register as usize].iter().map(pair));
                }
                return Err(Contradiction::Cycle);
            }
        }
        Ok(())
    }

    /// Whether the search for a cycle, from an entry of a layer backwards, finds one.
    fn is_on_cycle(&mut self, own: &OwnReads, start: u32) -> bool {
        let layer = self.layers[start as usize];
        // Each entry on the way with how many of its predecessors have been looked at.
        let mut open = Vec::new();
        if self.marks[start as usize] == Mark::New {
            self.marks[start as usize] = Mark::Open;
            open.push((start, 0));
        }
        while let Some((entry, looked_at)) = open.last_mut() {
            let (entry, number) = (*entry, *looked_at);
            *looked_at += 1;
            self.looked_at += 1;
            let Some(before) = self.predecessor_in_layer(own, entry, number) else {
                self.marks[entry as usize] = Mark::Done;
                open.pop();
                continue;
            };
            match self.marks[before as usize] {
                Mark::New if self.layers[before as usize] == layer => {
                    self.marks[before as usize] = Mark::Open;
                    open.push((before, 0));
                }
                Mark::Open => return true,
                Mark::New | Mark::Done => {}
            }
        }
        false
    }

    /// One predecessor after the other: those of the base and, of a value held, other writes.
    fn predecessor_in_layer(&self, own: &OwnReads, entry: u32, number: usize) -> Option<u32> {
        if let Some(before) = self.predecessor(own, entry, number) {
            return Some(before);
        }
        let register = self.execution.entry(entry).register as usize;
        if self.held[register].value != entry {
            return None;
        }
        // A value held that the session has read and written at once is no longer held here.
        self.writes[register].get(number - self.common.predecessors(entry).len()).copied()
    }
}
