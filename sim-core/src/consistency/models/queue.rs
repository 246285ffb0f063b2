//! A queue: first in, first out.

use std::hash::{Hash, Hasher};

use super::super::hash::hash_one;
use super::super::{Decision, SequentialModel};
use super::persistent::Chain;
use super::{Action, Datum, Op, Reply, elements, may_tell};
use crate::history::{History, OperationId};

/// One queue a key, empty at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue;

impl SequentialModel for Queue {
    type Op = Op;
    type Reply = Reply;
    type State = Fifo;
    type Key = Datum;

    fn initial(&self) -> Fifo {
        Fifo::default()
    }

    fn apply(&self, state: &Fifo, op: &Op, reply: Option<&Reply>) -> Option<Fifo> {
        match &op.action {
            Action::Enqueue(element) => may_tell(reply, &Reply::Done).then(|| state.enqueue(element.clone())),
            Action::Dequeue => match state.dequeue() {
                None => may_tell(reply, &Reply::Empty).then(|| state.clone()),
                Some((first, rest)) => may_tell(reply, &Reply::Value(first)).then_some(rest),
            },
            _ => None,
        }
    }

    fn key(&self, op: &Op) -> Option<Datum> {
        Some(op.key.clone())
    }

    fn is_read(&self, _: &Op, reply: Option<&Reply>) -> bool {
        reply == Some(&Reply::Empty)
    }

    fn decide(&self, history: &History<Op, Reply>, operations: &[OperationId]) -> Decision {
        elements::decide(history, operations, &elements::QUEUE)
    }

    fn heap_bytes(&self, _: &Fifo) -> u64 {
        2 * Chain::<Datum>::ELEMENT_BYTES
    }
}

/// The elements of a queue. Its stages share what they have in common.
#[derive(Clone, Default)]
pub struct Fifo {
    /// The elements to come out first, the first on top.
    front: Chain<Datum>,
    /// Those after them, the last on top.
    back: Chain<Datum>,
    /// How many elements have come out.
    taken: u64,
    /// The sum of the hashes of elements and their places, counted from the first ever put in.
    hash: u64,
}

impl Fifo {
    fn len(&self) -> usize {
        self.front.len() + self.back.len()
    }

    pub(super) fn enqueue(&self, element: Datum) -> Self {
        let place = self.taken + self.len() as u64;
        let hash = self.hash.wrapping_add(hash_one(&(place, &element)));
        Self { back: self.back.push(element), hash, ..self.clone() }
    }

    pub(super) fn dequeue(&self) -> Option<(Datum, Self)> {
        if self.front.is_empty() {
            let turned = Self { front: self.back.reversed(), back: Chain::new(), ..self.clone() };
            return (!turned.front.is_empty()).then(|| turned.dequeue()).flatten();
        }
        let (first, rest) = self.front.pop()?;
        let hash = self.hash.wrapping_sub(hash_one(&(self.taken, first)));
        Some((first.clone(), Self { front: rest.clone(), back: self.back.clone(), taken: self.taken + 1, hash }))
    }

    fn to_vec(&self) -> Vec<&Datum> {
        let mut back: Vec<_> = self.back.iter().collect();
        back.reverse();
        self.front.iter().chain(back).collect()
    }
}

/// By elements and by how many came before them: two queues that hold the same after different
/// numbers are told apart, which costs a search time, but never its answer.
impl PartialEq for Fifo {
    fn eq(&self, other: &Self) -> bool {
        let is_alike = self.taken == other.taken && self.len() == other.len() && self.hash == other.hash;
        is_alike && (self.front == other.front && self.back == other.back || self.to_vec() == other.to_vec())
    }
}

impl Eq for Fifo {}

impl Hash for Fifo {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.hash);
    }
}

impl std::fmt::Debug for Fifo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.to_vec()).finish()
    }
}
