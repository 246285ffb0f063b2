//! What travels between replicas, what they wait for, and what they announce.

use std::rc::Rc;

use serde::Serialize;
use sim_core::{Kinds, Signed};

use super::certificate::{Checkpoint, CheckpointCertificate, Commit, CommitCertificate, PrePrepare, Prepare};
use super::request::{Batch, Digest, Request};
use super::view::{NewView, ViewChange};
use parts::kv::Machine;

/// The messages of PBFT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// A backup passes a client's request on to the primary.
    Request(Request),
    /// The primary proposes a batch, which it sends along.
    PrePrepare(Signed<PrePrepare>, Rc<Batch>),
    /// A backup has accepted a proposal.
    Prepare(Signed<Prepare>),
    /// A replica has a prepared certificate.
    Commit(Signed<Commit>),
    /// A replica has taken a checkpoint.
    Checkpoint(Signed<Checkpoint>),
    /// A replica wants another view.
    ViewChange(Rc<Signed<ViewChange>>),
    /// A view begins.
    NewView(Rc<Signed<NewView>>),
    /// How far a replica is.
    Status(Status),
    /// To a replica that lacks it: a batch that was committed.
    Committed(Rc<CommitCertificate>, Rc<Batch>),
    /// To a replica that does not know of it: a checkpoint is stable.
    Stable(Rc<CheckpointCertificate>),
    /// Asks for a state at least as recent as this.
    FetchState {
        /// The checkpoint that is known to be stable.
        sequence: u64,
    },
    /// A state, with the proof that it is the right one.
    State(Rc<CheckpointCertificate>, Rc<Machine>),
    /// Asks for a batch that a new view proposes again.
    FetchBatch {
        /// Which one.
        digest: Digest,
    },
    /// A batch.
    Batch(Rc<Batch>),
}

/// Rounds a view: its beginning, proposals, prepares, commits.
const ROUNDS: u64 = 4;

impl Message {
    /// The step of the protocol that it belongs to, counted through all views; nothing for what
    /// belongs to no view.
    pub(crate) fn round(&self) -> Option<u64> {
        let (view, step) = match self {
            Self::ViewChange(change) => (change.content().view, 0),
            Self::NewView(new_view) => (new_view.content().view, 0),
            Self::PrePrepare(pre_prepare, _) => (pre_prepare.content().0.view, 1),
            Self::Prepare(prepare) => (prepare.content().0.view, 2),
            Self::Commit(commit) => (commit.content().0.view, 3),
            _ => return None,
        };
        Some(view.saturating_mul(ROUNDS).saturating_add(step))
    }
}

/// How far a replica is (TOCS 5.2): others send it what it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Its view.
    pub view: u64,
    /// Whether that view has begun, for all it knows.
    pub is_active: bool,
    /// Its last stable checkpoint.
    pub stable: u64,
    /// The last place that it has executed.
    pub executed: u64,
    /// Whether it is no further than when it last said so.
    pub is_stalled: bool,
}

/// What a replica waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// A request was not executed, or a view has not begun, for too long.
    ViewChange,
    /// The next status is due.
    Status,
}

/// What a replica announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It has executed a batch.
    Executed {
        /// The batch's place.
        sequence: u64,
        /// The batch.
        digest: Digest,
    },
    /// It has taken a checkpoint.
    TookCheckpoint {
        /// After which place.
        sequence: u64,
        /// Its state.
        digest: Digest,
    },
    /// It has found a checkpoint stable, and forgotten what came before.
    StableCheckpoint {
        /// After which place.
        sequence: u64,
    },
    /// It has taken over the state of another.
    InstalledState {
        /// After which place.
        sequence: u64,
        /// The state.
        digest: Digest,
    },
    /// It has given up on a view and asks for this one.
    AskedForView {
        /// The view.
        view: u64,
    },
    /// A view has begun for it.
    EnteredView {
        /// The view.
        view: u64,
    },
    /// It is the primary of a view that has begun.
    BecamePrimary {
        /// The view.
        view: u64,
    },
    /// It is the primary no longer.
    SteppedDown {
        /// The view in which it was.
        view: u64,
    },
}
