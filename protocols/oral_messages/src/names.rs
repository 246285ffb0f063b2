//! The names of the properties of OM(m).

pub(super) const IC1: &str = "IC1";
pub(super) const IC2: &str = "IC2";
pub(super) const TERMINATION: &str = "Termination";
