//! Sets of events.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sim_core::consistency::{Version, VisibleSet};

use super::{Dot, VectorClock};

/// A set of events, such as the updates that a replica has: of each process all up to some number, and some
/// beyond (the causal context of Almeida, Shoker and Baquero, *Delta State Replicated Data Types*, 2018,
/// section 7). Equal sets are equal values, in whatever order they came about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CausalContext {
    /// By origin, the number up to which all are in.
    up_to: VectorClock,
    /// Those behind a gap.
    others: BTreeSet<Dot>,
}

impl CausalContext {
    /// Whether the event is in.
    pub fn contains(&self, dot: Dot) -> bool {
        self.up_to.includes(dot) || self.others.contains(&dot)
    }

    /// The number up to which all of this origin are in.
    pub fn all_up_to(&self, origin: u64) -> u64 {
        self.up_to.get(origin)
    }

    /// By origin, the number up to which all are in.
    pub const fn without_gaps(&self) -> &VectorClock {
        &self.up_to
    }

    /// Whether some event is behind a gap.
    pub fn has_gaps(&self) -> bool {
        !self.others.is_empty()
    }

    /// Whether all of the other set are in.
    pub fn includes(&self, other: &Self) -> bool {
        other.up_to.is_within(&self.up_to) && other.others.iter().all(|dot| self.contains(*dot))
    }

    /// The events that are in and not in the other set, in ascending order.
    pub fn beyond<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Dot> + 'a {
        let of_origin = |Dot { origin, number: last }: Dot| {
            (other.all_up_to(origin) + 1..=last).map(move |number| Dot { origin, number })
        };
        let dots = self.up_to.iter().flat_map(of_origin).chain(self.others.iter().copied());
        dots.filter(|dot| !other.contains(*dot))
    }

    /// Adds an event.
    pub fn insert(&mut self, dot: Dot) {
        if dot.number == self.all_up_to(dot.origin) + 1 {
            self.up_to.advance_to(dot);
            self.close_gaps(dot.origin);
        } else if !self.contains(dot) {
            self.others.insert(dot);
        }
    }

    /// Adds all of the other set.
    pub fn merge(&mut self, other: &Self) {
        self.up_to.merge(&other.up_to);
        if self.has_gaps() {
            let up_to = &self.up_to;
            self.others.retain(|dot| !up_to.includes(*dot));
            other.up_to.iter().for_each(|dot| self.close_gaps(dot.origin));
        }
        other.others.iter().for_each(|dot| self.insert(*dot));
    }

    fn close_gaps(&mut self, origin: u64) {
        while let next = (Dot { origin, number: self.all_up_to(origin) + 1 })
            && self.others.remove(&next)
        {
            self.up_to.advance_to(next);
        }
    }
}

/// All of these.
impl FromIterator<Dot> for CausalContext {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        let mut context = Self::default();
        dots.into_iter().for_each(|dot| context.insert(dot));
        context
    }
}

/// All that come before, without gaps.
impl From<VectorClock> for CausalContext {
    fn from(up_to: VectorClock) -> Self {
        Self { up_to, others: BTreeSet::new() }
    }
}

impl From<&CausalContext> for VisibleSet {
    fn from(context: &CausalContext) -> Self {
        Self {
            up_to: context.up_to.clone().into(),
            others: context.others.iter().copied().map(Version::from).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(dots: &[(u64, u64)]) -> CausalContext {
        dots.iter().map(|&(origin, number)| Dot { origin, number }).collect()
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
        assert!(set.has_gaps() && !of(&[(1, 2), (1, 1)]).has_gaps());
    }

    #[test]
    fn what_one_set_has_beyond_another_is_told() {
        let beyond = |this: &[(u64, u64)], that: &[(u64, u64)]| -> Vec<(u64, u64)> {
            of(this).beyond(&of(that)).map(|dot| (dot.origin, dot.number)).collect()
        };
        assert_eq!(beyond(&[(1, 1), (1, 2), (2, 1), (3, 4)], &[(1, 1), (2, 1)]), [(1, 2), (3, 4)]);
        assert_eq!(beyond(&[(1, 1), (1, 2), (1, 3)], &[(1, 2)]), [(1, 1), (1, 3)]);
        assert_eq!(beyond(&[(1, 1)], &[(1, 1)]), []);
    }
}
