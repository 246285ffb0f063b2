//! A set that only grows.

use std::collections::BTreeSet;

use serde::Serialize;
use sim_core::Flaws;

use super::{At, Crdt, Value};
use crate::flaws::CrdtFlaw;

/// All that was ever added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GSet {
    elements: BTreeSet<u32>,
}

impl Crdt for GSet {
    /// The element that is added.
    type Update = u32;
    /// The same.
    type Effect = u32;

    fn delta(&self, element: &u32, _: At) -> Self {
        Self { elements: [*element].into() }
    }

    fn merge(&mut self, other: &Self, flaws: Flaws<CrdtFlaw>) {
        if flaws.has(CrdtFlaw::LargerSetWins) && other.elements.len() > self.elements.len() {
            self.elements.clone_from(&other.elements);
        } else {
            self.elements.extend(&other.elements);
        }
    }

    fn prepare(&self, element: &u32, _: At) -> u32 {
        *element
    }

    fn effect(&mut self, element: &u32, _: Flaws<CrdtFlaw>) {
        self.elements.insert(*element);
    }

    fn value(&self) -> Value {
        Value::Elements(self.elements.clone())
    }
}
