//! Updates that came before what they depend on.

use std::collections::BTreeMap;

use super::Dot;

/// Updates that wait for others: the buffer of causal delivery (Birman, Schiper and Stephenson 1991).
///
/// ```
/// use parts::clocks::{Dot, Early};
///
/// let dot = |number| Dot { origin: 0, number };
/// let mut early = Early::default();
/// early.insert(dot(2), "second");
/// let mut had = 0;
/// let is_next = |had: u64| move |dot: Dot, _: &&str| dot.number == had + 1;
/// assert_eq!(early.take_due(is_next(had)), None);
/// early.insert(dot(1), "first");
/// while let Some(_) = early.take_due(is_next(had)) {
///     had += 1;
/// }
/// assert_eq!(had, 2);
/// ```
#[derive(Clone, Debug)]
pub struct Early<U> {
    waiting: BTreeMap<Dot, U>,
}

impl<U> Default for Early<U> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new() }
    }
}

impl<U> Early<U> {
    /// One more update waits. One of the same name takes its place.
    pub fn insert(&mut self, dot: Dot, update: U) {
        self.waiting.insert(dot, update);
    }

    /// The first that is due, in the order of their names. It waits no longer.
    pub fn take_due(&mut self, is_due: impl Fn(Dot, &U) -> bool) -> Option<U> {
        let due = self.waiting.iter().find(|(dot, update)| is_due(**dot, update)).map(|(dot, _)| *dot);
        due.and_then(|dot| self.waiting.remove(&dot))
    }
}
