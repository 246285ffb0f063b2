//! The names of the properties of replicated data types.

pub(super) const CONCURRENCY_SEMANTICS: &str = "Concurrency Semantics";
pub(super) const CAUSAL_DELIVERY: &str = "Causal Delivery";
pub(super) const UNIQUE_NAMES: &str = "Unique Names";
pub(super) const STRONG_LIST: &str = "Strong List Specification";
pub(super) const FORWARD_NON_INTERLEAVING: &str = "Forward Non-Interleaving";
