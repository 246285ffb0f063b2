//! What chain replication promises.

mod acknowledged;
mod chains;
mod histories;
mod level;
mod reads;
mod removed;
mod restored;
mod versions;

use parts::epoch_log::LogsMatch;
use sim_core::PropertyRow;

use super::message::Event;
use super::names::{
    ACKNOWLEDGED_IS_KEPT, CHAINS_AGREE, CLEAN_READS_ARE_LOCAL, DECLARED_LEVEL, FAILED_ARE_REMOVED, HISTORIES_MATCH,
    INPROCESS_REQUESTS, LEASES_ARE_KEPT, LENGTH_IS_RESTORED, ONLY_RISE, READS_ARE_COMMITTED, READS_ARE_CONFIRMED,
    READS_ARE_CURRENT, STALENESS_IS_BOUNDED, UPDATE_PROPAGATION, VERSIONS_ARE_TOLD,
};
use super::node::ChainServer;

pub use acknowledged::NoAcknowledgedUpdateIsLost;
pub use chains::{ConfigurationsAgree, ConfigurationsOnlyRise, LeasesAreKept};
pub use histories::{InprocessRequestsInvariant, UpdatePropagationInvariant};
pub use level::DeclaredLevel;
pub use reads::{CleanReadsAreLocal, ReadsAreCommitted, ReadsAreConfirmed, ReadsAreCurrent, StalenessIsBounded};
pub use removed::TheFailedAreRemoved;
pub use restored::TheLengthIsRestored;
pub use versions::VersionsAreTold;

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<ChainServer>] = &[
    PropertyRow {
        name: CHAINS_AGREE,
        summary: "The numbers of configurations only rise, and all nodes know the same of one.",
        source: "van Renesse and Schneider 2004, section 3: a master that does not fail tells each server its neighbours",
        make: |_| Box::<ConfigurationsAgree>::default(),
    },
    PropertyRow {
        name: ONLY_RISE,
        summary: "No server has a place in a configuration before one in which it had a place, or for which it has \
                  promised to take part in no earlier one.",
        source: "Lamport, Malkhi and Zhou, Vertical Paxos, 2009: promises to ballots",
        make: |_| Box::<ConfigurationsOnlyRise>::default(),
    },
    PropertyRow {
        name: LEASES_ARE_KEPT,
        summary: "When a configuration is made, no server that it leaves out still has a lease, and none has one \
                  that the master takes for over.",
        source: "Gray and Cheriton, Leases, SOSP 1989",
        make: |_| Box::<LeasesAreKept>::default(),
    },
    PropertyRow {
        name: FAILED_ARE_REMOVED,
        summary: "A server that does not answer is removed when its lease has run out, as long as another one is left, and \
                  no other is.",
        source: "van Renesse and Schneider 2004, section 3: the master detects failures of servers and removes them",
        make: |config| Box::new(TheFailedAreRemoved::new(config)),
    },
    PropertyRow {
        name: HISTORIES_MATCH,
        summary: "There is one order: updates with one epoch and one offset are the same, and so are those before them.",
        source: "van Renesse and Schneider 2004, section 3: updates are ordered by the head",
        make: |_| Box::new(LogsMatch::new(|node: &ChainServer| &node.history, kept)),
    },
    PropertyRow {
        name: UPDATE_PROPAGATION,
        summary: "Hist of a server is a prefix of Hist of each server before it in the chain.",
        source: "van Renesse and Schneider 2004, section 3.1: the Update Propagation Invariant",
        make: |_| Box::<UpdatePropagationInvariant>::default(),
    },
    PropertyRow {
        name: INPROCESS_REQUESTS,
        summary: "Hist of a server is Hist of any server behind it and, after that, what it has in Sent; what it \
                  takes its successor to have, that has.",
        source: "van Renesse and Schneider 2004, section 3.1: the Inprocess Requests Invariant",
        make: |_| Box::<InprocessRequestsInvariant>::default(),
    },
    PropertyRow {
        name: ACKNOWLEDGED_IS_KEPT,
        summary: "Each server of the chain has all updates that were acknowledged, from when it takes its place.",
        source: "van Renesse and Schneider 2004, section 2: what the tail has processed, all servers have",
        make: |_| Box::<NoAcknowledgedUpdateIsLost>::default(),
    },
    PropertyRow {
        name: READS_ARE_CONFIRMED,
        summary: "Where reads are confirmed, no other server of the chain had promised to take part in a later configuration \
                  when a read began that is answered.",
        source: "Lamport, Malkhi and Zhou, Vertical Paxos, 2009: promises to ballots",
        make: |config| Box::new(ReadsAreConfirmed::new(config)),
    },
    PropertyRow {
        name: READS_ARE_CURRENT,
        summary: "A strong read sees each update of what it reads that was acknowledged before it began.",
        source: "van Renesse and Schneider 2004, section 2: strong consistency; Terrace and Freedman 2009, section 2.3",
        make: |_| Box::<ReadsAreCurrent>::default(),
    },
    PropertyRow {
        name: READS_ARE_COMMITTED,
        summary: "A strong read sees no update of what it reads that no tail has committed.",
        source: "Terrace and Freedman 2009, section 2.3: clean and dirty versions",
        make: |_| Box::<ReadsAreCommitted>::default(),
    },
    PropertyRow {
        name: CLEAN_READS_ARE_LOCAL,
        summary: "A server asks the tail only for a read of something of which it has versions that may not be \
                  committed; where it has a lease, it answers any other at once.",
        source: "Terrace and Freedman 2009, section 2.3: a clean version is returned at once",
        make: |_| Box::<CleanReadsAreLocal>::default(),
    },
    PropertyRow {
        name: VERSIONS_ARE_TOLD,
        summary: "A tail that is asked what is committed says it, unless it cannot know, and who is told answers its reads.",
        source: "Terrace and Freedman 2009, section 2.3: of a dirty object the tail is asked for the last committed version",
        make: |config| Box::new(VersionsAreTold::new(config)),
    },
    PropertyRow {
        name: STALENESS_IS_BOUNDED,
        summary: "A bounded read misses no update that was acknowledged longer ago than max_age, and is ahead of what is \
                  committed by max_versions of a key at most.",
        source: "Terrace and Freedman 2009, section 2.4: eventual consistency with maximum-bounded inconsistency",
        make: |config| Box::new(StalenessIsBounded::new(config)),
    },
    PropertyRow {
        name: LENGTH_IS_RESTORED,
        summary: "When enough servers have been up and connected for long enough, the chain is as long as it should \
                  be, no longer, and stays as it is.",
        source: "van Renesse and Schneider 2004, section 3.1: extending a chain",
        make: |config| Box::new(TheLengthIsRestored::new(config)),
    },
    PropertyRow {
        name: DECLARED_LEVEL,
        summary: "Clients see a linearizable map; where reads are weak, what is not a read is linearizable, and a read \
                  returns what some version of the history makes of the map.",
        source: "Herlihy and Wing 1990; van Renesse and Schneider 2004, section 2: the specification of the service",
        make: |config| Box::new(DeclaredLevel::new(config)),
    },
];

/// How many updates a server has kept.
fn kept(event: &Event) -> Option<u64> {
    match event {
        Event::Truncated { to, .. } => Some(*to),
        Event::Recovered { .. } => Some(0),
        _ => None,
    }
}
