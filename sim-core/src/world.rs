//! The view that properties get: everything, at one point of virtual time, read-only.

use std::collections::BTreeSet;

use crate::context::Site;
use crate::disk::Stored;
use crate::history::History;
use crate::process::{NodeId, ProcessId};
use crate::protocol::Protocol;
use crate::time::Time;

/// The world after a step.
#[derive(Debug)]
pub struct World<'a, P: Protocol> {
    pub(crate) now: Time,
    pub(crate) nodes: &'a [Option<P>],
    pub(crate) site: &'a Site<P>,
    pub(crate) status: &'a [Status],
    pub(crate) history: &'a History<P::Op, P::Reply>,
    /// The processes that run under identities of Byzantine nodes.
    pub(crate) byzantine: &'a BTreeSet<ProcessId>,
}

/// What the engine keeps of each process in the hot path: 16 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Status {
    /// Messages sent so far, cut and lost ones included: names the next one.
    pub(crate) sends: u64,
    /// The number of its boots.
    pub(crate) incarnation: u32,
    /// Why it does not run now; 0 if it does.
    pub(crate) idle: Idle,
}

/// The reasons for which a process does not run. Each has its own end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Idle(u8);

impl Idle {
    /// It has crashed, or has not booted yet.
    pub(crate) const DOWN: Self = Self(1);
    /// It waits for its disk in the middle of a step.
    pub(crate) const SYNCING: Self = Self(2);
    /// A fault has paused it.
    pub(crate) const PAUSED: Self = Self(4);
    /// It is slow, and still busy with its last step.
    pub(crate) const SLOW: Self = Self(8);
    /// Its pause has ended and events are waiting: new ones queue up behind them.
    pub(crate) const BACKLOG: Self = Self(16);
    /// An adversary acts in its place.
    pub(crate) const POSSESSED: Self = Self(32);

    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn has(self, reason: Self) -> bool {
        self.0 & reason.0 != 0
    }

    pub(crate) const fn add(&mut self, reason: Self) {
        self.0 |= reason.0;
    }

    pub(crate) const fn remove(&mut self, reason: Self) {
        self.0 &= !reason.0;
    }
}

impl<'a, P: Protocol> World<'a, P> {
    /// True virtual time.
    #[inline]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// The identities of the nodes, in ascending order.
    pub fn node_ids(&self) -> &'a [NodeId] {
        &self.site.nodes
    }

    /// The processes that run nodes, including twins.
    pub fn processes(&self) -> impl Iterator<Item = ProcessId> + use<P> {
        self.site.processes()
    }

    /// The processes whose nodes follow the protocol, and always have. Nothing can be expected of the
    /// others: properties cover only these.
    pub fn correct(&self) -> impl Iterator<Item = ProcessId> + use<'a, P> {
        let byzantine = self.byzantine;
        self.site.processes().filter(move |process| !byzantine.contains(process))
    }

    /// Whether the node of a process is one of the [`correct`](Self::correct) ones.
    #[inline]
    pub fn is_correct(&self, process: ProcessId) -> bool {
        self.byzantine.is_empty() || !self.byzantine.contains(&process)
    }

    /// The time since which no fault has kept nodes apart or down; `None` if one did until the end. A heal
    /// ends all faults, whatever it leaves unrepaired. This is known only at the end of the run, and is
    /// `None` until then.
    pub const fn calm_since(&self) -> Option<Time> {
        self.site.calm_since
    }

    /// When there was a heal: from then on, and not without one, links are as the [liveness](crate::Liveness) rules
    /// say. This is known only at the end of the run, and is `None` until then.
    pub const fn healed_at(&self) -> Option<Time> {
        self.site.healed
    }

    /// Whether a heal has repaired a process: all of them, if it repairs everything or there is none. What is not
    /// repaired may be down, slow or cut off for good. This is known only at the end of the run; until then it is said
    /// of all.
    pub fn is_repaired(&self, process: ProcessId) -> bool {
        !self.site.unrepaired.contains(&process)
    }

    /// The identity under which a node's process runs.
    ///
    /// # Panics
    /// If there is no such process, or it is a client's.
    #[inline]
    pub fn identity(&self, process: ProcessId) -> NodeId {
        let nodes = &self.site.nodes;
        nodes.get(process.index()).copied().unwrap_or_else(|| self.site.twins[process.index() - nodes.len()].identity())
    }

    /// The state of a node, unless it is down (or the process is a client's).
    ///
    /// A node that waits for its disk is in the middle of a step: its memory may be ahead of what it has
    /// written and sent. See [`is_mid_step`](Self::is_mid_step). The node that the step touched is never in
    /// that state.
    #[inline]
    pub fn node(&self, process: ProcessId) -> Option<&'a P> {
        self.nodes[process.index()].as_ref()
    }

    /// Whether a node is waiting for its disk in the middle of a step.
    #[inline]
    pub fn is_mid_step(&self, process: ProcessId) -> bool {
        self.status[process.index()].idle.has(Idle::SYNCING)
    }

    /// How often a process has booted.
    #[inline]
    pub fn incarnation(&self, process: ProcessId) -> u32 {
        self.status[process.index()].incarnation
    }

    /// The monotonic clock of a process: the `now` of the protocol's context. It may run fast or slow, and
    /// started at zero when the process last booted.
    #[inline]
    pub fn clock(&self, process: ProcessId) -> Time {
        self.site.clocks[process.index()].monotonic(self.now)
    }

    /// The wall clock of a process: the `wall_clock` of the protocol's context. It may be ahead or behind, run fast or slow,
    /// and jump.
    #[inline]
    pub fn wall_clock(&self, process: ProcessId) -> Time {
        self.site.clocks[process.index()].wall(self.now)
    }

    /// The records on a node's disk, synced or not, even while the node is down.
    #[inline]
    pub fn disk(&self, process: ProcessId) -> &'a [Stored<P::Record>] {
        self.site.disks[process.index()].records()
    }

    /// The operations of the clients and the replies so far.
    pub const fn history(&self) -> &'a History<P::Op, P::Reply> {
        self.history
    }
}
