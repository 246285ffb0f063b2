//! What leased locks promise.

mod accounts;
mod keys;
mod line;
mod locks;
mod storage;

use sim_core::PropertyRow;

use super::names::{
    EPHEMERAL, IN_LINE, MUTUAL_EXCLUSION, NO_LOST_UPDATE, NO_LOWER_TOKEN, NOTHING_AFTER_FAILED_RENEWAL, ONCE, ONE_NODE,
    RELEASED_BY_ITS_HOLDER, RENEWED_BY_ITS_HOLDER, SERIALIZABLE, STORAGE_REMEMBERS, TOKENS_GROW, WATCHING,
    WITHIN_THE_LEASE, WOKEN,
};
use super::node::LeasedLock;

pub(super) use accounts::check;
pub use keys::{ReleasedByItsHolder, RenewedByItsHolder};
pub use line::{EphemeralNodesEnd, FirstComeFirstServed, OneNodeASection, WaitersAreWoken, WaitersWatch};
pub use locks::{MutualExclusion, NothingAfterFailedRenewal, TokensGrow, WithinTheLease};
pub use storage::{
    CriticalSectionsAreSerializable, NoLostUpdate, NoLowerToken, RequestsTakeEffectOnce, StorageForgetsNothing,
};

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<LeasedLock>] = &[
    PropertyRow {
        name: RENEWED_BY_ITS_HOLDER,
        summary: "A key is renewed by the section whose it is.",
        source: "Redis documentation, \"Making the algorithm more reliable: Extending the lock\"",
        make: |_| Box::<RenewedByItsHolder>::default(),
    },
    PropertyRow {
        name: RELEASED_BY_ITS_HOLDER,
        summary: "A key is released by the section whose it is.",
        source: "Redis documentation, \"Correct Implementation with a Single Instance\"",
        make: |_| Box::<ReleasedByItsHolder>::default(),
    },
    PropertyRow {
        name: NOTHING_AFTER_FAILED_RENEWAL,
        summary: "A holder whose lock a majority does not renew is told so, and does nothing more in that section.",
        source: "textbook code: a guard with automatic renewal",
        make: |_| Box::<NothingAfterFailedRenewal>::default(),
    },
    PropertyRow {
        name: WITHIN_THE_LEASE,
        summary: "A holder decides nothing from a margin before its lease ends on, by its monotonic clock.",
        source: "Gray and Cheriton 1989, leases",
        make: |config| Box::new(WithinTheLease::new(config)),
    },
    PropertyRow {
        name: EPHEMERAL,
        summary: "When a session ends, so do all of its nodes.",
        source: "Hunt et al. 2010, section 2.1: ephemeral nodes",
        make: |_| Box::<EphemeralNodesEnd>::default(),
    },
    PropertyRow {
        name: ONE_NODE,
        summary: "A section has one node in line, however often it asks for it.",
        source: "ZooKeeper Recipes, \"Recoverable Errors and the GUID\"",
        make: |_| Box::<OneNodeASection>::default(),
    },
    PropertyRow {
        name: IN_LINE,
        summary: "Who gets a lock on the log has no node before its own in line.",
        source: "Hunt et al. 2010, section 2.4: simple locks without herd effect; ZooKeeper Recipes, \"Locks\"",
        make: |_| Box::<FirstComeFirstServed>::default(),
    },
    PropertyRow {
        name: MUTUAL_EXCLUSION,
        summary: "No two sections have a lock at one time, each by the clock of its holder.",
        source: "Redis documentation, \"Safety and Liveness Guarantees\"; Gray and Cheriton 1989",
        make: |_| Box::<MutualExclusion>::default(),
    },
    PropertyRow {
        name: TOKENS_GROW,
        summary: "Who gets a lock gets a higher token than all who have had it before.",
        source: "Kleppmann 2016, \"Making the lock safe with fencing\"; Burrows 2006, sequencers",
        make: |_| Box::<TokensGrow>::default(),
    },
    PropertyRow {
        name: NO_LOWER_TOKEN,
        summary: "Critical sections have their effects in the order of their tokens: no lower one is served.",
        source: "Kleppmann 2016, \"Making the lock safe with fencing\"",
        make: |_| Box::<NoLowerToken>::default(),
    },
    PropertyRow {
        name: SERIALIZABLE,
        summary: "Between the read of a section and its write no other section writes the account.",
        source: "Kleppmann 2016, \"Protecting a resource with a lock\"",
        make: |_| Box::<CriticalSectionsAreSerializable>::default(),
    },
    PropertyRow {
        name: ONCE,
        summary: "A request of a client is carried out once, however often and by whomever it is asked for.",
        source: "Helland 2007",
        make: |_| Box::<RequestsTakeEffectOnce>::default(),
    },
    PropertyRow {
        name: NO_LOST_UPDATE,
        summary: "An account has what was added to it.",
        source: "Kleppmann 2016, \"Protecting a resource with a lock\"",
        make: |_| Box::<NoLostUpdate>::default(),
    },
    PropertyRow {
        name: STORAGE_REMEMBERS,
        summary: "The storage that boots knows all requests that it has carried out, and their tokens.",
        source: "Kleppmann 2016, \"Making the lock safe with fencing\": it remembers the token",
        make: |_| Box::<StorageForgetsNothing>::default(),
    },
    PropertyRow {
        name: WOKEN,
        summary: "Who is the first in line for a lock on the log hears of it: no wake-up is lost.",
        source: "ZooKeeper Recipes, \"Locks\"",
        make: |config| Box::new(WaitersAreWoken::new(config)),
    },
    PropertyRow {
        name: WATCHING,
        summary: "Who stands in line on the log watches a node that is there, and does not ask again and again.",
        source: "Hunt et al. 2010, section 2.4: locks without polling or timeouts",
        make: |config| Box::new(WaitersWatch::new(config)),
    },
];
