//! The cycles that a level forbids, in a graph of which every edge holds.

use super::cycles::{Rule, Shape, Ways};
use super::graph::{Edge, Graph, Kind, Pair};
use super::level::{IsolationLevel, Order, View};
use super::resolve::{LOOSE, Read, Resolved};

const WW: u8 = Kind::Ww.bit();
const WR: u8 = Kind::Wr.bit();
const RW: u8 = Kind::Rw.bit() | Kind::Through.bit();
const PROCESS: u8 = Kind::Process.bit();
const REAL_TIME: u8 = Kind::RealTime.bit();

/// All edges.
pub(super) const EVERYTHING: Rule = Rule { kinds: WW | WR | RW | PROCESS | REAL_TIME, shape: Shape::Plain };

/// The edges of an order from outside.
const fn of_order(order: Order) -> u8 {
    match order {
        Order::None => 0,
        Order::Session => PROCESS,
        Order::RealTime => PROCESS | REAL_TIME,
    }
}

/// The ways that no order of commits (and snapshots) of the level can turn back on. An order sorted by
/// them keeps the level, but for what a transaction sees without being in a row of such ways, which
/// [`find`] looks at.
pub(super) fn order_rule(level: IsolationLevel) -> Rule {
    let dependencies = WW | WR | of_order(level.order());
    match level.view() {
        View::All => Rule { kinds: dependencies | RW, shape: Shape::Plain },
        View::Snapshot => Rule { kinds: dependencies | RW, shape: Shape::Snapshot },
        View::Prefix => Rule { kinds: dependencies | RW, shape: Shape::Prefix },
        View::Parallel | View::Causal | View::Atomic | View::Committed => {
            Rule { kinds: dependencies, shape: Shape::Plain }
        }
    }
}

/// Ways such that an order which agrees with them, and in which every snapshot has the last version of
/// what is read, keeps the level; the strongest first, by which less is left to choose.
pub(super) fn schedule_rules(level: IsolationLevel) -> Vec<Rule> {
    let Rule { kinds, shape } = order_rule(level);
    let shape = match level.view() {
        View::All | View::Snapshot | View::Prefix => shape,
        View::Parallel => Shape::Snapshot,
        View::Causal | View::Atomic | View::Committed => Shape::Prefix,
    };
    let mut rules = vec![EVERYTHING];
    rules.extend([of_order(Order::RealTime), 0].map(|order| Rule { kinds: kinds | RW | order, shape }));
    rules.push(order_rule(level));
    rules.dedup();
    rules
}

/// A graph, and what is needed to look for cycles in it.
pub(super) struct Place<'a> {
    pub(super) resolved: &'a Resolved,
    pub(super) graph: &'a Graph,
    /// The pairs that the graph was made with, sorted.
    pub(super) pairs: &'a [Pair],
}

/// A short cycle that the level forbids, of the worst kind that there is; `None` if there is none at all.
///
/// # Errors
/// If the budget of `steps` ran out.
pub(super) fn find(place: &Place<'_>, level: IsolationLevel, steps: &mut u64) -> Result<Option<Vec<Edge>>, OutOfSteps> {
    for order in [Order::None, Order::Session, Order::RealTime] {
        if order > level.order() {
            break;
        }
        if let Some(cycle) = find_with(place, level.view(), order, steps)? {
            return Ok(Some(cycle));
        }
    }
    Ok(None)
}

/// A short cycle that the level forbids, where the ways of its [order](order_rule) make none.
///
/// # Errors
/// If the budget of `steps` ran out.
pub(super) fn find_beside_order(
    place: &Place<'_>,
    level: IsolationLevel,
    steps: &mut u64,
) -> Result<Option<Vec<Edge>>, OutOfSteps> {
    find_beside(place, level.view(), level.order(), steps)
}

fn find_beside(place: &Place<'_>, view: View, order: Order, steps: &mut u64) -> Result<Option<Vec<Edge>>, OutOfSteps> {
    let outside = of_order(order);
    let dependencies = WW | WR | outside;
    match view {
        View::Committed | View::Prefix | View::Snapshot | View::All => Ok(None),
        View::Atomic => fractured(place, WR, dependencies, steps),
        View::Causal => fractured(place, WR | outside, dependencies, steps),
        View::Parallel => single(place, dependencies, steps),
    }
}

/// The budget ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutOfSteps;

fn find_with(place: &Place<'_>, view: View, order: Order, steps: &mut u64) -> Result<Option<Vec<Edge>>, OutOfSteps> {
    let outside = of_order(order);
    let dependencies = WW | WR | outside;
    let in_order = shortest(place, WW | outside, Shape::Plain, steps)
        .or_else(|| shortest(place, dependencies, Shape::Plain, steps));
    if in_order.is_some() {
        return Ok(in_order);
    }
    match view {
        View::Committed | View::Atomic | View::Causal | View::Parallel => find_beside(place, view, order, steps),
        View::Prefix => Ok(shortest(place, dependencies | RW, Shape::Prefix, steps)),
        View::Snapshot | View::All => {
            // A cycle of this kind is one of the next too: it is looked for because it is the worse one.
            let found = single(place, dependencies, steps).unwrap_or_default();
            let found = found.or_else(|| shortest(place, dependencies | RW, Shape::Snapshot, steps));
            Ok(match view {
                View::All => found.or_else(|| shortest(place, dependencies | RW, Shape::Plain, steps)),
                _ => found,
            })
        }
    }
}

/// Short cycles of all kinds, as far as the budget of `steps` goes.
pub(super) fn find_all(place: &Place<'_>, steps: &mut u64) -> Vec<Vec<Edge>> {
    let mut found = Vec::new();
    for order in [Order::None, Order::Session, Order::RealTime] {
        let outside = of_order(order);
        let dependencies = WW | WR | outside;
        found.extend(shortest(place, WW | outside, Shape::Plain, steps));
        found.extend(shortest(place, dependencies, Shape::Plain, steps));
        found.extend(single(place, dependencies, steps).unwrap_or_default());
        found.extend(shortest(place, dependencies | RW, Shape::Snapshot, steps));
        found.extend(shortest(place, dependencies | RW, Shape::Plain, steps));
    }
    found
}

fn shortest(place: &Place<'_>, kinds: u8, shape: Shape, steps: &mut u64) -> Option<Vec<Edge>> {
    let ways = Ways::new(place.graph, Rule { kinds, shape });
    let components = ways.components();
    if components.any_cyclic() { ways.shortest_cycle(&components, steps) } else { None }
}

/// A short cycle with one read-write dependency, where the others have none.
fn single(place: &Place<'_>, dependencies: u8, steps: &mut u64) -> Result<Option<Vec<Edge>>, OutOfSteps> {
    let graph = place.graph;
    let components = Ways::new(graph, Rule { kinds: dependencies | RW, shape: Shape::Plain }).components();
    if !components.any_cyclic() {
        return Ok(None);
    }
    let ways = Ways::new(graph, Rule { kinds: dependencies, shape: Shape::Plain });
    let mut search = ways.search(&components);
    let mut shortest: Option<Vec<Edge>> = None;
    for reader in (0..place.resolved.transactions()).filter(|&reader| components.is_cyclic(reader)) {
        let limit = shortest.as_ref().map_or(u32::MAX, |cycle| cycle.len() as u32 - 2);
        if limit == 0 {
            break;
        }
        let missed: Vec<u32> =
            missed(graph, reader).filter(|&writer| components.are_together(reader, writer)).collect();
        if let Some(path) = search.path(&missed, reader, limit, steps) {
            let missed = Edge { from: reader, to: path[0].from, kind: Kind::Rw };
            shortest = Some([missed].into_iter().chain(path).collect());
        }
        if *steps == 0 {
            return if shortest.is_some() { Ok(shortest) } else { Err(OutOfSteps) };
        }
    }
    Ok(shortest)
}

/// To whom read-write dependencies lead.
fn missed(graph: &Graph, reader: u32) -> impl Iterator<Item = u32> {
    let edges = move |node| graph.edges_of(node).map(|edge| graph.edge(edge));
    edges(reader).filter(|(_, kind)| *kind == Kind::Rw).flat_map(move |(to, _)| {
        let through = (!graph.is_transaction(to)).then(|| edges(to).map(|(to, _)| to));
        let direct = graph.is_transaction(to).then_some(to);
        direct.into_iter().chain(through.into_iter().flatten())
    })
}

/// A read that missed a write which its transaction sees over ways of the kinds `sees`.
fn fractured(place: &Place<'_>, sees: u8, dependencies: u8, steps: &mut u64) -> Result<Option<Vec<Edge>>, OutOfSteps> {
    let graph = place.graph;
    let components = Ways::new(graph, Rule { kinds: dependencies | RW, shape: Shape::Plain }).components();
    if !components.any_cyclic() {
        return Ok(None);
    }
    let ways = Ways::new(graph, Rule { kinds: sees, shape: Shape::Plain });
    let mut search = ways.search(&components);
    let mut shortest: Option<Vec<Edge>> = None;
    for reader in (0..place.resolved.transactions()).filter(|&reader| components.is_cyclic(reader)) {
        for read in place.resolved.reads(reader) {
            let mut missed = later_versions(place, read);
            missed.retain(|later| later.writer != reader && components.are_together(reader, later.writer));
            let from: Vec<u32> = missed.iter().map(|later| later.writer).collect();
            // Beside the way there is at least the missed write.
            let shorter = shortest.as_ref().map_or(u32::MAX, |cycle| cycle.len() as u32 - 2);
            let limit = if sees == WR { shorter.min(1) } else { shorter };
            if limit > 0
                && let Some(path) = search.path(&from, reader, limit, steps)
            {
                let cycle = [missed_way(reader, &missed, path[0].from), path].concat();
                if shortest.as_ref().is_none_or(|shortest| cycle.len() < shortest.len()) {
                    shortest = Some(cycle);
                }
            }
            if *steps == 0 {
                return if shortest.is_some() { Ok(shortest) } else { Err(OutOfSteps) };
            }
        }
    }
    Ok(shortest)
}

/// From a read to the version that it missed, by way of those between that show which came later.
fn missed_way(reader: u32, missed: &[Later], seen: u32) -> Vec<Edge> {
    let mut way = Vec::new();
    let mut to = seen;
    while let Some(before) = missed.iter().find(|later| later.writer == to).and_then(|later| later.after) {
        way.push(Edge { from: before, to, kind: Kind::Ww });
        to = before;
    }
    way.push(Edge { from: reader, to, kind: Kind::Rw });
    way.reverse();
    way
}

/// A version that came after one that was read.
struct Later {
    writer: u32,
    /// The version between that shows it, if it is not shown directly.
    after: Option<u32>,
}

/// All that wrote later versions than a read returned, as far as is known.
fn later_versions(place: &Place<'_>, read: &Read) -> Vec<Later> {
    let versions = &place.resolved.keys[read.key as usize];
    let direct = |&writer: &u32| Later { writer, after: None };
    if read.place != LOOSE {
        return versions.chain[read.place as usize..].iter().chain(&versions.loose).map(direct).collect();
    }
    let mut later: Vec<Later> = Vec::new();
    let mut to_visit = vec![read.source];
    while let Some(writer) = to_visit.pop() {
        let begin = place.pairs.partition_point(|pair| (pair.key, pair.earlier) < (read.key, writer));
        let pairs = place.pairs[begin..].iter().take_while(|pair| (pair.key, pair.earlier) == (read.key, writer));
        for pair in pairs {
            if later.iter().all(|it| it.writer != pair.later) {
                later.push(Later { writer: pair.later, after: (writer != read.source).then_some(writer) });
                to_visit.push(pair.later);
            }
        }
    }
    later
}
