//! What the store promises, whatever its settings, and the levels of consistency that it declares for them.

mod kept;
mod level;
mod reads;
mod replicas;
mod rings;
mod settled;
mod stored;
mod versions;

use sim_core::PropertyRow;

use super::names::{
    ACKNOWLEDGED_WRITES_ARE_FOUND, ACKNOWLEDGED_WRITES_ARE_KEPT, ASKS_ALL_REPLICAS, DECLARED_LEVEL,
    DELETED_STAYS_DELETED, EACH_KEY_HAS_ONE_PARTITION, KEEPS_THE_MAXIMAL, KEYS_MOVE_ONLY_WITH_NODES, MERGES_KEEP_ALL,
    NEVER_GOES_BACK, ONE_VERSION_A_WRITE, ONE_WRITE_A_VERSION, READS_RETURN_THE_NEWEST, REPLICAS_CONVERGE,
    TREES_TELL_ALL, VERSIONS_FOLLOW_SESSIONS,
};
use super::node::QuorumStore;

pub use kept::AcknowledgedWritesAreKept;
pub use level::DeclaredLevel;
pub use reads::{AsksAllReplicas, ReadsReturnTheNewest};
pub use replicas::{DeletedStaysDeleted, KeepsTheMaximal, NeverGoesBack, TreesTellAll};
pub use rings::{AcknowledgedWritesAreFound, EachKeyHasOnePartition, KeysMoveOnlyWithNodes};
pub use settled::ReplicasConverge;
pub use versions::{MergesKeepAll, OneVersionAWrite, OneWriteAVersion, VersionsFollowSessions};

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<QuorumStore>] = &[
    PropertyRow {
        name: ONE_WRITE_A_VERSION,
        summary: "No two writes have a version of the same name.",
        source: "Preguiça et al. 2012: a dot is globally unique",
        make: |_| Box::<OneWriteAVersion>::default(),
    },
    PropertyRow {
        name: ONE_VERSION_A_WRITE,
        summary: "A write has one version, however often it is asked for.",
        source: "Guerraoui and Levy 2004, of tags; Lee et al. 2015",
        make: |_| Box::<OneVersionAWrite>::default(),
    },
    PropertyRow {
        name: VERSIONS_FOLLOW_SESSIONS,
        summary: "A version comes after all that its session had seen; where siblings are kept, after nothing else.",
        source: "Kulkarni et al. 2014; Preguiça et al. 2012",
        make: |config| Box::new(VersionsFollowSessions::new(config)),
    },
    PropertyRow {
        name: MERGES_KEEP_ALL,
        summary: "What an application merges is the union of all that its session had seen and that was not overwritten.",
        source: "DeCandia et al. 2007, section 4.4: an add is never lost",
        make: |config| Box::new(MergesKeepAll::new(config)),
    },
    PropertyRow {
        name: ASKS_ALL_REPLICAS,
        summary: "An operation asks all N replicas of its key, so that any of them may be down.",
        source: "DeCandia et al. 2007, section 4.5",
        make: |config| Box::new(AsksAllReplicas::new(config)),
    },
    PropertyRow {
        name: KEEPS_THE_MAXIMAL,
        summary: "A replica has exactly those of the versions it was given that none of the others takes the place of.",
        source: "Burckhardt et al. 2014, the multi-value register",
        make: |_| Box::<KeepsTheMaximal>::default(),
    },
    PropertyRow {
        name: NEVER_GOES_BACK,
        summary: "What a replica has takes the place of what it had, also after a crash.",
        source: "Gifford 1979: version numbers only grow",
        make: |_| Box::<NeverGoesBack>::default(),
    },
    PropertyRow {
        name: DELETED_STAYS_DELETED,
        summary: "No version comes back to a replica that has forgotten its deletion.",
        source: "Demers et al. 1987, section 2: death certificates",
        make: |_| Box::<DeletedStaysDeleted>::default(),
    },
    PropertyRow {
        name: TREES_TELL_ALL,
        summary: "The Merkle trees of a replica tell what it has.",
        source: "DeCandia et al. 2007, section 4.7",
        make: |_| Box::<TreesTellAll>::default(),
    },
    PropertyRow {
        name: READS_RETURN_THE_NEWEST,
        summary: "A read has heard of R replicas by as many nodes, and returns what is maximal of what they have.",
        source: "Gifford 1979; Burckhardt et al. 2014, the multi-value register",
        make: |config| Box::new(ReadsReturnTheNewest::new(config)),
    },
    PropertyRow {
        name: ACKNOWLEDGED_WRITES_ARE_KEPT,
        summary: "W nodes have what was acknowledged, durably, from then on, as replicas or for replicas; with gossiped \
                  rings, one at least.",
        source: "Gifford 1979; DeCandia et al. 2007, section 4.6",
        make: |config| Box::new(AcknowledgedWritesAreKept::new(config)),
    },
    PropertyRow {
        name: ACKNOWLEDGED_WRITES_ARE_FOUND,
        summary: "No R replicas that would answer a read lack what was acknowledged, also while the ring changes.",
        source: "Gifford 1979, of quorums; Lamport, Malkhi and Zhou 2009, of changes",
        make: |config| Box::new(AcknowledgedWritesAreFound::new(config)),
    },
    PropertyRow {
        name: KEYS_MOVE_ONLY_WITH_NODES,
        summary: "When the ring changes, keys move only to nodes that have joined and from nodes that have left, and the keys \
                  of a range that is moved to the node that it is moved to.",
        source: "Karger et al. 1997, monotonicity; Chang et al. 2006, of ranges",
        make: |_| Box::<KeysMoveOnlyWithNodes>::default(),
    },
    PropertyRow {
        name: EACH_KEY_HAS_ONE_PARTITION,
        summary: "By the same version of the ranges, whoever has it, each key is in exactly one of them.",
        source: "Chang et al. 2006, section 5: a tablet is assigned to one server at a time",
        make: |_| Box::<EachKeyHasOnePartition>::default(),
    },
    PropertyRow {
        name: REPLICAS_CONVERGE,
        summary: "Once nothing is asked and nothing fails any more, the replicas of a key soon have the same.",
        source: "Demers et al. 1987; Vogels 2009",
        make: |_| Box::<ReplicasConverge>::default(),
    },
    PropertyRow {
        name: DECLARED_LEVEL,
        summary: "Clients see the levels of consistency that are declared for these settings.",
        source: "Terry et al. 1994; Brzezinski et al. 2004",
        make: |config| Box::new(DeclaredLevel::new(config)),
    },
];
