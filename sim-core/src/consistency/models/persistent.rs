//! A stack that is cheap to clone: its clones share what lies below.

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
