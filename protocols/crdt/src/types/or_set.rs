//! A set in which an add wins over a concurrent remove.

use serde::Serialize;

use super::dots::{Causal, DotMap, DotSet, DotStore, Mutate};
use super::{At, Value};

/// By element, the dots of the adds that no remove had seen: the *observed-remove set* without tombstones
/// (Bieniusa et al., *An Optimized Conflict-free Replicated Set*, 2012).
pub type OrSet = Causal<DotMap<u32, DotSet>>;

/// What changes a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum SetUpdate {
    /// Puts the element in.
    Add(u32),
    /// Takes it out.
    Remove(u32),
}

impl Mutate for DotMap<u32, DotSet> {
    type Update = SetUpdate;

    fn change(&self, update: &SetUpdate, at: At) -> (Self, DotSet) {
        let (SetUpdate::Add(element) | SetUpdate::Remove(element)) = *update;
        let observed = self.0.get(&element).cloned().unwrap_or_default();
        match update {
            // An add takes the place of those that it has seen.
            SetUpdate::Add(_) => (Self([(element, [at.stamp.dot].into())].into()), observed),
            SetUpdate::Remove(_) => (Self::default(), observed),
        }
    }

    fn value(&self) -> Value {
        debug_assert!(self.0.values().all(|dots| !DotStore::is_empty(dots)), "no store in a map is empty");
        Value::Elements(self.0.keys().copied().collect())
    }
}
