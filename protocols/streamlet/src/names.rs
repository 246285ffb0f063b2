//! The names of the properties of Streamlet.

pub(super) const CONSISTENCY: &str = "Consistency";
pub(super) const UNIQUE_NOTARIZATION: &str = "Unique Notarization";
pub(super) const ONE_VOTE: &str = "One Vote An Epoch";
