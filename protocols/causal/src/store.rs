//! What a node has of its partition.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::Stamp;
use parts::kv::WriteId;

use super::message::Version;

/// All versions that a node has ever had, and by key the one that has won.
#[derive(Debug, Default)]
pub(super) struct Store {
    versions: BTreeSet<Version>,
    latest: BTreeMap<u32, (Stamp, WriteId)>,
}

impl Store {
    /// Takes in a version. It wins over those with lower stamps, or, where `always_wins`, over all.
    pub(super) fn insert(&mut self, version: Version, write: WriteId, always_wins: bool) {
        self.versions.insert(version);
        let wins = |(stamp, _): &(Stamp, WriteId)| *stamp < version.stamp || always_wins;
        if self.latest.get(&version.key).is_none_or(wins) {
            self.latest.insert(version.key, (version.stamp, write));
        }
    }

    /// Whether it has had exactly this version.
    pub(super) fn has(&self, version: Version) -> bool {
        self.versions.contains(&version)
    }

    /// The version of a key that has won.
    pub(super) fn latest(&self, key: u32) -> Option<(Stamp, WriteId)> {
        self.latest.get(&key).copied()
    }

    /// The winners by key.
    pub(super) const fn all_latest(&self) -> &BTreeMap<u32, (Stamp, WriteId)> {
        &self.latest
    }
}
