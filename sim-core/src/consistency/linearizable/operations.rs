//! The operations of one part, as the search needs them.
//!
//! Those with a reply are *known*, those of unknown outcome are *optional*, and
//! each kind is numbered on its own, from 0 in order of invocation. The call and
//! the return of a known operation are *events*, the call of an optional one is
//! an *offer*; both are numbered from 1 to be entries of [`Links`].

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::super::SequentialModel;
use super::super::hash::hash_one;
use super::links::{END, Links};
use super::memo::Placed;
use super::work::{APPLYING, Work};
use crate::history::{History, Operation, OperationId, OperationOutcome};

pub(super) struct Operations<'a, M: SequentialModel> {
    model: &'a M,
    history: &'a History<M::Op, M::Reply>,
    pub(super) known: Vec<Known<'a, M>>,
    pub(super) optional: Vec<Optional<'a, M>>,
    /// Those of the known operations that are reads.
    reads: Vec<u32>,
    /// The operations that overwrite the state, by what they leave.
    sources: Vec<Source<M::State>>,
    /// How many kinds of known operations there are.
    pub(super) kinds: u32,
    pub(super) work: Work,
}

pub(super) struct Known<'a, M: SequentialModel> {
    pub(super) id: OperationId,
    op: &'a M::Op,
    reply: &'a M::Reply,
    /// The order of the invocation.
    invoked: u64,
    /// The order of the return.
    pub(super) returned: u64,
    pub(super) is_read: bool,
    /// How many reads are among the known operations up to this one.
    reads_so_far: usize,
    /// Operations of one kind are equal, and so are their replies; reads have no kind.
    pub(super) kind: u32,
    /// Operations of one class are equal; reads have no class.
    pub(super) class: u32,
    /// For a read, which sources there may be for its reply, once somebody asked.
    sources: OnceCell<Vec<u32>>,
}

pub(super) struct Optional<'a, M: SequentialModel> {
    pub(super) id: OperationId,
    op: &'a M::Op,
    /// The order of the invocation.
    invoked: u64,
    /// The equal operation invoked last before this one.
    pub(super) twin: Option<u32>,
    /// As for known operations.
    pub(super) class: u32,
}

/// Equal operations, while they are sorted.
struct Class<'a, M: SequentialModel> {
    op: &'a M::Op,
    /// The replies of the known ones, and the number of each kind.
    replies: Vec<(&'a M::Reply, u32)>,
    /// The last one of unknown outcome so far.
    last_optional: Option<u32>,
}

/// Operations that all leave the same state, whatever was before.
struct Source<S> {
    state: S,
    /// The known ones, in order of invocation: invocation, number, and the last return up to here.
    known: Vec<(u64, u32, u64)>,
    /// The optional ones, in order of invocation.
    optional: Vec<u32>,
}

/// Replies to equal operations that are told apart.
const MOST_REPLIES: usize = 64;

/// An operation, by its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Known(u32),
    Optional(u32),
}

impl<'a, M: SequentialModel> Operations<'a, M> {
    pub(super) fn new(model: &'a M, history: &'a History<M::Op, M::Reply>) -> Self {
        let (known, optional, reads, sources) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { model, history, known, optional, reads, sources, kinds: 0, work: Work::default() }
    }

    /// Makes these the operations `part`, given in order of invocation and none of them failed.
    pub(super) fn load(&mut self, part: &[OperationId]) {
        self.known.clear();
        self.optional.clear();
        self.reads.clear();
        self.sources.clear();
        let history = self.history;
        part.iter().for_each(|&id| self.sort_in(id, history.get(id)));
        self.classify();
        self.find_sources();
    }

    /// Puts all calls and returns of known operations into `events`, as they happened.
    pub(super) fn link_events(&self, events: &mut Links) {
        let mut returns: Vec<_> = (0..).zip(&self.known).map(|(number, known)| (known.returned, number)).collect();
        returns.sort_unstable();
        let mut returns = returns.into_iter().peekable();
        events.reset(2 * self.known.len());
        for (number, known) in (0..).zip(&self.known) {
            while let Some((_, returned)) = returns.next_if(|&(order, _)| order < known.invoked) {
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
        let (op, reply) = match step {
            Step::Known(number) => {
                let known = &self.known[number as usize];
                (known.op, Some(known.reply))
            }
            Step::Optional(number) => (self.optional[number as usize].op, None),
        };
        self.work.add(APPLYING + self.model.effort(state, op, reply));
        self.model.apply(state, op, reply)
    }

    /// Whether nothing that is still to be placed leads from the state to one that permits the known
    /// read in time: the model says that the state would have to be overwritten, and all that could
    /// do so before the read returns is in place. All known operations that return before `first_return` are.
    pub(super) fn is_ruled_out(&self, read: u32, state: &M::State, placed: &Placed, first_return: u64) -> bool {
        let known = &self.known[read as usize];
        self.work.add(1);
        if !self.model.needs_overwriting(state, known.op, known.reply) {
            return false;
        }
        let sources = known.sources.get_or_init(|| {
            self.work.add(self.sources.len() as u64);
            let may_be =
                |source: &Source<M::State>| !self.model.needs_overwriting(&source.state, known.op, known.reply);
            (0..).zip(&self.sources).filter(|(_, source)| may_be(source)).map(|(number, _)| number).collect()
        });
        !sources
            .iter()
            .any(|&source| self.is_left(&self.sources[source as usize], known.returned, placed, first_return))
    }

    /// Whether one of these operations is not in place and was invoked before the given order.
    fn is_left(&self, source: &Source<M::State>, before: u64, placed: &Placed, first_return: u64) -> bool {
        let known = &source.known[..source.known.partition_point(|&(invoked, ..)| invoked < before)];
        let may_be_left = known.iter().rev().take_while(|&&(.., returned)| returned >= first_return);
        let is_early = |&number: &u32| self.optional[number as usize].invoked < before;
        let optional = &source.optional[..source.optional.partition_point(is_early)];
        may_be_left.into_iter().any(|&(_, number, _)| !placed.known.contains(number))
            || optional.iter().rev().any(|&number| !placed.optional.contains(number))
    }

    /// The reads invoked after the known operation.
    pub(super) fn reads_after(&self, known: u32) -> &[u32] {
        &self.reads[self.known[known as usize].reads_so_far..]
    }

    /// Whether this is an offer that was invoked before the given order.
    pub(super) fn is_offered(&self, offer: u32, before: u64) -> bool {
        offer != END && self.optional[operation_of(offer) as usize].invoked < before
    }

    fn sort_in(&mut self, id: OperationId, operation: &'a Operation<M::Op, M::Reply>) {
        let (op, invoked) = (&operation.op, operation.invoked.order);
        match &operation.outcome {
            OperationOutcome::Ok { reply, at } => {
                let is_read = self.model.is_read(op, Some(reply));
                if is_read {
                    self.reads.push(count(self.known.len()));
                }
                self.known.push(Known {
                    id,
                    op,
                    reply,
                    invoked,
                    returned: at.order,
                    is_read,
                    reads_so_far: self.reads.len(),
                    kind: 0,
                    class: 0,
                    sources: OnceCell::new(),
                });
            }
            OperationOutcome::Unknown => self.optional.push(Optional { id, op, invoked, twin: None, class: 0 }),
            OperationOutcome::Failed { .. } => panic!("failed operation {id} has no place in any order"),
        }
    }

    /// Finds out which operations are equal.
    fn classify(&mut self) {
        let writes = (0u32..).zip(&self.known).filter(|(_, known)| !known.is_read);
        let writes = writes.map(|(number, known)| (hash_one(known.op), Step::Known(number)));
        let optional = (0u32..).zip(&self.optional).map(|(i, optional)| (hash_one(optional.op), Step::Optional(i)));
        let mut hashed: Vec<_> = writes.chain(optional).collect();
        hashed.sort_unstable();
        let (mut classes, mut kinds) = (1, 1);
        for alike in hashed.chunk_by(|a, b| a.0 == b.0) {
            let first_class = classes;
            let mut seen: Vec<Class<'a, M>> = Vec::new();
            for &(_, step) in alike {
                let op = self.op(step);
                let place = seen.iter().position(|class| class.op == op).unwrap_or_else(|| {
                    seen.push(Class { op, replies: Vec::new(), last_optional: None });
                    seen.len() - 1
                });
                let class = first_class + count(place);
                let Class { replies, last_optional, .. } = &mut seen[place];
                match step {
                    Step::Known(number) => {
                        let known = &mut self.known[number as usize];
                        let reply = known.reply;
                        let same = replies.iter().find(|(other, _)| *other == reply).map(|&(_, kind)| kind);
                        known.kind = same.unwrap_or_else(|| {
                            kinds += 1;
                            // Where there are many, telling them apart would take longer than it helps.
                            if replies.len() < MOST_REPLIES {
                                replies.push((reply, kinds - 1));
                            }
                            kinds - 1
                        });
                        known.class = class;
                    }
                    Step::Optional(number) => {
                        let optional = &mut self.optional[number as usize];
                        (optional.class, optional.twin) = (class, last_optional.replace(number));
                    }
                }
            }
            classes += count(seen.len());
        }
        self.kinds = kinds;
    }

    fn find_sources(&mut self) {
        let mut by_hash = BTreeMap::<u64, Vec<u32>>::new();
        let writes = (0u32..).zip(&self.known).filter(|(_, known)| !known.is_read);
        let writes = writes.map(|(number, known)| (Step::Known(number), known.op));
        let optional = (0u32..).zip(&self.optional).map(|(number, optional)| (Step::Optional(number), optional.op));
        for (step, op) in writes.chain(optional) {
            let Some(state) = self.model.overwrites(op) else { continue };
            let alike = by_hash.entry(hash_one(&state)).or_default();
            let same = alike.iter().copied().find(|&number| self.sources[number as usize].state == state);
            let number = same.unwrap_or_else(|| {
                alike.push(count(self.sources.len()));
                self.sources.push(Source { state, known: Vec::new(), optional: Vec::new() });
                count(self.sources.len()) - 1
            });
            let source = &mut self.sources[number as usize];
            match step {
                Step::Known(number) => {
                    let Known { invoked, returned, .. } = self.known[number as usize];
                    let last = source.known.last().map_or(returned, |&(.., last)| returned.max(last));
                    source.known.push((invoked, number, last));
                }
                Step::Optional(number) => source.optional.push(number),
            }
        }
    }

    fn op(&self, step: Step) -> &'a M::Op {
        match step {
            Step::Known(number) => self.known[number as usize].op,
            Step::Optional(number) => self.optional[number as usize].op,
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

pub(super) fn operation_of(offer: u32) -> u32 {
    offer - 1
}

fn count(length: usize) -> u32 {
    u32::try_from(length).expect("operations are numbered by `u32`")
}
