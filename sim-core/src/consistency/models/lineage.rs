//! Keys whose values tell how they came about, decided in O(n log n) and the length of what was read.
//!
//! Where every value put and every text appended is told from all others, a value that was read
//! names the operations that made it: one that put its beginning, or none if that was there from
//! the start, and those that appended the rest, in this order. Nothing else can have come between
//! them. So each put with the appends that readers saw after it makes a *lineage*, in which the
//! order of the writes is known, and each read comes after the last write that it tells of and
//! before the next. An operation that somebody saw took effect, whatever its outcome. One of
//! unknown outcome that nobody saw may be left out: whatever it would have changed, nobody read. An
//! append with a reply that nobody saw comes after all that was read of some lineage, and may have
//! any place between lineages, as a lineage of its own.
//!
//! So there is an order exactly if real time agrees with the order within each lineage, and the
//! lineages, taken as clusters, can stand one after the other ([`find_overlap`]).

use std::collections::{BTreeMap, BTreeSet};

use super::super::Decision;
use super::super::linearizable::zones::{Cluster, find_overlap, interval};
use super::{Action, Datum, Op, Reply};
use crate::history::{History, OperationId};

/// Where texts of more lengths than this were appended, trying all of them everywhere takes too long.
const MOST_LENGTHS: usize = 64;

/// Decides the operations of one key that holds `initial` at the start.
pub(super) fn decide(initial: &Datum, history: &History<Op, Reply>, operations: &[OperationId]) -> Decision {
    let written = |id: &OperationId| match &history.get(*id).op.action {
        Action::Write(value) | Action::Append(value) => Some(value),
        _ => None,
    };
    let mut written = operations.iter().filter_map(written);
    let decided = if written.clone().all(|value| matches!(value, Datum::Text(_))) {
        find_contradiction(initial, history, operations, text)
    } else if written.all(|value| matches!(value, Datum::List(_))) {
        find_contradiction(initial, history, operations, list)
    } else {
        return Decision::Open;
    };
    match decided {
        Ok(None) => Decision::Order,
        Ok(Some(few)) => Decision::NoOrder(few),
        Err(Ambiguous) => Decision::Open,
    }
}

fn text(datum: &Datum) -> Option<&[u8]> {
    if let Datum::Text(text) = datum { Some(text.as_bytes()) } else { None }
}

fn list(datum: &Datum) -> Option<&[Datum]> {
    if let Datum::List(items) = datum { Some(items) } else { None }
}

/// Somebody read a value that may have come about in two ways, or there is an operation whose
/// effect is not told by what was read.
struct Ambiguous;

/// What a key holds just after a write: the number of the write among the operations, from 1.
type Stage = u32;

/// What it held at the start.
const INITIAL: Stage = 0;

/// How the operations of a key hang together.
struct Lineages<'a> {
    history: &'a History<Op, Reply>,
    operations: &'a [OperationId],
    /// By stage, the one before it in its lineage, if a read told of that.
    before: Vec<Option<Stage>>,
    /// By stage, the one after it in its lineage.
    after: Vec<Option<Stage>>,
    /// By stage, the first read to tell of it.
    told_by: Vec<Option<OperationId>>,
    /// By stage, who read it.
    readers: Vec<Vec<OperationId>>,
    /// By the number of a read among the operations, from 1, the stage that it read.
    read: Vec<Option<Stage>>,
}

/// A few operations that no order suits, if there are any.
fn find_contradiction<'a, T: Ord>(
    initial: &'a Datum,
    history: &'a History<Op, Reply>,
    operations: &'a [OperationId],
    elements: fn(&'a Datum) -> Option<&'a [T]>,
) -> Result<Option<Vec<OperationId>>, Ambiguous> {
    let mut origins = Origins::new(initial, elements)?;
    for (stage, &id) in (1..).zip(operations) {
        match &history.get(id).op.action {
            Action::Read => {}
            Action::Write(value) => origins.puts.add(elements(value).ok_or(Ambiguous)?, stage),
            Action::Append(more) => {
                // One that appends nothing is told by nothing.
                let more = elements(more).filter(|more| !more.is_empty());
                origins.appends.add(more.ok_or(Ambiguous)?, stage);
            }
            _ => return Err(Ambiguous),
        }
    }
    if origins.appends.lengths.len() > MOST_LENGTHS {
        return Err(Ambiguous);
    }
    let mut lineages = Lineages::new(history, operations);
    for &id in operations {
        let operation = history.get(id);
        let Some(reply) = operation.reply().filter(|_| operation.op.action == Action::Read) else {
            continue;
        };
        let Reply::Value(value) = reply else {
            return Ok(Some(vec![id]));
        };
        let Some(path) = origins.path_to(value)? else {
            return Ok(Some(vec![id]));
        };
        if let Some(few) = lineages.add_read(id, &path) {
            return Ok(Some(few));
        }
    }
    Ok(lineages.find_disorder())
}

impl<'a> Lineages<'a> {
    fn new(history: &'a History<Op, Reply>, operations: &'a [OperationId]) -> Self {
        let stages = operations.len() + 1;
        Self {
            history,
            operations,
            before: vec![None; stages],
            after: vec![None; stages],
            told_by: vec![None; stages],
            readers: vec![Vec::new(); stages],
            read: vec![None; stages],
        }
    }

    /// Adds what a read tells: the stages up to the one that it read. The first of them begins a
    /// lineage or is known already. Tells operations that contradict one another, if it does not
    /// agree with what was read before.
    fn add_read(&mut self, read: OperationId, path: &[Stage]) -> Option<Vec<OperationId>> {
        for (&before, &stage) in path.iter().zip(&path[1..]) {
            let other = |found: Option<Stage>, expected| found.filter(|&found| found != expected);
            let told = other(self.before[stage as usize], before).map(|_| stage);
            let told = told.or_else(|| other(self.after[before as usize], stage));
            if let Some(told) = told {
                let teller = self.told_by[told as usize].unwrap_or(read);
                let mut few = self.with_origins([teller, read]);
                few.extend(path.iter().filter_map(|&stage| self.write(stage)));
                few.extend(self.lineage_of(path.first().copied()));
                return Some(few.into_iter().collect());
            }
            self.before[stage as usize] = Some(before);
            self.after[before as usize] = Some(stage);
        }
        let last = *path.last()?;
        for &stage in path {
            self.told_by[stage as usize].get_or_insert(read);
        }
        self.readers[last as usize].push(read);
        let place = self.operations.binary_search(&read).expect("it is one of them");
        self.read[place + 1] = Some(last);
        None
    }

    /// A few operations that real time does not let stand as the lineages say.
    fn find_disorder(&self) -> Option<Vec<OperationId>> {
        let mut clusters = Vec::new();
        for first in (0..self.before.len() as Stage).filter(|&stage| self.begins_lineage(stage)) {
            let mut cluster = self.write(first).map_or(Cluster::INITIAL, |id| Cluster::begin(self.history, id));
            for stage in std::iter::successors(Some(first), |&stage| self.after[stage as usize]) {
                let reads = &self.readers[stage as usize];
                let write = self.write(stage).filter(|_| stage != first);
                // Reads of one stage may come in any order.
                let mut earlier = cluster.last_call();
                for (id, is_write) in write.map(|id| (id, true)).into_iter().chain(reads.iter().map(|&id| (id, false)))
                {
                    let (call, returned) = interval(self.history, id);
                    if returned < earlier {
                        let both = [Some(id), earlier.operation].into_iter().flatten();
                        return Some(self.with_origins(both).into_iter().collect());
                    }
                    if is_write {
                        earlier = earlier.max(call);
                    }
                }
                write.iter().chain(reads).for_each(|&id| cluster.add(self.history, id));
            }
            clusters.push(cluster);
        }
        find_overlap(clusters).map(|few| self.with_origins(few).into_iter().collect())
    }

    /// Whether this is the first stage of a lineage that certainly was.
    fn begins_lineage(&self, stage: Stage) -> bool {
        let is_certain = |id| self.told_by[stage as usize].is_some() || self.history.get(id).reply().is_some();
        let is_write = |id| self.history.get(id).op.action != Action::Read && is_certain(id);
        self.before[stage as usize].is_none() && self.write(stage).is_none_or(is_write)
    }

    /// The operation that led to a stage.
    fn write(&self, stage: Stage) -> Option<OperationId> {
        Some(self.operations[stage.checked_sub(1)? as usize])
    }

    /// These operations, with all that tells where in their lineages they stand.
    fn with_origins(&self, operations: impl IntoIterator<Item = OperationId>) -> BTreeSet<OperationId> {
        let mut all = BTreeSet::new();
        for id in operations {
            let place = self.operations.binary_search(&id).expect("it is one of them");
            let teller = self.told_by[place + 1].unwrap_or(id);
            all.extend([id, teller]);
            let read = self.operations.binary_search(&teller).expect("it is one of them");
            all.extend(self.lineage_of(self.read[read + 1]));
        }
        all
    }

    /// The writes up to this stage.
    fn lineage_of(&self, end: Option<Stage>) -> impl Iterator<Item = OperationId> {
        std::iter::successors(end, |&stage| self.before[stage as usize]).filter_map(|stage| self.write(stage))
    }
}

/// From where the values that were read can have come.
struct Origins<'a, T> {
    elements: fn(&'a Datum) -> Option<&'a [T]>,
    initial: &'a Datum,
    beginning: &'a [T],
    puts: Writes<'a, T>,
    appends: Writes<'a, T>,
    /// The values that were read, by the longest value put that they begin with, and by whether they
    /// can have grown from the initial one.
    read: BTreeMap<(Stage, bool), Growth<'a, T>>,
}

/// The writes of one kind, by what they wrote.
struct Writes<'a, T> {
    /// The first write of each value, and whether there are more.
    by_value: BTreeMap<&'a [T], (Stage, bool)>,
    lengths: BTreeSet<usize>,
}

/// The stages that a value may have gone through.
struct Growth<'a, T> {
    elements: &'a [T],
    /// By how many of the elements there were, what can have been written last.
    ends: BTreeMap<usize, Vec<End>>,
    /// The stage then, as far as there was a reason to find it out.
    stages: BTreeMap<usize, Stage>,
}

/// A write that can have come last.
#[derive(Clone, Copy)]
struct End {
    stage: Stage,
    is_one_of_many: bool,
    /// How many elements there were before; `None` if it put them all.
    from: Option<usize>,
}

impl<'a, T: Ord> Writes<'a, T> {
    const fn new() -> Self {
        Self { by_value: BTreeMap::new(), lengths: BTreeSet::new() }
    }

    fn add(&mut self, value: &'a [T], stage: Stage) {
        self.lengths.insert(value.len());
        self.by_value.entry(value).and_modify(|(_, is_one_of_many)| *is_one_of_many = true).or_insert((stage, false));
    }

    /// What was written with which `elements` begin, and its length, if that is at least so much.
    fn at_beginning(&self, elements: &[T], least: usize) -> impl Iterator<Item = (usize, Stage, bool)> {
        self.lengths.range(least..).map_while(|&length| Some((length, elements.get(..length)?))).filter_map(
            |(length, beginning)| {
                let &(stage, is_one_of_many) = self.by_value.get(beginning)?;
                Some((length, stage, is_one_of_many))
            },
        )
    }
}

impl<'a, T: Ord> Origins<'a, T> {
    fn new(initial: &'a Datum, elements: fn(&'a Datum) -> Option<&'a [T]>) -> Result<Self, Ambiguous> {
        let beginning = match (elements(initial), initial) {
            (Some(beginning), _) => beginning,
            (None, Datum::Nil) => &[],
            (None, _) => return Err(Ambiguous),
        };
        let (puts, appends) = (Writes::new(), Writes::new());
        Ok(Self { elements, initial, beginning, puts, appends, read: BTreeMap::new() })
    }

    /// The last stages that led to a value that was read. The first of them began its lineage, or was
    /// in a path before. `None` if nothing can have led to it.
    fn path_to(&mut self, value: &'a Datum) -> Result<Option<Vec<Stage>>, Ambiguous> {
        let Some(elements) = (self.elements)(value).or((value == self.initial).then_some(self.beginning)) else {
            return Ok(None);
        };
        // An empty text is something else than nothing at all.
        let is_from_start = elements.starts_with(self.beginning) && (value == self.initial || !elements.is_empty());
        let start = End { stage: INITIAL, is_one_of_many: false, from: None };
        let mut begins = vec![(self.beginning.len(), start)];
        begins.truncate(usize::from(is_from_start));
        begins.extend(self.puts.at_beginning(elements, 0).map(|(length, stage, is_one_of_many)| {
            let end = End { stage, is_one_of_many, from: None };
            (length, end)
        }));
        let longest = begins.last().map_or(INITIAL, |(_, end)| end.stage);
        let known = self.read.entry((longest, is_from_start)).or_insert_with(|| Growth::new(&begins));
        if elements.starts_with(known.elements) {
            known.grow(elements, &self.appends);
        } else if !known.elements.starts_with(elements) {
            let mut other = Growth::new(&begins);
            other.grow(elements, &self.appends);
            return other.path_to(elements.len());
        }
        known.path_to(elements.len())
    }
}

impl<'a, T: Ord> Growth<'a, T> {
    /// A value that grew from one of these, of so many elements.
    fn new(begins: &[(usize, End)]) -> Self {
        let mut growth = Self { elements: &[], ends: BTreeMap::new(), stages: BTreeMap::new() };
        begins.iter().for_each(|&(length, end)| growth.add(length, end));
        growth
    }

    fn add(&mut self, length: usize, end: End) {
        self.ends.entry(length).or_default().push(end);
    }

    /// Goes on to `elements`, which begin with those so far.
    fn grow(&mut self, elements: &'a [T], appends: &Writes<'a, T>) {
        let so_far = std::mem::replace(&mut self.elements, elements).len();
        let longest = appends.lengths.last().copied().unwrap_or(0);
        // From further back, nothing that was appended reaches beyond what there was.
        let mut next = so_far.saturating_sub(longest);
        while let Some((&from, _)) = self.ends.range(next..).next() {
            let least = if from < so_far { so_far + 1 - from } else { 1 };
            for (length, stage, is_one_of_many) in appends.at_beginning(&elements[from..], least) {
                self.add(from + length, End { stage, is_one_of_many, from: Some(from) });
            }
            next = from + 1;
        }
    }

    /// As [`Origins::path_to`], for the first so many elements.
    fn path_to(&mut self, length: usize) -> Result<Option<Vec<Stage>>, Ambiguous> {
        let mut path = Vec::new();
        let mut lengths = Vec::new();
        let mut at = Some(length);
        while let Some(length) = at {
            if let Some(&stage) = self.stages.get(&length) {
                path.push(stage);
                break;
            }
            let end = match self.ends.get(&length).map(Vec::as_slice) {
                None => return Ok(None),
                Some([end]) if !end.is_one_of_many => *end,
                Some(_) => return Err(Ambiguous),
            };
            path.push(end.stage);
            lengths.push((length, end.stage));
            at = end.from;
        }
        self.stages.extend(lengths);
        path.reverse();
        Ok(Some(path))
    }
}
