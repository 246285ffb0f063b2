//! The names of the properties of sagas.

pub(super) const LOGGED_BEFORE_DONE: &str = "Logged Before Done";
pub(super) const STEPS_AS_ASKED: &str = "Steps As Asked";
pub(super) const AT_MOST_ONCE: &str = "Steps At Most Once";
pub(super) const NO_STEP_AFTER_COMPENSATION: &str = "No Step After Compensation";
pub(super) const REVERSE_ORDER: &str = "Compensations In Reverse Order";
pub(super) const ALL_OR_COMPENSATED: &str = "All Or Compensated";
pub(super) const OUTCOMES_ARE_FINAL: &str = "Outcomes Are Final";
pub(super) const MONEY_IS_CONSERVED: &str = "Sagas Conserve Money";
pub(super) const BALANCES_ARE_EXPLAINED: &str = "Balances Are Explained";
pub(super) const ANSWERED_BY_BALANCE: &str = "Answered By The Balance";
pub(super) const EFFECTS_STAY: &str = "Effects Stay";
pub(super) const NEVER_SILENT: &str = "Never Silent";
pub(super) const RESOLVED_ONCE: &str = "Resolved Once";
pub(super) const RECOVERS_AS_SET: &str = "Recovers As Set";
pub(super) const NO_OPERATOR_TOO_SOON: &str = "No Operator Too Soon";
pub(super) const SAGAS_END: &str = "Sagas End";
pub(super) const OVERDRAWN_BY_OPERATORS_ALONE: &str = "Overdrawn By Operators Alone";
