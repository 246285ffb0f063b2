//! Queues and stacks into which no element is put twice, decided without a search.
//!
//! An element is certainly inside from the return of the operation that put it in to the invocation
//! of the one that took it out. An operation that put in what somebody took out took effect, whatever
//! its outcome. One of unknown outcome whose element nobody is known to have taken may be left out, as
//! long as every taking has an answer: without the element, all takings get what they got.
//!
//! A taking of unknown outcome may have taken any element that nobody is known to have taken, at any
//! time from its invocation on, so those invoked earlier can do all that later ones can. If there is
//! no order even if each of these elements could be taken from the first such invocation on, there is
//! none. If there is one where those that have to be gone first are given to those invoked first,
//! there is one. Otherwise nothing is known.

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

/// What kind of object it is.
pub(super) struct Discipline {
    /// Finds elements that contradict one another by when they stayed; given in order of `put_return`.
    disorder: fn(&[Stay]) -> Option<Vec<Stay>>,
    /// Whether what was put in last comes out first.
    is_last_first: bool,
}

/// First in, first out.
pub(super) const QUEUE: Discipline = Discipline { disorder: queue_disorder, is_last_first: false };

/// Last in, first out.
pub(super) const STACK: Discipline = Discipline { disorder: stack_disorder, is_last_first: true };

/// Decides the operations of one object.
pub(super) fn decide(history: &History<Op, Reply>, operations: &[OperationId], discipline: &Discipline) -> Decision {
    let mut found = match Stays::find(history, operations) {
        Ok(found) => found,
        Err(decision) => return decision,
    };
    // Whoever lost his answer may have taken anything, for all that is looked at here.
    let first_lost = found.lost.first().map(|&id| interval(history, id).0);
    let possible = found.all.iter().map(|stay| match (stay.taken, first_lost) {
        (None, Some(call)) => Stay { take_call: call, ..*stay },
        _ => *stay,
    });
    if let Some(few) = found.contradiction(history, possible.collect(), discipline) {
        return Decision::NoOrder(few);
    }
    if found.lost.is_empty() {
        return Decision::Order;
    }
    found.give_to_lost(history, discipline);
    let stays = std::mem::take(&mut found.all);
    found.contradiction(history, stays, discipline).map_or(Decision::Order, |_| Decision::Open)
}

struct Stays {
    all: Vec<Stay>,
    /// Who found nothing to take.
    empty: Vec<OperationId>,
    /// Takings of unknown outcome, in order of invocation.
    lost: Vec<OperationId>,
}

impl Stays {
    /// # Errors
    /// If more was taken than put in, or an element was put in twice.
    fn find(history: &History<Op, Reply>, operations: &[OperationId]) -> Result<Self, Decision> {
        let mut by_element = BTreeMap::<&Datum, [Vec<OperationId>; 2]>::new();
        let mut stays = Self { all: Vec::new(), empty: Vec::new(), lost: Vec::new() };
        for &id in operations {
            let operation = history.get(id);
            match (&operation.op.action, operation.reply()) {
                (Action::Enqueue(element) | Action::Push(element), _) => {
                    by_element.entry(element).or_default()[0].push(id);
                }
                (_, Some(Reply::Value(element))) => by_element.entry(element).or_default()[1].push(id),
                (_, Some(_)) => stays.empty.push(id),
                (_, None) => stays.lost.push(id),
            }
        }
        let mut is_open = false;
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
                stays.all.push(Stay::new(history, put, taken));
            }
        }
        if is_open { Err(Decision::Open) } else { Ok(stays) }
    }

    /// A few operations that contradict one another if the elements stayed like this.
    fn contradiction(
        &self,
        history: &History<Op, Reply>,
        mut stays: Vec<Stay>,
        discipline: &Discipline,
    ) -> Option<Vec<OperationId>> {
        stays.sort_unstable_by_key(|stay| stay.put_return);
        let few = |stays: &[Stay], empty: Option<OperationId>| {
            let mut few: Vec<_> = stays.iter().flat_map(|stay| [Some(stay.put), stay.taken]).flatten().collect();
            few.extend(empty);
            few.sort_unstable();
            few
        };
        if let Some(stay) = stays.iter().find(|stay| stay.take_return < stay.put_call) {
            return Some(few(&[*stay], None));
        }
        if let Some((empty, stays)) = self.false_empty(history, &stays) {
            return Some(few(&stays, Some(empty)));
        }
        (discipline.disorder)(&stays).map(|stays| few(&stays, None))
    }

    /// Guesses what those took who lost their answers: the first of them what has to be gone first.
    fn give_to_lost(&mut self, history: &History<Op, Reply>, discipline: &Discipline) {
        // From the last invocation on: what was invoked then, and when the first of those returned.
        let first_return_after = |mut intervals: Vec<(i64, i64)>| {
            intervals.sort_unstable();
            let mut first = AT_THE_END;
            for (_, returned) in intervals.iter_mut().rev() {
                first = first.min(*returned);
                *returned = first;
            }
            move |point: i64| {
                let place = intervals.partition_point(|&(call, _)| call <= point);
                intervals.get(place).map_or(AT_THE_END, |&(_, first)| first)
            }
        };
        let empty = first_return_after(self.empty.iter().map(|&id| interval(history, id)).collect());
        let taken = || self.all.iter().filter(|stay| stay.taken.is_some());
        let put_after = first_return_after(taken().map(|stay| (stay.put_call, stay.take_return)).collect());
        let below = |stay: &Stay| {
            let is_above = |other: &&Stay| other.put_return < stay.put_call && stay.put_return < other.take_call;
            taken().filter(is_above).map(|other| other.take_return).min().unwrap_or(AT_THE_END)
        };
        let due = |stay: &Stay| {
            let by_others = if discipline.is_last_first { below(stay) } else { put_after(stay.put_return) };
            by_others.min(empty(stay.put_return))
        };
        let left = (0..).zip(&self.all).filter(|(_, stay)| stay.taken.is_none());
        let mut left: Vec<(i64, i64, usize)> = left.map(|(place, stay)| (due(stay), stay.put_call, place)).collect();
        left.sort_unstable();
        for (&(.., place), &lost) in left.iter().zip(&self.lost) {
            (self.all[place].take_call, self.all[place].take_return) = interval(history, lost);
        }
    }

    /// Who found nothing although there was something all the time, and what.
    fn false_empty(&self, history: &History<Op, Reply>, stays: &[Stay]) -> Option<(OperationId, Vec<Stay>)> {
        let spans = spans(stays);
        self.empty.iter().find_map(|&id| {
            let (call, returned) = interval(history, id);
            let span = spans[..spans.partition_point(|span| span.from < call)].last()?;
            (span.to > returned).then(|| (id, cover(&stays[span.first..span.end], call, returned)))
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
fn queue_disorder(stays: &[Stay]) -> Option<Vec<Stay>> {
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
fn stack_disorder(stays: &[Stay]) -> Option<Vec<Stay>> {
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
