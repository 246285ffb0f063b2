//! What makes the counter tolerate faults: what is acknowledged stays, counts once, and is seen.

mod acknowledged;
mod configurations;
mod ledger;
mod reads;

use sim_core::PropertyRow;

use super::names::{
    ACKNOWLEDGED_IS_COVERED, AT_MOST_THRESHOLD, CONFIGURATIONS_AGREE, COUNTS_ONCE, ENTRIES_ONLY_GROW, ONLY_OPEN_SERVE,
    PROMOTED_KNOW_ALL, READS_SEE_ACKNOWLEDGED, STATES_ARE_EXPLAINED,
};
use super::node::FaultTolerantCounter;

pub use acknowledged::{AcknowledgedChangesAreCovered, PromotedReplicasKnowAll};
pub use configurations::{AtMostThresholdReplicas, ConfigurationsAgree, OnlyOpenConfigurationsServe};
pub use ledger::{AChangeCountsOnce, EntriesOnlyGrow, StatesAreExplained};
pub use reads::ReadsSeeAcknowledgedChanges;

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<FaultTolerantCounter>] = &[
    PropertyRow {
        name: CONFIGURATIONS_AGREE,
        summary: "Two configurations with the same number have the same replicas, and numbers only rise.",
        source: "Lamport, Malkhi and Zhou, Reconfiguring a State Machine, 2010: the sequence of configurations is one",
        make: |_| Box::<ConfigurationsAgree>::default(),
    },
    PropertyRow {
        name: AT_MOST_THRESHOLD,
        summary: "No open configuration has more replicas than the threshold.",
        source: "the replica threshold of the counter",
        make: |config| Box::new(AtMostThresholdReplicas::new(config)),
    },
    PropertyRow {
        name: ONLY_OPEN_SERVE,
        summary: "Nothing is counted, acknowledged or read under a configuration that has not been opened.",
        source: "Lamport, Malkhi and Zhou, Vertical Paxos, 2009: activation",
        make: |_| Box::<OnlyOpenConfigurationsServe>::default(),
    },
    PropertyRow {
        name: ENTRIES_ONLY_GROW,
        summary: "Each change in an entry adds to all that was counted in it before.",
        source: "Shapiro et al. 2011, specification 7: an entry is written by its own replica alone, and grows",
        make: |_| Box::<EntriesOnlyGrow>::default(),
    },
    PropertyRow {
        name: COUNTS_ONCE,
        summary: "No change is counted twice, however often it is asked for, and of whom.",
        source: "Lee et al., RIFL, SOSP 2015",
        make: |_| Box::<AChangeCountsOnce>::default(),
    },
    PropertyRow {
        name: STATES_ARE_EXPLAINED,
        summary: "What is read, and what a new configuration begins with, is what was counted, up to some change of each \
                  entry.",
        source: "Shapiro et al. 2011, specification 7: merging takes the maximum of each entry",
        make: |_| Box::<StatesAreExplained>::default(),
    },
    PropertyRow {
        name: ACKNOWLEDGED_IS_COVERED,
        summary: "Of the replicas that have not lost their disks, any |R| - t + 1 know of each acknowledged change.",
        source: "Gifford 1979: whoever gathers meets whoever acknowledged",
        make: |config| Box::new(AcknowledgedChangesAreCovered::new(config)),
    },
    PropertyRow {
        name: PROMOTED_KNOW_ALL,
        summary: "When a configuration is opened, each of its replicas knows of each change that was acknowledged before.",
        source: "Lamport, Malkhi and Zhou, Vertical Paxos, 2009: state transfer before activation",
        make: |_| Box::<PromotedReplicasKnowAll>::default(),
    },
    PropertyRow {
        name: READS_SEE_ACKNOWLEDGED,
        summary: "A read returns all changes that were acknowledged before it began.",
        source: "Gifford 1979: read quorums meet write quorums",
        make: |_| Box::<ReadsSeeAcknowledgedChanges>::default(),
    },
];
