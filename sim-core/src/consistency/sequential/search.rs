//! The search for one order of all operations that keeps the order of each session.
//!
//! Depth first, over how far each session has come. A configuration is that frontier and the state
//! of each part of the model; those that lead nowhere are remembered and entered once. Operations
//! with a reply must all be placed; those of unknown outcome may be. An operation may be placed
//! next if all that come before it are placed. Rules that cut the search down without changing its
//! answer:
//!
//! 1. **Reads at once.** A read that may be placed next and is permitted is placed without
//!    alternative: in any order that completes the search it can be moved to the front, as it
//!    changes no state.
//! 2. **Optional operations do something.** One that leaves the state as it is is not placed: the
//!    order goes on as well without it.
//! 3. **Twins in order.** Of equal optional operations that may be placed next, only the first is:
//!    they can be exchanged.
//! 4. **Optional last.** What may not have taken effect is tried last. This is an order of trying
//!    only.
//! 5. **Foresight.** A state that rules out a read that may be placed next, by the word of the
//!    model, is a dead end.
//! 6. **Reads before the next write.** Where it is known which write each read saw, no write to a
//!    register is placed before all reads of the value it replaces.
//!
//! Operations are tried in order of invocation, which is mostly close to an order that exists.

use std::collections::BTreeMap;

use super::super::accesses::{Accesses, Source};
use super::super::hash::hash_one;
use super::super::sessions::Sessions;
use super::super::{Budget, SequentialModel, searched, spent};
use super::states::States;
use super::witness::NoOrder;
use crate::history::{History, OperationId};

pub(super) struct Search<'a, M: SequentialModel> {
    model: &'a M,
    history: &'a History<M::Op, M::Reply>,
    steps_left: u64,
    limit_bytes: u64,
    bytes_left: u64,
    spent: u64,
    operations: Vec<Candidate<'a, M>>,
    sessions: Sessions,
    /// The parts of the model, each with the states met.
    parts: Vec<States<M::State>>,
    keys: Vec<Option<M::Key>>,
    /// The current configuration: how far each chain has come, and the state of each part.
    at: Vec<u32>,
    /// The exclusive or of the hashes of all places of `at` with what is there.
    hash: u64,
    is_placed: Vec<bool>,
    registers: Registers,
    unplaced_known: usize,
    trail: Vec<Placed>,
    frames: Vec<Frame>,
    dead_ends: DeadEnds,
    longest: Longest,
}

/// An operation to place.
struct Candidate<'a, M: SequentialModel> {
    id: OperationId,
    op: &'a M::Op,
    reply: Option<&'a M::Reply>,
    is_read: bool,
    part: u32,
    /// What comes before it beside those of its chain.
    after: Vec<u32>,
    /// Whether its outcome is unknown and nobody is known to have seen it.
    is_optional: bool,
    /// The register it writes, if known.
    writes: Option<u32>,
    /// The value whose reads it is one of, by its number in [`Registers::unread`], if known.
    reads: Option<u32>,
}

/// What is known of registers.
#[derive(Default)]
struct Registers {
    /// How many reads of each value are still to be placed: of what each operation wrote, by its
    /// number, and after them of the initial value of each register.
    unread: Vec<u32>,
    /// By register, the number of the value it holds.
    holds: Vec<u32>,
}

/// An operation in place, and the state of its part before.
#[derive(Clone, Copy)]
struct Placed {
    operation: u32,
    before: u32,
    /// What the register that it wrote held before.
    held: u32,
}

/// A configuration on the way to the current one.
struct Frame {
    /// How many operations are in place.
    depth: usize,
    /// What was tried last, by its [rank](Search::rank).
    tried: Option<(bool, u32)>,
}

/// Configurations that lead nowhere.
#[derive(Default)]
struct DeadEnds {
    /// One after the other, each as long as a configuration.
    configurations: Vec<u32>,
    by_hash: BTreeMap<u64, Vec<u32>>,
}

/// The beginning of an order with the most known operations.
#[derive(Default)]
struct Longest {
    operations: Vec<u32>,
    known: Option<usize>,
    /// How many of them are also the first of the trail.
    shared: usize,
}

/// How a search ended.
pub(super) enum Found {
    Order,
    None,
    OutOfSteps,
    OutOfMemory,
}

/// Chains that are looked at in the time of one step: most have come to their ends, or wait.
const CHAINS_A_STEP: u64 = 16;

/// What a dead end costs beside its configuration.
const DEAD_END_BYTES: u64 = 64;

impl<'a, M: SequentialModel> Search<'a, M> {
    /// Prepares the search.
    pub(super) fn new(model: &'a M, history: &'a History<M::Op, M::Reply>, budget: Budget) -> Self {
        let searched = searched(model, history);
        let sessions = Sessions::of(searched.iter().map(|id| history.get(*id)));
        let (parts_of, keys) = divide(model, &searched.iter().map(|id| &history.get(*id).op).collect::<Vec<_>>());
        let mut operations: Vec<Candidate<'a, M>> = searched
            .into_iter()
            .zip(parts_of)
            .map(|(id, part)| {
                let operation = history.get(id);
                let (op, reply) = (&operation.op, operation.reply());
                let is_read = reply.is_some() && model.is_read(op, reply);
                let is_optional = reply.is_none();
                Candidate { id, op, reply, is_read, part, after: Vec::new(), is_optional, writes: None, reads: None }
            })
            .collect();
        for &(before, after) in &sessions.across {
            operations[after as usize].after.push(before);
        }
        let places = sessions.chains.len() + keys.len();
        Self {
            model,
            history,
            steps_left: budget.steps,
            limit_bytes: budget.bytes,
            bytes_left: budget.bytes,
            spent: 0,
            unplaced_known: operations.iter().filter(|operation| operation.reply.is_some()).count(),
            is_placed: vec![false; operations.len()],
            operations,
            registers: Registers::default(),
            sessions,
            parts: keys.iter().map(|_| States::new(model.initial())).collect(),
            keys,
            at: vec![0; places],
            hash: 0,
            trail: Vec::new(),
            frames: Vec::new(),
            dead_ends: DeadEnds::default(),
            longest: Longest::default(),
        }
    }

    /// Tells the search which write each read saw, and pairs of operations that every order has in
    /// this order.
    pub(super) fn tell<K>(&mut self, accesses: &Accesses<K>, pairs: &[(OperationId, OperationId)]) {
        for &(before, after) in pairs {
            if let (Some(before), Some(after)) = (self.number(before), self.number(after)) {
                self.operations[after as usize].after.push(before);
            }
        }
        let written = self.operations.len() as u32;
        self.registers.holds = (written..).take(accesses.registers.len()).collect();
        self.registers.unread = vec![0; self.operations.len() + accesses.registers.len()];
        for entry in &accesses.entries {
            let seen = match entry.read {
                Source::Initial => Some(written + entry.register),
                Source::Write(write) => self.number(accesses.entries[write as usize].id),
                Source::Unsaid | Source::Nowhere => None,
            };
            let Some(number) = self.number(entry.id) else {
                continue;
            };
            let operation = &mut self.operations[number as usize];
            operation.writes = entry.writes.then_some(entry.register);
            // Those of unknown outcome that nobody saw are no accesses.
            operation.is_optional = false;
            if let Some(seen) = seen
                // Whether one of unknown outcome is placed is open.
                && operation.reply.is_some()
            {
                operation.reads = Some(seen);
                self.registers.unread[seen as usize] += 1;
            }
        }
    }

    fn number(&self, id: OperationId) -> Option<u32> {
        self.operations.binary_search_by_key(&id, |operation| operation.id).ok().map(|number| number as u32)
    }

    /// Steps spent so far.
    pub(super) fn steps(&self) -> u64 {
        self.spent
    }

    /// Searches an order.
    pub(super) fn run(&mut self) -> Found {
        match self.settle() {
            Some(true) => self.enter(),
            Some(false) => {}
            None => return Found::OutOfMemory,
        }
        while self.unplaced_known > 0 {
            if self.frames.is_empty() {
                return Found::None;
            }
            if self.spent >= self.steps_left {
                return Found::OutOfSteps;
            }
            match self.next_candidate() {
                Some(operation) => {
                    if self.advance(operation).is_none() {
                        return Found::OutOfMemory;
                    }
                }
                None => self.retreat(),
            }
        }
        Found::Order
    }

    /// Why there is no order. To be asked after none was found.
    pub(super) fn no_order(&self) -> NoOrder {
        let has_reply = |&&operation: &&u32| self.operations[operation as usize].reply.is_some();
        let longest = &self.longest.operations;
        let end = longest.iter().rposition(|operation| has_reply(&operation)).map_or(0, |last| last + 1);
        let prefix = &longest[..end];
        let mut is_in = vec![false; self.operations.len()];
        prefix.iter().for_each(|&operation| is_in[operation as usize] = true);
        let first_left = |chain: &Vec<u32>| chain.iter().find(|&operation| !is_in[*operation as usize]).copied();
        let blocked = self.sessions.chains.iter().filter_map(first_left);
        let blocked: Vec<u32> = blocked.filter(|operation| has_reply(&operation)).collect();
        let id = |&operation: &u32| self.operations[operation as usize].id;
        NoOrder::new(
            self.history,
            prefix.iter().map(id).collect(),
            blocked.iter().map(id).collect(),
            self.states_after(prefix, &blocked),
            [
                prefix.iter().filter(has_reply).count(),
                (0..).zip(&self.operations).filter(|(i, _)| has_reply(&i)).count(),
            ],
        )
    }

    /// The state of each part that one of `concerned` touches, after `order`.
    fn states_after(&self, order: &[u32], concerned: &[u32]) -> Vec<String> {
        let part = |operation: u32| self.operations[operation as usize].part;
        let mut parts: Vec<u32> = concerned.iter().map(|&operation| part(operation)).collect();
        parts.sort_unstable();
        parts.dedup();
        let state = |&of: &u32| {
            let steps = order.iter().filter(|&&operation| part(operation) == of);
            let state = steps.fold(self.model.initial(), |state, &operation| {
                let Candidate { op, reply, .. } = self.operations[operation as usize];
                self.model.apply(&state, op, reply).unwrap_or(state)
            });
            match &self.keys[of as usize] {
                Some(key) => format!("{key:?}: {state:?}"),
                None => format!("{state:?}"),
            }
        };
        parts.iter().map(state).collect()
    }

    fn chains(&self) -> usize {
        self.sessions.chains.len()
    }

    /// The next operation of a chain, if all that come before it are in place.
    fn head(&self, chain: usize) -> Option<u32> {
        let &operation = self.sessions.chains[chain].get(self.at[chain] as usize)?;
        let is_ready = |operation: u32| {
            let after = &self.operations[operation as usize].after;
            after.iter().all(|&before| self.is_placed[before as usize])
        };
        is_ready(operation).then_some(operation)
    }

    fn state(&self, operation: u32) -> &M::State {
        let part = self.operations[operation as usize].part as usize;
        self.parts[part].get(self.at[self.chains() + part])
    }

    /// Goes on from the current configuration.
    fn enter(&mut self) {
        self.frames.push(Frame { depth: self.trail.len(), tried: None });
    }

    /// Whether an operation that may be placed next is worth trying: a read that has not been
    /// placed is not permitted (rule 1), nor is a write that would hide a value from its reads
    /// (rule 6).
    fn may_be_tried(&self, operation: u32) -> bool {
        let Candidate { is_read, writes, reads, .. } = self.operations[operation as usize];
        let hides = |register: u32| {
            let held = self.registers.holds[register as usize];
            self.registers.unread[held as usize] > u32::from(reads == Some(held))
        };
        !is_read && !writes.is_some_and(hides)
    }

    /// The first operation to try after those that were, in order of their ranks.
    fn next_candidate(&mut self) -> Option<u32> {
        self.spent += self.look_at_chains();
        let tried = self.frames.last()?.tried;
        let heads = || (0..self.chains()).filter_map(|chain| self.head(chain));
        let next = heads().filter(|&head| tried.is_none_or(|tried| self.rank(head) > tried) && self.may_be_tried(head));
        let of = |operation: u32| &self.operations[operation as usize];
        // Rule 3.
        let is_twin = |&operation: &u32| {
            let is_earlier = |other: u32| other < operation && of(other).reply.is_none();
            let mut others = heads().filter(|&other| is_earlier(other));
            of(operation).reply.is_none() && others.any(|other| of(other).op == of(operation).op)
        };
        let next = next.filter(|operation| !is_twin(operation)).min_by_key(|&operation| self.rank(operation))?;
        let rank = self.rank(next);
        self.frames.last_mut()?.tried = Some(rank);
        Some(next)
    }

    /// Optional operations come last, and each kind in order of invocation.
    fn rank(&self, operation: u32) -> (bool, u32) {
        (self.operations[operation as usize].is_optional, operation)
    }

    /// What looking at each chain once counts as in steps.
    fn look_at_chains(&self) -> u64 {
        1 + self.chains() as u64 / CHAINS_A_STEP
    }

    /// Places the candidate, if it is permitted and leads to somewhere new. `None` if memory ran
    /// out.
    fn advance(&mut self, operation: u32) -> Option<()> {
        let Candidate { op, reply, .. } = self.operations[operation as usize];
        let Some(state) = self.model.apply(self.state(operation), op, reply) else {
            return Some(());
        };
        // Rule 2.
        if reply.is_none() && state == *self.state(operation) {
            return Some(());
        }
        let depth = self.trail.len();
        self.place(operation, state)?;
        if self.settle()? && !self.dead_ends.contains(self.hash, &self.at) {
            self.enter();
        } else {
            self.undo_to(depth);
        }
        Some(())
    }

    /// Rules 1 and 5. Whether all reads can still be hoped for; `None` if memory ran out.
    fn settle(&mut self) -> Option<bool> {
        let mut is_changed = true;
        while std::mem::take(&mut is_changed) {
            self.spent += self.look_at_chains();
            for chain in 0..self.chains() {
                while let Some(operation) = self.head(chain) {
                    let Candidate { op, reply, is_read, .. } = self.operations[operation as usize];
                    let (true, Some(reply)) = (is_read, reply) else {
                        break;
                    };
                    let Some(state) = self.model.apply(self.state(operation), op, Some(reply)) else {
                        if self.model.rules_out(self.state(operation), op, reply) {
                            self.note_obstacle();
                            return Some(false);
                        }
                        break;
                    };
                    self.place(operation, state)?;
                    self.spent += 1;
                    is_changed = true;
                }
            }
        }
        Some(true)
    }

    fn place(&mut self, operation: u32, state: M::State) -> Option<()> {
        let part = self.operations[operation as usize].part as usize;
        let heap_bytes = self.model.heap_bytes(&state);
        let (number, bytes) = self.parts[part].number(state, heap_bytes);
        self.bytes_left = self.bytes_left.checked_sub(bytes)?;
        let place = self.chains() + part;
        let Candidate { writes, reads, .. } = self.operations[operation as usize];
        let held = writes.map(|register| &mut self.registers.holds[register as usize]);
        let held = held.map_or(0, |held| std::mem::replace(held, operation));
        if let Some(value) = reads {
            self.registers.unread[value as usize] -= 1;
        }
        self.trail.push(Placed { operation, before: self.at[place], held });
        self.set(place, number);
        let chain = self.sessions.chain(operation) as usize;
        self.set(chain, self.at[chain] + 1);
        self.mark(operation, true);
        Some(())
    }

    fn undo_to(&mut self, depth: usize) {
        while self.trail.len() > depth
            && let Some(Placed { operation, before, held }) = self.trail.pop()
        {
            let Candidate { writes, reads, .. } = self.operations[operation as usize];
            if let Some(register) = writes {
                self.registers.holds[register as usize] = held;
            }
            if let Some(value) = reads {
                self.registers.unread[value as usize] += 1;
            }
            self.set(self.chains() + self.operations[operation as usize].part as usize, before);
            let chain = self.sessions.chain(operation) as usize;
            self.set(chain, self.at[chain] - 1);
            self.mark(operation, false);
        }
        self.longest.shared = self.longest.shared.min(depth);
    }

    fn mark(&mut self, operation: u32, is_placed: bool) {
        self.is_placed[operation as usize] = is_placed;
        if self.operations[operation as usize].reply.is_some() {
            self.unplaced_known = if is_placed { self.unplaced_known - 1 } else { self.unplaced_known + 1 };
        }
    }

    fn set(&mut self, place: usize, value: u32) {
        let of = |value: u32| hash_one(&(place as u64, value));
        self.hash ^= of(self.at[place]) ^ of(value);
        self.at[place] = value;
    }

    /// Leaves the current configuration, from which no way leads on.
    fn retreat(&mut self) {
        self.note_obstacle();
        let bytes = DEAD_END_BYTES + 4 * self.at.len() as u64;
        if let Some(left) = self.bytes_left.checked_sub(bytes) {
            self.bytes_left = left;
            self.dead_ends.insert(self.hash, &self.at);
        }
        self.frames.pop();
        self.undo_to(self.frames.last().map_or(0, |frame| frame.depth));
    }

    fn note_obstacle(&mut self) {
        let known = self.operations.len() - self.unplaced_known;
        let longest = &mut self.longest;
        if longest.known.is_none_or(|most| known > most) {
            longest.operations.truncate(longest.shared);
            longest.operations.extend(self.trail[longest.shared..].iter().map(|placed| placed.operation));
            longest.known = Some(known);
            longest.shared = self.trail.len();
        }
    }
}

impl DeadEnds {
    fn contains(&self, hash: u64, configuration: &[u32]) -> bool {
        let is_this = |&number: &u32| {
            self.configurations[number as usize * configuration.len()..][..configuration.len()] == *configuration
        };
        self.by_hash.get(&hash).is_some_and(|alike| alike.iter().any(is_this))
    }

    fn insert(&mut self, hash: u64, configuration: &[u32]) {
        let number = self.configurations.len() / configuration.len();
        self.by_hash.entry(hash).or_default().push(number as u32);
        self.configurations.extend_from_slice(configuration);
    }
}

/// The part that each operation belongs to, and the key of each part: parts of one key each, if all
/// operations have keys, and otherwise one.
fn divide<M: SequentialModel>(model: &M, operations: &[&M::Op]) -> (Vec<u32>, Vec<Option<M::Key>>) {
    let keys: Option<Vec<M::Key>> = operations.iter().map(|op| model.key(op)).collect();
    let Some(of_each) = keys else {
        return (vec![0; operations.len()], vec![None]);
    };
    let mut keys = of_each.clone();
    keys.sort_unstable();
    keys.dedup();
    let part = |key: &M::Key| keys.partition_point(|other| other < key) as u32;
    (of_each.iter().map(part).collect(), keys.into_iter().map(Some).collect())
}

impl<M: SequentialModel> Drop for Search<'_, M> {
    fn drop(&mut self) {
        spent::note(self.spent, Some(self.limit_bytes - self.bytes_left));
    }
}
