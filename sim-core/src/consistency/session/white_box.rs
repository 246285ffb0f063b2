//! The session guarantees as Terry et al. state them, from facts from inside the system.
//!
//! With DB(r) for the writes that the server had when it answered the read r, and *relevant* for
//! those of them that are to the register read:
//!
//! - **read your writes**: a write w before a read r in a session is in DB(r);
//! - **monotonic reads**: what is relevant to a read before r in its session is in DB(r);
//! - **monotonic writes**: if v comes before w in a session, v is ordered before w, and is in every
//!   DB(r) that w is in;
//! - **writes follow reads**: if v is relevant to a read before the write w in its session, v is
//!   ordered before w, and is in every DB(r) that w is in.
//!
//! What a history needs to be judged by is versions of all writes, and either visible sets of all
//! reads or, for the last two, also arbitration of all writes. Writes of unknown outcome without a
//! version are taken as if they had never been.

use std::collections::{BTreeMap, BTreeSet};

use super::super::graph::{Path, Why};
use super::super::{Answer, Arbitration, Budget, Facts, RegisterModel, Undecided, Version, VisibleSet, WhiteBox};
use super::witness::{Found, SessionViolationKind};
use super::{SessionGuarantee, SessionViolation};
use crate::history::{History, Operation, OperationId, OperationOutcome};

/// Decides by `facts` whether the system kept the guarantee.
///
/// If facts are missing and those there are show nothing wrong, the answer is unknown.
pub fn check_session_facts<M: RegisterModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    facts: &WhiteBox,
    guarantee: SessionGuarantee,
    budget: Budget,
) -> Answer<SessionViolation> {
    let inside = match Inside::new(model, history, facts) {
        Ok(inside) => inside,
        Err(why) => return Answer::Unknown(why),
    };
    let mut judge = Judge { inside: &inside, guarantee, steps: 0, limit: budget.steps };
    match judge.find() {
        Err(OutOfSteps) => Answer::Unknown(Undecided::OutOfSteps { steps: judge.steps }),
        Ok(Some(found)) => {
            let id = |entry: u32| inside.entries[entry as usize].id;
            Answer::Violated(SessionViolation::new(history, id, guarantee, found))
        }
        Ok(None) => inside.missing(history, guarantee).map_or(Answer::Satisfied, Answer::Unknown),
    }
}

/// The operations of a history with the facts about them.
struct Inside<'a> {
    /// Reads with a reply, and writes that took effect as far as is known, in order of invocation.
    entries: Vec<Entry<'a>>,
    by_version: BTreeMap<Version, u32>,
    /// By register and origin, the versions written, by number.
    of_register: Vec<BTreeMap<u64, Vec<(u64, u32)>>>,
    /// The calls and returns of each session, as they happened.
    sessions: Vec<Vec<Event>>,
}

struct Entry<'a> {
    id: OperationId,
    register: u32,
    reads: bool,
    writes: bool,
    facts: Option<&'a Facts>,
}

struct Event {
    order: u64,
    entry: u32,
    is_return: bool,
}

/// Writes that have to be visible, or ordered before, from some moment of a session on.
#[derive(Default)]
struct Needs {
    /// By origin, in order of those moments.
    by_origin: BTreeMap<u64, Vec<Need>>,
    known: BTreeSet<Version>,
    /// By register and origin, the number up to which all are known.
    known_up_to: BTreeMap<(u32, u64), u64>,
    /// The last of them in the order of writes.
    last: Option<(Arbitration, Origin)>,
}

/// One such write.
#[derive(Clone, Copy)]
struct Need {
    since: u64,
    number: u64,
    /// The greatest number up to this one.
    greatest: u64,
    origin: Origin,
}

/// The write, and the read that it was visible to, if that is why it is needed.
#[derive(Clone, Copy)]
struct Origin {
    write: u32,
    read: Option<u32>,
}

struct Judge<'a> {
    inside: &'a Inside<'a>,
    guarantee: SessionGuarantee,
    steps: u64,
    limit: u64,
}

/// What a session asks of those who see its writes.
struct Demands {
    needs: Needs,
    /// The writes of the session, each with the order of its invocation.
    writes: Vec<(u64, u32)>,
}

/// The budget's steps ran out.
struct OutOfSteps;

impl<'a> Inside<'a> {
    fn new<M: RegisterModel>(
        model: &M,
        history: &History<M::Op, M::Reply>,
        facts: &'a WhiteBox,
    ) -> Result<Self, Undecided> {
        let mut inside =
            Self { entries: Vec::new(), by_version: BTreeMap::new(), of_register: Vec::new(), sessions: Vec::new() };
        let mut registers = BTreeMap::new();
        let mut sessions = BTreeMap::<(u32, u64), Vec<Event>>::new();
        for (id, operation) in history.iter() {
            let facts = facts.get(&id);
            let Some((key, reads, writes)) = role(model, id, operation, facts)? else {
                continue;
            };
            let next = registers.len() as u32;
            let register = *registers.entry(key).or_insert(next);
            let entry = inside.entries.len() as u32;
            inside.entries.push(Entry { id, register, reads, writes, facts });
            inside.of_register.resize_with(registers.len(), BTreeMap::new);
            if let Some(version) = facts.and_then(|facts| facts.version).filter(|_| writes) {
                inside.by_version.insert(version, entry);
                let of_origin = inside.of_register[register as usize].entry(version.origin).or_default();
                of_origin.push((version.number, entry));
            }
            let events = sessions.entry((operation.client, operation.session)).or_default();
            events.push(Event { order: operation.invoked.order, entry, is_return: false });
            events.extend(operation.returned().map(|at| Event { order: at.order, entry, is_return: true }));
        }
        inside.of_register.iter_mut().flat_map(BTreeMap::values_mut).for_each(|versions| versions.sort_unstable());
        inside.sessions = sessions.into_values().collect();
        inside.sessions.iter_mut().for_each(|events| events.sort_unstable_by_key(|event| event.order));
        Ok(inside)
    }

    fn entry(&self, entry: u32) -> &Entry<'a> {
        &self.entries[entry as usize]
    }

    /// Which facts would have been needed, if some are missing.
    fn missing<O: std::fmt::Debug, R>(
        &self,
        history: &History<O, R>,
        guarantee: SessionGuarantee,
    ) -> Option<Undecided> {
        let needs_order = matches!(guarantee, SessionGuarantee::MonotonicWrites | SessionGuarantee::WritesFollowReads);
        let lacks = |entry: &Entry<'_>| match entry.facts {
            None => Some("no facts"),
            Some(facts) if entry.reads && facts.visible.is_none() => Some("no visible set"),
            Some(facts) if entry.writes && facts.version.is_none() => Some("no version"),
            Some(facts) if entry.writes && needs_order && facts.arbitration.is_none() => Some("no arbitration"),
            Some(_) => None,
        };
        let mut lacking = self.entries.iter().filter_map(|entry| Some((entry, lacks(entry)?)));
        let (entry, what) = lacking.next()?;
        let count = 1 + lacking.count();
        let what = format!(
            "{count} of {} operations lack facts: {} `{:?}` has {what}",
            self.entries.len(),
            history.name(entry.id),
            history.get(entry.id).op
        );
        Some(Undecided::MissingFacts { what })
    }
}

/// The register of an operation, whether it read and whether it wrote, if it did anything.
fn role<M: RegisterModel>(
    model: &M,
    id: OperationId,
    operation: &Operation<M::Op, M::Reply>,
    facts: Option<&Facts>,
) -> Result<Option<(M::Key, bool, bool)>, Undecided> {
    let (has_reply, may_count) = match operation.outcome {
        OperationOutcome::Ok { .. } => (true, true),
        OperationOutcome::Unknown => (false, facts.is_some_and(|facts| facts.version.is_some())),
        OperationOutcome::Failed { .. } => (false, false),
    };
    let Some(access) = model.access(&operation.op, operation.reply()) else {
        let what = format!("{} `{:?}` is no read or write of a register", operation.name(id), operation.op);
        return Err(Undecided::Unclear { what });
    };
    let (reads, writes) = (has_reply && access.read.is_some(), may_count && access.write.is_some());
    Ok((reads || writes).then_some((access.key, reads, writes)))
}

impl Needs {
    fn add(&mut self, since: u64, version: Version, arbitration: Option<Arbitration>, origin: Origin) {
        if !self.known.insert(version) {
            return;
        }
        let needs = self.by_origin.entry(version.origin).or_default();
        let greatest = needs.last().map_or(version.number, |last| last.greatest.max(version.number));
        needs.push(Need { since, number: version.number, greatest, origin });
        if let Some(arbitration) = arbitration
            && self.last.is_none_or(|(last, _)| last < arbitration)
        {
            self.last = Some((arbitration, origin));
        }
    }

    /// A write needed since before `moment` that is not visible.
    fn lacking(&self, moment: u64, visible: &VisibleSet, steps: &mut u64) -> Option<Origin> {
        self.by_origin.iter().find_map(|(&origin, needs)| {
            *steps += 1;
            let needs = &needs[..needs.partition_point(|need| need.since < moment)];
            let up_to = visible.up_to.get(&origin).copied().unwrap_or(0);
            if needs.last().is_none_or(|last| last.greatest <= up_to) {
                return None;
            }
            let is_lacking = |need: &&Need| {
                *steps += 1;
                !visible.contains(Version { origin, number: need.number })
            };
            needs.iter().find(is_lacking).map(|need| need.origin)
        })
    }
}

impl Judge<'_> {
    fn find(&mut self) -> Result<Option<Found>, OutOfSteps> {
        let inside = self.inside;
        let mut demands = Vec::new();
        for events in &inside.sessions {
            match self.go_through(events)? {
                Ok(of_session) => demands.push(of_session),
                Err(found) => return Ok(Some(found)),
            }
        }
        let reads = (0..).zip(&inside.entries).filter(|(_, entry)| entry.reads);
        for (read, entry) in reads {
            let Some(visible) = entry.facts.and_then(|facts| facts.visible.as_ref()) else {
                continue;
            };
            for Demands { needs, writes } in &demands {
                let latest = writes.iter().rev().find(|(_, write)| {
                    self.steps += 1;
                    self.version(*write).is_some_and(|version| visible.contains(version))
                });
                if let Some(&(moment, write)) = latest
                    && let Some(origin) = needs.lacking(moment, visible, &mut self.steps)
                {
                    let mut path = path_of(origin);
                    path.push((write, Why::Visible));
                    return Ok(Some(Found { kind: SessionViolationKind::Invisible, path, end: Some(read) }));
                }
                self.go_on()?;
            }
        }
        Ok(None)
    }

    /// What the session asks of others, or, as the error, what is wrong within it.
    fn go_through(&mut self, events: &[Event]) -> Result<Result<Demands, Found>, OutOfSteps> {
        use SessionGuarantee::{MonotonicReads, MonotonicWrites, ReadYourWrites, WritesFollowReads};
        let mut needs = Needs::default();
        let mut writes = Vec::new();
        for &Event { order, entry: number, is_return } in events {
            let entry = self.inside.entry(number);
            let is_of_writes = matches!(self.guarantee, ReadYourWrites | MonotonicWrites);
            if is_return && is_of_writes && entry.writes {
                if let Some(version) = self.version(number) {
                    needs.add(order, version, self.arbitration(number), Origin { write: number, read: None });
                }
            } else if is_return && !is_of_writes && entry.reads {
                self.add_relevant(&mut needs, order, number);
            } else if !is_return && entry.reads && matches!(self.guarantee, ReadYourWrites | MonotonicReads) {
                let visible = entry.facts.and_then(|facts| facts.visible.as_ref());
                let lacking = visible.and_then(|visible| needs.lacking(u64::MAX, visible, &mut self.steps));
                if let Some(origin) = lacking {
                    let path = path_of(origin);
                    return Ok(Err(Found { kind: SessionViolationKind::Invisible, path, end: Some(number) }));
                }
            }
            if !is_return && entry.writes && matches!(self.guarantee, MonotonicWrites | WritesFollowReads) {
                if let (Some((last, origin)), Some(own)) = (needs.last, self.arbitration(number))
                    && last >= own
                {
                    let path = path_of(origin);
                    return Ok(Err(Found { kind: SessionViolationKind::Misordered, path, end: Some(number) }));
                }
                writes.push((order, number));
            }
            self.go_on()?;
        }
        Ok(Ok(Demands { needs, writes }))
    }

    /// Adds the writes relevant to a read.
    fn add_relevant(&mut self, needs: &mut Needs, since: u64, read: u32) {
        let inside = self.inside;
        let entry = inside.entry(read);
        let Some(visible) = entry.facts.and_then(|facts| facts.visible.as_ref()) else {
            return;
        };
        let mut relevant = Vec::new();
        for (&origin, versions) in &inside.of_register[entry.register as usize] {
            let up_to = visible.up_to.get(&origin).copied().unwrap_or(0);
            let known = needs.known_up_to.entry((entry.register, origin)).or_insert(0);
            let place = |number: u64| versions.partition_point(|&(other, _)| other <= number);
            if *known < up_to {
                let new = &versions[place(*known)..place(up_to)];
                relevant.extend(new.iter().map(|&(number, write)| (Version { origin, number }, write)));
                *known = up_to;
            }
        }
        let others = visible.others.iter().filter_map(|version| Some((*version, *inside.by_version.get(version)?)));
        relevant.extend(others.filter(|&(_, write)| inside.entry(write).register == entry.register));
        self.steps += 1 + relevant.len() as u64;
        for (version, write) in relevant {
            needs.add(since, version, self.arbitration(write), Origin { write, read: Some(read) });
        }
    }

    fn version(&self, write: u32) -> Option<Version> {
        self.inside.entry(write).facts.and_then(|facts| facts.version)
    }

    fn arbitration(&self, write: u32) -> Option<Arbitration> {
        self.inside.entry(write).facts.and_then(|facts| facts.arbitration)
    }

    fn go_on(&self) -> Result<(), OutOfSteps> {
        if self.steps > self.limit { Err(OutOfSteps) } else { Ok(()) }
    }
}

/// The write, and the read it was visible to, both before what the session does next.
fn path_of(origin: Origin) -> Path {
    match origin.read {
        None => vec![(origin.write, Why::Session)],
        Some(read) => vec![(origin.write, Why::Visible), (read, Why::Session)],
    }
}
