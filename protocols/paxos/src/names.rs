//! The names of the properties of Multi-Paxos.

pub(super) const PROMISE_NEVER_DECREASES: &str = "Promise Never Decreases";
pub(super) const PROMISES_ARE_KEPT: &str = "Promises Are Kept";
pub(super) const ACCEPTED_WITHIN_PROMISE: &str = "Accepted Within Promise";
pub(super) const ACCEPTANCES_ARE_KEPT: &str = "Acceptances Are Kept";
pub(super) const ONE_PROPOSER_A_BALLOT: &str = "One Proposer A Ballot";
pub(super) const ONE_CHANGE_AT_A_TIME: &str = "One Change At A Time";
pub(super) const UNHEARD_STEPS_DOWN: &str = "Who Is Not Heard Steps Down";
pub(super) const LOG_IS_TRUNCATED: &str = "The Log Is Truncated";
pub(super) const ONE_VALUE_A_BALLOT: &str = "One Value A Ballot";
pub(super) const QUORUMS_MEET: &str = "Quorums Meet";
pub(super) const PROMISES_WERE_MADE: &str = "Promises Were Made";
pub(super) const P2C: &str = "P2c";
pub(super) const CHOSEN_BY_QUORUM: &str = "Chosen By Quorum";
pub(super) const AGREEMENT: &str = "Agreement";
pub(super) const ROUNDS_ARE_LEASES: &str = "Returned Rounds Are Leases";
pub(super) const READS_BY_LEASE: &str = "Leased Reads Are Answered At Once";
pub(super) const CHANGES_DO_NOT_WAIT: &str = "Changes Do Not Wait For Clients";
pub(super) const REFUSALS_ARE_TOLD: &str = "Refusals Are Told";
pub(super) const WAITING_ANSWERED: &str = "Whoever Waits Is Answered";
pub(super) const VALIDITY: &str = "Validity";
pub(super) const ONLY_THE_REFUSED: &str = "Only The Refused Is Given Up";
pub(super) const WITHIN_ALPHA: &str = "Proposals Within Alpha";
pub(super) const SAME_STATE: &str = "Same State At Same Instance";
pub(super) const LEASE_IS_EXCLUSIVE: &str = "Lease Is Exclusive";
pub(super) const LEASE_IS_KEPT: &str = "Lease Is Kept";
