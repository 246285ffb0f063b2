//! What a replica writes to its disk, and how it finds itself again after a crash. A replica that
//! forgets what it has promised is no longer a correct one.
//!
//! The disk holds a log of records. A write adds one; only a stable checkpoint replaces all of them
//! by what is still needed.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use sim_core::{Signed, Stored};

use super::certificate::{CheckpointCertificate, CommitCertificate, PrePrepare, PreparedCertificate};
use super::machine::Machine;
use super::request::Batch;
use super::view::{NewView, ViewChange};

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

/// What a replica finds on its disk, in the order in which it was written.
#[derive(Clone, Debug)]
pub struct Recovered<'a> {
    /// The good records.
    pub records: Vec<&'a Record>,
    /// How many records are good, if there is a torn one behind them that must be cut off.
    pub torn_after: Option<u64>,
}

/// The disk holds what no crash can have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenDisk;

/// Reads what survived.
///
/// A power loss can tear the record that was being written, which is then the last one. No sync
/// covered it, so nobody was told of it, and it may be cut off. A corrupt record anywhere else was
/// durable once: what it said may have been promised to others, so the replica must not go on.
///
/// # Errors
/// If a record before the last is corrupt.
pub fn recover(stored: &[Stored<Record>]) -> Result<Recovered<'_>, BrokenDisk> {
    let is_torn = matches!(stored.last(), Some(Stored::Corrupt));
    let good = &stored[..stored.len() - usize::from(is_torn)];
    let records: Option<Vec<&Record>> = good.iter().map(Stored::readable).collect();
    let records = records.ok_or(BrokenDisk)?;
    Ok(Recovered { torn_after: is_torn.then_some(records.len() as u64), records })
}

/// States of its own that a replica keeps: that of the last stable checkpoint and later ones.
pub(crate) type States = BTreeMap<u64, Rc<Machine>>;

#[cfg(test)]
mod tests {
    use super::*;

    fn state(sequence: u64) -> Stored<Record> {
        Stored::Readable(Record::State { sequence, state: Rc::default() })
    }

    #[test]
    fn a_torn_tail_is_cut_off() {
        let check = |stored: &[Stored<Record>], good: usize, torn_after| {
            let found = recover(stored).expect("the disk is good");
            assert_eq!((found.records.len(), found.torn_after), (good, torn_after));
        };
        check(&[], 0, None);
        check(&[state(8), state(16)], 2, None);
        check(&[state(8), Stored::Corrupt], 1, Some(1));
        check(&[Stored::Corrupt], 0, Some(0));
    }

    #[test]
    fn a_disk_that_no_crash_leaves_is_broken() {
        assert_eq!(recover(&[state(8), Stored::Corrupt, state(16)]).unwrap_err(), BrokenDisk);
        assert_eq!(recover(&[Stored::Corrupt, Stored::Corrupt]).unwrap_err(), BrokenDisk);
    }
}
