//! Orders that follow from reads step by step.
//!
//! **Causal memory and PRAM**: is there, for each session, an order of all writes and its own reads?
//! The order has to agree with a base (session order, and "reads from" by all or by this session)
//! and with what the session read. If a write comes before a read that returns another write to the
//! same register, it comes before that other write too; such pairs are added until there are no
//! more. The order exists if no cycle arises and no read of the initial value comes after a write.
//!
//! Proof for reads that come one after the other: put the past of the first read first, then that
//! of the second, and so on, each sorted. All writes in the past of a read to its register come
//! before the one it returns, so that is the last of them. For such reads [`Layers`] find out the
//! same in one pass. Reads that overlap are first tried in order of invocation.

use std::collections::BTreeSet;
use std::fmt::Debug;

use super::super::accesses::{Accesses, Source};
use super::super::graph::{Edge, Graph, Path, Why};
use super::super::{Budget, Level, Undecided, spent};
use super::Found;
use super::execution::{Clocks, Execution};
use super::layers::{Contradiction, Layers};
use super::witness::{BadPattern, BadPatternKind};
use crate::history::{History, OperationId};

/// What the order of each session has to agree with, beside the session order.
#[derive(Clone, Copy)]
pub(super) enum Base<'a> {
    /// "Reads from", by all sessions: causal memory, of a history that is weakly causal. With the
    /// clocks of causal order.
    AllReads(&'a Clocks),
    /// "Reads from", by this session alone: PRAM.
    OwnReads,
}

/// Reads of one session and whether each returned before the next was invoked.
pub(super) struct OwnReads {
    pub(super) reads: Vec<(u32, Source)>,
    pub(super) is_in_turn: bool,
}

/// Finds a bad pattern in the order that some session would have to have. `common` is the base
/// without what the session itself has read.
pub(super) fn find_pattern<O, R>(
    execution: &Execution<'_>,
    history: &History<O, R>,
    base: Base<'_>,
    common: &Graph,
    budget: Budget,
) -> Result<Option<Found>, Undecided> {
    let mut steps = 0;
    let found = find_in_any_session(execution, history, base, common, &mut steps, budget);
    spent::note(steps, None);
    found
}

fn find_in_any_session<O, R>(
    execution: &Execution<'_>,
    history: &History<O, R>,
    base: Base<'_>,
    common: &Graph,
    steps: &mut u64,
    budget: Budget,
) -> Result<Option<Found>, Undecided> {
    let mut is_sure = true;
    let mut layers = Layers::new(execution, base, common);
    for own in reads_by_session(execution, history) {
        let Some(contradiction) = layers.find(&own, steps, budget)? else {
            continue;
        };
        if own.is_in_turn {
            return Ok(Some(tell(execution, &own, base, contradiction, layers.pairs())));
        }
        // There may be another order of the reads.
        if let Some(found) = find_in_session(execution, &own, base, steps, budget)? {
            return Ok(Some(found));
        }
        is_sure = false;
    }
    let what = || "reads of one session overlap, so that its order is open".to_owned();
    if is_sure { Ok(None) } else { Err(Undecided::Unclear { what: what() }) }
}

/// What layers have found, with the reason.
fn tell(
    execution: &Execution<'_>,
    own: &OwnReads,
    base: Base<'_>,
    contradiction: Contradiction,
    pairs: &[Edge],
) -> Found {
    let graph = order_so_far(execution, own, base, pairs);
    match contradiction {
        Contradiction::Cycle => {
            let path = graph.sorted().expect_err("the pairs close a cycle");
            Found { kind: BadPatternKind::CyclicHB, path, end: None }
        }
        Contradiction::InitialRead { write, read } => {
            let path = graph.path(write, read).unwrap_or_default();
            Found { kind: BadPatternKind::WriteHBInitRead, path, end: Some(read) }
        }
    }
}

pub(super) fn reads_by_session<O, R>(execution: &Execution<'_>, history: &History<O, R>) -> Vec<OwnReads> {
    let sessions = &execution.sessions;
    let count = sessions.session_of.iter().max().map_or(0, |&last| last as usize + 1);
    let mut by_session = Vec::new();
    by_session.resize_with(count, || OwnReads { reads: Vec::new(), is_in_turn: true });
    for (read, source) in execution.reads() {
        let session = sessions.session_of[sessions.chain(read) as usize];
        let own = &mut by_session[session as usize];
        if let Some(&(last, _)) = own.reads.last() {
            own.is_in_turn &= history.get(execution.id(last)).precedes(history.get(execution.id(read)));
        }
        own.reads.push((read, source));
    }
    by_session.retain(|own| !own.reads.is_empty());
    by_session
}

pub(super) fn find_in_session(
    execution: &Execution<'_>,
    own: &OwnReads,
    base: Base<'_>,
    steps: &mut u64,
    budget: Budget,
) -> Result<Option<Found>, Undecided> {
    let mut added: Vec<Edge> = Vec::new();
    loop {
        if *steps > budget.steps {
            return Err(Undecided::OutOfSteps { steps: *steps });
        }
        if size_of_val(&added[..]) as u64 > budget.bytes {
            return Err(Undecided::OutOfMemory { limit_bytes: budget.bytes });
        }
        let graph = order_so_far(execution, own, base, &added);
        let clocks = match graph.sorted() {
            Ok(sorted) => execution.clocks(&graph, &sorted, budget.bytes, steps)?,
            Err(path) => return Ok(Some(Found { kind: BadPatternKind::CyclicHB, path, end: None })),
        };
        let known = added.len();
        for &(read, source) in &own.reads {
            let seen = if let Source::Write(seen) = source { Some(seen) } else { None };
            for write in execution.last_writes_before(&clocks, read, seen) {
                match source {
                    Source::Initial => {
                        let path = graph.path(write, read).unwrap_or_default();
                        return Ok(Some(Found { kind: BadPatternKind::WriteHBInitRead, path, end: Some(read) }));
                    }
                    Source::Write(seen) if write != seen && !execution.precedes(&clocks, write, seen) => {
                        added.push(Edge { from: write, to: seen, why: Why::Seen(read) });
                    }
                    Source::Write(_) | Source::Unsaid | Source::Nowhere => {}
                }
            }
        }
        if added.len() == known {
            return Ok(None);
        }
    }
}

pub(super) fn order_so_far(execution: &Execution<'_>, own: &OwnReads, base: Base<'_>, added: &[Edge]) -> Graph {
    let session_and_added = execution.session_edges().chain(added.iter().copied());
    let nodes = execution.entries.len();
    match base {
        Base::AllReads(_) => Graph::new(nodes, session_and_added.chain(execution.read_edges())),
        Base::OwnReads => {
            let edge = |&(read, source): &(u32, Source)| match source {
                Source::Write(from) => Some(Edge { from, to: read, why: Why::Read }),
                Source::Unsaid | Source::Initial | Source::Nowhere => None,
            };
            Graph::new(nodes, session_and_added.chain(own.reads.iter().filter_map(edge)))
        }
    }
}

/// Pairs of operations that every sequentially consistent order has in this order, beside those of
/// one session.
///
/// # Errors
/// A pattern that shows that there is no such order.
pub(in super::super) fn necessary_order<K, O: Debug, R: Debug>(
    accesses: &Accesses<K>,
    history: &History<O, R>,
    budget: Budget,
) -> Result<Vec<(OperationId, OperationId)>, Box<BadPattern>> {
    let execution = Execution::new(accesses, history);
    let fail = |found| Box::new(BadPattern::new(&execution, history, Level::Sequential, found));
    if let Some((read, _)) = execution.reads().find(|&(_, source)| source == Source::Nowhere) {
        return Err(fail(Found { kind: BadPatternKind::ThinAirRead, path: Path::new(), end: Some(read) }));
    }
    let added = add_necessary(&execution, budget).map_err(fail)?;
    let pair = |edge: Edge| (execution.id(edge.from), execution.id(edge.to));
    Ok(added.into_iter().chain(execution.read_edges()).map(pair).collect())
}

/// Adds pairs until there are no more or the budget is spent; what is there by then is right.
fn add_necessary(execution: &Execution<'_>, budget: Budget) -> Result<Vec<Edge>, Found> {
    let mut added: Vec<Edge> = Vec::new();
    let mut is_added = BTreeSet::new();
    let mut replaced = Vec::new();
    let mut steps = 0;
    loop {
        let bytes_left = budget.bytes.checked_sub(2 * size_of_val(&added[..]) as u64);
        let Some(bytes_left) = bytes_left.filter(|_| steps <= budget.steps) else {
            return Ok(added);
        };
        let edges = execution.session_edges().chain(execution.read_edges()).chain(added.iter().copied());
        let graph = Graph::new(execution.entries.len(), edges);
        let clocks = match graph.sorted() {
            Ok(sorted) => match execution.clocks(&graph, &sorted, bytes_left, &mut steps) {
                Ok(clocks) => clocks,
                Err(_) => return Ok(added),
            },
            Err(path) => return Err(Found { kind: BadPatternKind::CyclicSC, path, end: None }),
        };
        let known = added.len();
        let mut add = |from, to, why| {
            if is_added.insert((from, to)) {
                added.push(Edge { from, to, why });
            }
        };
        for (read, source) in execution.reads() {
            let seen = match source {
                Source::Write(seen) => Some(seen),
                Source::Initial => None,
                Source::Unsaid | Source::Nowhere => continue,
            };
            replaced.clear();
            replaced.extend(execution.first_writes_after(&clocks, seen, read).filter(|&write| write != read));
            for &write in execution.first_of(&clocks, &mut replaced) {
                add(read, write, Why::Replaced);
            }
            let Some(seen) = seen else {
                continue;
            };
            for write in execution.last_writes_before(&clocks, read, Some(seen)) {
                if write != seen && !execution.precedes(&clocks, write, seen) {
                    add(write, seen, Why::Seen(read));
                }
            }
        }
        if added.len() == known {
            return Ok(added);
        }
    }
}
