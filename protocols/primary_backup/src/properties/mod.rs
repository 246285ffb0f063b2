//! What primary–backup replication promises.

mod acknowledged;
mod announced;
mod available;
mod failover;
mod level;
mod map;
mod reads;
mod removed;
mod restored;
mod views;

use parts::epoch_log::LogsMatch;
use sim_core::PropertyRow;

use super::message::Event;
use super::names::{
    ACKNOWLEDGED_IS_KEPT, ANNOUNCED_IS_SO, AVAILABLE, BEST_IS_PROMOTED, DECLARED_LEVEL, FACTOR_IS_RESTORED,
    FAILED_IS_REPLACED, FAILOVERS_HAVE_A_CAUSE, LEASES_ARE_KEPT, LOGS_MATCH, MAP_IS_OF_THE_LOG,
    NO_DEPOSED_ACKNOWLEDGES, ONE_PRIMARY, READS_ARE_CURRENT, REPLICAS_ARE_SPREAD, SECONDARIES_ARE_REMOVED, VIEWS_AGREE,
    VIEWS_ONLY_RISE,
};
use super::node::PrimaryBackup;

pub use acknowledged::{AtMostTheLagIsLost, NoDeposedPrimaryAcknowledges};
pub use announced::TheAnnouncedIsSo;
pub use available::AvailableWithAllButOneFailed;
pub use failover::{AFailedPrimaryIsReplaced, FailoversHaveACause, LeasesAreKept, TheMostUpToDateIsPromoted};
pub use level::DeclaredLevel;
pub use map::TheMapIsThatOfTheLog;
pub use reads::ReadsAreCurrent;
pub use removed::FailedSecondariesAreRemoved;
pub use restored::TheFactorIsRestored;
pub use views::{OnePrimaryAView, ReplicasAreSpread, ViewsAgree, ViewsOnlyRise};

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<PrimaryBackup>] = &[
    PropertyRow {
        name: VIEWS_AGREE,
        summary: "The numbers of views only rise, and all nodes know the same of a view.",
        source: "Oki and Liskov, Viewstamped Replication, 1988: views are numbered",
        make: |_| Box::<ViewsAgree>::default(),
    },
    PropertyRow {
        name: ONE_PRIMARY,
        summary: "No two nodes serve as the primary of one view.",
        source: "Budhiraja, Marzullo, Schneider and Toueg 1993, Pb1: at most one server is the primary",
        make: |_| Box::<OnePrimaryAView>::default(),
    },
    PropertyRow {
        name: VIEWS_ONLY_RISE,
        summary: "No replica takes the log of a primary, or serves as one, in an earlier view than it was in or is sealed for.",
        source: "Lamport, Malkhi and Zhou, Vertical Paxos, 2009: promises to ballots",
        make: |_| Box::<ViewsOnlyRise>::default(),
    },
    PropertyRow {
        name: FAILOVERS_HAVE_A_CAUSE,
        summary: "A failover begins when nothing is heard of the primary, if that is the policy, or when an operator asks.",
        source: "Budhiraja et al. 1993, section 3: failover follows a failure",
        make: |config| Box::new(FailoversHaveACause::new(config)),
    },
    PropertyRow {
        name: FAILED_IS_REPLACED,
        summary: "Where failover is automatic, one begins when nothing is heard of the primary, and a secondary that \
                  could be promoted is there; whatever has begun one, it ends when leases have run out.",
        source: "Budhiraja et al. 1993, section 3: failover follows a failure",
        make: |config| Box::new(AFailedPrimaryIsReplaced::new(config)),
    },
    PropertyRow {
        name: SECONDARIES_ARE_REMOVED,
        summary: "A secondary of which nothing is heard, or that the primary does not reach, is removed from the \
                  view, as long as the primary is heard of.",
        source: "Lin et al., PacificA, MSR-TR-2008-25, section 2.3: secondaries that are suspected are removed",
        make: |config| Box::new(FailedSecondariesAreRemoved::new(config)),
    },
    PropertyRow {
        name: ANNOUNCED_IS_SO,
        summary: "When a view is made, what was announced last of each node is what it is.",
        source: "Chandra and Toueg 1996: a detector suspects processes, and no longer suspects them",
        make: |_| Box::<TheAnnouncedIsSo>::default(),
    },
    PropertyRow {
        name: LEASES_ARE_KEPT,
        summary: "When a view with another primary is made, the lease of the last one has run out, or it has given it up.",
        source: "Gray and Cheriton, Leases, SOSP 1989",
        make: |_| Box::<LeasesAreKept>::default(),
    },
    PropertyRow {
        name: BEST_IS_PROMOTED,
        summary: "Of the replicas that are sealed for a view, the most up to date becomes its primary (of several the old \
                  one last, and the soonest reached first), and the others are its passive secondaries.",
        source: "Alsberg and Day 1976, section 4: the backup that has most takes over",
        make: |_| Box::<TheMostUpToDateIsPromoted>::default(),
    },
    PropertyRow {
        name: REPLICAS_ARE_SPREAD,
        summary: "Whoever replaces a replica is in the zone with the fewest replicas that has a node to offer, and the \
                  nearest there.",
        source: "Ford et al., Availability in Globally Distributed Storage Systems, OSDI 2010: failure domains",
        make: |_| Box::<ReplicasAreSpread>::default(),
    },
    PropertyRow {
        name: LOGS_MATCH,
        summary: "Entries with one epoch and one offset are the same, and so are those before them.",
        source: "KIP-101 of Kafka: an epoch and an offset name an entry",
        make: |_| Box::new(LogsMatch::new(|node: &PrimaryBackup| &node.log, kept)),
    },
    PropertyRow {
        name: MAP_IS_OF_THE_LOG,
        summary: "When a replica has removed entries, or boots, its map is what is left of its log makes of it.",
        source: "Schneider 1990, section 7: reintegration; PostgreSQL's pg_rewind: what was done since is undone",
        make: |_| Box::<TheMapIsThatOfTheLog>::default(),
    },
    PropertyRow {
        name: ACKNOWLEDGED_IS_KEPT,
        summary: "A new primary has all writes that were acknowledged but for as many of the last ones as the lag allows: \
                  none where shipping is synchronous.",
        source: "Alsberg and Day 1976, section 3: n-host resiliency",
        make: |config| Box::new(AtMostTheLagIsLost::new(config)),
    },
    PropertyRow {
        name: NO_DEPOSED_ACKNOWLEDGES,
        summary: "Where shipping is asynchronous, a primary acknowledges nothing once another one serves.",
        source: "Budhiraja et al. 1993, Pb1 and Pb3: requests to another server than the primary are not processed",
        make: |config| Box::new(NoDeposedPrimaryAcknowledges::new(config)),
    },
    PropertyRow {
        name: READS_ARE_CURRENT,
        summary: "A read sees each write that was acknowledged before it began and is not lost.",
        source: "Gray and Cheriton, Leases, SOSP 1989",
        make: |_| Box::<ReadsAreCurrent>::default(),
    },
    PropertyRow {
        name: FACTOR_IS_RESTORED,
        summary: "When all nodes have been up and connected for long enough, there are as many replicas as there \
                  should be, and they stay.",
        source: "Budhiraja et al. 1993: the degree of replication; Schneider 1990, section 4: reintegration",
        make: |config| Box::new(TheFactorIsRestored::new(config)),
    },
    PropertyRow {
        name: AVAILABLE,
        summary: "Where the view service never fails: once nothing more fails, and as long as fewer nodes have failed than \
                  there should be replicas, each operation completes within `available_within`.",
        source: "Budhiraja et al. 1993, Pb4 and section 4: f + 1 replicas are enough for f crashes",
        make: |config| Box::new(AvailableWithAllButOneFailed::new(config)),
    },
    PropertyRow {
        name: DECLARED_LEVEL,
        summary: "Clients see a linearizable map: always where shipping is synchronous, and else where no failover has lost \
                  anything that they were told.",
        source: "Herlihy and Wing 1990; Budhiraja et al. 1993, Pb4: as one server",
        make: |config| Box::new(DeclaredLevel::new(config)),
    },
];

/// How many entries a replica has kept.
fn kept(event: &Event) -> Option<u64> {
    match event {
        Event::Truncated { to, .. } => Some(*to),
        Event::Recovered { .. } => Some(0),
        _ => None,
    }
}
