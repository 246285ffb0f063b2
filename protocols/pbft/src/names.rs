//! The names of the properties of PBFT.

pub(super) const ONE_PROPOSAL: &str = "One Proposal A Place";
pub(super) const VIEW_NEVER_DECREASES: &str = "View Never Decreases";
pub(super) const WATERMARKS: &str = "Watermarks";
pub(super) const PREPARED_AGREEMENT: &str = "Prepared Agreement";
pub(super) const PREPARED_IS_KEPT: &str = "Prepared Is Kept";
pub(super) const COMMITTED_IS_PREPARED: &str = "Committed Is Prepared";
pub(super) const NEW_VIEW_OF_A_QUORUM: &str = "New View Of A Quorum";
pub(super) const NEW_VIEW_KEEPS_COMMITTED: &str = "New View Keeps Committed";
pub(super) const STABLE_IS_EXECUTED: &str = "Stable Is Executed";
pub(super) const AGREEMENT: &str = "Agreement";
pub(super) const TOTAL_ORDER: &str = "Total Order";
pub(super) const EXACTLY_ONCE: &str = "Exactly Once";
pub(super) const CHECKPOINT_AGREEMENT: &str = "Checkpoint Agreement";
pub(super) const VALIDITY: &str = "Validity";
