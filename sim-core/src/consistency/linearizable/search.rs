//! The search for an order of one part's operations that the model permits.
//!
//! Depth first over orders as by Wing & Gong (1993), with dead ends remembered
//! as by Lowe (2017), on an explicit stack. Operations with a reply are
//! *known* and must all be placed; those of unknown outcome are *optional*. An
//! operation may be placed next if it was invoked before the first return of a
//! known operation still to be placed. Five rules cut the search down without
//! changing its answer:
//!
//! 1. **Reads at once.** A known read that may be placed next and is permitted
//!    in the current state is placed without alternative. Proof: take any
//!    order that completes the search. Move the read from its later place to
//!    the front. Real time allows it, as it may be placed next. It changes no
//!    state, neither here nor at its later place, so every other operation
//!    still meets the state it met before.
//! 2. **Optional operations need a witness.** Call an order *thrifty* if no
//!    order with fewer optional operations completes the search from the
//!    start. An optional operation `u` that leaves the state as it is, or
//!    whose next operation `v` is permitted without `u` and leads to the same
//!    state without `u`, is not part of a thrifty order: take `u` out, and the
//!    rest is still permitted. So such steps are skipped. Nothing is lost, nor
//!    by remembering dead ends under this rule: suppose that a thrifty order
//!    runs through a configuration that a dead end covers. The rest of the
//!    order is permitted from the dead end too. Were there fewer optional
//!    operations in place, the way to it and that rest would make an order
//!    with fewer of them, and the first would not be thrifty. So there are as
//!    many, that order is thrifty too, and by induction over the length of the
//!    rest none of its steps was skipped when the dead end was searched.
//! 3. **Twins in order.** Of equal optional operations, the one invoked first
//!    is placed first: exchanging them changes nothing, and the earlier one
//!    may be placed wherever the later one may.
//! 4. **Known before optional.** Optional operations are tried last. This is
//!    an order of trying only.
//! 5. **Foresight.** A state that rules out a known read still to be placed,
//!    by the word of the model, is a dead end. Only reads that may be placed
//!    next and the first one after them are asked about.

use super::super::{Budget, SequentialModel, spent};
use super::links::{END, Links};
use super::memo::{Memo, Placed};
use super::operations::{Operations, Step, call_of, is_call, offer_of, operation_at, return_of};
use crate::history::{History, OperationId};

/// Finds an order for one part after the other, reusing its memory.
pub(super) struct Search<'a, M: SequentialModel> {
    model: &'a M,
    operations: Operations<'a, M>,
    /// Calls and returns of the known operations still to be placed.
    events: Links,
    /// Calls of the optional operations not placed.
    offers: Links,
    placed: Placed,
    /// The operations in place, in the order found.
    trail: Vec<Step>,
    unplaced_known: usize,
    frames: Vec<Frame<M::State>>,
    /// What the states of the frames own, and how much that may be.
    frame_bytes: u64,
    limit_bytes: u64,
    dead_ends: Memo<M::State>,
    longest: Longest,
    steps: u64,
    /// The most bytes that states and dead ends have taken.
    most_bytes: u64,
}

/// How the search of a part ended.
pub(super) enum Found {
    /// There is an order.
    Order,
    /// There is none.
    None(Obstacle),
    /// The steps ran out.
    OutOfSteps,
    /// The states on the way took more memory than the budget has.
    OutOfMemory,
}

/// Why there is no order.
pub(super) struct Obstacle {
    /// The longest beginning of an order found, by operations with a reply.
    pub(super) prefix: Vec<OperationId>,
    /// An operation that has to come after `prefix`, and cannot.
    pub(super) blocked: OperationId,
}

/// A configuration on the way to the current one.
struct Frame<S> {
    state: S,
    /// How many operations are in place.
    depth: usize,
    /// Whether an optional operation led here and no read has yet seen its effect.
    unobserved: bool,
    cursor: Cursor,
}

/// Where to look for the next operation to try.
#[derive(Clone, Copy)]
enum Cursor {
    /// After this event.
    Events(u32),
    /// After this offer, as long as it was invoked before the given order.
    Offers(u32, u64),
}

/// The longest beginning of an order that met an obstacle.
#[derive(Default)]
struct Longest {
    steps: Vec<Step>,
    /// How many of the steps are of known operations; `None` before the first obstacle.
    known: Option<usize>,
    /// The known operation that could not come next.
    blocked: u32,
    /// How many of its steps are also the first of the trail.
    shared: usize,
}

impl<'a, M: SequentialModel> Search<'a, M> {
    pub(super) fn new(model: &'a M, history: &'a History<M::Op, M::Reply>, budget: Budget) -> Self {
        Self {
            model,
            operations: Operations::new(model, history),
            events: Links::default(),
            offers: Links::default(),
            placed: Placed::default(),
            trail: Vec::new(),
            unplaced_known: 0,
            frames: Vec::new(),
            frame_bytes: 0,
            limit_bytes: budget.bytes,
            dead_ends: Memo::new(budget.bytes),
            longest: Longest::default(),
            steps: 0,
            most_bytes: 0,
        }
    }

    /// Steps spent on all parts so far.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// Searches an order for the operations `part`, given in order of invocation
    /// and none of them failed, with `allowance` further steps.
    pub(super) fn run(&mut self, part: &[OperationId], allowance: u64) -> Found {
        let limit = self.steps.saturating_add(allowance);
        self.load(part);
        let initial = self.model.initial();
        if self.settle(&initial) {
            self.enter(initial, false);
        }
        while self.unplaced_known > 0 {
            if self.frames.is_empty() {
                return Found::None(self.obstacle().expect("no search fails without an obstacle"));
            }
            if self.steps >= limit {
                return Found::OutOfSteps;
            }
            if self.frame_bytes > self.limit_bytes {
                return Found::OutOfMemory;
            }
            match self.next_candidate() {
                Some(candidate) => self.advance(candidate),
                None => self.retreat(),
            }
        }
        Found::Order
    }

    fn load(&mut self, part: &[OperationId]) {
        self.operations.load(part);
        self.operations.link_events(&mut self.events);
        self.operations.link_offers(&mut self.offers);
        self.unplaced_known = self.operations.known.len();
        self.placed.known.reset(self.operations.known.len());
        self.placed.optional.reset(self.operations.optional.len());
        self.trail.clear();
        self.frames.clear();
        self.frame_bytes = 0;
        self.dead_ends.reset();
        self.longest = Longest::default();
    }

    /// The next operation to try in the current configuration.
    fn next_candidate(&mut self) -> Option<Step> {
        loop {
            self.steps += 1;
            let cursor = self.frames.last().expect("the search goes on from a frame").cursor;
            let (moved, candidate) = match cursor {
                Cursor::Events(event) => self.next_known(self.events.after(event)),
                Cursor::Offers(offer, before) => {
                    let offer = self.offers.after(offer);
                    let number = self.operations.optional_at(offer, before)?;
                    (Cursor::Offers(offer, before), self.without_twin(number))
                }
            };
            self.frames.last_mut().expect("the search goes on from a frame").cursor = moved;
            if candidate.is_some() {
                return candidate;
            }
        }
    }

    fn next_known(&self, event: u32) -> (Cursor, Option<Step>) {
        let number = operation_at(event);
        let known = &self.operations.known[number as usize];
        if !is_call(event) {
            return (Cursor::Offers(END, known.returned), None);
        }
        // A read still here is not permitted in this state (rule 1).
        let candidate = (!known.is_read).then_some(Step::Known(number));
        (Cursor::Events(event), candidate)
    }

    /// Rule 3.
    fn without_twin(&self, number: u32) -> Option<Step> {
        let twin = self.operations.optional[number as usize].twin;
        let is_free = twin.is_none_or(|twin| self.placed.optional.contains(twin));
        is_free.then_some(Step::Optional(number))
    }

    /// Places the candidate, if it is permitted and leads to somewhere new.
    fn advance(&mut self, candidate: Step) {
        let Some(state) = self.successor(candidate) else {
            return;
        };
        let depth = self.trail.len();
        self.place(candidate);
        if !self.settle(&state) || self.dead_ends.covers(&self.placed, &state, &mut self.steps) {
            self.undo_to(depth);
            return;
        }
        let is_observed = self.trail.len() > depth + 1;
        self.enter(state, matches!(candidate, Step::Optional(_)) && !is_observed);
    }

    /// The state after the candidate; `None` if it is not permitted or rule 2 skips it.
    fn successor(&self, candidate: Step) -> Option<M::State> {
        let (frame, before) = self.frames.split_last().expect("the search goes on from a frame");
        let state = self.operations.apply(&frame.state, candidate)?;
        let is_idle = matches!(candidate, Step::Optional(_)) && state == frame.state;
        let overtaken = before.last().filter(|_| frame.unobserved);
        let is_needless =
            || overtaken.is_some_and(|parent| self.operations.apply(&parent.state, candidate).as_ref() == Some(&state));
        (!is_idle && !is_needless()).then_some(state)
    }

    fn enter(&mut self, state: M::State, unobserved: bool) {
        self.frame_bytes += self.model.heap_bytes(&state);
        self.most_bytes = self.most_bytes.max(self.frame_bytes + self.dead_ends.bytes());
        self.frames.push(Frame { state, depth: self.trail.len(), unobserved, cursor: Cursor::Events(END) });
    }

    /// Leaves the current configuration, from which no way leads on.
    fn retreat(&mut self) {
        self.note_obstacle(self.first_to_return());
        let frame = self.frames.pop().expect("the search goes on from a frame");
        let heap_bytes = self.model.heap_bytes(&frame.state);
        self.frame_bytes -= heap_bytes;
        self.dead_ends.insert(&self.placed, frame.state, heap_bytes);
        self.undo_to(self.frames.last().map_or(0, |frame| frame.depth));
    }

    /// Rule 1: places all known reads that may be placed next and are
    /// permitted. Returns whether all others can still be hoped for (rule 5).
    fn settle(&mut self, state: &M::State) -> bool {
        let mut event = self.events.after(END);
        let mut last = None;
        while is_call(event) {
            self.steps += 1;
            let number = operation_at(event);
            if self.operations.known[number as usize].is_read {
                if self.operations.apply(state, Step::Known(number)).is_some() {
                    self.place(Step::Known(number));
                } else if self.operations.is_ruled_out(number, state) {
                    self.note_obstacle(number);
                    return false;
                }
            }
            last = Some(number);
            event = self.events.after(event);
        }
        match last.and_then(|last| self.next_unplaced_read(last)) {
            Some(read) if self.operations.is_ruled_out(read, state) => {
                self.note_obstacle(read);
                false
            }
            _ => true,
        }
    }

    fn place(&mut self, step: Step) {
        match step {
            Step::Known(number) => {
                // The return first, so that the lifted call still leads on to what comes next.
                self.events.lift(return_of(number));
                self.events.lift(call_of(number));
                self.placed.known.insert(number);
                self.unplaced_known -= 1;
            }
            Step::Optional(number) => {
                self.offers.lift(offer_of(number));
                self.placed.optional.insert(number);
            }
        }
        self.trail.push(step);
    }

    fn undo_to(&mut self, depth: usize) {
        while self.trail.len() > depth {
            match self.trail.pop().expect("longer than depth") {
                Step::Known(number) => {
                    self.events.unlift(call_of(number));
                    self.events.unlift(return_of(number));
                    self.placed.known.remove(number);
                    self.unplaced_known += 1;
                }
                Step::Optional(number) => {
                    self.offers.unlift(offer_of(number));
                    self.placed.optional.remove(number);
                }
            }
        }
        self.longest.shared = self.longest.shared.min(depth);
    }

    /// Of the known operations still to be placed, the one whose return comes first.
    fn first_to_return(&self) -> u32 {
        let mut event = self.events.after(END);
        while is_call(event) {
            event = self.events.after(event);
        }
        operation_at(event)
    }

    /// The first read invoked after `known` that is still to be placed.
    fn next_unplaced_read(&self, known: u32) -> Option<u32> {
        let mut later = self.operations.reads_after(known).iter().copied();
        later.find(|&read| !self.placed.known.contains(read))
    }

    /// Keeps the trail, and that `blocked` cannot come next, if it has more
    /// known operations than the longest. Copies only what is new, so that all
    /// copies together take no longer than the search itself.
    fn note_obstacle(&mut self, blocked: u32) {
        let known = self.operations.known.len() - self.unplaced_known;
        let longest = &mut self.longest;
        if longest.known.is_none_or(|most| known > most) {
            longest.steps.truncate(longest.shared);
            longest.steps.extend_from_slice(&self.trail[longest.shared..]);
            longest.known = Some(known);
            longest.blocked = blocked;
            longest.shared = self.trail.len();
        }
    }

    /// The longest order found so far that met an obstacle, if any did.
    pub(super) fn obstacle(&self) -> Option<Obstacle> {
        self.longest.known?;
        // Optional operations at the end serve nothing.
        let steps = &self.longest.steps;
        let is_known = |step: &Step| matches!(step, Step::Known(_));
        let end = steps.iter().rposition(is_known).map_or(0, |last| last + 1);
        Some(Obstacle {
            prefix: steps[..end].iter().map(|&step| self.operations.id(step)).collect(),
            blocked: self.operations.id(Step::Known(self.longest.blocked)),
        })
    }
}

impl<M: SequentialModel> Drop for Search<'_, M> {
    fn drop(&mut self) {
        spent::note(self.steps, Some(self.most_bytes));
    }
}
