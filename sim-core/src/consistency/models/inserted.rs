//! Sets that only grow, into which no element is inserted twice and which are read as a whole,
//! decided without a search.
//!
//! What was read tells the order of the reads: each lists all that those before it list. An element
//! comes before the first read that lists it and after the one before that. One that nobody saw
//! comes after all reads if it was acknowledged, and may be left out if not. So there is an order
//! exactly if each read lists all elements of smaller ones, and real time agrees.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Decision;
use super::super::linearizable::zones::interval;
use super::{Action, Datum, Op, Reply};
use crate::history::{History, OperationId};

/// The operation that inserted an element, and where that was seen.
struct Insertion {
    id: OperationId,
    /// How many different sets were read without it; `None` if nobody saw it.
    stage: Option<usize>,
    /// The read that was looked at last of those that list it at another place than the one before,
    /// and its place there.
    read: usize,
    place: usize,
}

/// A read of a whole set.
struct Read<'a> {
    id: OperationId,
    items: &'a [Datum],
}

type Insertions<'a> = BTreeMap<&'a Datum, Insertion>;

/// Decides the operations of one set.
pub(super) fn decide(history: &History<Op, Reply>, operations: &[OperationId]) -> Decision {
    let mut insertions = Insertions::new();
    let mut reads = Vec::new();
    let mut is_open = false;
    for &id in operations {
        let operation = history.get(id);
        match (&operation.op.action, operation.reply()) {
            (Action::Insert(_), Some(Reply::Flag(false))) => is_open = true,
            (Action::Insert(element), _) => {
                let insertion = Insertion { id, stage: None, read: 0, place: 0 };
                is_open |= insertions.insert(element, insertion).is_some();
            }
            (Action::Read, Some(Reply::Value(Datum::List(items)))) => reads.push(Read { id, items }),
            _ => is_open = true,
        }
    }
    if is_open || reads.is_empty() {
        // What was told to be there already was inserted by somebody, too.
        let is_known = |item: &Datum| insertions.contains_key(item);
        let wrong = reads.iter().find(|read| !read.items.iter().all(is_known));
        return wrong.map_or(Decision::Open, |read| Decision::NoOrder(vec![read.id]));
    }
    reads.sort_by_key(|read| read.items.len());
    let few = match sort_in(&mut insertions, &reads) {
        Ok(stages) => find_disorder(history, &insertions, &reads, &stages),
        Err(few) => Some(few),
    };
    few.map_or(Decision::Order, |few| Decision::NoOrder(few.into_iter().collect()))
}

/// Finds the stage of each insertion that was seen, and of each read, from the smallest on.
///
/// # Errors
/// A few operations, if a read does not list all elements of a smaller one.
fn sort_in(insertions: &mut Insertions<'_>, reads: &[Read<'_>]) -> Result<Vec<usize>, BTreeSet<OperationId>> {
    let mut stages = Vec::new();
    let mut stage = 0;
    let mut last: &[Datum] = &[];
    for (number, read) in reads.iter().enumerate() {
        // Elements in order of their names are mostly where they were.
        let shared = last.iter().zip(read.items).take_while(|(a, b)| a == b).count();
        let mut again = shared;
        let mut is_new = false;
        for (place, item) in read.items.iter().enumerate().skip(shared) {
            let Some(insertion) = insertions.get_mut(item) else {
                return Err(BTreeSet::from([read.id]));
            };
            match insertion.stage {
                None => {
                    insertion.stage = Some(stage);
                    is_new = true;
                }
                Some(_) if insertion.place < shared || insertion.read == number => {
                    return Err(with_insertions(insertions, [read]));
                }
                Some(_) => again += 1,
            }
            (insertion.read, insertion.place) = (number, place);
        }
        if again != last.len() {
            return Err(with_insertions(insertions, reads[..=number].iter().rev().take(2)));
        }
        // All up to the first read that lists something stand before whoever read nothing.
        stage += usize::from(is_new);
        stages.push(stage);
        last = read.items;
    }
    Ok(stages)
}

/// A few operations that real time does not let stand as their stages say, if there are any.
fn find_disorder(
    history: &History<Op, Reply>,
    insertions: &Insertions<'_>,
    reads: &[Read<'_>],
    stages: &[usize],
) -> Option<BTreeSet<OperationId>> {
    // Before the reads of stage 1 come the insertions of stage 0, and so on.
    let is_certain = |insertion: &&Insertion| insertion.stage.is_some() || history.get(insertion.id).reply().is_some();
    let inserted = insertions.values().filter(is_certain);
    let inserted = inserted.map(|insertion| (2 * insertion.stage.unwrap_or(reads.len()) + 1, insertion.id, None));
    let read = reads.iter().zip(stages).map(|(read, stage)| (2 * stage, read.id, Some(read)));
    let mut order: Vec<_> = inserted.chain(read).collect();
    order.sort_unstable_by_key(|&(rank, id, _)| (rank, id));
    // The last invocation of those before, and whose it is.
    let mut latest = None::<(i64, usize, OperationId, Option<&Read<'_>>)>;
    for alike in order.chunk_by(|a, b| a.0 == b.0) {
        for &(_, id, read) in alike {
            if let Some((call, rank, earlier, earlier_read)) = latest
                && interval(history, id).1.order < call
            {
                let teller = reads.iter().zip(stages).find(|(_, stage)| 2 * **stage > rank).map(|(read, _)| read);
                let teller = teller.filter(|_| earlier_read.is_none());
                let mut few = with_insertions(insertions, [read, earlier_read, teller].into_iter().flatten());
                few.extend([id, earlier]);
                return Some(few);
            }
        }
        for &(rank, id, read) in alike {
            let call = interval(history, id).0.order;
            if latest.is_none_or(|(latest, ..)| latest < call) {
                latest = Some((call, rank, id, read));
            }
        }
    }
    None
}

/// These reads, and who inserted what they list.
fn with_insertions<'a>(
    insertions: &Insertions<'_>,
    reads: impl IntoIterator<Item = &'a Read<'a>>,
) -> BTreeSet<OperationId> {
    let all = |read: &'a Read<'a>| {
        let inserted = read.items.iter().filter_map(|item| Some(insertions.get(item)?.id));
        inserted.chain([read.id])
    };
    reads.into_iter().flat_map(all).collect()
}
