//! Sets of events.

use std::collections::BTreeSet;
use std::fmt;

use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};
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
    others: Spans,
}

/// Events in a row of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Span {
    origin: u64,
    first: u64,
    last: u64,
}

/// In ascending order, with gaps between them. Serialized as the events that are in them.
#[derive(Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "BTreeSet<Dot>")]
struct Spans(Vec<Span>);

impl Span {
    fn of(Dot { origin, number }: Dot) -> Self {
        Self { origin, first: number, last: number }
    }

    fn dots(self) -> impl Iterator<Item = Dot> {
        (self.first..=self.last).map(move |number| Dot { origin: self.origin, number })
    }
}

impl Spans {
    /// The index of the first that is not entirely before this event.
    fn place(&self, dot: Dot) -> usize {
        self.0.partition_point(|span| (span.origin, span.last) < (dot.origin, dot.number))
    }

    fn cover(&self, wanted: Span) -> bool {
        let found = self.0.get(self.place(Dot { origin: wanted.origin, number: wanted.first }));
        found.is_some_and(|span| span.origin == wanted.origin && span.first <= wanted.first && span.last >= wanted.last)
    }

    fn dots(&self) -> impl Iterator<Item = Dot> {
        self.0.iter().flat_map(|span| span.dots())
    }
}

impl CausalContext {
    /// Whether the event is in.
    pub fn contains(&self, dot: Dot) -> bool {
        self.up_to.includes(dot) || self.others.cover(Span::of(dot))
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
        !self.others.0.is_empty()
    }

    /// Whether all of the other set are in.
    pub fn includes(&self, other: &Self) -> bool {
        let is_in = |span: &Span| self.all_up_to(span.origin) >= span.last || self.others.cover(*span);
        other.up_to.is_within(&self.up_to) && other.others.0.iter().all(is_in)
    }

    /// The events that are in and not in the other set, in ascending order of each process.
    pub fn beyond<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Dot> + 'a {
        self.spans().flat_map(|span| {
            let first = span.first.max(other.all_up_to(span.origin) + 1);
            Span { first, ..span }.dots().filter(|dot| !other.others.cover(Span::of(*dot)))
        })
    }

    fn spans(&self) -> impl Iterator<Item = Span> {
        let up_to = self.up_to.iter().map(|Dot { origin, number }| Span { origin, first: 1, last: number });
        up_to.chain(self.others.0.iter().copied())
    }

    /// Adds an event.
    pub fn insert(&mut self, dot: Dot) {
        self.add(Span::of(dot));
    }

    /// Adds all of the other set.
    pub fn merge(&mut self, other: &Self) {
        if self != other {
            other.spans().for_each(|span| self.add(span));
        }
    }

    fn add(&mut self, span: Span) {
        let Span { origin, first, last } = span;
        let up_to = self.all_up_to(origin);
        if last <= up_to {
            return;
        }
        if !self.has_gaps() && first <= up_to + 1 {
            return self.up_to.advance_to(Dot { origin, number: last });
        }
        // Those that it overlaps or touches become one with it.
        let begin = self.others.place(Dot { origin, number: first.saturating_sub(1) });
        let touches = |other: &&Span| other.origin == origin && other.first <= last.saturating_add(1);
        let end = begin + self.others.0[begin..].iter().take_while(touches).count();
        let touched = &self.others.0[begin..end];
        let first = touched.first().map_or(first, |other| first.min(other.first));
        let last = touched.last().map_or(last, |other| last.max(other.last));
        if first <= up_to + 1 {
            self.up_to.advance_to(Dot { origin, number: last });
            self.others.0.drain(begin..end);
        } else {
            self.others.0.splice(begin..end, [Span { origin, first, last }]);
        }
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.dots()).finish()
    }
}

impl Serialize for Spans {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let count: u64 = self.0.iter().map(|span| span.last - span.first + 1).sum();
        let mut dots = serializer.serialize_seq(usize::try_from(count).ok())?;
        self.dots().try_for_each(|dot| dots.serialize_element(&dot))?;
        dots.end()
    }
}

impl From<BTreeSet<Dot>> for Spans {
    fn from(dots: BTreeSet<Dot>) -> Self {
        let mut spans: Vec<Span> = Vec::new();
        for dot in dots {
            match spans.last_mut() {
                Some(last) if last.origin == dot.origin && last.last + 1 == dot.number => last.last = dot.number,
                _ => spans.push(Span::of(dot)),
            }
        }
        Self(spans)
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
        Self { up_to, others: Spans::default() }
    }
}

impl From<&CausalContext> for VisibleSet {
    fn from(context: &CausalContext) -> Self {
        Self { up_to: context.up_to.clone().into(), others: context.others.dots().map(Version::from).collect() }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::SimRng;

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

    /// Sets that are made in any order, beside sets of single events.
    #[test]
    fn sets_are_those_of_their_events() {
        for seed in 0..2000 {
            let mut rng = SimRng::new(seed, 0);
            let mut random = || -> BTreeSet<Dot> {
                let dot = |rng: &mut SimRng| Dot { origin: rng.below(2), number: 1 + rng.below(9) };
                (0..rng.below(12)).map(|_| dot(&mut rng)).collect()
            };
            let [first, second] = [random(), random()];
            let made = |dots: &BTreeSet<Dot>| -> CausalContext {
                let (low, high): (Vec<_>, Vec<_>) = dots.iter().partition(|dot| dot.number % 3 == seed % 3);
                high.into_iter().rev().chain(low).copied().collect()
            };
            let [mut one, other] = [made(&first), made(&second)];
            assert_eq!(one.includes(&other), first.is_superset(&second), "{first:?} and {second:?}");
            let beyond: BTreeSet<Dot> = one.beyond(&other).collect();
            assert_eq!(beyond, &first - &second, "{first:?} and {second:?}");
            one.merge(&other);
            let both = &first | &second;
            assert_eq!(one, both.iter().copied().collect(), "{first:?} and {second:?}");
            for origin in 0..2 {
                for number in 1..11 {
                    let dot = Dot { origin, number };
                    assert_eq!(one.contains(dot), both.contains(&dot), "{dot:?} in {both:?}");
                }
            }
            let read: CausalContext = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
            assert_eq!(read, one);
        }
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
