//! What a node writes to its disk, and what it knows again after a crash.

use std::collections::BTreeMap;

use parts::journal::good_records;
use serde::Serialize;
use sim_core::{RequestId, Stored};

use super::message::{Tag, Tagged};

/// A record on a node's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// It has booted for this time.
    Boot(u64),
    /// As a replica it has this copy now.
    Copy {
        /// Of which register.
        key: u32,
        /// The copy.
        latest: Tagged,
    },
    /// As a coordinator it has given this tag to the write that a request asks for.
    Tagged {
        /// The request.
        request: RequestId,
        /// To which register.
        key: u32,
        /// The write and its tag.
        latest: Tagged,
    },
}

/// The tags of the copies that these records tell of; none if the disk is broken.
pub(super) fn tags_on(records: &[Stored<Record>]) -> BTreeMap<u32, Tag> {
    let good = good_records(records).unwrap_or_default();
    let copies = good.into_iter().filter_map(|record| match record {
        Record::Copy { key, latest } => Some((*key, latest.tag)),
        Record::Boot(_) | Record::Tagged { .. } => None,
    });
    copies.collect()
}
