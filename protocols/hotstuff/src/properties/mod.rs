//! What HotStuff claims (section 4 and the proofs in section 5 of the paper), of correct replicas.
//!
//! Each property costs what a step changed. They look at the replica that the step touched, which is
//! correct and never in the middle of a step; what they must know of the others they remember. They
//! are keyed by process, so they see through restarts.

mod agreement;
mod ancestry;
mod certified;
mod exactly_once;
mod high;
mod lock;
mod lock_known;
mod one_certificate;
mod one_vote;
mod safe_votes;
mod validity;

use sim_core::PropertyRow;

use super::names::{
    AGREEMENT, CERTIFIED_EXTENDS_COMMITTED, EXACTLY_ONCE, HIGH_IS_KEPT, LOCK_IS_KEPT, LOCK_IS_KNOWN,
    ONE_CERTIFICATE_A_VIEW, ONE_VOTE_A_VIEW, SAFE_VOTES, VALIDITY,
};
use super::node::HotStuff;

pub use agreement::Agreement;
pub use certified::CertifiedExtendsCommitted;
pub use exactly_once::ExactlyOnce;
pub use high::HighIsKept;
pub use lock::LockIsKept;
pub use lock_known::LockIsKnown;
pub use one_certificate::OneCertificateAView;
pub use one_vote::OneVoteAView;
pub use safe_votes::SafeVotes;
pub use validity::Validity;

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<HotStuff>] = &[
    PropertyRow {
        name: ONE_VOTE_A_VIEW,
        summary: "No replica votes for two blocks in one view, whether it restarts or not.",
        source: "HotStuff Algorithm 4, vheight",
        make: |_| Box::<OneVoteAView>::default(),
    },
    PropertyRow {
        name: SAFE_VOTES,
        summary: "A replica votes only for blocks that extend the one on which it locked, or have a newer certificate.",
        source: "HotStuff Algorithm 1, safeNode",
        make: |_| Box::<SafeVotes>::default(),
    },
    PropertyRow {
        name: LOCK_IS_KEPT,
        summary: "A replica that has voted stays locked on the first of the two certified blocks before, or a later one, \
         whether it restarts or not.",
        source: "HotStuff Algorithm 4, update",
        make: |_| Box::<LockIsKept>::default(),
    },
    PropertyRow {
        name: HIGH_IS_KEPT,
        summary: "A replica's highest certificate is replaced by higher ones only; after a restart it is no lower than those \
         behind which it has voted.",
        source: "HotStuff Algorithm 5, updateQCHigh; Lemma 3",
        make: |_| Box::<HighIsKept>::default(),
    },
    PropertyRow {
        name: LOCK_IS_KNOWN,
        summary: "When a replica locks, f + 1 correct ones have the certificate of the locked block, or a higher one.",
        source: "HotStuff Lemma 3",
        make: |config| Box::new(LockIsKnown::new(config.faulty)),
    },
    PropertyRow {
        name: ONE_CERTIFICATE_A_VIEW,
        summary: "No two certificates of one view are for different blocks.",
        source: "HotStuff Lemma 1",
        make: |_| Box::<OneCertificateAView>::default(),
    },
    PropertyRow {
        name: CERTIFIED_EXTENDS_COMMITTED,
        summary: "No block is certified that conflicts with one of its view or before that was committed by itself, and not only \
         because it lies before such a one.",
        source: "HotStuff Theorem 2, proof; Jehl's hotstuff.tla, Correct",
        make: |_| Box::<CertifiedExtendsCommitted>::default(),
    },
    PropertyRow {
        name: AGREEMENT,
        summary: "No two replicas commit conflicting blocks.",
        source: "HotStuff Theorem 2",
        make: |_| Box::<Agreement>::default(),
    },
    PropertyRow {
        name: EXACTLY_ONCE,
        summary: "No operation takes effect at two heights.",
        source: "HotStuff 4.1; Castro and Liskov 1999, 4.1",
        make: |_| Box::<ExactlyOnce>::default(),
    },
    PropertyRow {
        name: VALIDITY,
        summary: "What is executed was asked by a client.",
        source: "HotStuff 4.1; Castro and Liskov 1999, 4.2",
        make: |_| Box::<Validity>::default(),
    },
];
