//! The names of the properties.

pub(super) const ATOMICITY: &str = "Atomic Commitment";
pub(super) const DECISIONS_STAND: &str = "A Decision Never Changes";
pub(super) const COMMIT_NEEDS_ALL: &str = "Commit Needs All Votes";
pub(super) const ONE_VOTE_CHOSEN: &str = "A Vote Is Chosen Once";
pub(super) const DURABLE: &str = "Votes And Decisions Are Durable";
pub(super) const STRICT_LOCKING: &str = "Locks Are Held To The Decision";
pub(super) const ONE_COMMIT: &str = "A Request Commits Once";
pub(super) const CONSERVED: &str = "Money Is Conserved";
pub(super) const COVERED: &str = "Accounts Stay Covered";
pub(super) const IN_THEIR_SHARDS: &str = "Accounts Are In Their Shards";
pub(super) const QUESTIONS_ANSWERED: &str = "Questions Are Answered";
pub(super) const DOUBT_ASKS: &str = "Whoever Is In Doubt Asks";
pub(super) const OLDER_WAIT: &str = "Only Older Transactions Wait";
pub(super) const TRANSACTIONS_END: &str = "Transactions End";
pub(super) const BEGUN_AGAIN: &str = "The Dead Are Begun Again";
pub(super) const NOBODY_OVERTAKES: &str = "No Older Transaction Is Overtaken";
pub(super) const REFUSED_WHEN_SHORT: &str = "Refused Only When Short";
pub(super) const NOBODY_UNCERTAIN: &str = "Nobody Commits While Another Is Uncertain";
