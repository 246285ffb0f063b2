//! A sequence that grows at its end, cheap to grow and to keep many stages of.
//!
//! Stages that follow from one another share one buffer, each knowing how much of it is its own.
//! Growing the newest stage, or growing an older one by what follows it in the buffer anyway,
//! copies nothing; growing an older stage by something else copies it.

use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::super::hash::hash_one;

/// A stage of a growing sequence of `T`: bytes of a text, values of a list.
#[derive(Clone)]
pub struct Grown<T> {
    buffer: Rc<RefCell<Vec<T>>>,
    length: usize,
    /// Depends on the elements and their order, not on how they were grown.
    hash: u64,
    /// How many elements were copied or added to make this stage.
    cost: usize,
}

impl<T: Clone + Eq + Hash> Grown<T> {
    /// The sequence of these elements.
    pub fn new(elements: &[T]) -> Self {
        Self { buffer: Rc::default(), length: 0, hash: 0, cost: 0 }.grow(elements)
    }

    /// The sequence with `more` after its end.
    #[must_use]
    pub fn grow(&self, more: &[T]) -> Self {
        let hash = more.iter().fold(self.hash, |hash, element| hash_one(&(hash, element)));
        let length = self.length + more.len();
        let mut buffer = self.buffer.borrow_mut();
        let next = &buffer[self.length..];
        let shared = next.len().min(more.len());
        if next[..shared] == more[..shared] {
            buffer.extend_from_slice(&more[shared..]);
            return Self { buffer: Rc::clone(&self.buffer), length, hash, cost: more.len() - shared };
        }
        let mut copy = Vec::with_capacity(length);
        copy.extend_from_slice(&buffer[..self.length]);
        copy.extend_from_slice(more);
        Self { buffer: Rc::new(RefCell::new(copy)), length, hash, cost: length }
    }

    /// Whether it consists of exactly these elements.
    pub fn is(&self, elements: &[T]) -> bool {
        self.length == elements.len() && self.begins(elements)
    }

    /// Whether `elements` begin with this sequence.
    pub fn begins(&self, elements: &[T]) -> bool {
        elements.get(..self.length).is_some_and(|beginning| *beginning == self.buffer.borrow()[..self.length])
    }

    /// How many elements it has.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The element at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<T> {
        (index < self.length).then(|| self.buffer.borrow()[index].clone())
    }

    /// A copy of its elements.
    pub fn to_vec(&self) -> Vec<T> {
        self.buffer.borrow()[..self.length].to_vec()
    }

    /// Bytes that making this stage took on the heap.
    pub const fn heap_bytes(&self) -> u64 {
        (self.cost * size_of::<T>()) as u64
    }
}

impl<T: Clone + Eq + Hash> PartialEq for Grown<T> {
    fn eq(&self, other: &Self) -> bool {
        let is_alike = self.length == other.length && self.hash == other.hash;
        is_alike && (Rc::ptr_eq(&self.buffer, &other.buffer) || self.begins(&other.buffer.borrow()))
    }
}

impl<T: Clone + Eq + Hash> Eq for Grown<T> {}

impl<T> Hash for Grown<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.hash);
    }
}

impl<T: fmt::Debug> fmt::Debug for Grown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.buffer.borrow()[..self.length]).finish()
    }
}
