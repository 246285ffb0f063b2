//! The names of the properties.

pub(super) const AGREEMENT: &str = "State Machine Agreement";
pub(super) const OUTPUTS: &str = "Outputs Agree";
pub(super) const MASKED: &str = "Faults Are Masked";
pub(super) const ACCUSED: &str = "Only The Faulty Are Accused";
pub(super) const REPAIRED: &str = "Replicas Converge";
pub(super) const ONCE: &str = "At Most Once";
pub(super) const STAMPS: &str = "Stamps Only Rise";
pub(super) const KEPT: &str = "Answered Is Kept";
pub(super) const ONE_LEADER: &str = "One Leader Answers";
pub(super) const STOPPED: &str = "Only The Stopped Are Replaced";
