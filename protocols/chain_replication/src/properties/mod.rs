//! What chain replication promises.

mod acknowledged;
mod chains;
mod histories;
mod level;
mod reads;
mod restored;

use parts::epoch_log::LogsMatch;
use sim_core::PropertyRow;

use super::message::Event;
use super::names::{
    ACKNOWLEDGED_IS_KEPT, CHAINS_AGREE, DECLARED_LEVEL, HISTORIES_MATCH, INPROCESS_REQUESTS, LEASES_ARE_KEPT,
    LENGTH_IS_RESTORED, ONLY_RISE, READS_ARE_COMMITTED, READS_ARE_CURRENT, STALENESS_IS_BOUNDED, UPDATE_PROPAGATION,
};
use super::node::ChainServer;

pub use acknowledged::NoAcknowledgedUpdateIsLost;
pub use chains::{ConfigurationsAgree, ConfigurationsOnlyRise, LeasesAreKept};
pub use histories::{InprocessRequestsInvariant, UpdatePropagationInvariant};
pub use level::DeclaredLevel;
pub use reads::{ReadsAreCommitted, ReadsAreCurrent, StalenessIsBounded};
pub use restored::TheLengthIsRestored;

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
        summary: "No server takes a place in a configuration before one in which it had a place.",
        source: "Lamport, Malkhi and Zhou, Vertical Paxos, 2009: promises to ballots",
        make: |_| Box::<ConfigurationsOnlyRise>::default(),
    },
    PropertyRow {
        name: LEASES_ARE_KEPT,
        summary: "When a configuration is made, no server that it leaves out still has a lease.",
        source: "Gray and Cheriton, Leases, SOSP 1989",
        make: |_| Box::<LeasesAreKept>::default(),
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
        summary: "Hist of a server is Hist of any server behind it and, after that, what it has in Sent.",
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
        name: STALENESS_IS_BOUNDED,
        summary: "A bounded read misses no update that was acknowledged longer ago than max_age, and is ahead of what is \
                  committed by max_versions of a key at most.",
        source: "Terrace and Freedman 2009, section 2.4: eventual consistency with maximum-bounded inconsistency",
        make: |config| Box::new(StalenessIsBounded::new(config)),
    },
    PropertyRow {
        name: LENGTH_IS_RESTORED,
        summary: "When enough servers have been up and connected for long enough, the chain is as long as it should be.",
        source: "van Renesse and Schneider 2004, section 3.1: extending a chain",
        make: |config| Box::new(TheLengthIsRestored::new(config)),
    },
    PropertyRow {
        name: DECLARED_LEVEL,
        summary: "Clients see a linearizable map; where reads are weak, what is not a read is linearizable.",
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
