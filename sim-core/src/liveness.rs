//! Progress after a heal: when it is owed, to whom, how it is observed, and what excuses its absence.
//!
//! **The theory.** No protocol can guarantee progress in an asynchronous network (Fischer, Lynch, Paterson
//! 1985). Protocols promise it under *partial synchrony* (Dwork, Lynch, Stockmeyer 1988): from some unknown
//! point on, the *global stabilisation time*, messages between correct nodes take at most Δ, and nodes act
//! in time. The engine creates such a point.
//!
//! **The heal.** All faults end, or a core of the nodes is repaired (and always the clients). Copies and
//! replays in flight are dropped. Messages between repaired processes that are in flight or held back
//! arrive within Δ. From then on repaired links lose and duplicate nothing, and take at most Δ: the longest
//! latency that the links declare, unless the scenario says otherwise. Slow nodes and disks, late timers
//! and wrong clocks of repaired nodes are back to normal. The *stabilisation time* is when the last
//! message, sync, rest and late timer from before the heal has come up and the backlog of the repaired
//! nodes is worked off. Progress is owed from then on.
//!
//! **The rest.** A heal that repairs a core is *sealed* (nothing passes between the core and the rest) or
//! *open* (the rest stays half-broken). In a sealed world, the core owes progress unless it lacks a quorum
//! or data. In an open one, it owes what the protocol claims to achieve under partial connectivity:
//! [`LivenessClaims::can_progress`](crate::LivenessClaims::can_progress) decides from the engine's facts,
//! an [`Outlook`].
//!
//! **Progress** is what happens after the stabilisation time: an operation *invoked* after it completes, a
//! role is taken (or kept all the time), an event is announced. Reads and writes are judged separately if
//! the protocol distinguishes them. This continues until the end: the bound runs whenever an operation of
//! someone to whom progress is owed is pending, and each completion starts it anew.
//!
//! **Being stuck is checked.** The facts are examined repeatedly. A system that makes no progress although
//! it could is *livelocked* (the same states recur) or *unexplained*: a violation. One that could not is
//! *stuck*: then everything is repaired, outside the core too, and the system must make progress within the
//! same bound. If it does not, that is a violation, and only what the fault model calls lost for good
//! excuses it. A node that stops itself is no excuse, unless its disk has failed.

use std::collections::BTreeMap;
use std::fmt;

use crate::history::OperationId;
use crate::network::Links;
use crate::process::{NodeId, ProcessId};
use crate::protocol::Protocol;
use crate::time::{Duration, Time};
use crate::world::World;

/// Evidence of progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Operations complete; reads and writes are judged separately if the protocol distinguishes them.
    Operation,
    /// Reads complete.
    Read,
    /// Writes complete.
    Write,
    /// A node takes this role, or keeps it from the stabilisation time to the bound.
    Role(String),
    /// An event of this kind is announced.
    Event(String),
    /// All repaired nodes that have a digest have the same one at one moment.
    Convergence,
}

impl Sign {
    /// Whether operations of this kind count as it.
    pub(crate) fn wants(&self, kind: OperationKind) -> bool {
        match self {
            Self::Operation => true,
            Self::Read => kind == OperationKind::Read,
            Self::Write => kind != OperationKind::Read,
            Self::Role(_) | Self::Event(_) | Self::Convergence => false,
        }
    }

    /// Whether it is seen by operations, again and again.
    pub fn is_of_operations(&self) -> bool {
        matches!(self, Self::Operation | Self::Read | Self::Write)
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation => f.write_str("no operation completed"),
            Self::Read => f.write_str("no read completed"),
            Self::Write => f.write_str("no write completed"),
            Self::Role(role) => write!(f, "nobody became {role}"),
            Self::Event(event) => write!(f, "nobody announced {event}"),
            Self::Convergence => f.write_str("the replicas did not converge"),
        }
    }
}

/// What an operation does, as far as progress depends on it: a system that serves reads may have stopped
/// accepting writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperationKind {
    /// The protocol does not say.
    #[default]
    Operation,
    /// It changes nothing.
    Read,
    /// It may change something.
    Write,
}

/// To whom progress is owed while operations are pending.
#[derive(Debug)]
pub enum OwedTo<O> {
    /// To the clients as a whole: one of them must make progress.
    System,
    /// To each client.
    EachClient,
    /// To each key, shard or other group that this function derives from an operation.
    EachKey(fn(&O) -> u64),
}

impl<O> Clone for OwedTo<O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for OwedTo<O> {}

/// Why a system could not make progress, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hindrance {
    /// In words.
    pub because: String,
    /// When it was first seen.
    pub from: Time,
    /// When it was last seen.
    pub until: Time,
}

impl fmt::Display for Hindrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, from {} to {}", self.because, self.from, self.until)
    }
}

/// How a system fared after the heal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Liveness {
    /// No progress was asked for, or the run ended before it was due.
    #[default]
    NotJudged,
    /// No client asked for anything after the stabilisation time.
    NothingAsked,
    /// Everything that was asked for was seen, this long after the stabilisation time.
    Progressed(Duration),
    /// It made no progress, and could not have.
    Stuck {
        /// Why not.
        because: Vec<Hindrance>,
        /// How long after everything had been repaired and had stabilised it made progress; `None` if
        /// nothing was asked of it then, or it never did.
        recovered_after: Option<Duration>,
    },
    /// It was livelocked, in recurring states: a violation.
    Livelocked,
    /// It made no progress although it could have: a violation.
    Unexplained,
}

impl Liveness {
    /// Whether the protocol was tested: it made progress, or should have.
    pub const fn is_judged(&self) -> bool {
        matches!(self, Self::Progressed(_) | Self::Livelocked | Self::Unexplained)
    }
}

/// The facts after a heal, for a protocol to judge whether it can still make progress.
pub struct Outlook<'a, P: Protocol> {
    pub(crate) world: World<'a, P>,
    pub(crate) links: &'a Links,
    pub(crate) facts: &'a dyn Facts,
    /// Whether unrepaired processes are ignored.
    pub(crate) alone: bool,
}

/// What the engine knows of processes.
pub(crate) trait Facts {
    /// Whether it follows the protocol, and is up and not paused or has stopped itself without
    /// need.
    fn runs(&self, process: ProcessId) -> bool;
    /// Whether the heal has repaired it.
    fn is_repaired(&self, process: ProcessId) -> bool;
    /// Whether no fault makes it slow, its disk fail or its clocks wrong.
    fn is_well(&self, process: ProcessId) -> bool;
    /// The processes of clients that still have something to ask.
    fn clients(&self) -> Vec<ProcessId>;
}

impl<P: Protocol> Outlook<'_, P> {
    /// All nodes, whether they run or not.
    pub fn nodes(&self) -> &[NodeId] {
        self.world.node_ids()
    }

    /// Whether a node is up, not paused, and repaired by the heal: only such nodes owe progress. A node
    /// that stopped itself without a disk fault counts as up: it is no excuse.
    pub fn runs(&self, node: NodeId) -> bool {
        self.facts.is_repaired(process(node)) && self.facts.runs(process(node))
    }

    /// Nodes that follow the protocol, are up and not paused, but are not repaired by the heal.
    /// After a sealed heal nothing passes between them and the core.
    pub fn unrepaired(&self) -> impl Iterator<Item = NodeId> {
        let ids = self.nodes().iter().copied();
        ids.filter(|id| !self.alone && self.facts.runs(process(*id)) && !self.facts.is_repaired(process(*id)))
    }

    /// The state of a node, unless it is down.
    pub fn node(&self, node: NodeId) -> Option<&P> {
        self.world.node(process(node))
    }

    /// Whether both nodes run and messages pass between them, both ways.
    pub fn are_connected(&self, one: NodeId, other: NodeId) -> bool {
        self.runs(one) && self.runs(other) && self.are_in_touch(one, other)
    }

    /// Whether messages pass between two nodes, both ways, at least sometimes.
    pub fn are_in_touch(&self, one: NodeId, other: NodeId) -> bool {
        self.is_heard(one, other) && self.is_heard(other, one)
    }

    /// Whether messages from `node` reach `by`, at least sometimes.
    pub fn is_heard(&self, node: NodeId, by: NodeId) -> bool {
        self.links.let_through(process(node).0, process(by).0)
    }

    /// Whether a node is as good as repaired: nothing is wrong with it, or with its links to `others` and
    /// to the clients that still have something to ask.
    pub fn is_sound(&self, node: NodeId, others: &[NodeId]) -> bool {
        let me = process(node);
        let clients = self.facts.clients();
        let others = others.iter().copied().filter(|other| *other != node).map(process).chain(clients);
        let mut both_ways = others.flat_map(|other| [(me.0, other.0), (other.0, me.0)]);
        self.facts.runs(me) && self.facts.is_well(me) && both_ways.all(|(from, to)| self.links.is_whole(from, to))
    }

    /// Whether some of `members` run, are all connected to one another, and form a quorum. `is_quorum` must
    /// be monotone: every superset of a quorum is a quorum.
    pub fn has_connected_quorum(&self, members: &[NodeId], is_quorum: impl Fn(&[NodeId]) -> bool) -> bool {
        let running: Vec<NodeId> = members.iter().copied().filter(|node| self.runs(*node)).collect();
        let mut search = CliqueSearch { outlook: self, is_quorum: &is_quorum, budget: CLIQUE_BUDGET };
        search.extend(&mut Vec::new(), &running)
    }
}

/// Looks for a quorum of nodes that are all connected.
struct CliqueSearch<'s, 'a, P: Protocol> {
    outlook: &'s Outlook<'a, P>,
    is_quorum: &'s dyn Fn(&[NodeId]) -> bool,
    budget: u32,
}

/// The most sets to look at. If connections are more tangled than that, a quorum counts as
/// connected: what cannot be decided is no excuse.
const CLIQUE_BUDGET: u32 = 100_000;

impl<P: Protocol> CliqueSearch<'_, '_, P> {
    /// Whether `clique` with some of `candidates`, each connected to all of it, is a quorum.
    fn extend(&mut self, clique: &mut Vec<NodeId>, candidates: &[NodeId]) -> bool {
        if (self.is_quorum)(clique) || self.budget == 0 {
            return true;
        }
        self.budget -= 1;
        for (place, next) in candidates.iter().enumerate() {
            let left = &candidates[place..];
            if !(self.is_quorum)(&[clique.as_slice(), left].concat()) {
                return false;
            }
            clique.push(*next);
            let fit = left[1..].iter().copied().filter(|node| self.outlook.are_connected(*next, *node));
            if self.extend(clique, &fit.collect::<Vec<_>>()) {
                return true;
            }
            clique.pop();
        }
        false
    }
}

impl<P: Protocol> fmt::Debug for Outlook<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlook").field("now", &self.world.now()).finish_non_exhaustive()
    }
}

const fn process(node: NodeId) -> ProcessId {
    ProcessId(node.index())
}

/// How often a system may return to a state that it has left before it counts as livelocked.
const RECURRENCES: u32 = 5;

/// The abstract states of a system that waits for progress.
#[derive(Debug, Default)]
pub(crate) struct Circles {
    last: Option<u64>,
    entered: BTreeMap<u64, u32>,
}

impl Circles {
    /// The system is in this state.
    pub(crate) fn visit(&mut self, state: u64) {
        if self.last != Some(state) {
            self.last = Some(state);
            *self.entered.entry(state).or_default() += 1;
        }
    }

    /// Whether it has returned to one of its states too often.
    pub(crate) fn are_closed(&self) -> bool {
        self.entered.values().any(|times| *times > RECURRENCES)
    }
}

/// Whose operations, and of which kind: of any, and of each kind separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Claim {
    /// The client or the key, as [`OwedTo`] says; 0 for the system.
    pub(crate) of: u64,
    /// `Operation` is any.
    pub(crate) kind: OperationKind,
}

impl Claim {
    /// All claims to which an operation that bears on this one belongs.
    pub(crate) fn all(self) -> impl Iterator<Item = Self> {
        let any = Self { kind: OperationKind::Operation, ..self };
        [any, self].into_iter().take(if any == self { 1 } else { 2 })
    }
}

/// How long operations of a claim have been pending since one of them completed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    pending: u32,
    /// Since when operations have been pending without a break.
    running: Option<Time>,
    /// How long they were before that.
    waited: Duration,
    /// When all this waiting began.
    began: Time,
}

impl Clock {
    /// An operation is asked for.
    pub(crate) fn begin(&mut self, now: Time) {
        self.pending += 1;
        if self.running.is_none() {
            self.running = Some(now);
            if self.waited.is_zero() {
                self.began = now;
            }
        }
    }

    /// An operation is over; a sign of progress sets the clock back.
    pub(crate) fn end(&mut self, now: Time, is_sign: bool) {
        self.pending = self.pending.saturating_sub(1);
        if is_sign {
            (self.waited, self.began) = (Duration::ZERO, now);
            self.running = Some(now);
        }
        if self.pending == 0
            && let Some(since) = self.running.take()
        {
            self.waited = self.waited + now.since(since);
        }
    }

    /// How long there has been no progress.
    pub(crate) fn waited(&self, now: Time) -> Duration {
        self.waited + self.running.map_or(Duration::ZERO, |since| now.since(since))
    }

    /// When it will have waited for this long, if things stay as they are.
    pub(crate) fn due(&self, within: Duration) -> Option<Time> {
        let left = Duration::from_nanos(within.as_nanos().saturating_sub(self.waited.as_nanos()));
        self.running.map(|since| since + left)
    }

    pub(crate) const fn began(&self) -> Time {
        self.began
    }
}

/// An operation that is pending after the stabilisation time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    pub(crate) client: ProcessId,
    pub(crate) claim: Claim,
    /// Whether it was invoked after the stabilisation time: only then does its completion count as
    /// progress.
    pub(crate) is_new: bool,
    /// Whether the system may have heard of it since: only then is it owed anything.
    pub(crate) counts: bool,
}

/// What is waited for since the stabilisation time.
#[derive(Debug, Default)]
pub(crate) struct Awaited {
    pub(crate) since: Time,
    /// The signs that need to be seen once and have not been.
    pub(crate) signs: Vec<Sign>,
    pub(crate) open: BTreeMap<OperationId, Open>,
    pub(crate) clocks: BTreeMap<Claim, Clock>,
    /// When an operation first completed.
    pub(crate) first: Option<Time>,
    /// Whether a client gave up an operation, or was refused it.
    pub(crate) in_vain: bool,
    /// When the last of the signs was seen that need to be seen once.
    pub(crate) seen: Option<Time>,
    /// Why and when it could not be made.
    pub(crate) hindrances: Vec<Hindrance>,
    pub(crate) circles: Circles,
    /// Whether progress has been slow to come, and the abstract states of the system are watched.
    pub(crate) is_late: bool,
    /// When everything was repaired because the system was stuck.
    pub(crate) repaired: Option<Time>,
}

impl Awaited {
    /// From now on the operation is owed.
    pub(crate) fn begin(&mut self, claim: Claim, now: Time) {
        claim.all().for_each(|claim| self.clocks.entry(claim).or_default().begin(now));
    }

    /// The operation is over.
    pub(crate) fn end(&mut self, claim: Claim, now: Time, is_sign: bool) {
        claim.all().for_each(|claim| self.clocks.entry(claim).or_default().end(now, is_sign));
    }

    /// The facts of this moment: why the system could not make progress, if it could not.
    pub(crate) fn note(&mut self, now: Time, because: String, gap: Duration) {
        match self.hindrances.last_mut() {
            Some(last) if last.because == because && last.until + gap >= now => last.until = now,
            _ => self.hindrances.push(Hindrance { because, from: now, until: now }),
        }
    }

    /// The hindrances that were there at some time from `since` on.
    pub(crate) fn hindered_since(&self, since: Time) -> Vec<Hindrance> {
        self.hindrances.iter().filter(|hindrance| hindrance.until >= since).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::ZERO + Duration::from_millis(millis)
    }

    #[test]
    fn a_clock_runs_while_something_is_pending_and_a_sign_sets_it_back() {
        let within = Duration::from_millis(10);
        let mut clock = Clock::default();
        assert_eq!(clock.due(within), None);
        clock.begin(at(5));
        clock.begin(at(6));
        assert_eq!((clock.due(within), clock.waited(at(9))), (Some(at(15)), Duration::from_millis(4)));
        clock.end(at(9), false);
        clock.end(at(10), false);
        assert_eq!((clock.due(within), clock.waited(at(99))), (None, Duration::from_millis(5)), "nothing is pending");
        clock.begin(at(20));
        assert_eq!((clock.due(within), clock.began()), (Some(at(25)), at(5)));
        clock.begin(at(21));
        clock.end(at(22), true);
        assert_eq!((clock.due(within), clock.began()), (Some(at(32)), at(22)));
        clock.end(at(23), true);
        assert_eq!((clock.due(within), clock.waited(at(99))), (None, Duration::ZERO));
    }

    #[test]
    fn hindrances_of_one_kind_that_follow_each_other_are_one() {
        let mut awaited = Awaited::default();
        let gap = Duration::from_millis(2);
        for (millis, because) in [(1, "a"), (3, "a"), (5, "b"), (20, "b")] {
            awaited.note(at(millis), because.to_owned(), gap);
        }
        let told: Vec<String> = awaited.hindrances.iter().map(ToString::to_string).collect();
        assert_eq!(told[0], "a, from 1ms to 3ms");
        assert_eq!((told.len(), awaited.hindered_since(at(4)).len()), (3, 2));
    }

    #[test]
    fn only_a_state_that_is_left_and_entered_again_and_again_closes_a_circle() {
        let mut resting = Circles::default();
        (0..100).for_each(|_| resting.visit(1));
        assert!(!resting.are_closed());
        let mut growing = Circles::default();
        (0..100).for_each(|state| growing.visit(state));
        assert!(!growing.are_closed());
        let mut circling = Circles::default();
        (0..100).for_each(|state| circling.visit(state % 3));
        assert!(circling.are_closed());
    }
}
