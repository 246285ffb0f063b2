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

use sim_core::{Property, PropertyInfo};

use super::config::HotStuffConfig;
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

const fn property(name: &'static str, summary: &'static str, source: &'static str) -> PropertyInfo {
    PropertyInfo { name, summary, source }
}

/// All properties, in the order of [`all`].
pub(super) const PROPERTIES: &[PropertyInfo] = &[
    property(
        ONE_VOTE_A_VIEW,
        "No replica votes for two blocks in one view, whether it restarts or not.",
        "HotStuff Algorithm 4, vheight",
    ),
    property(
        SAFE_VOTES,
        "A replica votes only for blocks that extend the one on which it locked, or have a newer certificate.",
        "HotStuff Algorithm 1, safeNode",
    ),
    property(
        LOCK_IS_KEPT,
        "A replica that has voted stays locked on the first of the two certified blocks before, or a later one, \
         whether it restarts or not.",
        "HotStuff Algorithm 4, update",
    ),
    property(
        HIGH_IS_KEPT,
        "A replica's highest certificate is replaced by higher ones only; after a restart it is no lower than those \
         behind which it has voted.",
        "HotStuff Algorithm 5, updateQCHigh; Lemma 3",
    ),
    property(
        LOCK_IS_KNOWN,
        "When a replica locks, f + 1 correct ones have the certificate of the locked block, or a higher one.",
        "HotStuff Lemma 3",
    ),
    property(ONE_CERTIFICATE_A_VIEW, "No two certificates of one view are for different blocks.", "HotStuff Lemma 1"),
    property(
        CERTIFIED_EXTENDS_COMMITTED,
        "No block is certified that conflicts with one of its view or before that was committed by itself, and not only \
         because it lies before such a one.",
        "HotStuff Theorem 2, proof; Jehl's hotstuff.tla, Correct",
    ),
    property(AGREEMENT, "No two replicas commit conflicting blocks.", "HotStuff Theorem 2"),
    property(EXACTLY_ONCE, "No operation takes effect at two heights.", "HotStuff 4.1; Castro and Liskov 1999, 4.1"),
    property(VALIDITY, "What is executed was asked by a client.", "HotStuff 4.1; Castro and Liskov 1999, 4.2"),
];

/// The properties for one run.
pub(super) fn all(config: &HotStuffConfig) -> Vec<Box<dyn Property<HotStuff>>> {
    vec![
        Box::<OneVoteAView>::default(),
        Box::<SafeVotes>::default(),
        Box::<LockIsKept>::default(),
        Box::<HighIsKept>::default(),
        Box::new(LockIsKnown::new(config.faulty)),
        Box::<OneCertificateAView>::default(),
        Box::<CertifiedExtendsCommitted>::default(),
        Box::<Agreement>::default(),
        Box::<ExactlyOnce>::default(),
        Box::<Validity>::default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_listed_in_their_order() {
        let listed: Vec<_> = PROPERTIES.iter().map(|info| info.name.to_owned()).collect();
        let made: Vec<_> = all(&HotStuffConfig::default()).iter().map(|property| property.name().to_owned()).collect();
        assert_eq!(listed, made);
    }
}
