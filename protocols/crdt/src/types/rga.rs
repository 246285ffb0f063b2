//! A sequence: the *replicated growable array* (Roh, Jeon, Kim and Lee, *Replicated Abstract Data Types: Building
//! Blocks for Collaborative Applications*, JPDC 71(3), 2011).

use std::collections::BTreeMap;

use serde::Serialize;
use sim_core::Flaws;

use super::{At, Crdt, Stamp, Value};
use crate::flaws::CrdtFlaw;

/// Elements in a line, the deleted ones among them, because later ones may stand behind them.
///
/// Each was inserted behind another, or at the front: a tree. The line is its preorder, and of those that were
/// inserted behind the same the latest comes first. An element that arrives finds its place from the one that it
/// was inserted behind: it passes those with higher stamps, which are later siblings and all that is behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rga {
    elements: BTreeMap<Stamp, Element>,
    /// The line. It follows from the elements.
    #[serde(skip)]
    line: Vec<Stamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Element {
    /// What it was inserted behind.
    behind: Option<Stamp>,
    is_deleted: bool,
}

/// What changes a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum SequenceUpdate {
    /// A new element behind this one, or at the front. It is named by the stamp of the update.
    Insert(Option<Stamp>),
    /// Deletes this element.
    Delete(Stamp),
}

impl Rga {
    /// The elements that are there, first comes first.
    pub fn present(&self) -> impl Iterator<Item = Stamp> {
        self.line.iter().copied().filter(|stamp| !self.elements[stamp].is_deleted)
    }

    fn take(&mut self, stamp: Stamp, element: Element, flaws: Flaws<CrdtFlaw>) {
        match self.elements.get_mut(&stamp) {
            Some(known) => known.is_deleted |= element.is_deleted,
            None => {
                self.elements.insert(stamp, element);
                self.place(stamp, element.behind, flaws);
            }
        }
    }

    /// Gives an element its place in the line, and all that wait for it. What stands behind something that is not
    /// there waits.
    fn place(&mut self, stamp: Stamp, behind: Option<Stamp>, flaws: Flaws<CrdtFlaw>) {
        let mut place = match behind {
            None => 0,
            Some(behind) => match self.line.iter().rposition(|other| *other == behind) {
                Some(place) => place + 1,
                None => return,
            },
        };
        let passes = |other: &Stamp| {
            if flaws.has(CrdtFlaw::LateInsert) {
                *other > stamp && self.elements[other].behind == behind
            } else if flaws.has(CrdtFlaw::UnsortableIds) {
                other.time > stamp.time
            } else {
                *other > stamp
            }
        };
        while self.line.get(place).is_some_and(passes) {
            place += 1;
        }
        self.line.insert(place, stamp);
        if self.line.len() < self.elements.len() {
            let waits = |(_, element): &(&Stamp, &Element)| element.behind == Some(stamp);
            let waiting: Vec<Stamp> = self.elements.iter().filter(waits).map(|(waiting, _)| *waiting).collect();
            waiting.into_iter().for_each(|waiting| self.place(waiting, Some(stamp), flaws));
        }
    }
}

impl Crdt for Rga {
    type Update = SequenceUpdate;
    /// The same, and its stamp.
    type Effect = (Stamp, SequenceUpdate);

    fn delta(&self, update: &SequenceUpdate, at: At) -> Self {
        let (stamp, element) = match *update {
            SequenceUpdate::Insert(behind) => (at.stamp, Element { behind, is_deleted: false }),
            SequenceUpdate::Delete(target) => match self.elements.get(&target) {
                Some(element) => (target, Element { is_deleted: true, ..*element }),
                None => return Self::default(),
            },
        };
        let mut delta = Self::default();
        delta.take(stamp, element, at.flaws);
        delta
    }

    fn merge(&mut self, other: &Self, flaws: Flaws<CrdtFlaw>) {
        // In the order of their stamps: what stands behind another comes after it.
        other.elements.iter().for_each(|(stamp, element)| self.take(*stamp, *element, flaws));
    }

    fn prepare(&self, update: &SequenceUpdate, at: At) -> (Stamp, SequenceUpdate) {
        (at.stamp, *update)
    }

    fn effect(&mut self, (stamp, update): &(Stamp, SequenceUpdate), flaws: Flaws<CrdtFlaw>) {
        match *update {
            SequenceUpdate::Insert(behind) => self.take(*stamp, Element { behind, is_deleted: false }, flaws),
            SequenceUpdate::Delete(target) => {
                if let Some(element) = self.elements.get_mut(&target) {
                    element.is_deleted = true;
                }
            }
        }
    }

    fn value(&self) -> Value {
        Value::Sequence(self.present().map(|stamp| stamp.dot).collect())
    }
}
