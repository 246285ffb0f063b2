//! A search for orders of writes that nobody read one after the other.
//!
//! Some order is tried: one that agrees with all that is known. If it makes a cycle that the level
//! forbids, at least one of the pairs of writes on it is the other way round. If it has one such pair
//! only, that is then known. Otherwise the first of them is the other way round, or the first is as tried
//! and the second is the other way round, and so on; each case is searched in the same way. A case whose
//! cycle has no tried pair is a dead end, and when all are, no order is left.
//!
//! Cases can be many where a few pairs decide. So after 16 of them, 32, and so on, the pairs that made cycles
//! so far are looked at one by one: those that can only be one way round may leave no order at once.

use std::collections::BTreeSet;

use super::certificate::Certificate;
use super::check::Prepared;
use super::cycles::Ways;
use super::forbidden::{self, EVERYTHING, OutOfSteps, Place};
use super::forced::forced_cycle;
use super::graph::{Edge, Graph, Pair, Pairs, explain};
use super::level::IsolationLevel;
use super::schedule::{Scheduled, schedule};
use super::witness::{Evidence, Grounds};

/// Searches for an order that keeps the level.
///
/// # Errors
/// If the budget of `steps` ran out.
pub(super) fn search(
    prepared: &Prepared<'_>,
    level: IsolationLevel,
    steps: &mut u64,
) -> Result<Result<Certificate, Evidence>, OutOfSteps> {
    let mut cases: Vec<Vec<Pair>> = vec![Vec::new()];
    let mut example = Vec::new();
    let mut doubted = BTreeSet::new();
    let mut tried = 0;
    while let Some(fixed) = cases.pop() {
        tried += 1;
        let case = match Case::new(prepared, level, fixed, steps) {
            Ok(case) => case,
            Err(certificate) => return Ok(Ok(certificate)),
        };
        *steps = steps.checked_sub(case.graph.edges() as u64).ok_or(OutOfSteps)?;
        let cycles = case.cycles(prepared, level, steps)?;
        let Some(cycle) = cycles.first() else {
            let sorted = prepared.certificate(&case.graph, EVERYTHING);
            let certificate = sorted.or_else(|| prepared.certificate(&case.graph, forbidden::order_rule(level)));
            return Ok(Ok(certificate.expect("there is no forbidden cycle")));
        };
        let doubtful: Vec<Vec<Pair>> = cycles.iter().map(|cycle| case.assumed_on(prepared, cycle)).collect();
        if example.is_empty() {
            let tried = |_| Grounds::Tried;
            let explain = |&edge: &Edge| explain(prepared.history, &prepared.resolved, &case.pairs, edge, tried);
            example = cycle.iter().map(explain).collect();
        }
        doubted.extend(doubtful.iter().flatten().map(|&pair| pair.min(pair.turned())));
        if doubtful.iter().any(Vec::is_empty) {
            continue;
        }
        if tried >= 16 && u64::is_power_of_two(tried) {
            let share = *steps / 8;
            let mut left = share;
            if let Ok(Some(evidence)) = forced_cycle(prepared, level, &doubted, &mut left) {
                return Ok(Err(evidence));
            }
            *steps -= share - left;
        }
        let certain: Vec<Pair> =
            doubtful.iter().filter(|pairs| pairs.len() == 1).map(|pairs| pairs[0].turned()).collect();
        if !certain.is_empty() {
            cases.push([case.fixed, certain].concat());
            continue;
        }
        let doubtful = &doubtful[0];
        for place in (0..doubtful.len()).rev() {
            let mut fixed = case.fixed.clone();
            fixed.extend(&doubtful[..place]);
            fixed.push(doubtful[place].turned());
            cases.push(fixed);
        }
    }
    // No order is left, whether or not it can be told well.
    let mut forced = forced_cycle(prepared, level, &doubted, steps).unwrap_or_default();
    if forced.is_none() {
        let most = *steps / (2 * prepared.basis(level.order()).graph.edges() as u64).max(1);
        let all = all_doubtful(prepared, most as usize);
        forced = all.and_then(|all| forced_cycle(prepared, level, &all, steps).unwrap_or_default());
    }
    Ok(Err(forced.unwrap_or(Evidence::NoOrder { example, tried })))
}

/// All pairs of writers of a key in no known place, unless there are more than `most`.
fn all_doubtful(prepared: &Prepared<'_>, most: usize) -> Option<BTreeSet<Pair>> {
    let keys = (0..).zip(&prepared.resolved.keys);
    let pairs = keys.flat_map(|(key, versions)| {
        let loose = &versions.loose;
        let after =
            move |place: usize, earlier| loose[place + 1..].iter().map(move |&later| Pair { key, earlier, later });
        loose.iter().enumerate().flat_map(move |(place, &earlier)| after(place, earlier))
    });
    let pairs: BTreeSet<Pair> = pairs.take(most + 1).collect();
    (pairs.len() <= most).then_some(pairs)
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
    /// A likely order in this case; `Err` if it happens to be right.
    fn new(
        prepared: &Prepared<'_>,
        level: IsolationLevel,
        fixed: Vec<Pair>,
        steps: &mut u64,
    ) -> Result<Self, Certificate> {
        let (history, resolved) = (prepared.history, &prepared.resolved);
        let basis = prepared.basis(level.order());
        let mut known = [&basis.known[..], &fixed[..]].concat();
        known.sort_unstable();
        known.dedup();
        let certain = Graph::new(history, resolved, &known);
        let mut likely = None;
        for rule in forbidden::schedule_rules(level) {
            let scheduled = schedule(history, resolved, &Ways::new(&certain, rule), steps);
            match scheduled {
                Some(Scheduled { certificate, is_right: true }) => return Err(certificate),
                Some(Scheduled { certificate, .. }) => likely = likely.or(Some(certificate)),
                None => {}
            }
        }
        let Some(likely) = likely else {
            let pairs = Pairs { known: known.clone(), assumed: Vec::new() };
            return Ok(Self { fixed, pairs, all: known, graph: certain });
        };
        let mut places = vec![0; history.len()];
        (0..).zip(&likely.order).for_each(|(place, id)| places[id.index()] = place);
        let mut assumed = Vec::new();
        for (key, versions) in (0..).zip(&resolved.keys) {
            let mut loose = versions.loose.clone();
            loose.sort_unstable_by_key(|&writer| places[writer as usize]);
            assumed.extend(loose.windows(2).map(|pair| Pair { key, earlier: pair[0], later: pair[1] }));
        }
        assumed.retain(|pair| known.binary_search(pair).is_err());
        assumed.sort_unstable();
        let mut all = [&known[..], &assumed[..]].concat();
        all.sort_unstable();
        let graph = Graph::new(history, resolved, &all);
        Ok(Self { fixed, pairs: Pairs { known, assumed }, all, graph })
    }

    /// Some of the cycles that the level forbids, none only if there are none.
    fn cycles(
        &self,
        prepared: &Prepared<'_>,
        level: IsolationLevel,
        steps: &mut u64,
    ) -> Result<Vec<Vec<Edge>>, OutOfSteps> {
        let ways = Ways::new(&self.graph, forbidden::order_rule(level));
        let components = ways.components();
        if components.any_cyclic() {
            return Ok(ways.cycle_of_each(&components));
        }
        let place = Place { resolved: &prepared.resolved, graph: &self.graph, pairs: &self.all };
        Ok(forbidden::find_beside_order(&place, level, steps)?.into_iter().collect())
    }

    /// The pairs without which the cycle would not be there.
    fn assumed_on(&self, prepared: &Prepared<'_>, cycle: &[Edge]) -> Vec<Pair> {
        let reasons = cycle.iter().filter_map(|&edge| self.pairs.reason(&prepared.resolved, edge));
        let mut found: Vec<Pair> = reasons.filter_map(|reason| reason.assumed).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}
