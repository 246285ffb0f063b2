//! A stack and a set that are cheap to clone: clones share what they have in common.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::super::hash::hash_one;

/// A stack whose stages share their lower parts.
#[derive(Clone)]
pub struct Chain<T> {
    top: Option<Rc<Link<T>>>,
}

struct Link<T> {
    element: T,
    below: Chain<T>,
    /// Of this element and all below, in order.
    hash: u64,
    height: usize,
}

impl<T: Clone + Eq + Hash> Chain<T> {
    /// The empty stack.
    #[must_use]
    pub const fn new() -> Self {
        Self { top: None }
    }

    /// The stack with `element` on top.
    #[must_use]
    pub fn push(&self, element: T) -> Self {
        let hash = hash_one(&(self.hash_value(), &element));
        let link = Link { element, below: self.clone(), hash, height: self.len() + 1 };
        Self { top: Some(Rc::new(link)) }
    }

    /// The element on top, and the stack without it.
    pub fn pop(&self) -> Option<(&T, &Self)> {
        self.top.as_ref().map(|link| (&link.element, &link.below))
    }

    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.top.as_ref().map_or(0, |link| link.height)
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.top.is_none()
    }

    /// Its elements, from the top down.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let mut rest = self;
        std::iter::from_fn(move || {
            let (element, below) = rest.pop()?;
            rest = below;
            Some(element)
        })
    }

    /// The same elements upside down.
    #[must_use]
    pub fn reversed(&self) -> Self {
        self.iter().fold(Self::new(), |turned, element| turned.push(element.clone()))
    }

    /// Bytes that one element takes on the heap.
    pub const ELEMENT_BYTES: u64 = size_of::<Link<T>>() as u64 + 16;

    fn hash_value(&self) -> u64 {
        self.top.as_ref().map_or(0, |link| link.hash)
    }
}

impl<T: Clone + Eq + Hash> Default for Chain<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + Eq + Hash> PartialEq for Chain<T> {
    fn eq(&self, other: &Self) -> bool {
        let (mut own, mut others) = (self, other);
        if own.len() != others.len() || own.hash_value() != others.hash_value() {
            return false;
        }
        loop {
            match (&own.top, &others.top) {
                (Some(a), Some(b)) if Rc::ptr_eq(a, b) => return true,
                (Some(a), Some(b)) if a.element == b.element => (own, others) = (&a.below, &b.below),
                (None, None) => return true,
                _ => return false,
            }
        }
    }
}

impl<T: Clone + Eq + Hash> Eq for Chain<T> {}

impl<T> Hash for Chain<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.top.as_ref().map_or(0, |link| link.hash));
    }
}

/// Link by link, because a long chain would overflow the program's stack.
impl<T> Drop for Chain<T> {
    fn drop(&mut self) {
        let mut next = self.top.take();
        while let Some(mut link) = next.and_then(Rc::into_inner) {
            next = link.below.top.take();
        }
    }
}

impl<T: Clone + Eq + Hash + fmt::Debug> fmt::Debug for Chain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A set whose stages share what they have in common.
///
/// A search tree that is also a heap by the hashes of its elements (Seidel & Aragon 1996), so that
/// equal sets have trees of one shape, whose depth is mostly logarithmic.
#[derive(Clone)]
pub struct Tree<T> {
    root: Option<Rc<Node<T>>>,
}

struct Node<T> {
    element: T,
    hash: u64,
    /// Of all elements below and this one.
    sum: u64,
    len: usize,
    smaller: Tree<T>,
    larger: Tree<T>,
}

impl<T: Clone + Ord + Hash> Tree<T> {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { root: None }
    }

    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.root.as_ref().map_or(0, |node| node.len)
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// Whether this is one of its elements.
    pub fn contains(&self, element: &T) -> bool {
        let mut at = self;
        while let Some(node) = &at.root {
            at = match element.cmp(&node.element) {
                Ordering::Less => &node.smaller,
                Ordering::Greater => &node.larger,
                Ordering::Equal => return true,
            };
        }
        false
    }

    /// The set with one more element, which it does not have yet.
    #[must_use]
    pub fn insert(&self, element: T) -> Self {
        let hash = hash_one(&element);
        match &self.root {
            // Of equal hashes the smaller element is on top.
            Some(node) if (hash, &node.element) <= (node.hash, &element) => match element.cmp(&node.element) {
                Ordering::Less => node.with(node.smaller.insert(element), node.larger.clone()),
                _ => node.with(node.smaller.clone(), node.larger.insert(element)),
            },
            _ => {
                let (smaller, larger) = self.split(&element);
                Self::joined(element, hash, smaller, larger)
            }
        }
    }

    /// The set without an element that it has.
    #[must_use]
    pub fn remove(&self, element: &T) -> Self {
        let Some(node) = &self.root else { return Self::new() };
        match element.cmp(&node.element) {
            Ordering::Less => node.with(node.smaller.remove(element), node.larger.clone()),
            Ordering::Greater => node.with(node.smaller.clone(), node.larger.remove(element)),
            Ordering::Equal => node.smaller.merged(&node.larger),
        }
    }

    /// Whether these elements have the same sum of hashes.
    pub(super) fn has_hash_of(&self, elements: &[T]) -> bool {
        elements.iter().fold(0, |sum: u64, element| sum.wrapping_add(hash_one(element))) == self.sum()
    }

    /// Bytes that the last change took on the heap, about.
    pub(super) fn change_bytes(&self) -> u64 {
        let depth = 2 * u64::from(usize::BITS - self.len().leading_zeros());
        depth * (size_of::<Node<T>>() as u64 + 16)
    }

    /// Its elements in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let mut above = Vec::new();
        let mut at = self;
        std::iter::from_fn(move || {
            while let Some(node) = &at.root {
                above.push(node);
                at = &node.smaller;
            }
            let node = above.pop()?;
            at = &node.larger;
            Some(&node.element)
        })
    }

    fn sum(&self) -> u64 {
        self.root.as_ref().map_or(0, |node| node.sum)
    }

    fn joined(element: T, hash: u64, smaller: Self, larger: Self) -> Self {
        let sum = hash.wrapping_add(smaller.sum()).wrapping_add(larger.sum());
        let len = 1 + smaller.len() + larger.len();
        Self { root: Some(Rc::new(Node { element, hash, sum, len, smaller, larger })) }
    }

    /// The elements smaller and larger than this one, which is none of them.
    fn split(&self, element: &T) -> (Self, Self) {
        let Some(node) = &self.root else { return (Self::new(), Self::new()) };
        if *element < node.element {
            let (smaller, larger) = node.smaller.split(element);
            (smaller, node.with(larger, node.larger.clone()))
        } else {
            let (smaller, larger) = node.larger.split(element);
            (node.with(node.smaller.clone(), smaller), larger)
        }
    }

    /// The elements of both, all of the other's being larger.
    fn merged(&self, other: &Self) -> Self {
        match (&self.root, &other.root) {
            (None, _) => other.clone(),
            (_, None) => self.clone(),
            (Some(own), Some(others)) if (own.hash, &others.element) >= (others.hash, &own.element) => {
                own.with(own.smaller.clone(), own.larger.merged(other))
            }
            (Some(_), Some(others)) => others.with(self.merged(&others.smaller), others.larger.clone()),
        }
    }
}

impl<T: Clone + Ord + Hash> Node<T> {
    fn with(&self, smaller: Tree<T>, larger: Tree<T>) -> Tree<T> {
        Tree::joined(self.element.clone(), self.hash, smaller, larger)
    }
}

impl<T: Clone + Ord + Hash> Default for Tree<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + Ord + Hash> PartialEq for Tree<T> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (None, None) => true,
            (Some(a), Some(b)) => {
                let is_alike = || a.len == b.len && a.sum == b.sum && a.element == b.element;
                Rc::ptr_eq(a, b) || is_alike() && a.smaller == b.smaller && a.larger == b.larger
            }
            _ => false,
        }
    }
}

impl<T: Clone + Ord + Hash> Eq for Tree<T> {}

impl<T: Clone + Ord + Hash> Hash for Tree<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.sum());
    }
}

impl<T: Clone + Ord + Hash + fmt::Debug> fmt::Debug for Tree<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
