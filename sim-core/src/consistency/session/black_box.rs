//! The session guarantees from the history alone.
//!
//! Each guarantee says of some pairs of writes to one register which of them must be ordered first.
//! An order of all writes exists if these pairs make no cycle. What must be visible besides, by way
//! of other registers, is never in conflict with anything: making more writes visible only adds
//! pairs, and no guarantee asks for more than its own least set.

use std::collections::{BTreeMap, BTreeSet};

use super::super::accesses::{Accesses, Source};
use super::super::graph::{Edge, Graph, Path, Why};
use super::super::{Answer, RegisterModel};
use super::witness::{Found, SessionViolationKind};
use super::{SessionGuarantee, SessionViolation};
use crate::history::History;

/// Decides whether `history` keeps the guarantee, seen as reads and writes of registers and as far
/// as clients can tell. Takes time in proportion to the history, but for sorting.
pub fn check_session<M: RegisterModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    guarantee: SessionGuarantee,
) -> Answer<SessionViolation> {
    let accesses = match Accesses::of(model, history) {
        Ok(accesses) => accesses,
        Err(why) => return Answer::Unknown(why),
    };
    let mut order = Order::new(&accesses, guarantee);
    let found = order.find_senseless_read(history).or_else(|| order.go_through(history));
    match found.or_else(|| order.find_cycle()) {
        Some(found) => {
            let id = |entry: u32| accesses.entries[entry as usize].id;
            Answer::Violated(SessionViolation::new(history, id, guarantee, found))
        }
        None => accesses.doubt(history).map_or(Answer::Satisfied, Answer::Unknown),
    }
}

/// What a guarantee says about the order of writes.
struct Order<'a, K> {
    accesses: &'a Accesses<K>,
    guarantee: SessionGuarantee,
    /// Between entries and, beyond them, nodes that stand for several.
    edges: Vec<Edge>,
    nodes: u32,
}

/// The call or the return of an entry.
struct Event {
    entry: u32,
    is_return: bool,
}

/// What a session has done to one register so far.
#[derive(Default)]
struct Past {
    /// Writes that have to be visible from now on and are not known to be before another of them.
    last: Vec<u32>,
    /// The same, to look them up.
    is_last: BTreeSet<u32>,
    /// A node that comes after the first so many of them.
    after: Option<(u32, usize)>,
}

impl<'a, K> Order<'a, K> {
    fn new(accesses: &'a Accesses<K>, guarantee: SessionGuarantee) -> Self {
        Self { accesses, guarantee, edges: Vec::new(), nodes: accesses.entries.len() as u32 }
    }

    /// A read of what nobody wrote, or of what its session wrote later.
    fn find_senseless_read<O, R>(&self, history: &History<O, R>) -> Option<Found> {
        let entries = &self.accesses.entries;
        let get = |entry: u32| history.get(entries[entry as usize].id);
        (0..).zip(entries).find_map(|(read, entry)| match entry.read {
            Source::Nowhere => {
                Some(Found { kind: SessionViolationKind::ThinAirRead, path: Path::new(), end: Some(read) })
            }
            Source::Write(write) => {
                let is_own = get(read).client == get(write).client && get(read).session == get(write).session;
                let path = vec![(read, Why::Session), (write, Why::Read)];
                let found = Found { kind: SessionViolationKind::FutureRead, path, end: None };
                (is_own && get(read).precedes(get(write))).then_some(found)
            }
            Source::Initial | Source::Unsaid => None,
        })
    }

    /// Goes through each session and notes which writes have to be ordered how.
    fn go_through<O, R>(&mut self, history: &History<O, R>) -> Option<Found> {
        sessions(self.accesses, history).into_iter().find_map(|events| match self.guarantee {
            SessionGuarantee::ReadYourWrites => self.read_your_writes(&events),
            SessionGuarantee::MonotonicReads => self.monotonic_reads(history, &events),
            // Any reads whatever can be explained, each by a set of visible writes of its own.
            SessionGuarantee::MonotonicWrites => None,
            SessionGuarantee::WritesFollowReads => {
                self.writes_follow_reads(&events);
                None
            }
        })
    }

    fn read_your_writes(&mut self, events: &[Event]) -> Option<Found> {
        let mut pasts = BTreeMap::<u32, Past>::new();
        for &Event { entry, is_return } in events {
            let access = self.accesses.entries[entry as usize];
            let past = pasts.entry(access.register).or_default();
            match (is_return, access.read) {
                (true, _) if access.writes => {
                    past.last.push(entry);
                    past.is_last.insert(entry);
                }
                (false, Source::Initial) if !past.last.is_empty() => {
                    let path = vec![(past.last[0], Why::Session)];
                    return Some(Found { kind: SessionViolationKind::InitialRead, path, end: Some(entry) });
                }
                (false, Source::Write(seen)) => self.put_before(past, seen, entry),
                _ => {}
            }
        }
        None
    }

    /// All writes of the past come before the one that the read saw.
    fn put_before(&mut self, past: &mut Past, seen: u32, read: u32) {
        let why = Why::Seen(read);
        if past.is_last.contains(&seen) {
            let others = past.last.iter().filter(|&&write| write != seen);
            self.edges.extend(others.map(|&from| Edge { from, to: seen, why }));
            *past = Past { last: vec![seen], is_last: BTreeSet::from([seen]), after: None };
            return;
        }
        let (node, covered) = past.after.unwrap_or((self.nodes, 0));
        if covered < past.last.len() {
            let new = self.nodes;
            self.nodes += 1;
            let before = past.last[covered..].iter().copied().chain((node != new).then_some(node));
            self.edges.extend(before.map(|from| Edge { from, to: new, why }));
            past.after = Some((new, past.last.len()));
        }
        if let Some((node, _)) = past.after {
            self.edges.push(Edge { from: node, to: seen, why });
        }
    }

    fn monotonic_reads<O, R>(&mut self, history: &History<O, R>, events: &[Event]) -> Option<Found> {
        let entries = &self.accesses.entries;
        let get = |entry: u32| history.get(entries[entry as usize].id);
        let precedes = |a: u32, b: u32| get(a).precedes(get(b));
        // By register, what reads that have returned saw, each with its read.
        let mut pasts = BTreeMap::<u32, Vec<(u32, u32)>>::new();
        for &Event { entry, is_return } in events {
            let access = self.accesses.entries[entry as usize];
            let past = pasts.entry(access.register).or_default();
            match (is_return, access.read) {
                (false, Source::Initial) if !past.is_empty() => {
                    let (write, read) = past[0];
                    let path = vec![(write, Why::Read), (read, Why::Session)];
                    return Some(Found { kind: SessionViolationKind::InitialRead, path, end: Some(entry) });
                }
                (false, Source::Write(seen)) => {
                    let others = past.iter().filter(|(write, _)| *write != seen);
                    self.edges.extend(others.map(|&(from, _)| Edge { from, to: seen, why: Why::Seen(entry) }));
                }
                (true, Source::Write(seen)) => {
                    // What was seen before this read comes before what it saw.
                    past.retain(|&(_, read)| !precedes(read, entry));
                    past.push((seen, entry));
                }
                _ => {}
            }
        }
        None
    }

    fn writes_follow_reads(&mut self, events: &[Event]) {
        // A node that comes after all reads that have returned.
        let mut reads = None;
        for &Event { entry, is_return } in events {
            let access = self.accesses.entries[entry as usize];
            if !is_return {
                if let Source::Write(from) = access.read {
                    self.edges.push(Edge { from, to: entry, why: Why::Read });
                }
                if access.writes {
                    self.edges.extend(reads.map(|from| Edge { from, to: entry, why: Why::Session }));
                }
            } else if matches!(access.read, Source::Write(_)) {
                let after = self.nodes;
                self.nodes += 1;
                let before = reads.into_iter().chain([entry]);
                self.edges.extend(before.map(|from| Edge { from, to: after, why: Why::Session }));
                reads = Some(after);
            }
        }
    }

    fn find_cycle(&self) -> Option<Found> {
        let path = Graph::new(self.nodes as usize, self.edges.iter().copied()).sorted().err()?;
        let path = self.without_stand_ins(path);
        Some(Found { kind: SessionViolationKind::CyclicOrder, path, end: None })
    }

    /// The cycle of entries alone. The reason why a node that stands for several comes before an
    /// entry is also why these do.
    fn without_stand_ins(&self, cycle: Path) -> Path {
        let is_entry = |&(node, _): &(u32, Why)| (node as usize) < self.accesses.entries.len();
        let start = cycle.iter().position(is_entry).unwrap_or_default();
        let turned = cycle[start..].iter().chain(&cycle[..start]);
        let mut entries = Path::new();
        for step in turned {
            match entries.last_mut() {
                Some((_, why)) if !is_entry(step) => *why = step.1,
                _ => entries.push(*step),
            }
        }
        entries
    }
}

/// The calls and returns of each session, as they happened.
fn sessions<K, O, R>(accesses: &Accesses<K>, history: &History<O, R>) -> Vec<Vec<Event>> {
    let mut by_session = BTreeMap::<(u32, u64), Vec<(u64, Event)>>::new();
    for (entry, access) in (0..).zip(&accesses.entries) {
        let operation = history.get(access.id);
        let events = by_session.entry((operation.client, operation.session)).or_default();
        events.push((operation.invoked.order, Event { entry, is_return: false }));
        events.extend(operation.returned().map(|at| (at.order, Event { entry, is_return: true })));
    }
    let in_order = |mut events: Vec<(u64, Event)>| {
        events.sort_unstable_by_key(|(order, _)| *order);
        events.into_iter().map(|(_, event)| event).collect()
    };
    by_session.into_values().map(in_order).collect()
}
