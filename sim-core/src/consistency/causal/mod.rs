//! The causal levels: what a session has seen, it and whoever reads from it goes on seeing.
//!
//! If no value is written twice to a register, each read tells which write it saw, and a history
//! keeps a causal level exactly if it shows none of a few bad patterns (Bouajjani, Enea, Guerraoui
//! and Hamza, "On verifying causal consistency", POPL 2017). *Causal order* is the session order
//! together with "reads from", closed transitively.
//!
//! | level | bad patterns |
//! |---|---|
//! | weak causal, CC | CyclicCO, ThinAirRead, WriteCOInitRead, WriteCORead |
//! | convergence, CCv | those, and CyclicCF |
//! | memory, CM | those of CC, and WriteHBInitRead, CyclicHB |
//! | PRAM | ThinAirRead, WriteHBInitRead, CyclicHB, from session order and the session's own reads alone |
//!
//! Each operation gets a vector clock over the sessions that write. CC and CCv take time in
//! proportion to operations times such sessions, and memory times those of them that are active at
//! once. CM and PRAM besides take one walk for each session, PRAM over all that it has seen, CM over
//! what did not come before everything that it read.
//!
//! Where values are written twice, reads of them count for nothing: what is found wrong is wrong, but
//! nothing is called satisfied.

mod execution;
mod layers;
mod saturation;
#[cfg(test)]
mod tests;
mod witness;

use self::execution::{Clocks, Execution};
use self::saturation::Base;
pub(super) use self::saturation::necessary_order;
pub use self::witness::{BadPattern, BadPatternKind};
use super::accesses::{Accesses, Source};
use super::graph::{Edge, Graph, Path, Why};
use super::{Answer, Budget, Level, RegisterModel, Undecided};
use crate::history::History;

/// Which causal level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CausalLevel {
    /// Causal convergence (CCv), [`Level::Causal`]: all agree on one order of the writes.
    Convergence,
    /// Causal memory (CM), [`Level::CausalMemory`]: each session has an order of its own.
    Memory,
    /// Causal consistency (CC), [`Level::WeakCausal`]: each read has an order of its own.
    Weak,
    /// Pipelined RAM, [`Level::Pram`]: causal memory without "reads from" between other sessions.
    Pram,
}

impl CausalLevel {
    /// The level, among all.
    pub const fn level(self) -> Level {
        match self {
            Self::Convergence => Level::Causal,
            Self::Memory => Level::CausalMemory,
            Self::Weak => Level::WeakCausal,
            Self::Pram => Level::Pram,
        }
    }
}

/// A bad pattern as it is found: entries by number.
struct Found {
    kind: BadPatternKind,
    /// From the first entry on, why each comes before the next.
    path: Path,
    /// The entry that the path leads to; `None` if back to its first.
    end: Option<u32>,
}

/// Decides whether `history` keeps the causal level, seen as reads and writes of registers.
///
/// For convergence and weak causality the budget's bytes count, but not its steps.
pub fn check_causal<M: RegisterModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    level: CausalLevel,
    budget: Budget,
) -> Answer<BadPattern> {
    let accesses = match Accesses::of(model, history) {
        Ok(accesses) => accesses,
        Err(why) => return Answer::Unknown(why),
    };
    let execution = Execution::new(&accesses, history);
    match find_pattern(&execution, history, level, budget) {
        Err(why) => Answer::Unknown(why),
        Ok(Some(found)) => Answer::Violated(BadPattern::new(&execution, history, level.level(), found)),
        Ok(None) => accesses.doubt(history).map_or(Answer::Satisfied, Answer::Unknown),
    }
}

fn find_pattern<O, R>(
    execution: &Execution<'_>,
    history: &History<O, R>,
    level: CausalLevel,
    budget: Budget,
) -> Result<Option<Found>, Undecided> {
    if let Some((read, _)) = execution.reads().find(|&(_, source)| source == Source::Nowhere) {
        return Ok(Some(Found { kind: BadPatternKind::ThinAirRead, path: Path::new(), end: Some(read) }));
    }
    if level == CausalLevel::Pram {
        let sessions = Graph::new(execution.entries.len(), execution.session_edges());
        return saturation::find_pattern(execution, history, Base::OwnReads, &sessions, budget);
    }
    let graph = Graph::new(execution.entries.len(), execution.session_edges().chain(execution.read_edges()));
    let clocks = match graph.sorted() {
        Ok(sorted) => execution.clocks(&graph, &sorted, budget.bytes, &mut 0)?,
        Err(path) => return Ok(Some(Found { kind: BadPatternKind::CyclicCO, path, end: None })),
    };
    let mut conflicts = Vec::new();
    for read in execution.reads() {
        if let Some(found) = judge_read(execution, &graph, &clocks, read, &mut conflicts) {
            return Ok(Some(found));
        }
    }
    match level {
        CausalLevel::Convergence => find_cycle_of_conflicts(execution, &conflicts, budget),
        CausalLevel::Memory => saturation::find_pattern(execution, history, Base::AllReads(&clocks), &graph, budget),
        CausalLevel::Weak | CausalLevel::Pram => Ok(None),
    }
}

/// The bad pattern that one read shows in causal order. Adds to `conflicts` the writes that have to
/// come before the one it saw.
fn judge_read(
    execution: &Execution<'_>,
    graph: &Graph,
    clocks: &Clocks,
    (read, source): (u32, Source),
    conflicts: &mut Vec<Edge>,
) -> Option<Found> {
    let seen = if let Source::Write(seen) = source { Some(seen) } else { None };
    let mut before = execution.last_writes_before(clocks, read, seen);
    match source {
        Source::Initial => {
            let path = graph.path(before.next()?, read)?;
            Some(Found { kind: BadPatternKind::WriteCOInitRead, path, end: Some(read) })
        }
        Source::Write(seen) => before.filter(|&write| write != seen).find_map(|write| {
            if !execution.precedes(clocks, seen, write) {
                if !execution.precedes(clocks, write, seen) {
                    conflicts.push(Edge { from: write, to: seen, why: Why::Seen(read) });
                }
                return None;
            }
            let mut path = graph.path(seen, write)?;
            path.extend(graph.path(write, read)?);
            Some(Found { kind: BadPatternKind::WriteCORead, path, end: Some(read) })
        }),
        Source::Unsaid | Source::Nowhere => None,
    }
}

fn find_cycle_of_conflicts(
    execution: &Execution<'_>,
    conflicts: &[Edge],
    budget: Budget,
) -> Result<Option<Found>, Undecided> {
    if size_of_val(conflicts) as u64 > budget.bytes {
        return Err(Undecided::OutOfMemory { limit_bytes: budget.bytes });
    }
    let edges = execution.session_edges().chain(execution.read_edges()).chain(conflicts.iter().copied());
    let cycle = Graph::new(execution.entries.len(), edges).sorted().err();
    Ok(cycle.map(|path| Found { kind: BadPatternKind::CyclicCF, path, end: None }))
}
