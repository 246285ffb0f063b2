//! A value of which only the latest counts.

use std::ops::{Deref, DerefMut};

/// A value that a node must not forget, such as a term and a vote, and what the disk was told of it
/// last.
///
/// It is used like the value itself. Whoever makes it durable asks [`mark_written`](Self::mark_written)
/// whether there is something to write:
///
/// ```
/// # use parts::journal::Persistent;
/// let mut ballot = Persistent::written(3);
/// assert!(!ballot.mark_written());
/// *ballot += 1;
/// assert!(ballot.has_changed());
/// assert!(ballot.mark_written(), "now its record has to be written");
/// assert!(!ballot.has_changed());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Persistent<T> {
    value: T,
    written: T,
}

impl<T: Clone + PartialEq> Persistent<T> {
    /// A value that the disk says already, or that a node has which finds nothing on its disk.
    pub fn written(value: T) -> Self {
        Self { written: value.clone(), value }
    }

    /// Whether the disk was told of another value.
    #[inline]
    pub fn has_changed(&self) -> bool {
        self.value != self.written
    }

    /// Takes the value as written. Tells whether it was not, so that its record is to be written now.
    #[inline]
    pub fn mark_written(&mut self) -> bool {
        let has_changed = self.has_changed();
        if has_changed {
            self.written.clone_from(&self.value);
        }
        has_changed
    }
}

impl<T> Persistent<T> {
    /// The value.
    #[inline]
    pub const fn get(&self) -> &T {
        &self.value
    }
}

impl<T> Deref for Persistent<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Persistent<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
