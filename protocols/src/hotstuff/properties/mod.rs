//! What HotStuff claims (section 4 and the proofs in section 5 of the paper), of correct replicas.
//!
//! Each property costs what a step changed. They look at the replica that the step touched, which is
//! correct and never in the middle of a step; what they must know of the others they remember. They
//! are keyed by process, so they see through restarts.

mod agreement;
mod ancestry;
mod exactly_once;
mod lock;
mod one_certificate;
mod one_vote;
mod safe_votes;
mod validity;

use sim_core::{Property, PropertyInfo};

use super::node::HotStuff;

pub use agreement::Agreement;
pub use exactly_once::ExactlyOnce;
pub use lock::LockIsKept;
pub use one_certificate::OneCertificateAView;
pub use one_vote::OneVoteAView;
pub use safe_votes::SafeVotes;
pub use validity::Validity;

pub(super) const ONE_VOTE_A_VIEW: &str = "One Vote A View";
pub(super) const SAFE_VOTES: &str = "Safe Votes";
pub(super) const LOCK_IS_KEPT: &str = "Lock Is Kept";
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
    property(ONE_CERTIFICATE_A_VIEW, "No two certificates of one view are for different blocks.", "HotStuff Lemma 1"),
    property(AGREEMENT, "No two replicas commit conflicting blocks.", "HotStuff Theorem 2"),
    property(EXACTLY_ONCE, "No operation takes effect at two heights.", "HotStuff 4.1; Castro and Liskov 1999, 4.1"),
    property(VALIDITY, "What is executed was asked by a client.", "HotStuff 4.1; Castro and Liskov 1999, 4.2"),
];

/// The properties for one run.
pub(super) fn all() -> Vec<Box<dyn Property<HotStuff>>> {
    vec![
        Box::<OneVoteAView>::default(),
        Box::<SafeVotes>::default(),
        Box::<LockIsKept>::default(),
        Box::<OneCertificateAView>::default(),
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
        let made: Vec<_> = all().iter().map(|property| property.name().to_owned()).collect();
        assert_eq!(listed, made);
    }
}
