//! One crash: where it falls and what it leaves of the disk.

use std::collections::BTreeSet;
use std::fmt;

use sim_core::{CrashMoment, CrashSeverity, CrashSite, Duration, Fault, FaultKind, LostWrites, Selector};

use crate::file::write_plan;

/// A crash of a node at one place of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Crash {
    pub(super) site: CrashSite,
    disk: Disk,
    /// How long after it the node boots again, if it may.
    restart_after: Option<Duration>,
}

/// How many writes are reordered, the last ones.
const MOST_REORDERED: u64 = 8;
/// How many sets of lost writes [`near_prefixes`] finds among so many: there is no time to list them all.
const NEAR_PREFIXES: [u64; MOST_REORDERED as usize + 1] = [0, 0, 1, 4, 11, 26, 52, 92, 149];

/// What a crash leaves of the writes that no sync covers.
#[derive(Clone, Debug, PartialEq)]
enum Disk {
    /// All of them, and none is covered yet: only the process dies.
    Cached,
    /// All but these, which a power loss takes.
    Without(LostWrites),
}

impl Crash {
    /// Every crash at this place: the process dies; the power fails, and of the unsynced writes each prefix
    /// is kept, the first lost one torn or not; or each set that is one or two writes away from a prefix, of
    /// the last eight writes.
    /// Without unsynced writes all these are one.
    pub(super) fn all_at(site: &CrashSite, down: Duration) -> Vec<Self> {
        let unsynced = site.tears.len() as u64;
        let mut disks = if unsynced > 0 { vec![Disk::Cached] } else { Vec::new() };
        for count in 0..=unsynced {
            disks.push(Disk::Without(LostWrites::Last { count, torn: false }));
            if count > 0 && site.tears[(unsynced - count) as usize] {
                disks.push(Disk::Without(LostWrites::Last { count, torn: true }));
            }
        }
        disks.extend(near_prefixes(unsynced).into_iter().map(|lost| Disk::Without(LostWrites::At(lost))));
        // Nobody ever looks at the disk of a node that does not come back.
        disks.truncate(if site.returns { disks.len() } else { 1 });
        let restart_after = site.returns.then_some(down);
        disks.into_iter().map(|disk| Self { site: site.clone(), disk, restart_after }).collect()
    }

    /// How many crashes there are at this place.
    pub(super) fn count_at(site: &CrashSite) -> u64 {
        let (unsynced, torn) = (site.tears.len() as u64, site.tears.iter().filter(|tears| **tears).count() as u64);
        let all = u64::from(unsynced > 0) + unsynced + 1 + torn + NEAR_PREFIXES[unsynced.min(MOST_REORDERED) as usize];
        if site.returns { all } else { 1 }
    }

    /// It as a fault of a plan.
    pub(super) fn fault(&self) -> Fault {
        let (severity, lost) = match &self.disk {
            Disk::Cached => (CrashSeverity::Process, None),
            Disk::Without(lost @ LostWrites::Last { .. }) => (CrashSeverity::PowerLoss, Some(lost.clone())),
            Disk::Without(lost @ LostWrites::At(_)) => (CrashSeverity::ReorderingPowerLoss, Some(lost.clone())),
        };
        let (targets, moment) = (Selector::Node(self.site.node), CrashMoment::AtOnce);
        let restart_after = self.restart_after;
        let kind = FaultKind::Crash { targets, severity, moment, restart_after, wiped: false, lost };
        Fault::in_step(self.site.boundary, kind)
    }

    /// It as an entry of a scenario file.
    pub(super) fn entry(&self) -> serde_json::Value {
        serde_json::to_value(&write_plan(&[self.fault()])[0]).expect("an entry is JSON")
    }
}

/// The sets of lost writes that are one or two writes away from losing the last few, and are not that. Writes
/// before the last few are not lost: with many, there would be too many sets.
fn near_prefixes(unsynced: u64) -> BTreeSet<Vec<u64>> {
    let first = unsynced.saturating_sub(MOST_REORDERED);
    let prefix = |kept: u64| (kept..unsynced).collect::<BTreeSet<u64>>();
    let flipped = |lost: &BTreeSet<u64>, write: u64| -> BTreeSet<u64> { lost ^ &BTreeSet::from([write]) };
    let mut sets = BTreeSet::new();
    for kept in first..=unsynced {
        for one in first..unsynced {
            let lost = flipped(&prefix(kept), one);
            sets.extend((one + 1..unsynced).map(|other| flipped(&lost, other)));
            sets.insert(lost);
        }
    }
    (first..=unsynced).for_each(|kept| {
        sets.remove(&prefix(kept));
    });
    sets.into_iter().map(|lost| lost.into_iter().collect()).collect()
}

/// As in `n1 loses power in step 17 after 2 effects; of 3 unsynced writes the last 1 is lost`.
impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { site, disk, .. } = self;
        let falls = if *disk == Disk::Cached { "crashes" } else { "loses power" };
        let effects = reports::counted(site.boundary.after, "effect");
        write!(f, "{} {falls} in step {} ({}) after {effects}", site.node, site.boundary.step, site.time)?;
        let writes = match site.tears.len() as u64 {
            0 => return Ok(()),
            unsynced => reports::counted(unsynced, "unsynced write"),
        };
        match disk {
            Disk::Cached => write!(f, "; {writes} left in the cache"),
            Disk::Without(LostWrites::Last { count: 0, .. }) => write!(f, "; of {writes} none is lost"),
            Disk::Without(LostWrites::Last { count, torn }) => {
                let torn = if *torn { ", the first of them torn" } else { "" };
                write!(f, "; of {writes} the last {count} lost{torn}")
            }
            Disk::Without(LostWrites::At(places)) => {
                let places: Vec<String> = places.iter().map(|place| (place + 1).to_string()).collect();
                write!(f, "; of {writes} lost: number {}", places.join(", "))
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use sim_core::{Boundary, NodeId, Time};

    use super::*;

    pub(in super::super) fn site(tears: &[bool]) -> CrashSite {
        let boundary = Boundary { step: 17, after: 2 };
        let (node, time) = (NodeId::node(1), Time::ZERO);
        CrashSite { node, incarnation: 1, boundary, time, tears: tears.to_vec(), returns: true }
    }

    fn words(tears: &[bool]) -> Vec<String> {
        let crashes = Crash::all_at(&site(tears), Duration::from_secs(1));
        crashes
            .iter()
            .map(|crash| crash.to_string().replace("n1 loses power in step 17 (0ms) after 2 effects", ""))
            .collect()
    }

    #[test]
    fn every_prefix_is_tried_once() {
        assert_eq!(words(&[]), [""]);
        assert_eq!(
            words(&[false]),
            [
                "n1 crashes in step 17 (0ms) after 2 effects; 1 unsynced write left in the cache",
                "; of 1 unsynced write none is lost",
                "; of 1 unsynced write the last 1 lost",
            ]
        );
        let two = words(&[true, false]);
        assert_eq!(two.len(), 1 + 3 + 1 + 1, "{two:?}");
        assert!(two.iter().any(|crash| crash.ends_with("the last 2 lost, the first of them torn")), "{two:?}");
        assert!(two.iter().any(|crash| crash.ends_with("lost: number 1")), "{two:?}");
    }

    #[test]
    fn crashes_are_counted_without_being_listed() {
        for unsynced in 0..12 {
            let mut site = site(&(0..unsynced).map(|write| write % 3 > 0).collect::<Vec<_>>());
            for returns in [true, false] {
                site.returns = returns;
                let all = Crash::all_at(&site, Duration::from_secs(1));
                assert_eq!(Crash::count_at(&site), all.len() as u64, "{unsynced}");
            }
        }
    }

    /// Compared with all subsets, by their distance from a prefix.
    #[test]
    fn sets_are_one_or_two_writes_away_from_a_prefix() {
        for unsynced in 0..7_u64 {
            let distance = |lost: u64| {
                let prefixes = (0..=unsynced).map(|kept| ((1_u64 << unsynced) - 1) >> kept << kept);
                prefixes.map(|prefix| (prefix ^ lost).count_ones()).min().unwrap_or(0)
            };
            let near = (0..1_u64 << unsynced).filter(|lost| (1..=2).contains(&distance(*lost)));
            let near: BTreeSet<Vec<u64>> =
                near.map(|lost| (0..unsynced).filter(|write| lost >> write & 1 == 1).collect()).collect();
            assert_eq!(near_prefixes(unsynced), near);
        }
    }
}
