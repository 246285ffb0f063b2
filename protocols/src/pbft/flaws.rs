//! Mistakes that implementations of PBFT make, and what its proofs would not survive. Each one is a
//! deviation in a single place of the code, found by searching for its name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::Linearizability;
use sim_core::{FlawInfo, PROGRESS};

use super::model::PbftModel;
use super::properties as p;

/// A known bug, by its name in scenario files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PbftFlaw {
    /// Certificates of 2f replicas in all count, the own vote included.
    WeakQuorum,
    /// A backup takes a second proposal for a place in the order.
    AcceptsSecondProposal,
    /// A new view does not propose again what was prepared.
    NewViewWithoutCertificates,
    /// Prepared certificates in view-change messages are not verified.
    UnverifiedCertificates,
    /// Of several certificates for a place the one of the earliest view counts.
    StaleCertificateWins,
    /// A new view leaves places open of which nothing is known.
    NoNullRequests,
    /// Places outside of the watermarks are taken.
    UncheckedWatermarks,
    /// One replica's word is enough for a checkpoint to be stable.
    NoCheckpointProof,
    /// Committed batches are executed without waiting for those before them.
    ExecutesOutOfOrder,
    /// A request that was executed is executed again.
    ExecutesTwice,
    /// The signatures of clients are not verified.
    ForgedRequests,
    /// A client believes the first reply.
    TrustsOneReply,
    /// Proposals are made and accepted before they are durable.
    UnsyncedPrepare,
    /// A replica leaves a view before it has noted that durably.
    UnsyncedView,
    /// A client that reads without ordering believes f + 1 replies to a write.
    FewWriteReplies,
    /// What was committed is not shown to replicas that a primary has left out.
    ReadOnlyFaultyLeader,
    /// A replica commits to what it has accepted, whether it is prepared or not.
    CommitsBeforePrepared,
    /// A replica commits before it has noted durably what was prepared.
    UnsyncedCommit,
    /// A view-change message tells only what was prepared in the view that the replica leaves.
    TellsLastViewOnly,
    /// A view begins with 2f view-change messages, its primary's own included.
    SmallNewView,
    /// A replica moves its watermarks to a stable checkpoint of which it does not have the state.
    StableWithoutState,
}

const fn flaw(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    violates: &'static [&'static str],
) -> FlawInfo {
    FlawInfo { name, summary, source, violates }
}

/// The check of the clients' history.
const LINEARIZABILITY: &str = Linearizability::<PbftModel>::NAME;

/// What can go wrong once two batches can have one place.
const AGREEMENT_AND_MORE: &[&str] = &[
    p::NEW_VIEW_KEEPS_COMMITTED,
    p::AGREEMENT,
    p::CHECKPOINT_AGREEMENT,
    p::EXACTLY_ONCE,
    p::VALIDITY,
    LINEARIZABILITY,
    PROGRESS,
];

/// All flaws, in the order of [`PbftFlaw`].
pub(super) const FLAWS: &[FlawInfo] = &[
    flaw(
        "weak-quorum",
        "Certificates of 2f replicas in all count, the own vote included: two of them need no correct replica in common.",
        "OSDI 4.2; a classic off by one",
        &[
            p::COMMITTED_IS_PREPARED,
            p::PREPARED_AGREEMENT,
            p::NEW_VIEW_KEEPS_COMMITTED,
            p::AGREEMENT,
            p::CHECKPOINT_AGREEMENT,
            LINEARIZABILITY,
            PROGRESS,
        ],
    ),
    flaw(
        "accepts-second-proposal",
        "A backup takes a second proposal for a place in the order.",
        "OSDI 4.2: \"it has not accepted a pre-prepare message for view v and sequence number n containing a different digest\"",
        &[p::ONE_PROPOSAL, p::PREPARED_AGREEMENT, p::AGREEMENT],
    ),
    flaw(
        "new-view-without-certificates",
        "A new view does not propose again what was prepared, and so may have been committed, before.",
        "OSDI 4.4",
        AGREEMENT_AND_MORE,
    ),
    flaw(
        "unverified-certificates",
        "Prepared certificates in view-change messages are not verified.",
        "OSDI 4.4",
        AGREEMENT_AND_MORE,
    ),
    flaw(
        "stale-certificate-wins",
        "Of several certificates for a place the one of the earliest view counts, not of the latest.",
        "OSDI 4.4",
        AGREEMENT_AND_MORE,
    ),
    flaw(
        "no-null-requests",
        "A new view leaves places open of which nothing is known, and nobody can execute what is behind them.",
        "OSDI 4.4",
        &[PROGRESS],
    ),
    flaw(
        "unchecked-watermarks",
        "Places outside of the watermarks are taken: a faulty primary can use up the sequence numbers.",
        "OSDI 4.2",
        &[p::WATERMARKS, PROGRESS],
    ),
    flaw(
        "no-checkpoint-proof",
        "One replica's word is enough for a checkpoint to be stable, and for its state to be taken over.",
        "OSDI 4.3",
        &[p::CHECKPOINT_AGREEMENT, p::AGREEMENT, p::EXACTLY_ONCE, p::VALIDITY, LINEARIZABILITY, PROGRESS],
    ),
    flaw(
        "executes-out-of-order",
        "Committed batches are executed without waiting for those before them.",
        "OSDI 4.2: \"executes … after all requests with lower sequence numbers\"",
        &[p::TOTAL_ORDER, p::EXACTLY_ONCE, p::CHECKPOINT_AGREEMENT, p::VALIDITY, LINEARIZABILITY, PROGRESS],
    ),
    flaw(
        "executes-twice",
        "A request that was executed is executed again when it is ordered again.",
        "OSDI 4.1: exactly-once semantics",
        &[p::EXACTLY_ONCE, LINEARIZABILITY],
    ),
    flaw(
        "forged-requests",
        "The signatures of clients are not verified: a faulty primary can ask in their names.",
        "OSDI 4.2",
        &[p::VALIDITY, LINEARIZABILITY],
    ),
    flaw(
        "trusts-one-reply",
        "A client believes the first reply, and not only what f + 1 replicas say.",
        "OSDI 4.1",
        &[p::VALIDITY, LINEARIZABILITY],
    ),
    flaw(
        "unsynced-prepare",
        "Proposals are made and accepted before they are durable: after a power loss a replica accepts another.",
        "the crash-recovery of TOCS 4; compare raft's `unsynced-vote`",
        &[p::ONE_PROPOSAL, p::PREPARED_AGREEMENT, p::AGREEMENT],
    ),
    flaw(
        "unsynced-view",
        "A replica leaves a view before it has noted that durably: after a power loss it takes part in it again.",
        "the crash-recovery of TOCS 4; compare raft's `term-amnesia`",
        &[p::VIEW_NEVER_DECREASES, p::AGREEMENT],
    ),
    flaw(
        "few-write-replies",
        "A client that reads without ordering believes f + 1 replies to a write: a quorum that has not executed it answers the next read.",
        "TOCS 5.1.3; Berger et al., SRDS 2021 (arXiv 2107.11144)",
        &[LINEARIZABILITY],
    ),
    flaw(
        "read-only-faulty-leader",
        "What was committed is not shown to replicas that a faulty primary has left out: clients that wait for a quorum of replies wait in vain.",
        "Berger et al., SRDS 2021 (arXiv 2107.11144)",
        &[PROGRESS],
    ),
    flaw(
        "commits-before-prepared",
        "A replica commits to a batch that it has accepted, and does not wait until a quorum has: what is committed few may know to be prepared.",
        "OSDI 4.2: a commit is sent \"when prepared(m, v, n, i) becomes true\"",
        &[p::COMMITTED_IS_PREPARED, p::NEW_VIEW_KEEPS_COMMITTED, p::AGREEMENT],
    ),
    flaw(
        "unsynced-commit",
        "A replica commits to a batch before it has noted durably that it is prepared: after a power loss no view change tells of it.",
        "the crash-recovery of TOCS 4; compare raft's `ack-before-sync`",
        &[p::PREPARED_IS_KEPT, p::COMMITTED_IS_PREPARED, p::NEW_VIEW_KEEPS_COMMITTED, p::AGREEMENT],
    ),
    flaw(
        "tells-last-view-only",
        "A view-change message tells only what was prepared in the view that the replica leaves, not what was in those before it.",
        "OSDI 4.4: the set P has all that prepared behind the last stable checkpoint, in whatever view",
        &[p::PREPARED_IS_KEPT, p::NEW_VIEW_KEEPS_COMMITTED, p::AGREEMENT],
    ),
    flaw(
        "small-new-view",
        "A view begins with 2f view-change messages, its primary's own included: they need not tell what was committed.",
        "OSDI 4.4: 2f \"from other replicas\"; a classic off by one",
        &[p::NEW_VIEW_OF_A_QUORUM, p::NEW_VIEW_KEEPS_COMMITTED, p::AGREEMENT],
    ),
    flaw(
        "stable-without-state",
        "A replica moves its watermarks to a stable checkpoint when it sees the proof, and forgets its own state before it has that one.",
        "OSDI 4.3, 4.4: it obtains the state first",
        &[p::STABLE_IS_EXECUTED],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flaw_is_listed_under_the_name_it_has_in_files() {
        for info in FLAWS {
            let flaw: Result<PbftFlaw, _> = serde_json::from_str(&format!("{:?}", info.name));
            let flaw = flaw.unwrap_or_else(|error| panic!("{}: {error}", info.name));
            let place = FLAWS.iter().position(|other| std::ptr::eq(other, info));
            assert_eq!(place, Some(flaw as usize), "{} is out of order", info.name);
        }
    }
}
