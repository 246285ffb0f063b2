//! What a replica writes to its disk, and how it finds itself again after a crash. A replica that
//! forgets what it has promised is no longer a correct one.
//!
//! The disk holds a log of records. A write adds one; only a stable checkpoint replaces all of them
//! by what is still needed.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use sim_core::Signed;

use super::certificate::{CheckpointCertificate, CommitCertificate, PrePrepare, PreparedCertificate};
use super::request::Batch;
use super::view::{NewView, ViewChange};
use parts::kv::Machine;

/// One durable record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// A batch that later records name. Durable before the replica supports it, so that whatever was
    /// prepared can still be found.
    Batch(Rc<Batch>),
    /// The replica has proposed or accepted this. Durable before its pre-prepare or prepare is sent.
    Accepted(Signed<PrePrepare>),
    /// Durable before the commit is sent, which promises that a later view will hear of it.
    Prepared(Rc<PreparedCertificate>),
    /// Durable before others are relied on to have it.
    Committed(Rc<CommitCertificate>),
    /// The replica's own state. Durable before the checkpoint message is sent: others will forget
    /// what led to it.
    State {
        /// After which place.
        sequence: u64,
        /// The state.
        state: Rc<Machine>,
    },
    /// A checkpoint is stable; its state stands before this.
    Stable(Rc<CheckpointCertificate>),
    /// The replica has left all views before this one. Durable before the message is sent: it must
    /// not help to commit in them what the message does not tell.
    ViewChange(Rc<Signed<ViewChange>>),
    /// A view has begun. Durable before anything is said in it.
    NewView(Rc<Signed<NewView>>),
}

/// States of its own that a replica keeps: that of the last stable checkpoint and later ones.
pub(crate) type States = BTreeMap<u64, Rc<Machine>>;
