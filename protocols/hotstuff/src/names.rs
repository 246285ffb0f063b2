//! The names of the properties of HotStuff.

pub(super) const ONE_VOTE_A_VIEW: &str = "One Vote A View";
pub(super) const SAFE_VOTES: &str = "Safe Votes";
pub(super) const LOCK_IS_KEPT: &str = "Lock Is Kept";
pub(super) const HIGH_IS_KEPT: &str = "Highest Certificate Is Kept";
pub(super) const LOCK_IS_KNOWN: &str = "Lock Is Known";
pub(super) const CERTIFIED_EXTENDS_COMMITTED: &str = "Certified Extends Committed";
pub(super) const ONE_CERTIFICATE_A_VIEW: &str = "One Certificate A View";
pub(super) const AGREEMENT: &str = "Agreement";
pub(super) const EXACTLY_ONCE: &str = "Exactly Once";
pub(super) const VALIDITY: &str = "Validity";
