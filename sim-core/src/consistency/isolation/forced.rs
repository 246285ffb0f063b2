//! Orders of writes that follow from what the level forbids.
//!
//! If one of two writes of a key before the other makes a cycle that the level forbids, it comes after the
//! other in every right order. With that, other orders make cycles, and so on, until there is one without
//! anything left to choose. It is told with the orders that it rests on, and each of them with the cycle that
//! the other way round makes.

use std::collections::BTreeSet;

use super::check::Prepared;
use super::forbidden::{self, OutOfSteps, Place};
use super::graph::{Edge, Graph, Pair, Pairs, cyclic, explain};
use super::history::{Key, TransactionId};
use super::level::IsolationLevel;
use super::witness::{Evidence, ForcedOrder, Grounds, Link};

/// A pair that every right order has.
struct Forced {
    pair: Pair,
    /// The cycle that the pair makes the other way round, with those forced before.
    otherwise: Vec<Edge>,
    /// How many were forced before.
    before: usize,
}

/// A cycle that there is in every order of writes, if it can be shown by forcing one after the other of the
/// `doubtful` pairs.
///
/// # Errors
/// If the budget of `steps` ran out.
pub(super) fn forced_cycle(
    prepared: &Prepared<'_>,
    level: IsolationLevel,
    doubtful: &BTreeSet<Pair>,
    steps: &mut u64,
) -> Result<Option<Evidence>, OutOfSteps> {
    let known = &prepared.basis(level.order()).known;
    let mut forced: Vec<Forced> = Vec::new();
    loop {
        let before = forced.len();
        let pairs = Pairs::new(known, forced.iter().map(|it| it.pair));
        if let Some(cycle) = forbidden_with(prepared, level, &pairs, steps)? {
            return Ok(Some(Told { prepared, known, forced: &forced }.tell(&cycle)));
        }
        for &pair in doubtful.iter().filter(|pair| !pairs.contains(**pair) && !pairs.contains(pair.turned())) {
            for tried in [pair, pair.turned()] {
                let pairs = Pairs::new(known, pairs.assumed.iter().copied().chain([tried]));
                if let Some(otherwise) = forbidden_with(prepared, level, &pairs, steps)? {
                    forced.push(Forced { pair: tried.turned(), otherwise, before });
                    break;
                }
            }
        }
        if forced.len() == before {
            return Ok(None);
        }
    }
}

/// A cycle that the level forbids, in an order with all of the pairs.
fn forbidden_with(
    prepared: &Prepared<'_>,
    level: IsolationLevel,
    pairs: &Pairs,
    steps: &mut u64,
) -> Result<Option<Vec<Edge>>, OutOfSteps> {
    let all = pairs.all();
    let graph = Graph::new(prepared.history, &prepared.resolved, &all);
    *steps = steps.checked_sub(graph.edges() as u64).ok_or(OutOfSteps)?;
    match cyclic(&graph) {
        Some(graph) => {
            forbidden::find(&Place { resolved: &prepared.resolved, graph: &graph, pairs: &all }, level, steps)
        }
        None => Ok(None),
    }
}

/// What is needed to tell a cycle with the orders that it rests on.
struct Told<'a> {
    prepared: &'a Prepared<'a>,
    known: &'a [Pair],
    forced: &'a [Forced],
}

impl Told<'_> {
    fn tell(&self, cycle: &[Edge]) -> Evidence {
        let all = self.pairs(self.forced.len(), None);
        let mut needed = BTreeSet::new();
        let mut to_visit = self.forced_on(cycle, &all);
        while let Some(place) = to_visit.pop() {
            if needed.insert(place) {
                let Forced { pair, otherwise, before } = &self.forced[place];
                to_visit.extend(self.forced_on(otherwise, &self.pairs(*before, Some(pair.turned()))));
            }
        }
        let needed: Vec<usize> = needed.into_iter().collect();
        let order = |&place: &usize| {
            let Forced { pair, otherwise, before } = &self.forced[place];
            let pairs = self.pairs(*before, Some(pair.turned()));
            let otherwise = self.links(otherwise, &pairs, &needed);
            let (earlier, later) = (TransactionId(pair.earlier), TransactionId(pair.later));
            ForcedOrder { key: Key(pair.key), earlier, later, otherwise }
        };
        Evidence::Forced { orders: needed.iter().map(order).collect(), cycle: self.links(cycle, &all, &needed) }
    }

    /// The first `count` that were forced, and one that was `tried`.
    fn pairs(&self, count: usize, tried: Option<Pair>) -> Pairs {
        Pairs::new(self.known, self.forced[..count].iter().map(|it| it.pair).chain(tried))
    }

    fn place(&self, pair: Pair) -> Option<usize> {
        self.forced.iter().position(|it| it.pair == pair)
    }

    /// Which of the forced pairs a cycle rests on.
    fn forced_on(&self, cycle: &[Edge], pairs: &Pairs) -> Vec<usize> {
        let reasons = cycle.iter().filter_map(|&edge| pairs.reason(&self.prepared.resolved, edge)?.assumed);
        reasons.filter_map(|pair| self.place(pair)).collect()
    }

    fn links(&self, cycle: &[Edge], pairs: &Pairs, needed: &[usize]) -> Vec<Link> {
        let number = |pair| needed.binary_search(&self.place(pair)?).ok();
        let grounds = |pair| number(pair).map_or(Grounds::Tried, Grounds::Forced);
        let explain = |&edge: &Edge| explain(self.prepared.history, &self.prepared.resolved, pairs, edge, grounds);
        cycle.iter().map(explain).collect()
    }
}
