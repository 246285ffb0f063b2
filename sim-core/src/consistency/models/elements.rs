//! Queues and stacks into which no element is put twice, decided without a search.
//!
//! An element is certainly inside from the return of the operation that put it in to the invocation
//! of the one that took it out. An operation that put in what somebody took out took effect, whatever
//! its outcome. One of unknown outcome whose element nobody took may be left out, as long as every
//! taking has an answer: without the element, all takings get what they got.

use std::collections::BTreeMap;

use super::super::Decision;
use super::{Action, Datum, Op, Reply};
use crate::history::{History, OperationId};

/// When what never happened was called, and when what never ended returned.
const NEVER: i64 = i64::MAX - 1;
const AT_THE_END: i64 = i64::MAX;

/// One element and how long it was there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    put: OperationId,
    /// `None` if it is still there. As good as if all such elements were taken at the end at once.
    taken: Option<OperationId>,
    pub(super) put_call: i64,
    pub(super) put_return: i64,
    pub(super) take_call: i64,
    pub(super) take_return: i64,
}

/// Decides the operations of one object. `disorder` finds elements that contradict one another by when they stayed.
pub(super) fn decide(
    history: &History<Op, Reply>,
    operations: &[OperationId],
    disorder: fn(&[Stay]) -> Option<Vec<Stay>>,
) -> Decision {
    let mut found = match Stays::find(history, operations) {
        Ok(found) => found,
        Err(decision) => return decision,
    };
    found.all.sort_unstable_by_key(|stay| stay.put_return);
    let no_order = |stays: &[Stay], empty: Option<OperationId>| {
        let mut few: Vec<_> = stays.iter().flat_map(|stay| [Some(stay.put), stay.taken]).flatten().collect();
        few.extend(empty);
        few.sort_unstable();
        Decision::NoOrder(few)
    };
    if let Some(stay) = found.all.iter().find(|stay| stay.take_return < stay.put_call) {
        return no_order(&[*stay], None);
    }
    if let Some((empty, stays)) = found.false_empty(history) {
        return no_order(&stays, Some(empty));
    }
    disorder(&found.all).map_or(Decision::Order, |stays| no_order(&stays, None))
}

struct Stays {
    all: Vec<Stay>,
    /// Who found nothing to take.
    empty: Vec<OperationId>,
}

impl Stays {
    /// # Errors
    /// If that decides the history, or if this is no way to decide it.
    fn find(history: &History<Op, Reply>, operations: &[OperationId]) -> Result<Self, Decision> {
        let mut by_element = BTreeMap::<&Datum, [Vec<OperationId>; 2]>::new();
        let mut empty = Vec::new();
        let mut is_open = false;
        for &id in operations {
            let operation = history.get(id);
            match (&operation.op.action, operation.reply()) {
                (Action::Enqueue(element) | Action::Push(element), _) => {
                    by_element.entry(element).or_default()[0].push(id);
                }
                (_, Some(Reply::Value(element))) => by_element.entry(element).or_default()[1].push(id),
                (_, Some(_)) => empty.push(id),
                (_, None) => is_open = true,
            }
        }
        let mut all = Vec::new();
        for [puts, takings] in by_element.into_values() {
            if takings.len() > puts.len() {
                let mut few = [puts, takings].concat();
                few.sort_unstable();
                return Err(Decision::NoOrder(few));
            }
            let [put] = *puts else {
                is_open = true;
                continue;
            };
            let taken = takings.first().copied();
            if taken.is_some() || history.get(put).reply().is_some() {
                all.push(Stay::new(history, put, taken));
            }
        }
        if is_open { Err(Decision::Open) } else { Ok(Self { all, empty }) }
    }

    /// Who found nothing although there was something all the time, and what.
    fn false_empty(&self, history: &History<Op, Reply>) -> Option<(OperationId, Vec<Stay>)> {
        let spans = spans(&self.all);
        self.empty.iter().find_map(|&id| {
            let (call, returned) = interval(history, id);
            let span = spans[..spans.partition_point(|span| span.from < call)].last()?;
            (span.to > returned).then(|| (id, cover(&self.all[span.first..span.end], call, returned)))
        })
    }
}

impl Stay {
    fn new(history: &History<Op, Reply>, put: OperationId, taken: Option<OperationId>) -> Self {
        let (put_call, put_return) = interval(history, put);
        let (take_call, take_return) = taken.map_or((NEVER, AT_THE_END), |taken| interval(history, taken));
        Self { put, taken, put_call, put_return, take_call, take_return }
    }

    /// Whether there is a moment at which it is certainly there.
    pub(super) const fn is_certain(&self) -> bool {
        self.put_return < self.take_call
    }
}

fn interval(history: &History<Op, Reply>, id: OperationId) -> (i64, i64) {
    let operation = history.get(id);
    let returned = operation.returned().map_or(AT_THE_END, |at| at.order as i64);
    (operation.invoked.order as i64, returned)
}

/// A time all through which certainly something is there, as long as possible.
pub(super) struct Span {
    pub(super) from: i64,
    pub(super) to: i64,
    /// Those that make it are among these, by their places.
    first: usize,
    end: usize,
}

/// All spans, in order of time; the stays are given in order of `put_return`.
pub(super) fn spans(stays: &[Stay]) -> Vec<Span> {
    let mut spans = Vec::<Span>::new();
    for (place, stay) in stays.iter().enumerate().filter(|(_, stay)| stay.is_certain()) {
        match spans.last_mut() {
            Some(span) if stay.put_return < span.to => {
                span.to = span.to.max(stay.take_call);
                span.end = place + 1;
            }
            _ => spans.push(Span { from: stay.put_return, to: stay.take_call, first: place, end: place + 1 }),
        }
    }
    spans
}

/// A few of the stays that suffice to have something there from `call` to `returned`.
fn cover(stays: &[Stay], call: i64, returned: i64) -> Vec<Stay> {
    let mut chosen = Vec::new();
    let mut covered = call;
    let mut rest = stays.iter().filter(|stay| stay.is_certain()).peekable();
    while covered < returned {
        let reach = std::iter::from_fn(|| rest.next_if(|stay| stay.put_return < covered));
        let Some(longest) = reach.max_by_key(|stay| stay.take_call) else {
            break;
        };
        covered = longest.take_call;
        chosen.push(*longest);
    }
    chosen
}

/// Elements of a queue that came out in another order than they went in (Henzinger, Sezgin &
/// Vafeiadis 2013: with what [`decide`] looks for itself, this is all that can be wrong).
pub(super) fn queue_disorder(stays: &[Stay]) -> Option<Vec<Stay>> {
    let mut by_call: Vec<&Stay> = stays.iter().collect();
    by_call.sort_unstable_by_key(|stay| stay.put_call);
    let mut before = stays.iter().peekable();
    let mut last: Option<&Stay> = None;
    by_call.into_iter().find_map(|stay| {
        while let Some(earlier) = before.next_if(|earlier| earlier.put_return < stay.put_call) {
            if last.is_none_or(|last| last.take_call < earlier.take_call) {
                last = Some(earlier);
            }
        }
        last.filter(|last| stay.take_return < last.take_call).map(|last| vec![*last, *stay])
    })
}

/// Elements of a stack that contradict one another; as few as can be, but for luck.
///
/// Wherever the stack may be empty, the history falls apart into what was before and what comes
/// after, and an element that can be put in and taken out again just then concerns nobody. Within a
/// span some element has to lie below all others from beginning to end. It concerns nobody either,
/// whichever it is of those that can: without it the others have an order if they had one with it,
/// and around that order it has its place. So such elements are taken away level by level, as in
/// Lee & Mathur 2025; if there is none, there is no order.
pub(super) fn stack_disorder(stays: &[Stay]) -> Option<Vec<Stay>> {
    let mut few = stuck(stays)?;
    // What is left of a stuck stack without some of its elements is stuck, or the rest was not needed.
    let mut size = few.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < few.len() {
            let mut fewer = few.clone();
            fewer.drain(from..(from + size).min(few.len()));
            match stuck(&fewer) {
                Some(left) => (few, from) = (left, 0),
                None => from += size,
            }
        }
        size /= 2;
    }
    Some(few)
}

/// The elements of a span none of which can lie below the others, in order of `put_return`.
fn stuck(stays: &[Stay]) -> Option<Vec<Stay>> {
    let mut levels = vec![stays.to_vec()];
    while let Some(level) = levels.pop() {
        let spans = spans(&level);
        let mut within: Vec<Vec<Stay>> = spans.iter().map(|_| Vec::new()).collect();
        for stay in level {
            // From the last call to the first return, it may be there for no more than a moment.
            let last_call = stay.put_call.max(stay.take_call);
            let first_return = stay.put_return.min(stay.take_return);
            let (from, to) = (last_call.min(first_return), last_call.max(first_return));
            let place = spans.partition_point(|span| span.from <= from);
            if place > 0 && to <= spans[place - 1].to {
                within[place - 1].push(stay);
            }
        }
        for (span, mut stays) in spans.iter().zip(within) {
            let is_below = |stay: &Stay| stay.put_call < span.from && stay.take_return > span.to;
            let before = stays.len();
            if !stays.iter().any(is_below) {
                return Some(stays);
            }
            stays.retain(|stay| !is_below(stay));
            debug_assert!(stays.len() < before, "each level takes something away");
            levels.push(stays);
        }
    }
    None
}
