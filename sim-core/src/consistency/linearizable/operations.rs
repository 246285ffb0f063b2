//! The operations of one part, as the search needs them.
//!
//! Those with a reply are *known*, those of unknown outcome are *optional*, and
//! each kind is numbered on its own, from 0 in order of invocation. The call and
//! the return of a known operation are *events*, the call of an optional one is
//! an *offer*; both are numbered from 1 to be entries of [`Links`].

use super::super::SequentialModel;
use super::super::hash::hash_one;
use super::links::Links;
use crate::history::{History, Operation, OperationId, OperationOutcome};

pub(super) struct Operations<'a, M: SequentialModel> {
    model: &'a M,
    history: &'a History<M::Op, M::Reply>,
    pub(super) known: Vec<Known<'a, M>>,
    pub(super) optional: Vec<Optional<'a, M>>,
    /// Those of the known operations that are reads.
    reads: Vec<u32>,
}

pub(super) struct Known<'a, M: SequentialModel> {
    pub(super) id: OperationId,
    op: &'a M::Op,
    reply: &'a M::Reply,
    /// The order of the return.
    pub(super) returned: u64,
    pub(super) is_read: bool,
    /// How many reads are among the known operations up to this one.
    reads_so_far: usize,
}

pub(super) struct Optional<'a, M: SequentialModel> {
    pub(super) id: OperationId,
    op: &'a M::Op,
    /// The order of the invocation.
    invoked: u64,
    /// The equal operation invoked last before this one.
    pub(super) twin: Option<u32>,
}

/// An operation, by its number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Known(u32),
    Optional(u32),
}

impl<'a, M: SequentialModel> Operations<'a, M> {
    pub(super) fn new(model: &'a M, history: &'a History<M::Op, M::Reply>) -> Self {
        Self { model, history, known: Vec::new(), optional: Vec::new(), reads: Vec::new() }
    }

    /// Makes these the operations `part`, given in order of invocation and none of them failed.
    pub(super) fn load(&mut self, part: &[OperationId]) {
        self.known.clear();
        self.optional.clear();
        self.reads.clear();
        let history = self.history;
        part.iter().for_each(|&id| self.sort_in(id, history.get(id)));
        if self.optional.len() > 1 {
            self.find_twins();
        }
    }

    /// Puts all calls and returns of known operations into `events`, as they happened.
    pub(super) fn link_events(&self, events: &mut Links) {
        let mut returns: Vec<_> = (0..).zip(&self.known).map(|(number, known)| (known.returned, number)).collect();
        returns.sort_unstable();
        let mut returns = returns.into_iter().peekable();
        events.reset(2 * self.known.len());
        for (number, known) in (0..).zip(&self.known) {
            let invoked = self.history.get(known.id).invoked.order;
            while let Some((_, returned)) = returns.next_if(|&(order, _)| order < invoked) {
                events.push(return_of(returned));
            }
            events.push(call_of(number));
        }
        returns.for_each(|(_, number)| events.push(return_of(number)));
    }

    /// Puts all offers into `offers`.
    pub(super) fn link_offers(&self, offers: &mut Links) {
        offers.reset(self.optional.len());
        (0..).zip(&self.optional).for_each(|(number, _)| offers.push(offer_of(number)));
    }

    /// The operation of the history.
    pub(super) fn id(&self, step: Step) -> OperationId {
        match step {
            Step::Known(number) => self.known[number as usize].id,
            Step::Optional(number) => self.optional[number as usize].id,
        }
    }

    /// The state after the operation, if it is permitted in `state`.
    pub(super) fn apply(&self, state: &M::State, step: Step) -> Option<M::State> {
        match step {
            Step::Known(number) => {
                let known = &self.known[number as usize];
                self.model.apply(state, known.op, Some(known.reply))
            }
            Step::Optional(number) => self.model.apply(state, self.optional[number as usize].op, None),
        }
    }

    /// Whether the state rules out the known read for ever.
    pub(super) fn is_ruled_out(&self, read: u32, state: &M::State) -> bool {
        let read = &self.known[read as usize];
        self.model.rules_out(state, read.op, read.reply)
    }

    /// The reads invoked after the known operation.
    pub(super) fn reads_after(&self, known: u32) -> &[u32] {
        &self.reads[self.known[known as usize].reads_so_far..]
    }

    /// The optional operation of an offer, if it was invoked before the given order.
    pub(super) fn optional_at(&self, offer: u32, before: u64) -> Option<u32> {
        let number = offer.checked_sub(1)?;
        (self.optional[number as usize].invoked < before).then_some(number)
    }

    fn sort_in(&mut self, id: OperationId, operation: &'a Operation<M::Op, M::Reply>) {
        match &operation.outcome {
            OperationOutcome::Ok { reply, at } => self.add_known(id, &operation.op, reply, at.order),
            OperationOutcome::Unknown => {
                self.optional.push(Optional { id, op: &operation.op, invoked: operation.invoked.order, twin: None });
            }
            OperationOutcome::Failed { .. } => panic!("failed operation {id} has no place in any order"),
        }
    }

    fn add_known(&mut self, id: OperationId, op: &'a M::Op, reply: &'a M::Reply, returned: u64) {
        let is_read = self.model.is_read(op, Some(reply));
        if is_read {
            self.reads.push(count(self.known.len()));
        }
        self.known.push(Known { id, op, reply, returned, is_read, reads_so_far: self.reads.len() });
    }

    fn find_twins(&mut self) {
        let mut hashed: Vec<_> = self.optional.iter().map(|optional| hash_one(optional.op)).zip(0u32..).collect();
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
}

// Events are numbered from 1 in pairs, so that calls are odd and returns, like the end of the list, even.

pub(super) fn call_of(known: u32) -> u32 {
    2 * known + 1
}

pub(super) fn return_of(known: u32) -> u32 {
    2 * known + 2
}

pub(super) fn is_call(event: u32) -> bool {
    event % 2 == 1
}

pub(super) fn operation_at(event: u32) -> u32 {
    (event - 1) / 2
}

pub(super) fn offer_of(optional: u32) -> u32 {
    optional + 1
}

fn count(length: usize) -> u32 {
    u32::try_from(length).expect("operations are numbered by `u32`")
}
