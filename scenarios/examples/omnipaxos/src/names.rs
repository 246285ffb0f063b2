//! The names of the properties of Sequence Paxos.

pub(crate) const PROMISE_NEVER_DECREASES: &str = "Promise Never Decreases";
pub(crate) const VALIDITY: &str = "Validity";
pub(crate) const UNIFORM_AGREEMENT: &str = "Uniform Agreement";
pub(crate) const INTEGRITY: &str = "Integrity";
