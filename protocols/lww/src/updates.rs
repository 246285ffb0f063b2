//! Updates, their names, and sets of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sim_core::RequestId;
use sim_core::consistency::{Version, VisibleSet};

use parts::kv::WriteId;

/// Names an update: the replica that made it, under the name it had then, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dot {
    /// The replica, from 1; it has another name after each boot.
    pub origin: u64,
    /// Its number there, from 1.
    pub number: u64,
}

/// Decides between writes: the higher stamp wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Lamport's clock, or the wall clock in nanoseconds.
    pub time: u64,
    /// The replica's number, where times are equal.
    pub replica: u32,
}

/// A write, as replicas tell each other of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Update {
    /// Its name.
    pub dot: Dot,
    /// Where it stands among all.
    pub stamp: Stamp,
    /// What is to be applied first: of each origin, all up to some number.
    pub after: BTreeMap<u64, u64>,
    /// The request that asked for it.
    pub request: RequestId,
    /// Which key is written.
    pub key: u32,
    /// The new value.
    pub write: WriteId,
}

/// A set of updates: of each origin, all up to some number, and some beyond.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Updates {
    /// By origin, the number up to which all are in.
    up_to: BTreeMap<u64, u64>,
    /// Those behind a gap.
    others: BTreeSet<Dot>,
}

impl Updates {
    /// Whether the update is in.
    pub fn contains(&self, dot: Dot) -> bool {
        self.all_up_to(dot.origin) >= dot.number || self.others.contains(&dot)
    }

    /// The number up to which all of this origin are in.
    pub fn all_up_to(&self, origin: u64) -> u64 {
        self.up_to.get(&origin).copied().unwrap_or_default()
    }

    /// By origin, the number up to which all are in.
    pub const fn without_gaps(&self) -> &BTreeMap<u64, u64> {
        &self.up_to
    }

    /// Whether all these are in.
    pub fn has_all(&self, up_to: &BTreeMap<u64, u64>) -> bool {
        up_to.iter().all(|(&origin, &number)| self.all_up_to(origin) >= number)
    }

    /// Whether all of the other set are in.
    pub fn includes(&self, other: &Self) -> bool {
        self.has_all(&other.up_to) && other.others.iter().all(|dot| self.contains(*dot))
    }

    /// Adds an update.
    pub fn insert(&mut self, dot: Dot) {
        if !self.contains(dot) {
            self.others.insert(dot);
            self.close_gaps(dot.origin);
        }
    }

    /// Adds all of the other set.
    pub fn merge(&mut self, other: &Self) {
        for (&origin, &number) in &other.up_to {
            let own = self.up_to.entry(origin).or_default();
            *own = number.max(*own);
            self.others.retain(|dot| dot.origin != origin || dot.number > number);
            self.close_gaps(origin);
        }
        other.others.iter().for_each(|dot| self.insert(*dot));
    }

    fn close_gaps(&mut self, origin: u64) {
        let mut number = self.all_up_to(origin);
        while self.others.remove(&Dot { origin, number: number + 1 }) {
            number += 1;
        }
        if number > 0 {
            self.up_to.insert(origin, number);
        }
    }
}

impl From<Dot> for Version {
    fn from(Dot { origin, number }: Dot) -> Self {
        Self { origin, number }
    }
}

impl From<&Updates> for VisibleSet {
    fn from(updates: &Updates) -> Self {
        Self { up_to: updates.up_to.clone(), others: updates.others.iter().copied().map(Version::from).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(dots: &[(u64, u64)]) -> Updates {
        let mut updates = Updates::default();
        dots.iter().for_each(|&(origin, number)| updates.insert(Dot { origin, number }));
        updates
    }

    #[test]
    fn a_set_is_the_same_in_whatever_order_it_came_about() {
        let set = of(&[(1, 1), (1, 2), (1, 3), (2, 2)]);
        assert_eq!(of(&[(2, 2), (1, 3), (1, 1), (1, 2)]), set);
        assert_eq!((set.all_up_to(1), set.all_up_to(2)), (3, 0));
        let mut merged = of(&[(1, 3), (2, 2)]);
        merged.merge(&of(&[(1, 1), (1, 2)]));
        assert_eq!(merged, set);
        let mut other_way = of(&[(1, 1), (1, 2)]);
        other_way.merge(&of(&[(1, 3), (2, 2)]));
        assert_eq!(other_way, set);
    }

    #[test]
    fn what_is_behind_a_gap_is_in_and_what_is_in_the_gap_is_not() {
        let set = of(&[(1, 1), (1, 3)]);
        assert!(set.contains(Dot { origin: 1, number: 3 }) && !set.contains(Dot { origin: 1, number: 2 }));
        assert!(set.includes(&of(&[(1, 3)])) && !set.includes(&of(&[(1, 1), (1, 2)])));
        assert!(!set.has_all(&[(1, 2)].into()));
    }
}
