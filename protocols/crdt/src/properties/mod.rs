//! What replicated data types claim.

mod causal_delivery;
mod concurrency_semantics;
mod sequences;
mod unique_names;
mod visible;

use sim_core::PropertyRow;

use super::names::{CAUSAL_DELIVERY, CONCURRENCY_SEMANTICS, FORWARD_NON_INTERLEAVING, STRONG_LIST, UNIQUE_NAMES};
use super::node::Crdt;

pub use causal_delivery::CausalDelivery;
pub use concurrency_semantics::ConcurrencySemantics;
pub use sequences::{ForwardNonInterleaving, StrongList};
pub use unique_names::UniqueNames;

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<Crdt>] = &[
    PropertyRow {
        name: UNIQUE_NAMES,
        summary: "No two updates have one name.",
        source: "Almeida et al. 2018, section 7: a dot is globally unique",
        make: |_| Box::<UniqueNames>::default(),
    },
    PropertyRow {
        name: CAUSAL_DELIVERY,
        summary: "A replica that has an update has all that its origin had when it made it.",
        source: "Shapiro et al. 2011, section 2.3; Almeida et al. 2018, the causal delta-merging condition",
        make: |_| Box::<CausalDelivery>::default(),
    },
    PropertyRow {
        name: CONCURRENCY_SEMANTICS,
        summary: "A read gives what its type is specified to give, with the updates that its replica has.",
        source: "Burckhardt et al. 2014, section 4",
        make: |_| Box::<ConcurrencySemantics>::default(),
    },
    PropertyRow {
        name: STRONG_LIST,
        summary: "All replicas show the elements of a sequence in one order, each where it was inserted.",
        source: "Attiya et al. 2016, the strong list specification",
        make: |_| Box::<StrongList>::default(),
    },
    PropertyRow {
        name: FORWARD_NON_INTERLEAVING,
        summary: "Elements that were inserted one behind the other stay together.",
        source: "Weidner and Kleppmann 2023, section 4",
        make: |_| Box::<ForwardNonInterleaving>::default(),
    },
];
