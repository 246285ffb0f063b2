//! What the clients of a run asked for and what they were told.
//!
//! Consistency is judged only by what clients see: who invoked what, when, and which reply came
//! back when. A [`History`] holds exactly this, and nothing about the inside of the system. The one
//! subtle case is an operation without a reply. Unless *every* attempt certainly had no effect, it
//! may have taken effect already or may still do so at any later time, so it counts as
//! [`OperationOutcome::Unknown`] and stays concurrent with everything after it.

mod display;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::process::{NodeId, RequestId};

/// All operations of one run, in the order of their invocations.
///
/// The simulator builds it as the run goes on. `O` is the type of operations,
/// `R` the type of replies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<O, R> {
    operations: Vec<Operation<O, R>>,
    /// Whether the operation still waits for its end, by operation.
    open: Vec<bool>,
    next_order: u64,
    last_time_ns: u64,
    scale: TimeScale,
    /// The clients that are no numbers where the history comes from.
    client_names: BTreeMap<u32, Arc<str>>,
}

/// What the times of a history are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimeScale {
    Nanoseconds,
    Lines,
}

/// One operation: who asked, what, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<O, R> {
    /// The client that invoked the operation.
    pub client: u32,
    /// The session the operation belongs to; a client may have several, one after the other.
    pub session: u64,
    /// Its name in messages and in the trace; `None` if it was recorded elsewhere.
    pub request: Option<RequestId>,
    /// What was asked.
    pub op: O,
    /// When it was asked.
    pub invoked: Moment,
    /// What came of it.
    pub outcome: OperationOutcome<R>,
    /// The answer of its run that told the client so, if there was one.
    pub answer: Option<AnswerAt>,
}

/// An answer of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerAt {
    /// The step in which the client got it.
    pub step: u64,
    /// The node that gave it.
    pub from: NodeId,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationOutcome<R> {
    /// The operation took effect and the client received `reply`.
    Ok {
        /// What the client was told.
        reply: R,
        /// When the client was told.
        at: Moment,
    },
    /// Certainly no attempt had an effect, or ever will.
    Failed {
        /// When the client learnt of it.
        at: Moment,
    },
    /// No answer: the operation took effect once at some time after its invocation, or never.
    Unknown,
}

/// A point of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    /// Numbers all invocations and returns of a run in the order they happened, from 0.
    pub order: u64,
    /// Virtual time in nanoseconds since the start of the run, or the line of the file that the
    /// history was [read from](History::of_lines); several moments may share it.
    pub time_ns: u64,
}

/// Identifies an operation within its history: its number in order of invocation, from 0. Reports
/// use its [name](History::name).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(u32);

/// How many operations of a history ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// Operations with a reply.
    pub ok: u64,
    /// Operations certainly without effect.
    pub failed: u64,
    /// Operations whose outcome the client never learnt.
    pub unknown: u64,
}

impl<O, R> History<O, R> {
    /// A history without operations.
    #[must_use]
    pub fn new() -> Self {
        Self {
            operations: Vec::new(),
            open: Vec::new(),
            next_order: 0,
            last_time_ns: 0,
            scale: TimeScale::Nanoseconds,
            client_names: BTreeMap::new(),
        }
    }

    /// A history without operations, to be read from a file. It has line numbers instead of times,
    /// and shows them as such.
    #[must_use]
    pub fn of_lines() -> Self {
        Self { scale: TimeScale::Lines, ..Self::new() }
    }

    /// Says that this client is known by a name where the history comes from. Lines about its operations
    /// have the name in quotes instead of the number.
    pub fn name_client(&mut self, client: u32, name: Arc<str>) {
        self.client_names.insert(client, name);
    }

    /// The name of a client that is known by one.
    #[must_use]
    pub fn client_name(&self, client: u32) -> Option<&Arc<str>> {
        self.client_names.get(&client)
    }

    /// Records that a client asks for `op` at `time_ns` of virtual time.
    ///
    /// Until told otherwise the outcome is unknown. As with all recording
    /// methods, a time before the last recorded one is a broken simulator and
    /// panics.
    pub fn invoke(&mut self, client: u32, session: u64, op: O, time_ns: u64) -> OperationId {
        self.begin(client, session, None, op, time_ns)
    }

    /// Records that a client of a run asks for `op` under this id.
    pub(crate) fn request(&mut self, request: RequestId, op: O, time_ns: u64) -> OperationId {
        self.begin(request.client.index(), u64::from(request.session), Some(request), op, time_ns)
    }

    fn begin(&mut self, client: u32, session: u64, request: Option<RequestId>, op: O, time_ns: u64) -> OperationId {
        let id = u32::try_from(self.operations.len()).expect("a history has fewer than 2^32 operations");
        let (invoked, outcome) = (self.stamp(time_ns), OperationOutcome::Unknown);
        self.operations.push(Operation { client, session, request, op, invoked, outcome, answer: None });
        self.open.push(true);
        OperationId(id)
    }

    /// Records which answer of the run ended the operation.
    pub(crate) fn answered(&mut self, id: OperationId, answer: AnswerAt) {
        self.operations[id.index()].answer = Some(answer);
    }

    /// Records that the client received `reply`. Panics if the operation has ended already.
    pub fn ok(&mut self, id: OperationId, reply: R, time_ns: u64) {
        let at = self.stamp(time_ns);
        self.end(id).outcome = OperationOutcome::Ok { reply, at };
    }

    /// Records that the operation certainly had and will have no effect.
    /// Panics if the operation has ended already.
    pub fn failed(&mut self, id: OperationId, time_ns: u64) {
        let at = self.stamp(time_ns);
        self.end(id).outcome = OperationOutcome::Failed { at };
    }

    /// Records that the client gave up: the outcome stays unknown for good.
    /// Panics if the operation has ended already.
    pub fn unknown(&mut self, id: OperationId) {
        self.end(id).outcome = OperationOutcome::Unknown;
    }

    /// The operation with this `id`. Panics if `id` is of another, longer history.
    #[must_use]
    pub fn get(&self, id: OperationId) -> &Operation<O, R> {
        &self.operations[id.index()]
    }

    /// Whether the client still waits for the operation with this `id`: it has neither ended nor been
    /// given up. Panics if `id` is of another, longer history.
    #[must_use]
    pub fn is_awaited(&self, id: OperationId) -> bool {
        self.open[id.index()]
    }

    /// The operation's name in reports: its name in messages and in the trace, or its number if it
    /// was recorded elsewhere. Panics if `id` is of another, longer history.
    #[must_use]
    pub fn name(&self, id: OperationId) -> String {
        self.get(id).name(id)
    }

    /// All operations with their ids, in order of invocation.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (OperationId, &Operation<O, R>)> {
        let id = |index| OperationId(u32::try_from(index).expect("checked on invocation"));
        self.operations.iter().enumerate().map(move |(index, operation)| (id(index), operation))
    }

    /// The same history with what was asked in other words.
    #[must_use]
    pub fn map_ops<T>(&self, mut words: impl FnMut(&O) -> T) -> History<T, R>
    where
        R: Clone,
    {
        let operations = self.operations.iter().map(|operation| Operation {
            client: operation.client,
            session: operation.session,
            request: operation.request,
            op: words(&operation.op),
            invoked: operation.invoked,
            outcome: operation.outcome.clone(),
            answer: operation.answer,
        });
        History {
            operations: operations.collect(),
            open: self.open.clone(),
            next_order: self.next_order,
            last_time_ns: self.last_time_ns,
            scale: self.scale,
            client_names: self.client_names.clone(),
        }
    }

    /// The history of some of the operations: of those that `is_kept` says it of, at the same moments.
    #[must_use]
    pub fn of_some(&self, is_kept: impl Fn(&Operation<O, R>) -> bool) -> Self
    where
        O: Clone,
        R: Clone,
    {
        let kept = || self.operations.iter().zip(&self.open).filter(|(operation, _)| is_kept(operation));
        Self {
            operations: kept().map(|(operation, _)| operation.clone()).collect(),
            open: kept().map(|(_, open)| *open).collect(),
            client_names: self.client_names.clone(),
            ..*self
        }
    }

    /// The same history, had each operation been asked for earlier, by as many nanoseconds as `by_ns` says. A
    /// read may then return what was replaced as long ago, where the level goes by real time.
    #[must_use]
    pub fn asked_earlier(&self, by_ns: impl Fn(&Operation<O, R>) -> u64) -> Self
    where
        O: Clone,
        R: Clone,
    {
        let mut moments = Vec::new();
        for (index, operation) in self.operations.iter().enumerate() {
            let Moment { order, time_ns } = operation.invoked;
            moments.push((time_ns.saturating_sub(by_ns(operation)), order, index, false));
            moments.extend(operation.returned().map(|at| (at.time_ns, at.order, index, true)));
        }
        moments.sort_unstable();
        let mut earlier =
            Self { operations: Vec::new(), open: Vec::new(), client_names: self.client_names.clone(), ..*self };
        let mut places = vec![0; self.operations.len()];
        for (order, (time_ns, _, index, is_return)) in (0..).zip(moments) {
            let moment = Moment { order, time_ns };
            if is_return {
                let operation: &mut Operation<O, R> = &mut earlier.operations[places[index]];
                match &mut operation.outcome {
                    OperationOutcome::Ok { at, .. } | OperationOutcome::Failed { at } => *at = moment,
                    OperationOutcome::Unknown => {}
                }
            } else {
                places[index] = earlier.operations.len();
                earlier.operations.push(Operation { invoked: moment, ..self.operations[index].clone() });
                earlier.open.push(self.open[index]);
            }
        }
        earlier
    }

    /// How many operations were invoked.
    #[must_use]
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether no operation was invoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// How many operations ended in which way.
    #[must_use]
    pub fn outcomes(&self) -> OutcomeCounts {
        let mut counts = OutcomeCounts::default();
        for operation in &self.operations {
            match operation.outcome {
                OperationOutcome::Ok { .. } => counts.ok += 1,
                OperationOutcome::Failed { .. } => counts.failed += 1,
                OperationOutcome::Unknown => counts.unknown += 1,
            }
        }
        counts
    }

    fn stamp(&mut self, time_ns: u64) -> Moment {
        assert!(time_ns >= self.last_time_ns, "time went back from {} ns to {time_ns} ns", self.last_time_ns);
        self.last_time_ns = time_ns;
        let order = self.next_order;
        self.next_order += 1;
        Moment { order, time_ns }
    }

    fn end(&mut self, id: OperationId) -> &mut Operation<O, R> {
        let open = std::mem::replace(&mut self.open[id.index()], false);
        assert!(open, "operation {id} ended twice");
        &mut self.operations[id.index()]
    }
}

impl<O, R> Default for History<O, R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O, R> Operation<O, R> {
    /// What reports call it; `id` is its own.
    pub(crate) fn name(&self, id: OperationId) -> String {
        self.request.map_or_else(|| id.to_string(), |request| request.to_string())
    }

    /// When the client learnt the outcome; `None` if it never did.
    #[must_use]
    pub fn returned(&self) -> Option<Moment> {
        match self.outcome {
            OperationOutcome::Ok { at, .. } | OperationOutcome::Failed { at } => Some(at),
            OperationOutcome::Unknown => None,
        }
    }

    /// What the client was told; `None` if it failed or the outcome is unknown.
    #[must_use]
    pub fn reply(&self) -> Option<&R> {
        match &self.outcome {
            OperationOutcome::Ok { reply, .. } => Some(reply),
            OperationOutcome::Failed { .. } | OperationOutcome::Unknown => None,
        }
    }

    /// Whether neither operation returned before the other was invoked.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.precedes(other) && !other.precedes(self)
    }

    /// Whether it returned before the other was invoked.
    #[must_use]
    pub fn precedes(&self, other: &Self) -> bool {
        self.returned().is_some_and(|at| at.order < other.invoked.order)
    }
}

impl OperationId {
    /// The operation with this number.
    pub(crate) const fn from_index(index: usize) -> Self {
        Self(index as u32)
    }

    /// The number of the operation in order of invocation, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        // A `u32` fits a `usize` on every platform with room for a history.
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> History<&'static str, u32> {
        let mut history = History::new();
        let write = history.invoke(0, 7, "write 5", 1_000_000);
        let read = history.invoke(11, 8, "read", 1_250_000);
        let lost = history.invoke(2, 9, "write 6", 1_250_000);
        history.ok(read, 0, 2_000_001);
        history.failed(write, 12_000_000);
        history.unknown(lost);
        history.invoke(0, 7, "read", 12_000_000);
        history
    }

    #[test]
    fn shows_one_aligned_line_an_operation() {
        let expected = "\
#0  client  0  session 7     1ms ..       12ms  \"write 5\"  -> failed
#1  client 11  session 8  1.25ms .. 2.000001ms  \"read\"     -> 0
#2  client  2  session 9  1.25ms ..          ?  \"write 6\"  -> unknown
#3  client  0  session 7    12ms ..          ?  \"read\"     -> unknown
";
        assert_eq!(sample().to_string(), expected);
    }

    #[test]
    fn a_history_from_a_file_shows_lines() {
        let mut history = History::of_lines();
        let write = history.invoke(0, 0, "write 5", 3);
        history.invoke(1, 0, "read", 4);
        history.ok(write, 0, 12);
        assert_eq!(history.line(write), "client 0: \"write 5\" -> 0 [line 3, line 12]");
        let expected = "\
#0  client 0  session 0  line 3 .. line 12  \"write 5\"  -> 0
#1  client 1  session 0  line 4 ..       ?  \"read\"     -> unknown
";
        assert_eq!(history.to_string(), expected);
    }

    #[test]
    fn a_client_with_a_name_is_shown_by_it() {
        let mut history = History::of_lines();
        history.name_client(7, "n1-3".into());
        let write = history.invoke(7, 0, "write 5", 3);
        history.ok(write, 0, 4);
        assert_eq!(history.line(write), "client \"n1-3\": \"write 5\" -> 0 [line 3, line 4]");
        assert!(history.to_string().starts_with("#0  client \"n1-3\"  session 0"), "{history}");
        assert_eq!(history.map_ops(|op| *op), history);
    }

    #[test]
    fn other_words_change_nothing_else() {
        let same = sample().map_ops(|op| *op);
        assert_eq!(same, sample());
        assert_eq!(sample().map_ops(|op| op.len()).get(OperationId(0)).op, "write 5".len());
    }

    #[test]
    fn some_of_the_operations_keep_their_moments() {
        let all = sample();
        assert_eq!(all.of_some(|_| true), all);
        let reads = all.of_some(|operation| operation.op == "read");
        let [first, second] = [OperationId(0), OperationId(1)];
        assert_eq!((reads.len(), reads.get(first), reads.is_awaited(second)), (2, all.get(OperationId(1)), true));
    }

    #[test]
    fn what_was_asked_earlier_overlaps_what_had_returned() {
        let all = sample();
        assert_eq!(all.asked_earlier(|_| 0), all);
        let earlier = all.asked_earlier(|operation| if operation.op == "read" { 11_500_000 } else { 0 });
        let times = earlier.iter().map(|(_, operation)| (operation.op, operation.invoked.time_ns));
        let expected = [("read", 0), ("read", 500_000), ("write 5", 1_000_000), ("write 6", 1_250_000)];
        assert_eq!(times.collect::<Vec<_>>(), expected);
        let [first, last, write] = [0, 1, 2].map(|index| earlier.get(OperationId(index)));
        assert_eq!((first.reply(), last.reply()), (Some(&0), None));
        assert!(last.overlaps(write) && last.client == 0, "it was asked after the write had failed");
    }

    #[test]
    fn numbers_invocations_and_returns_in_order() {
        let history = sample();
        let orders: Vec<_> = history
            .iter()
            .map(|(_, operation)| (operation.invoked.order, operation.returned().map(|at| at.order)))
            .collect();
        assert_eq!(orders, [(0, Some(4)), (1, Some(3)), (2, None), (5, None)]);
    }

    #[test]
    fn counts_outcomes() {
        let expected = OutcomeCounts { ok: 1, failed: 1, unknown: 2 };
        assert_eq!(sample().outcomes(), expected);
    }

    #[test]
    fn overlapping_is_by_order_not_by_time() {
        let history = sample();
        let overlap = |a: usize, b: usize| history.operations[a].overlaps(&history.operations[b]);
        assert!(overlap(0, 1) && overlap(2, 3) && overlap(1, 2));
        assert!(!overlap(0, 3) && !overlap(3, 1));
    }

    #[test]
    #[should_panic(expected = "operation #0 ended twice")]
    fn an_operation_ends_once() {
        let mut history = History::new();
        let id = history.invoke(0, 0, (), 0);
        history.unknown(id);
        history.ok(id, (), 1);
    }

    #[test]
    #[should_panic(expected = "time went back")]
    fn time_never_goes_back() {
        let mut history = History::<(), ()>::new();
        history.invoke(0, 0, (), 5);
        history.invoke(0, 0, (), 4);
    }
}
