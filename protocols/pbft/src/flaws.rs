//! Mistakes that implementations of PBFT make, and what its proofs would not survive. Each one is a
//! deviation in a single place of the code, found by searching for its name.

use sim_core::{LINEARIZABILITY, PROGRESS};

use super::names as p;

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

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum PbftFlaw {
        /// Certificates of 2f replicas in all count, the own vote included: two of them need no correct
        /// replica in common.
        WeakQuorum {
            name: "weak-quorum",
            source: "OSDI 4.2; a classic off by one",
            violates: &[
                p::COMMITTED_IS_PREPARED,
                p::PREPARED_AGREEMENT,
                p::NEW_VIEW_KEEPS_COMMITTED,
                p::AGREEMENT,
                p::CHECKPOINT_AGREEMENT,
                LINEARIZABILITY,
                PROGRESS,
            ],
        },
        /// A backup takes a second proposal for a place in the order.
        AcceptsSecondProposal {
            name: "accepts-second-proposal",
            source: "OSDI 4.2: \"it has not accepted a pre-prepare message for view v and sequence number n containing a different digest\"",
            violates: &[p::ONE_PROPOSAL, p::PREPARED_AGREEMENT, p::AGREEMENT],
        },
        /// A new view does not propose again what was prepared, and so may have been committed, before.
        NewViewWithoutCertificates {
            name: "new-view-without-certificates",
            source: "OSDI 4.4",
            violates: AGREEMENT_AND_MORE,
        },
        /// Prepared certificates in view-change messages are not verified.
        UnverifiedCertificates {
            name: "unverified-certificates",
            source: "OSDI 4.4",
            violates: AGREEMENT_AND_MORE,
        },
        /// Of several certificates for a place the one of the earliest view counts, not of the latest.
        StaleCertificateWins {
            name: "stale-certificate-wins",
            source: "OSDI 4.4",
            violates: AGREEMENT_AND_MORE,
        },
        /// A new view leaves places open of which nothing is known, and nobody can execute what is behind
        /// them.
        NoNullRequests {
            name: "no-null-requests",
            source: "OSDI 4.4",
            violates: &[PROGRESS],
        },
        /// Places outside of the watermarks are taken: a faulty primary can use up the sequence numbers.
        UncheckedWatermarks {
            name: "unchecked-watermarks",
            source: "OSDI 4.2",
            violates: &[p::WATERMARKS, PROGRESS],
        },
        /// One replica's word is enough for a checkpoint to be stable, and for its state to be taken over.
        NoCheckpointProof {
            name: "no-checkpoint-proof",
            source: "OSDI 4.3",
            violates: &[
                p::CHECKPOINT_AGREEMENT,
                p::AGREEMENT,
                p::EXACTLY_ONCE,
                p::VALIDITY,
                LINEARIZABILITY,
                PROGRESS,
            ],
        },
        /// Committed batches are executed without waiting for those before them.
        ExecutesOutOfOrder {
            name: "executes-out-of-order",
            source: "OSDI 4.2: \"executes … after all requests with lower sequence numbers\"",
            violates: &[
                p::TOTAL_ORDER,
                p::EXACTLY_ONCE,
                p::CHECKPOINT_AGREEMENT,
                p::VALIDITY,
                LINEARIZABILITY,
                PROGRESS,
            ],
        },
        /// A request that was executed is executed again when it is ordered again.
        ExecutesTwice {
            name: "executes-twice",
            source: "OSDI 4.1: exactly-once semantics",
            violates: &[p::EXACTLY_ONCE, LINEARIZABILITY],
        },
        /// The signatures of clients are not verified: a faulty primary can ask in their names.
        ForgedRequests {
            name: "forged-requests",
            source: "OSDI 4.2",
            violates: &[p::VALIDITY, LINEARIZABILITY],
        },
        /// A client believes the first reply, and not only what f + 1 replicas say.
        TrustsOneReply {
            name: "trusts-one-reply",
            source: "OSDI 4.1",
            violates: &[p::VALIDITY, LINEARIZABILITY],
        },
        /// Proposals are made and accepted before they are durable: after a power loss a replica accepts
        /// another.
        UnsyncedPrepare {
            name: "unsynced-prepare",
            source: "the crash-recovery of TOCS 4; compare raft's `unsynced-vote`",
            violates: &[p::ONE_PROPOSAL, p::PREPARED_AGREEMENT, p::AGREEMENT],
        },
        /// A replica leaves a view before it has noted that durably: after a power loss it takes part in it
        /// again.
        UnsyncedView {
            name: "unsynced-view",
            source: "the crash-recovery of TOCS 4; compare raft's `term-amnesia`",
            violates: &[p::VIEW_NEVER_DECREASES, p::AGREEMENT],
        },
        /// A client that reads without ordering believes f + 1 replies to a write: a quorum that has not
        /// executed it answers the next read.
        FewWriteReplies {
            name: "few-write-replies",
            source: "TOCS 5.1.3; Berger et al., SRDS 2021 (arXiv 2107.11144)",
            violates: &[LINEARIZABILITY],
        },
        /// What was committed is not shown to replicas that a faulty primary has left out: clients that
        /// wait for a quorum of replies wait in vain.
        ReadOnlyFaultyLeader {
            name: "read-only-faulty-leader",
            source: "Berger et al., SRDS 2021 (arXiv 2107.11144)",
            violates: &[PROGRESS],
        },
        /// A replica commits to a batch that it has accepted, and does not wait until a quorum has: what is
        /// committed few may know to be prepared.
        CommitsBeforePrepared {
            name: "commits-before-prepared",
            source: "OSDI 4.2: a commit is sent \"when prepared(m, v, n, i) becomes true\"",
            violates: &[p::COMMITTED_IS_PREPARED, p::NEW_VIEW_KEEPS_COMMITTED, p::AGREEMENT],
        },
        /// A replica commits to a batch before it has noted durably that it is prepared: after a power loss
        /// no view change tells of it.
        UnsyncedCommit {
            name: "unsynced-commit",
            source: "the crash-recovery of TOCS 4; compare raft's `ack-before-sync`",
            violates: &[
                p::PREPARED_IS_KEPT,
                p::COMMITTED_IS_PREPARED,
                p::NEW_VIEW_KEEPS_COMMITTED,
                p::AGREEMENT,
            ],
        },
        /// A view-change message tells only what was prepared in the view that the replica leaves, not what
        /// was in those before it.
        TellsLastViewOnly {
            name: "tells-last-view-only",
            source: "OSDI 4.4: the set P has all that prepared behind the last stable checkpoint, in whatever view",
            violates: &[p::PREPARED_IS_KEPT, p::NEW_VIEW_KEEPS_COMMITTED, p::AGREEMENT],
        },
        /// A view begins with 2f view-change messages, its primary's own included: they need not tell what
        /// was committed.
        SmallNewView {
            name: "small-new-view",
            source: "OSDI 4.4: 2f \"from other replicas\"; a classic off by one",
            violates: &[p::NEW_VIEW_OF_A_QUORUM, p::NEW_VIEW_KEEPS_COMMITTED, p::AGREEMENT],
        },
        /// A replica moves its watermarks to a stable checkpoint when it sees the proof, and forgets its
        /// own state before it has that one.
        StableWithoutState {
            name: "stable-without-state",
            source: "OSDI 4.3, 4.4: it obtains the state first",
            violates: &[p::STABLE_IS_EXECUTED],
        },
    }
}
