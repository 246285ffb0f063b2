//! The names of the properties of a causal store.

pub(super) const UNIQUE_VERSIONS: &str = "Unique Versions";
pub(super) const CLOCK_CONDITION: &str = "Clock Condition";
pub(super) const DEPENDENCIES_FIRST: &str = "Dependencies First";
pub(super) const SESSION_GUARANTEES: &str = "Guarantees On Demand";
pub(super) const LAST_WRITER_WINS: &str = "Last Writer Wins";
pub(super) const NO_UPDATE_LOST: &str = "No Update Lost";
pub(super) const CAUSAL_PLUS: &str = "Causal+ Consistency";
