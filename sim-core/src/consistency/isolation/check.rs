//! Judging a history of transactions.

use std::cell::OnceCell;
use std::iter;

use super::super::{Budget, Undecided, spent};
use super::certificate::Certificate;
use super::cycles::{Rule, Ways};
use super::forbidden::{self, EVERYTHING, OutOfSteps, Place};
use super::graph::{Edge, Graph, Pair, Pairs, cyclic, explain};
use super::history::{Key, TransactionHistory, TransactionId};
use super::level::{IsolationLevel, Order, View};
use super::pairs;
use super::resolve::{LOOSE, NOBODY, Resolved, resolve};
use super::search;
use super::witness::{Evidence, Grounds, IsolationWitness};

/// What a check says of one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The history keeps the level, as the certificate shows.
    Satisfied(Certificate),
    /// The history breaks the level.
    Violated(IsolationWitness),
    /// Neither is certain.
    Unknown(Undecided),
}

impl Verdict {
    /// Whether the history certainly keeps the level.
    #[must_use]
    pub const fn is_satisfied(&self) -> bool {
        matches!(self, Self::Satisfied(_))
    }

    /// Whether the history certainly breaks the level.
    #[must_use]
    pub const fn is_violated(&self) -> bool {
        matches!(self, Self::Violated(_))
    }
}

/// Decides whether `history` keeps `level`. To ask for several levels, see [`IsolationCheck`].
#[must_use]
pub fn check_isolation(history: &TransactionHistory, level: IsolationLevel, budget: Budget) -> Verdict {
    IsolationCheck::new(history).check(level, budget)
}

/// A history made ready to be held against several levels.
pub struct IsolationCheck<'a> {
    history: &'a TransactionHistory,
    prepared: Result<Prepared<'a>, Undecided>,
}

impl<'a> IsolationCheck<'a> {
    /// Finds out which write each read saw.
    #[must_use]
    pub fn new(history: &'a TransactionHistory) -> Self {
        Self { history, prepared: resolve(history).map(|resolved| Prepared::new(history, resolved)) }
    }

    /// Decides whether the history keeps `level`.
    ///
    /// The budget's steps are looks at edges of the graph of dependencies, and placings of transactions,
    /// beyond what every history costs in proportion to its size. Its bytes do not count: memory is in
    /// proportion to the history.
    #[must_use]
    pub fn check(&self, level: IsolationLevel, budget: Budget) -> Verdict {
        let prepared = match &self.prepared {
            Ok(prepared) => prepared,
            Err(why) => return Verdict::Unknown(why.clone()),
        };
        let mut steps = budget.steps;
        let judged = prepared.judge(level, &mut steps);
        spent::note(budget.steps - steps, None);
        match judged {
            Ok(Ok(certificate)) => Verdict::Satisfied(certificate),
            Ok(Err(evidence)) => Verdict::Violated(IsolationWitness::new(self.history, Some(level), evidence)),
            Err(OutOfSteps) => Verdict::Unknown(Undecided::OutOfSteps { steps: budget.steps - steps }),
        }
    }

    /// One of each kind of anomaly that is found, worst first. A cycle of a kind is found if there is one
    /// that is not of a worse kind; a shortest, as far as the budget's steps go.
    ///
    /// # Errors
    /// If a value was written twice to a key.
    pub fn anomalies(&self, budget: Budget) -> Result<Vec<IsolationWitness>, Undecided> {
        let prepared = self.prepared.as_ref().map_err(Clone::clone)?;
        let mut found: Vec<Evidence> = prepared.resolved.found.clone();
        found.extend(prepared.lost_update.clone());
        let basis = prepared.basis(Order::RealTime);
        if let Some(graph) = &basis.cyclic {
            let place = Place { resolved: &prepared.resolved, graph, pairs: &basis.known };
            let cycles = forbidden::find_all(&place, &mut budget.steps.clone());
            found.extend(cycles.iter().map(|cycle| prepared.explained(basis, cycle)));
        }
        found.sort_by_key(Evidence::anomaly);
        found.dedup_by_key(|evidence| evidence.anomaly());
        Ok(found.into_iter().map(|evidence| IsolationWitness::new(self.history, None, evidence)).collect())
    }
}

/// What is the same for all levels.
pub(super) struct Prepared<'a> {
    pub(super) history: &'a TransactionHistory,
    pub(super) resolved: Resolved,
    /// Whether somebody read a version of no known place, so that the order from outside tells more.
    reads_loose: bool,
    /// Two transactions that read the same version of a key and both replaced it.
    lost_update: Option<Evidence>,
    /// By order from outside, what it makes known. If that is the same for all, it is in the first.
    bases: [OnceCell<Basis>; 3],
}

/// What every order of commits that agrees with one from outside has to agree with.
pub(super) struct Basis {
    /// Pairs of writers that every order agrees with, sorted.
    pub(super) known: Vec<Pair>,
    pub(super) graph: Graph,
    /// The edges that are on cycles.
    cyclic: Option<Graph>,
}

impl Basis {
    fn new(history: &TransactionHistory, resolved: &Resolved, order: Order) -> Self {
        let known = pairs::known(history, resolved, order);
        let graph = Graph::new(history, resolved, &known);
        let cyclic = cyclic(&graph);
        Self { known, graph, cyclic }
    }
}

impl<'a> Prepared<'a> {
    fn new(history: &'a TransactionHistory, resolved: Resolved) -> Self {
        let reads_loose = resolved.all_reads().any(|(_, read)| read.place == LOOSE);
        let lost_update = find_lost_update(&resolved);
        Self { history, resolved, reads_loose, lost_update, bases: Default::default() }
    }

    pub(super) fn basis(&self, order: Order) -> &Basis {
        let order = if self.reads_loose { order } else { Order::None };
        self.bases[order as usize].get_or_init(|| Basis::new(self.history, &self.resolved, order))
    }

    fn judge(&self, level: IsolationLevel, steps: &mut u64) -> Result<Result<Certificate, Evidence>, OutOfSteps> {
        let breaking = |evidence: &&Evidence| evidence.anomaly().breaks(level);
        let found = self.resolved.found.iter().filter(breaking).min_by_key(|evidence| evidence.anomaly());
        if let Some(evidence) = found {
            return Ok(Err(evidence.clone()));
        }
        let basis = self.basis(level.order());
        let cycle = self.forbidden_cycle(basis, level, steps)?;
        let lost = self.lost_update.iter().filter(breaking).cloned();
        if let Some(evidence) = cycle.into_iter().chain(lost).min_by_key(Evidence::anomaly) {
            return Ok(Err(evidence));
        }
        if self.is_settled(basis, level) {
            let rule = if basis.cyclic.is_none() { EVERYTHING } else { forbidden::order_rule(level) };
            let certificate = self.certificate(&basis.graph, rule);
            return Ok(Ok(certificate.expect("there is no forbidden cycle")));
        }
        search::search(self, level, steps)
    }

    /// Whether any order that agrees with the dependencies keeps the level, so that nothing is left to
    /// choose: nobody read what has no known place, and if who replaces a write has to see it, there is
    /// no key with several writes of no known place.
    fn is_settled(&self, basis: &Basis, level: IsolationLevel) -> bool {
        let sees_replaced = matches!(level.view(), View::Snapshot | View::Parallel);
        let has_choice = || self.resolved.keys.iter().any(|versions| versions.loose.len() > 1);
        !(self.reads_loose || sees_replaced && basis.cyclic.is_some() && has_choice())
    }

    fn forbidden_cycle(
        &self,
        basis: &Basis,
        level: IsolationLevel,
        steps: &mut u64,
    ) -> Result<Option<Evidence>, OutOfSteps> {
        let Some(graph) = &basis.cyclic else {
            return Ok(None);
        };
        let place = Place { resolved: &self.resolved, graph, pairs: &basis.known };
        let cycle = forbidden::find(&place, level, steps)?;
        Ok(cycle.map(|cycle| self.explained(basis, &cycle)))
    }

    fn explained(&self, basis: &Basis, cycle: &[Edge]) -> Evidence {
        let pairs = Pairs::new(&basis.known, iter::empty());
        let explain = |&edge: &Edge| explain(self.history, &self.resolved, &pairs, edge, |_| Grounds::Shown);
        Evidence::Cycle(cycle.iter().map(explain).collect())
    }

    /// An order of commits sorted by the ways through the graph that count; `None` if there is none.
    pub(super) fn certificate(&self, graph: &Graph, rule: Rule) -> Option<Certificate> {
        let ways = Ways::new(graph, rule);
        let components = ways.components();
        if components.any_cyclic() {
            return None;
        }
        let mut certificate = Certificate { order: Vec::new(), snapshots: Vec::new() };
        let mut snapshots = vec![0; self.resolved.transactions() as usize];
        for node in components.order() {
            let (base, is_commit) = ways.transaction(node);
            if !graph.is_transaction(base) || !self.resolved.committed[base as usize] {
                continue;
            }
            if !is_commit || !ways.is_split() {
                snapshots[base as usize] = certificate.order.len() as u32;
            }
            if is_commit {
                certificate.order.push(TransactionId(base));
                certificate.snapshots.push(snapshots[base as usize]);
            }
        }
        Some(certificate)
    }
}

fn find_lost_update(resolved: &Resolved) -> Option<Evidence> {
    let replaced = resolved.all_reads().filter(|(reader, read)| resolved.write(*reader, read.key).is_some());
    let mut replaced: Vec<(u32, u32, u32)> = replaced.map(|(reader, read)| (read.key, read.source, reader)).collect();
    replaced.sort_unstable();
    let twice = replaced.windows(2).find(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1))?;
    let (key, source, one) = twice[0];
    let value = (source != NOBODY).then(|| resolved.write(source, key).map(|write| write.value)).flatten();
    Some(Evidence::LostUpdate { key: Key(key), value, one: TransactionId(one), other: TransactionId(twice[1].2) })
}
