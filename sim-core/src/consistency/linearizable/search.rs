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
//!    may be placed wherever the later one may. Of equal known operations with
//!    equal replies that may be placed next, only the one that returns first
//!    is: the other may be placed wherever that was, as nothing that had to
//!    come after it came before. Of a known and an optional one that are equal,
//!    only the known one is, if it is permitted: in the place of the known one
//!    the optional one does the same. All these exchanges leave an order as
//!    thrifty as it was.
//! 4. **Useful first.** Known operations are tried before optional ones, those
//!    that return first before others, and before all those after which a read
//!    that waits is permitted; an optional one only if the first operation to
//!    return is such a read. This is an order of trying only.
//! 5. **Foresight.** A state that rules out a known read still to be placed,
//!    by the word of the model, is a dead end, and so is one that would have to
//!    be overwritten for it, if nothing is left that may do so in time. Only
//!    reads that may be placed next and the first one after them are asked
//!    about.

use super::super::{Budget, SequentialModel, spent};
use super::links::{END, Links};
use super::memo::{Memo, Placed};
use super::operations::{Operations, Step, call_of, is_call, offer_of, operation_at, operation_of, return_of};
use super::work::BYTES_A_UNIT;
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
    /// The known operations that the frames try, one frame after the other.
    choices: Vec<Choice>,
    /// By kind of operation, the number of the last list of choices that has one.
    listed: Vec<u64>,
    lists: u64,
    /// What the states of the frames own, and how much that may be.
    frame_bytes: u64,
    limit_bytes: u64,
    dead_ends: Memo<M::State>,
    longest: Longest,
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
    /// Where its choices begin.
    first_choice: usize,
    /// The order of the first return of a known operation still to be placed.
    first_return: u64,
    /// The known operation that returns then, if it is a read.
    urgent: Option<u32>,
    cursor: Cursor,
}

/// A known operation that may be placed next and is no read.
#[derive(Clone, Copy)]
struct Choice {
    number: u32,
    is_tried: bool,
}

/// Where to look for the next operation to try.
#[derive(Clone, Copy)]
enum Cursor {
    /// This choice, if it is useful.
    Useful(usize),
    /// After this offer, if it makes the urgent read right.
    Needed(u32),
    /// This choice, if it was not tried.
    Known(usize),
    /// After this offer, if it was not tried.
    Optional(u32),
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
            choices: Vec::new(),
            listed: Vec::new(),
            lists: 0,
            frame_bytes: 0,
            limit_bytes: budget.bytes,
            dead_ends: Memo::new(budget.bytes),
            longest: Longest::default(),
            most_bytes: 0,
        }
    }

    /// Steps spent on all parts so far.
    pub(super) const fn steps(&self) -> u64 {
        self.operations.work.steps()
    }

    /// Searches an order for the operations `part`, given in order of invocation
    /// and none of them failed, with `allowance` further steps.
    pub(super) fn run(&mut self, part: &[OperationId], allowance: u64) -> Found {
        let limit = self.steps().saturating_add(allowance);
        self.load(part);
        let initial = self.model.initial();
        if self.settle(&initial) {
            self.enter(initial, false);
        }
        while self.unplaced_known > 0 {
            if self.frames.is_empty() {
                return Found::None(self.obstacle().expect("no search fails without an obstacle"));
            }
            if self.steps() >= limit {
                return Found::OutOfSteps;
            }
            if self.frame_bytes > self.limit_bytes {
                return Found::OutOfMemory;
            }
            match self.next_candidate() {
                Some((candidate, state)) => self.advance(candidate, state),
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
        self.choices.clear();
        self.listed.clear();
        self.listed.resize(self.operations.kinds as usize, 0);
        self.lists = 0;
        self.frame_bytes = 0;
        self.dead_ends.reset();
        self.longest = Longest::default();
    }

    /// The next operation to try in the current configuration, and the state after it.
    fn next_candidate(&mut self) -> Option<(Step, M::State)> {
        loop {
            self.operations.work.add(1);
            let frame = self.frames.last().expect("the search goes on from a frame");
            let Frame { cursor, urgent, first_return, .. } = *frame;
            let (moved, candidate) = match cursor {
                Cursor::Useful(place) => match self.choices.get(place) {
                    Some(_) => (Cursor::Useful(place + 1), self.try_choice(place, true)),
                    None => (Cursor::Needed(END), None),
                },
                Cursor::Needed(offer) => match self.next_offer(offer, first_return).filter(|_| urgent.is_some()) {
                    Some(offer) => (Cursor::Needed(offer), self.try_offer(offer, urgent, true)),
                    None => (Cursor::Known(frame.first_choice), None),
                },
                Cursor::Known(place) => match self.choices.get(place) {
                    Some(choice) if choice.is_tried => (Cursor::Known(place + 1), None),
                    Some(_) => (Cursor::Known(place + 1), self.try_choice(place, false)),
                    None => (Cursor::Optional(END), None),
                },
                Cursor::Optional(offer) => {
                    let offer = self.next_offer(offer, first_return)?;
                    (Cursor::Optional(offer), self.try_offer(offer, urgent, false))
                }
            };
            self.frames.last_mut().expect("the search goes on from a frame").cursor = moved;
            if candidate.is_some() {
                return candidate;
            }
        }
    }

    /// A choice and the state after it, if it is permitted and, if so asked, useful.
    fn try_choice(&mut self, place: usize, if_useful: bool) -> Option<(Step, M::State)> {
        let step = Step::Known(self.choices[place].number);
        let state = self.successor(step);
        self.choices[place].is_tried = !if_useful || state.as_ref().is_none_or(|state| self.is_useful(state));
        state.filter(|_| self.choices[place].is_tried).map(|state| (step, state))
    }

    /// Whether a read that waits is permitted in this state.
    fn is_useful(&mut self, state: &M::State) -> bool {
        let mut event = self.events.after(END);
        while is_call(event) {
            self.operations.work.add(1);
            let number = operation_at(event);
            let is_read = self.operations.known[number as usize].is_read;
            if is_read && self.operations.apply(state, Step::Known(number)).is_some() {
                return true;
            }
            event = self.events.after(event);
        }
        false
    }

    /// The next offer after this one that was invoked before the given order.
    fn next_offer(&self, offer: u32, before: u64) -> Option<u32> {
        Some(self.offers.after(offer)).filter(|&offer| self.operations.is_offered(offer, before))
    }

    /// An optional operation and the state after it, if it is permitted and makes the urgent read
    /// right, or not, as asked. Rule 3.
    fn try_offer(&self, offer: u32, urgent: Option<u32>, is_needed: bool) -> Option<(Step, M::State)> {
        let step = Step::Optional(operation_of(offer));
        let optional = &self.operations.optional[operation_of(offer) as usize];
        if optional.twin.is_some_and(|twin| !self.placed.optional.contains(twin)) {
            return None;
        }
        let state = self.successor(step)?;
        let makes_right = urgent.is_some_and(|read| self.operations.apply(&state, Step::Known(read)).is_some());
        let frame = self.frames.last().expect("the search goes on from a frame");
        let is_same = |choice: &Choice| {
            self.operations.known[choice.number as usize].class == optional.class
                && self.operations.apply(&frame.state, Step::Known(choice.number)).as_ref() == Some(&state)
        };
        let has_known_twin = || self.choices[frame.first_choice..].iter().any(is_same);
        (makes_right == is_needed && !has_known_twin()).then_some((step, state))
    }

    /// Places the candidate, unless that leads to nowhere new.
    fn advance(&mut self, candidate: Step, state: M::State) {
        let depth = self.trail.len();
        self.place(candidate);
        if !self.settle(&state) || self.dead_ends.covers(&self.placed, &state, &self.operations.work) {
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
        let heap_bytes = self.model.heap_bytes(&state);
        self.frame_bytes += heap_bytes;
        self.most_bytes = self.most_bytes.max(self.frame_bytes + self.dead_ends.bytes());
        self.operations.work.add(heap_bytes / BYTES_A_UNIT);
        let first_choice = self.choices.len();
        let mut reads = 0;
        let mut event = self.events.after(END);
        while is_call(event) {
            self.operations.work.add(1);
            let number = operation_at(event);
            if self.operations.known[number as usize].is_read {
                reads += 1;
            } else {
                self.choices.push(Choice { number, is_tried: false });
            }
            event = self.events.after(event);
        }
        self.order_choices(first_choice);
        let (first_return, urgent) = match event {
            END => (u64::MAX, None),
            first => {
                let first = operation_at(first);
                let known = &self.operations.known[first as usize];
                (known.returned, known.is_read.then_some(first))
            }
        };
        let cursor = if reads > 0 { Cursor::Useful(first_choice) } else { Cursor::Known(first_choice) };
        let depth = self.trail.len();
        self.frames.push(Frame { state, depth, unobserved, first_choice, first_return, urgent, cursor });
    }

    /// Puts the last choices, from this place on, in order of return, and drops those of which there
    /// is one of the same kind before (rule 3).
    fn order_choices(&mut self, first: usize) {
        let known = &self.operations.known;
        self.choices[first..].sort_unstable_by_key(|choice| known[choice.number as usize].returned);
        self.lists += 1;
        let mut kept = first;
        for place in first..self.choices.len() {
            let choice = self.choices[place];
            let kind = known[choice.number as usize].kind as usize;
            if std::mem::replace(&mut self.listed[kind], self.lists) != self.lists {
                self.choices[kept] = choice;
                kept += 1;
            }
        }
        self.choices.truncate(kept);
    }

    /// Leaves the current configuration, from which no way leads on.
    fn retreat(&mut self) {
        self.note_obstacle(self.first_to_return());
        let frame = self.frames.pop().expect("the search goes on from a frame");
        self.choices.truncate(frame.first_choice);
        let heap_bytes = self.model.heap_bytes(&frame.state);
        self.frame_bytes -= heap_bytes;
        self.dead_ends.insert(&self.placed, frame.state, heap_bytes, &self.operations.work);
        self.undo_to(self.frames.last().map_or(0, |frame| frame.depth));
    }

    /// Rule 1: places all known reads that may be placed next and are
    /// permitted. Returns whether all others can still be hoped for (rule 5).
    fn settle(&mut self, state: &M::State) -> bool {
        let mut event = self.events.after(END);
        let mut last = None;
        while is_call(event) {
            self.operations.work.add(1);
            let number = operation_at(event);
            if self.operations.known[number as usize].is_read
                && self.operations.apply(state, Step::Known(number)).is_some()
            {
                self.place(Step::Known(number));
            }
            last = Some(number);
            event = self.events.after(event);
        }
        if event == END {
            return true;
        }
        let first_return = self.operations.known[operation_at(event) as usize].returned;
        let mut waiting = self.events.after(END);
        while is_call(waiting) {
            let number = operation_at(waiting);
            if self.operations.known[number as usize].is_read && self.is_hopeless(number, state, first_return) {
                return false;
            }
            waiting = self.events.after(waiting);
        }
        let next = last.and_then(|last| self.next_unplaced_read(last));
        !next.is_some_and(|read| self.is_hopeless(read, state, first_return))
    }

    /// Rule 5.
    fn is_hopeless(&mut self, read: u32, state: &M::State, first_return: u64) -> bool {
        let is_hopeless = self.operations.is_ruled_out(read, state, &self.placed, first_return);
        if is_hopeless {
            self.note_obstacle(read);
        }
        is_hopeless
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
        spent::note(self.steps(), Some(self.most_bytes));
    }
}
