//! A search for orders of writes that nobody read one after the other.
//!
//! Some order is tried: one that agrees with all that is known. If it makes a cycle that the level
//! forbids, at least one of the pairs of writes on it is the other way round. So the first of them is,
//! or the first is as tried and the second is the other way round, and so on; each case is searched in
//! the same way. A case whose cycle has no tried pair is a dead end, and when all are, no order is left.

use super::certificate::Certificate;
use super::check::Prepared;
use super::cycles::Rule;
use super::forbidden::{self, EVERYTHING, OutOfSteps, Place};
use super::graph::{Edge, Graph, Pair, Pairs, explain};
use super::history::TransactionHistory;
use super::level::IsolationLevel;
use super::witness::Evidence;

/// Searches for an order that keeps the level.
///
/// # Errors
/// If the budget of `steps` ran out.
pub(super) fn search(
    prepared: &Prepared,
    history: &TransactionHistory,
    level: IsolationLevel,
    steps: &mut u64,
) -> Result<Result<Certificate, Evidence>, OutOfSteps> {
    let mut cases: Vec<Vec<Pair>> = vec![Vec::new()];
    let mut example = Vec::new();
    let mut tried = 0;
    while let Some(fixed) = cases.pop() {
        tried += 1;
        let case = Case::new(prepared, history, level, fixed);
        let place = Place { resolved: &prepared.resolved, graph: &case.graph, pairs: &case.all };
        *steps = steps.checked_sub(case.graph.edges() as u64).ok_or(OutOfSteps)?;
        let Some(cycle) = forbidden::find(&place, level, steps)? else {
            let sorted = prepared.certificate(&case.graph, EVERYTHING);
            let certificate = sorted.or_else(|| prepared.certificate(&case.graph, forbidden::order_rule(level)));
            return Ok(Ok(certificate.expect("there is no forbidden cycle")));
        };
        let doubtful = case.assumed_on(prepared, &cycle);
        for place in (0..doubtful.len()).rev() {
            let mut fixed = case.fixed.clone();
            fixed.extend(&doubtful[..place]);
            let Pair { key, earlier, later } = doubtful[place];
            fixed.push(Pair { key, earlier: later, later: earlier });
            cases.push(fixed);
        }
        if example.is_empty() {
            let explain = |edge| explain(history, &prepared.resolved, &case.pairs, edge);
            example = cycle.into_iter().map(explain).collect();
        }
    }
    Ok(Err(Evidence::NoOrder { example, tried }))
}

/// An order that is tried.
struct Case {
    /// Pairs that this case is about.
    fixed: Vec<Pair>,
    pairs: Pairs,
    /// All pairs together, sorted.
    all: Vec<Pair>,
    graph: Graph,
}

impl Case {
    fn new(prepared: &Prepared, history: &TransactionHistory, level: IsolationLevel, fixed: Vec<Pair>) -> Self {
        let mut known = prepared.known.clone();
        known.extend(&fixed);
        known.sort_unstable();
        known.dedup();
        let certain = Graph::new(history, &prepared.resolved, &known);
        let rules = [EVERYTHING, forbidden::order_rule(level)];
        let order = rules.iter().find_map(|&rule: &Rule| prepared.certificate(&certain, rule));
        let Some(order) = order else {
            let pairs = Pairs { known: known.clone(), assumed: Vec::new() };
            return Self { fixed, pairs, all: known, graph: certain };
        };
        let mut places = vec![0; history.len()];
        (0..).zip(&order.order).for_each(|(place, id)| places[id.index()] = place);
        let mut assumed = Vec::new();
        for (key, versions) in (0..).zip(&prepared.resolved.keys) {
            let mut loose = versions.loose.clone();
            loose.sort_unstable_by_key(|&writer| places[writer as usize]);
            assumed.extend(loose.windows(2).map(|pair| Pair { key, earlier: pair[0], later: pair[1] }));
        }
        assumed.retain(|pair| known.binary_search(pair).is_err());
        assumed.sort_unstable();
        let mut all = [&known[..], &assumed[..]].concat();
        all.sort_unstable();
        let graph = Graph::new(history, &prepared.resolved, &all);
        Self { fixed, pairs: Pairs { known, assumed }, all, graph }
    }

    /// The pairs without which the cycle would not be there.
    fn assumed_on(&self, prepared: &Prepared, cycle: &[Edge]) -> Vec<Pair> {
        let reasons = cycle.iter().filter_map(|&edge| self.pairs.reason(&prepared.resolved, edge));
        let mut found: Vec<Pair> = reasons.filter_map(|reason| reason.assumed).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}
