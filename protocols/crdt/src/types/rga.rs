//! A sequence: the *replicated growable array* (Roh, Jeon, Kim and Lee, *Replicated Abstract Data Types: Building
//! Blocks for Collaborative Applications*, JPDC 71(3), 2011).

use parts::clocks::Dot;
use serde::Serialize;
use sim_core::Flaws;

use super::{At, Crdt, Stamp, Value, digest};
use crate::flaws::CrdtFlaw;

/// Elements in a line, the deleted ones among them, because later ones may stand behind them.
///
/// Each was inserted behind another, or at the front: a tree. The line is its preorder, and of those that were
/// inserted behind the same the latest comes first. An element that arrives finds its place from the one that it
/// was inserted behind: it passes those with higher stamps, which are later siblings and all that is behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rga {
    /// In ascending order of their stamps, so that states are joined in one pass.
    elements: Vec<Element>,
    /// The line. It follows from the elements.
    #[serde(skip)]
    line: Vec<Place>,
    /// The sum of the digests of all pairs of neighbours that are there: together they tell the line.
    #[serde(skip)]
    digest: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Element {
    stamp: Stamp,
    /// What it was inserted behind.
    behind: Option<Stamp>,
    is_deleted: bool,
}

/// A place in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    stamp: Stamp,
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
    pub fn present(&self) -> impl Iterator<Item = Stamp> + Clone {
        self.line.iter().filter(|place| !place.is_deleted).map(|place| place.stamp)
    }

    fn find(&self, stamp: Stamp) -> Result<usize, usize> {
        self.elements.binary_search_by_key(&stamp, |element| element.stamp)
    }

    fn take(&mut self, element: Element, flaws: Flaws<CrdtFlaw>) {
        let found = self.find(element.stamp);
        self.take_at(found, element, flaws);
    }

    /// Takes in an element that is among the others at this index, or is to be there.
    fn take_at(&mut self, found: Result<usize, usize>, element: Element, flaws: Flaws<CrdtFlaw>) {
        match found {
            Ok(index) if element.is_deleted => self.delete(index),
            Ok(_) => {}
            Err(index) => {
                self.elements.insert(index, element);
                self.place(element, flaws);
            }
        }
    }

    fn delete(&mut self, index: usize) {
        let element = &mut self.elements[index];
        if std::mem::replace(&mut element.is_deleted, true) {
            return;
        }
        let stamp = element.stamp;
        if let Some(place) = self.line.iter().rposition(|other| other.stamp == stamp) {
            self.line[place].is_deleted = true;
            self.note(place, u64::wrapping_sub);
        }
    }

    /// Gives an element its place in the line, and all that wait for it. What stands behind something that is not
    /// there waits.
    fn place(&mut self, element: Element, flaws: Flaws<CrdtFlaw>) {
        let Element { stamp, behind, is_deleted } = element;
        let mut place = match behind {
            None => 0,
            Some(behind) => match self.line.iter().rposition(|other| other.stamp == behind) {
                Some(place) => place + 1,
                None => return,
            },
        };
        let passes = |other: &Place| {
            if flaws.has(CrdtFlaw::LateInsert) {
                other.stamp > stamp && self.find(other.stamp).is_ok_and(|found| self.elements[found].behind == behind)
            } else if flaws.has(CrdtFlaw::UnsortableIds) {
                other.stamp.time > stamp.time
            } else {
                other.stamp > stamp
            }
        };
        while self.line.get(place).is_some_and(passes) {
            place += 1;
        }
        self.line.insert(place, Place { stamp, is_deleted });
        if !is_deleted {
            self.note(place, u64::wrapping_add);
        }
        if self.line.len() < self.elements.len() {
            let waits = |element: &&Element| element.behind == Some(stamp);
            let waiting: Vec<Element> = self.elements.iter().filter(waits).copied().collect();
            waiting.into_iter().for_each(|waiting| self.place(waiting, flaws));
        }
    }

    /// Puts the element at this place into the digest, or takes it out of it.
    fn note(&mut self, place: usize, with: fn(u64, u64) -> u64) {
        let there = |other: &&Place| !other.is_deleted;
        let before = self.line[..place].iter().rfind(there).map(|other| other.stamp.dot);
        let behind = self.line[place + 1..].iter().find(there).map(|other| other.stamp.dot);
        let this = Some(self.line[place].stamp.dot);
        let pair = |first: Option<Dot>, second: Option<Dot>| digest(&(first, second));
        let more = pair(before, this).wrapping_add(pair(this, behind)).wrapping_sub(pair(before, behind));
        self.digest = with(self.digest, more);
    }
}

impl Crdt for Rga {
    type Update = SequenceUpdate;
    /// The same, and its stamp.
    type Effect = (Stamp, SequenceUpdate);

    fn delta(&self, update: &SequenceUpdate, at: At) -> Self {
        let element = match *update {
            SequenceUpdate::Insert(behind) => Element { stamp: at.stamp, behind, is_deleted: false },
            SequenceUpdate::Delete(target) => match self.find(target) {
                Ok(index) => Element { is_deleted: true, ..self.elements[index] },
                Err(_) => return Self::default(),
            },
        };
        let mut delta = Self::default();
        delta.take(element, at.flaws);
        delta
    }

    fn merge(&mut self, other: &Self, flaws: Flaws<CrdtFlaw>) {
        // In the order of their stamps: what stands behind another comes after it.
        let mut index = 0;
        for element in &other.elements {
            index += self.elements[index..].iter().take_while(|known| known.stamp < element.stamp).count();
            let is_known = self.elements.get(index).is_some_and(|known| known.stamp == element.stamp);
            self.take_at(if is_known { Ok(index) } else { Err(index) }, *element, flaws);
        }
    }

    fn beyond(&self, known: &Self) -> Self {
        let mut others = known.elements.iter().peekable();
        let is_new = |element: &&Element| {
            while others.next_if(|other| other.stamp < element.stamp).is_some() {}
            others
                .next_if(|other| other.stamp == element.stamp)
                .is_none_or(|other| element.is_deleted && !other.is_deleted)
        };
        let mut new = Self::default();
        let elements: Vec<Element> = self.elements.iter().filter(is_new).copied().collect();
        elements.into_iter().for_each(|element| new.take(element, Flaws::default()));
        new
    }

    fn prepare(&self, update: &SequenceUpdate, at: At) -> (Stamp, SequenceUpdate) {
        (at.stamp, *update)
    }

    fn effect(&mut self, (stamp, update): &(Stamp, SequenceUpdate), flaws: Flaws<CrdtFlaw>) {
        match *update {
            SequenceUpdate::Insert(behind) => {
                self.take(Element { stamp: *stamp, behind, is_deleted: false }, flaws);
            }
            SequenceUpdate::Delete(target) => {
                if let Ok(index) = self.find(target) {
                    self.delete(index);
                }
            }
        }
    }

    fn value(&self) -> Value {
        let mut elements = Vec::with_capacity(self.line.len());
        elements.extend(self.present().map(|stamp| stamp.dot));
        Value::Sequence(elements)
    }

    fn digest(&self) -> u64 {
        self.digest
    }
}
