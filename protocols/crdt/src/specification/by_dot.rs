//! A table by the names of updates.

use std::collections::BTreeMap;

use parts::clocks::Dot;

/// A value for each update, at first the default. Replicas count their updates: what it takes is in proportion to the
/// highest number of each.
#[derive(Clone, Debug)]
pub(super) struct ByDot<T>(BTreeMap<u64, Vec<T>>);

impl<T> Default for ByDot<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Clone + Default> ByDot<T> {
    pub(super) fn get(&self, Dot { origin, number }: Dot) -> Option<&T> {
        self.0.get(&origin)?.get(number as usize)
    }

    pub(super) fn of(&mut self, Dot { origin, number }: Dot) -> &mut T {
        let (row, place) = (self.0.entry(origin).or_default(), number as usize);
        if place >= row.len() {
            row.resize(place + 1, T::default());
        }
        &mut row[place]
    }
}
