//! Vector clocks (Fidge 1988, Mattern 1989).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::Dot;

/// Of each process, how many of its events: all up to that number. A process that is not in it has 0, and
/// no entry says 0, so that equal clocks are equal values.
#[derive(Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "BTreeMap<u64, u64>")]
pub struct VectorClock {
    /// In ascending order of the processes. Clocks are copied and compared far more often than they get an entry.
    entries: Vec<Dot>,
}

/// How two events stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Causality {
    /// They are one.
    Equal,
    /// The first can have influenced the second.
    Before,
    /// The second can have influenced the first.
    After,
    /// Neither can have influenced the other.
    Concurrent,
}

impl VectorClock {
    /// How many events of this process.
    pub fn get(&self, origin: u64) -> u64 {
        self.place(origin).map_or(0, |place| self.entries[place].number)
    }

    /// Whether the event is among them.
    pub fn includes(&self, dot: Dot) -> bool {
        self.get(dot.origin) >= dot.number
    }

    /// Counts one more event of this process, and names it.
    pub fn increment(&mut self, origin: u64) -> Dot {
        let dot = Dot { origin, number: self.get(origin) + 1 };
        self.advance_to(dot);
        dot
    }

    /// Takes in an event and all of its process before it.
    pub fn advance_to(&mut self, dot: Dot) {
        match self.place(dot.origin) {
            Ok(place) => self.entries[place].number = dot.number.max(self.entries[place].number),
            Err(place) if dot.number > 0 => self.entries.insert(place, dot),
            Err(_) => {}
        }
    }

    /// Where the entry of this process is, or would be.
    fn place(&self, origin: u64) -> Result<usize, usize> {
        // There are few: this is faster than to halve them.
        match self.entries.iter().position(|dot| dot.origin >= origin) {
            Some(place) if self.entries[place].origin == origin => Ok(place),
            Some(place) => Err(place),
            None => Err(self.entries.len()),
        }
    }

    /// Takes in all events of the other: the least upper bound of both.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|dot| self.advance_to(dot));
    }

    /// How this one stands to the other.
    pub fn compare(&self, other: &Self) -> Causality {
        match (self.is_within(other), other.is_within(self)) {
            (true, true) => Causality::Equal,
            (true, false) => Causality::Before,
            (false, true) => Causality::After,
            (false, false) => Causality::Concurrent,
        }
    }

    /// Whether all events are among those of the other.
    pub fn is_within(&self, other: &Self) -> bool {
        let mut others = other.entries.iter();
        self.iter().all(|dot| {
            others
                .find(|other| other.origin >= dot.origin)
                .is_some_and(|other| other.origin == dot.origin && other.number >= dot.number)
        })
    }

    /// The last event of each process, in ascending order of the processes.
    pub fn iter(&self) -> impl Iterator<Item = Dot> {
        self.entries.iter().copied()
    }
}

/// Short, as it is written in papers: by process, a number.
impl fmt::Debug for VectorClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|dot| (dot.origin, dot.number))).finish()
    }
}

/// Concurrent clocks are not ordered.
impl PartialOrd for VectorClock {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match self.compare(other) {
            Causality::Equal => Some(Ordering::Equal),
            Causality::Before => Some(Ordering::Less),
            Causality::After => Some(Ordering::Greater),
            Causality::Concurrent => None,
        }
    }
}

/// All up to these events.
impl FromIterator<Dot> for VectorClock {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        let mut clock = Self::default();
        dots.into_iter().for_each(|dot| clock.advance_to(dot));
        clock
    }
}

/// Of each process, how many events.
impl From<BTreeMap<u64, u64>> for VectorClock {
    fn from(entries: BTreeMap<u64, u64>) -> Self {
        entries.into_iter().map(|(origin, number)| Dot { origin, number }).collect()
    }
}

impl From<VectorClock> for BTreeMap<u64, u64> {
    fn from(clock: VectorClock) -> Self {
        clock.iter().map(|dot| (dot.origin, dot.number)).collect()
    }
}

impl Serialize for VectorClock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|dot| (dot.origin, dot.number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[(u64, u64)]) -> VectorClock {
        entries.iter().copied().collect::<BTreeMap<_, _>>().into()
    }

    fn check(first: &[(u64, u64)], second: &[(u64, u64)], expected: Causality) {
        assert_eq!(of(first).compare(&of(second)), expected, "{first:?} to {second:?}");
        let turned = match expected {
            Causality::Before => Causality::After,
            Causality::After => Causality::Before,
            same => same,
        };
        assert_eq!(of(second).compare(&of(first)), turned, "{second:?} to {first:?}");
    }

    #[test]
    fn clocks_are_ordered_where_one_has_all_that_the_other_has() {
        check(&[], &[], Causality::Equal);
        check(&[(1, 2)], &[(1, 2)], Causality::Equal);
        check(&[], &[(1, 1)], Causality::Before);
        check(&[(1, 1)], &[(1, 2), (2, 1)], Causality::Before);
        check(&[(1, 1)], &[(2, 1)], Causality::Concurrent);
        check(&[(1, 2), (2, 1)], &[(1, 1), (2, 2)], Causality::Concurrent);
        assert_eq!(of(&[(1, 1)]).partial_cmp(&of(&[(2, 1)])), None);
    }

    #[test]
    fn an_entry_of_zero_is_no_entry() {
        assert_eq!(of(&[(1, 0), (2, 1)]), of(&[(2, 1)]));
        let read: VectorClock = serde_json::from_str(r#"{"1": 0, "2": 1}"#).unwrap();
        assert_eq!(read, of(&[(2, 1)]));
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"2":1}"#);
    }

    #[test]
    fn merging_gives_the_least_upper_bound() {
        let (mut clock, other) = (of(&[(1, 3), (2, 1)]), of(&[(1, 2), (3, 1)]));
        clock.merge(&other);
        assert_eq!(clock, of(&[(1, 3), (2, 1), (3, 1)]));
        assert_eq!(clock.increment(3), Dot { origin: 3, number: 2 });
    }

    /// Why no entry may be dropped.
    #[test]
    fn a_clock_that_has_lost_an_entry_lies() {
        check(&[(1, 1)], &[(1, 1), (2, 1)], Causality::Before);
        check(&[(1, 1)], &[(2, 1)], Causality::Concurrent);
    }
}
