//! The search for an order of one part's operations that the model permits.
//!
//! Depth first over orders as by Wing & Gong (1993), with dead ends remembered
//! as by Lowe (2017), on an explicit stack. Operations with a reply are
//! *known* and must all be placed; those of unknown outcome are *optional*. An
//! operation may be placed next if it was invoked before the first return of a
//! known operation still to be placed. Four rules cut the search down without
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
//!    by remembering a dead end under this rule: suppose that a thrifty order
//!    runs through a configuration remembered as a dead end. All ways to a
//!    configuration place the same optional operations, so the rest of that
//!    order is thrifty behind the earlier way too, and by induction over its
//!    length none of its steps was skipped there.
//! 3. **Twins in order.** Of equal optional operations, the one invoked first
//!    is placed first: exchanging them changes nothing, and the earlier one
//!    may be placed wherever the later one may.
//! 4. **Known before optional.** Optional operations are tried last. This is
//!    an order of trying only.

use std::hash::{Hash, Hasher};

use super::super::{Budget, SequentialModel};
use super::links::{END, Links};
use super::memo::{FixedHasher, Memo, Placed};
use crate::history::{History, Operation, OperationId, OperationOutcome};

/// Finds an order for one part after the other, reusing its memory.
pub(super) struct Search<'a, M: SequentialModel> {
    model: &'a M,
    history: &'a History<M::Op, M::Reply>,
    known: Vec<Known<'a, M>>,
    optional: Vec<Optional<'a, M>>,
    /// Calls and returns of the known operations still to be placed.
    events: Links,
    /// Calls of the optional operations not placed.
    offers: Links,
    placed: Placed,
    /// The operations in place, in the order found.
    trail: Vec<Step>,
    unplaced_known: usize,
    frames: Vec<Frame<M::State>>,
    dead_ends: Memo<M::State>,
    longest: Longest,
    steps: u64,
}

/// How the search of a part ended.
pub(super) enum Found {
    /// There is an order.
    Order,
    /// There is none; these are the operations of the longest beginning of one.
    None(Vec<OperationId>),
    /// The steps ran out.
    Undecided,
}

struct Known<'a, M: SequentialModel> {
    id: OperationId,
    op: &'a M::Op,
    reply: &'a M::Reply,
    returned: u64,
    is_read: bool,
}

struct Optional<'a, M: SequentialModel> {
    id: OperationId,
    op: &'a M::Op,
    invoked: u64,
    /// The equal operation invoked last before this one.
    twin: Option<u32>,
}

/// A placed operation, by its number among the known or among the optional of the part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Known(u32),
    Optional(u32),
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

/// The longest beginning of an order met so far, by known operations placed.
#[derive(Default)]
struct Longest {
    steps: Vec<Step>,
    known: usize,
    /// How many of its steps are also the first of the trail.
    shared: usize,
}

impl<'a, M: SequentialModel> Search<'a, M> {
    pub(super) fn new(model: &'a M, history: &'a History<M::Op, M::Reply>, budget: Budget) -> Self {
        Self {
            model,
            history,
            known: Vec::new(),
            optional: Vec::new(),
            events: Links::default(),
            offers: Links::default(),
            placed: Placed::default(),
            trail: Vec::new(),
            unplaced_known: 0,
            frames: Vec::new(),
            dead_ends: Memo::new(budget.memo_bytes),
            longest: Longest::default(),
            steps: 0,
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
        self.place_reads(&initial);
        self.enter(initial, false);
        while self.unplaced_known > 0 {
            if self.steps >= limit {
                return Found::Undecided;
            }
            match self.next_candidate() {
                Some(candidate) => self.advance(candidate),
                None if self.frames.len() > 1 => self.retreat(),
                None => return Found::None(self.longest_prefix()),
            }
        }
        Found::Order
    }

    fn load(&mut self, part: &[OperationId]) {
        self.known.clear();
        self.optional.clear();
        let history = self.history;
        part.iter().for_each(|&id| self.sort_in(id, history.get(id)));
        self.unplaced_known = self.known.len();
        self.link_events();
        self.link_offers();
        self.placed.known.reset(self.known.len());
        self.placed.optional.reset(self.optional.len());
        self.trail.clear();
        self.frames.clear();
        self.dead_ends.reset();
        self.longest = Longest::default();
    }

    fn sort_in(&mut self, id: OperationId, operation: &'a Operation<M::Op, M::Reply>) {
        let op = &operation.op;
        match &operation.outcome {
            OperationOutcome::Ok { reply, at } => self.known.push(Known {
                id,
                op,
                reply,
                returned: at.order,
                is_read: self.model.is_read(op, Some(reply)),
            }),
            OperationOutcome::Unknown => {
                self.optional.push(Optional { id, op, invoked: operation.invoked.order, twin: None })
            }
            OperationOutcome::Failed { .. } => panic!("failed operation {id} has no place in any order"),
        }
    }

    fn link_events(&mut self) {
        let mut returns: Vec<_> = (0..).zip(&self.known).map(|(number, known)| (known.returned, number)).collect();
        returns.sort_unstable();
        let mut returns = returns.into_iter().peekable();
        self.events.reset(2 * self.known.len());
        for (number, known) in (0..).zip(&self.known) {
            let invoked = self.history.get(known.id).invoked.order;
            while let Some((_, returned)) = returns.next_if(|&(order, _)| order < invoked) {
                self.events.push(return_of(returned));
            }
            self.events.push(call_of(number));
        }
        returns.for_each(|(_, number)| self.events.push(return_of(number)));
    }

    fn link_offers(&mut self) {
        self.offers.reset(self.optional.len());
        (0..).zip(&self.optional).for_each(|(number, _)| self.offers.push(offer_of(number)));
        if self.optional.len() > 1 {
            self.find_twins();
        }
    }

    fn find_twins(&mut self) {
        let hash = |optional: &Optional<'a, M>| {
            let mut hasher = FixedHasher::default();
            optional.op.hash(&mut hasher);
            hasher.finish()
        };
        let mut hashed: Vec<_> = self.optional.iter().map(hash).zip(0u32..).collect();
        hashed.sort_unstable();
        for alike in hashed.chunk_by(|a, b| a.0 == b.0) {
            for (position, &(_, number)) in alike.iter().enumerate() {
                let op = self.optional[number as usize].op;
                let is_equal = |&&(_, earlier): &&(u64, u32)| self.optional[earlier as usize].op == op;
                let twin = alike[..position].iter().rev().find(is_equal);
                self.optional[number as usize].twin = twin.map(|&(_, earlier)| earlier);
            }
        }
    }

    /// The next operation to try in the current configuration.
    fn next_candidate(&mut self) -> Option<Step> {
        loop {
            self.steps += 1;
            let cursor = self.frames.last().expect("the first frame stays").cursor;
            let (moved, candidate) = match cursor {
                Cursor::Events(event) => self.next_known(self.events.after(event)),
                Cursor::Offers(offer, before) => {
                    let offer = self.offers.after(offer);
                    let number = optional_offering(offer, before, &self.optional)?;
                    (Cursor::Offers(offer, before), self.without_twin(number))
                }
            };
            self.frames.last_mut().expect("the first frame stays").cursor = moved;
            if candidate.is_some() {
                return candidate;
            }
        }
    }

    fn next_known(&self, event: u32) -> (Cursor, Option<Step>) {
        let number = operation_at(event);
        let known = &self.known[number as usize];
        if !is_call(event) {
            return (Cursor::Offers(END, known.returned), None);
        }
        // A read still here is not permitted in this state (rule 1).
        let candidate = (!known.is_read).then_some(Step::Known(number));
        (Cursor::Events(event), candidate)
    }

    /// Rule 3.
    fn without_twin(&self, number: u32) -> Option<Step> {
        let twin = self.optional[number as usize].twin;
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
        self.place_reads(&state);
        if self.dead_ends.covers(&self.placed, &state, &mut self.steps) {
            self.undo_to(depth);
            return;
        }
        let is_observed = self.trail.len() > depth + 1;
        self.enter(state, matches!(candidate, Step::Optional(_)) && !is_observed);
    }

    /// The state after the candidate; `None` if it is not permitted or rule 2 skips it.
    fn successor(&self, candidate: Step) -> Option<M::State> {
        let (frame, before) = self.frames.split_last().expect("the first frame stays");
        let state = self.apply(&frame.state, candidate)?;
        let is_idle = matches!(candidate, Step::Optional(_)) && state == frame.state;
        let overtaken = before.last().filter(|_| frame.unobserved);
        let is_needless =
            || overtaken.is_some_and(|parent| self.apply(&parent.state, candidate).as_ref() == Some(&state));
        (!is_idle && !is_needless()).then_some(state)
    }

    fn apply(&self, state: &M::State, step: Step) -> Option<M::State> {
        match step {
            Step::Known(number) => {
                let known = &self.known[number as usize];
                self.model.apply(state, known.op, Some(known.reply))
            }
            Step::Optional(number) => self.model.apply(state, self.optional[number as usize].op, None),
        }
    }

    fn enter(&mut self, state: M::State, unobserved: bool) {
        self.frames.push(Frame { state, depth: self.trail.len(), unobserved, cursor: Cursor::Events(END) });
    }

    /// Leaves the current configuration, from which no way leads on.
    fn retreat(&mut self) {
        self.longest.offer(&self.trail, self.known.len() - self.unplaced_known);
        let frame = self.frames.pop().expect("the first frame stays");
        let heap_bytes = self.model.heap_bytes(&frame.state);
        self.dead_ends.insert(&self.placed, frame.state, heap_bytes);
        let depth = self.frames.last().expect("the first frame stays").depth;
        self.undo_to(depth);
    }

    /// Rule 1: places all known reads that may be placed next and are permitted.
    fn place_reads(&mut self, state: &M::State) {
        let mut event = self.events.after(END);
        while is_call(event) {
            self.steps += 1;
            let step = Step::Known(operation_at(event));
            if self.known[operation_at(event) as usize].is_read && self.apply(state, step).is_some() {
                self.place(step);
            }
            event = self.events.after(event);
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

    fn longest_prefix(&mut self) -> Vec<OperationId> {
        self.longest.offer(&self.trail, self.known.len() - self.unplaced_known);
        let id = |step: &Step| match *step {
            Step::Known(number) => self.known[number as usize].id,
            Step::Optional(number) => self.optional[number as usize].id,
        };
        // Optional operations at the end serve nothing.
        let is_known = |step: &Step| matches!(step, Step::Known(_));
        let end = self.longest.steps.iter().rposition(is_known).map_or(0, |last| last + 1);
        self.longest.steps[..end].iter().map(id).collect()
    }
}

impl Longest {
    /// Keeps the trail if it has more known operations. Copies only what is
    /// new, so that all copies together take no longer than the search itself.
    fn offer(&mut self, trail: &[Step], known: usize) {
        if known > self.known {
            self.steps.truncate(self.shared);
            self.steps.extend_from_slice(&trail[self.shared..]);
            self.known = known;
            self.shared = trail.len();
        }
    }
}

// Events are numbered from 1 in pairs, so that calls are odd and returns, like `END`, even.

fn call_of(known: u32) -> u32 {
    2 * known + 1
}

fn return_of(known: u32) -> u32 {
    2 * known + 2
}

fn is_call(event: u32) -> bool {
    event % 2 == 1
}

fn operation_at(event: u32) -> u32 {
    (event - 1) / 2
}

fn offer_of(optional: u32) -> u32 {
    optional + 1
}

fn optional_offering<M: SequentialModel>(offer: u32, before: u64, optional: &[Optional<'_, M>]) -> Option<u32> {
    let number = offer.checked_sub(1)?;
    (optional[number as usize].invoked < before).then_some(number)
}
