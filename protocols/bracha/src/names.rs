//! The names of the properties of reliable broadcast.

pub(super) const VALIDITY: &str = "Validity";
pub(super) const CONSISTENCY: &str = "Consistency";
pub(super) const INTEGRITY: &str = "Integrity";
pub(super) const TOTALITY: &str = "Totality";
