//! What happened in a run, event by event.
//!
//! One typed stream that knows nothing of the protocol's types: texts, diagrams and machine
//! formats are made from it. Its text form is public: snapshot tests compare it.

mod text;

use serde::Serialize;

use crate::canonical::Value;
use crate::choices::Draw;
use crate::fault::{CrashSeverity, FaultSeverity};
use crate::operator::OperatorAction;
use crate::outcome::Verdict;
use crate::process::{NodeId, RequestId};
use crate::time::{Duration, Time};

/// The events of one run.
#[derive(Clone, Debug)]
pub struct Trace {
    /// All events, in the order in which they happened.
    pub events: Vec<TraceEvent>,
    /// What the run drew that was not calm, in order, if that was to be kept, and what was calm, if that was
    /// to be kept too. Its text does not have it.
    pub draws: Vec<Draw>,
    /// How the run ended.
    pub verdict: Verdict,
    /// Steps of the run.
    pub steps: u64,
    /// Virtual time at its end.
    pub time: Time,
    /// The hash of the run.
    pub hash: u64,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
pub struct TraceEvent {
    /// The step to which it belongs, counted from 1; 0 is before the first.
    pub step: u64,
    /// When.
    pub time: Time,
    /// To whom; nobody in particular for faults.
    pub who: Option<NodeId>,
    /// What.
    pub kind: TraceKind,
    /// The step that caused it, if it is not the node's previous one: for a message the step in
    /// which it was sent.
    pub cause: Option<u64>,
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub enum TraceKind {
    /// A process booted: its ordinal, and so many records on its disk.
    Boot {
        /// Counted from 1.
        incarnation: u32,
        /// Records that it found, readable or not.
        records: u64,
    },
    /// A message arrived.
    Deliver {
        /// From whom.
        from: NodeId,
        /// What it says.
        message: Value,
    },
    /// A message did not arrive.
    Lost {
        /// To whom it was sent.
        to: NodeId,
        /// What it says.
        message: Value,
        /// What became of it.
        why: LossReason,
    },
    /// A Byzantine node sends something else than it should.
    Lies {
        /// To whom.
        to: NodeId,
        /// What it sends.
        message: Value,
        /// What it should have sent.
        instead_of: Value,
    },
    /// A message is corrupted on its way, and no checksum notices.
    Corrupted {
        /// To whom.
        to: NodeId,
        /// What will arrive.
        message: Value,
        /// What was sent.
        instead_of: Value,
    },
    /// A timer fired.
    Timer {
        /// Its name.
        timer: Value,
    },
    /// A write to the disk, not durable yet.
    Write {
        /// `append`, `truncate` or `replace`.
        operation: &'static str,
        /// The record, the number of records kept, or all records.
        value: Value,
    },
    /// A sync began.
    Sync {
        /// Whether the node waits for it.
        waits: bool,
        /// How long it will take.
        takes: Duration,
    },
    /// A sync ended.
    Synced,
    /// The node announced something.
    Announce {
        /// What.
        event: Value,
    },
    /// The protocol wrote a line.
    Log {
        /// The line.
        line: String,
    },
    /// A process stopped.
    Crash {
        /// What became of its disk.
        severity: CrashSeverity,
        /// Writes lost.
        lost: u64,
        /// Whether the first of them left a corrupt record.
        torn: bool,
        /// How many of the effects of its last step were not carried out.
        cut_off: u64,
    },
    /// A node stopped itself.
    Halt {
        /// Why.
        reason: &'static str,
    },
    /// A client began an operation.
    Invoke {
        /// Its name: that of its requests.
        operation: String,
        /// What it asks.
        op: Value,
    },
    /// A client's operation ended.
    Return {
        /// Its name: that of its requests.
        operation: String,
        /// What came of it: the reply, or `failed` or `unknown`.
        outcome: Value,
    },
    /// An operator asked the node for something.
    Operator {
        /// What.
        action: OperatorAction,
    },
    /// The failure detector told the node that another has stopped.
    Detected {
        /// Which.
        node: NodeId,
    },
    /// A fault began.
    FaultBegins {
        /// Its place in the plan, counted from 0.
        fault: u32,
        /// Its kind.
        name: &'static str,
        /// How much it asks of the protocol.
        severity: FaultSeverity,
        /// What was hit.
        hit: Vec<NodeId>,
    },
    /// A fault that repeats strikes again, at targets that it has found out anew.
    FaultStrikes {
        /// Its place in the plan, counted from 0.
        fault: u32,
        /// Its kind.
        name: &'static str,
        /// What was hit.
        hit: Vec<NodeId>,
    },
    /// A fault ended.
    FaultEnds {
        /// Its place in the plan.
        fault: u32,
        /// Its kind.
        name: &'static str,
    },
    /// Everything that was broken was repaired, or at least a core.
    Heal {
        /// The core; nobody if it is everything.
        core: Vec<NodeId>,
        /// Whether nothing passes between the core and the rest from now on.
        sealed: bool,
    },
    /// What was under way at the heal has come up: progress is owed from now on.
    Stabilised,
    /// A record on a node's disk cannot be read any more.
    Corrupt {
        /// Its place, counted from 0.
        index: u64,
    },
    /// A node's disk was replaced by an empty one.
    Wipe {
        /// Records that were on it.
        records: u64,
    },
    /// A property was violated outside of the protocol's model, and the run goes on without it.
    Excused {
        /// Its name.
        property: String,
    },
    /// A sync failed.
    SyncFailed,
    /// A record could not be read at a boot.
    ReadFailed {
        /// Its place, counted from 0.
        index: u64,
    },
    /// A script has a message arrive now.
    Delivers {
        /// To whom.
        to: NodeId,
        /// What it says.
        message: Value,
    },
    /// A script has a timer fire now.
    Fires {
        /// Its name.
        timer: Value,
    },
    /// A write found the disk full.
    DiskFull,
}

/// What became of a message that did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum LossReason {
    /// The link lost it.
    Link,
    /// A fault lost it.
    Omission,
    /// Its Byzantine sender did not send it.
    Silence,
    /// The link was cut.
    Cut,
    /// The receiver was down.
    Down,
    /// Its connection was gone: the sender or the receiver had booted since it was sent.
    Boot,
    /// It was a copy, and the heal dropped it.
    Heal,
    /// It was corrupted on its way, and a checksum caught that.
    Checksum,
    /// There was no room for it in the queue of its link.
    Queue,
}

/// The id of a request as traces have it.
impl From<RequestId> for Value {
    fn from(request: RequestId) -> Self {
        Self::Text(request.to_string())
    }
}
