//! Bugs that people really make when they implement HotStuff. Each one is a deviation in a single
//! place of the code, found by searching for its name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::Linearizability;
use sim_core::{FlawInfo, PROGRESS};

use super::properties as p;
use crate::kv::KvModel;

/// A known bug, by its name in scenario files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HotStuffFlaw {
    /// Two certified blocks of successive views commit the first.
    TwoChainCommit,
    /// A replica votes for every proposal of a view.
    VoteTwice,
    /// A replica never locks.
    LockNotUpdated,
    /// A replica takes any certificate for newer than its lock.
    StaleJustify,
    /// Neither the lock nor the highest certificate is written to the disk.
    LockAmnesia,
    /// A vote that arrives twice counts twice.
    CountsDuplicates,
    /// An operation that a client retries is applied again.
    NoDedup,
    /// A replica does not verify the signatures of clients.
    UnsignedCommands,
    /// Every view has another leader.
    RotatesEveryView,
    /// A client believes the first reply.
    OneReply,
    /// A replica takes the certificate that it has heard of last for the highest.
    LastCertificateWins,
    /// A replica locks on a block as soon as it is certified.
    LocksEarly,
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
const LINEARIZABILITY: &str = Linearizability::<KvModel>::NAME;

/// What can go wrong once two conflicting blocks are certified, or a committed one is left behind.
const AGREEMENT_AND_MORE: &[&str] = &[p::CERTIFIED_EXTENDS_COMMITTED, p::AGREEMENT, LINEARIZABILITY, PROGRESS];

/// All flaws, in the order of [`HotStuffFlaw`].
pub(super) const FLAWS: &[FlawInfo] = &[
    flaw(
        "two-chain-commit",
        "A replica commits after two phases, but locks as if there were three: what one has committed the \
         others are not locked on.",
        "HotStuff section 4.4 and Algorithm 6 of its full version, mixed up with Algorithm 4",
        AGREEMENT_AND_MORE,
    ),
    flaw(
        "vote-twice",
        "A replica votes for a proposal although it has voted in this view.",
        "HotStuff Algorithm 4, `b_new.height > vheight`, left out",
        &[p::ONE_VOTE_A_VIEW],
    ),
    flaw(
        "lock-not-updated",
        "A replica never moves its lock.",
        "HotStuff Algorithm 4, `b_lock <- b'`, left out",
        &[p::LOCK_IS_KEPT],
    ),
    flaw(
        "stale-justify",
        "A replica takes a proposal that conflicts with its lock without comparing the views of the two \
         certificates.",
        "HotStuff Algorithm 4, `b_new.justify.node.height > b_lock.height`, left out",
        &[p::SAFE_VOTES, p::CERTIFIED_EXTENDS_COMMITTED, p::AGREEMENT, LINEARIZABILITY, PROGRESS],
    ),
    flaw(
        "lock-amnesia",
        "The lock and the highest certificate are not durable: after a restart a replica follows any leader.",
        "HotStuff section 4.2 keeps both; nothing there says that they must survive a crash",
        &[p::LOCK_IS_KEPT, p::HIGH_IS_KEPT, p::LOCK_IS_KNOWN],
    ),
    flaw(
        "counts-duplicates",
        "A leader counts a vote that arrives twice as two.",
        "HotStuff Algorithm 4, onReceiveVote: \"avoid duplicates\", left out",
        &[
            p::ONE_CERTIFICATE_A_VIEW,
            p::LOCK_IS_KNOWN,
            p::CERTIFIED_EXTENDS_COMMITTED,
            p::AGREEMENT,
            LINEARIZABILITY,
            PROGRESS,
        ],
    ),
    flaw(
        "no-dedup",
        "An operation that a client retries is applied once for each try.",
        "Castro and Liskov 1999, section 4.1, left out",
        &[p::EXACTLY_ONCE, LINEARIZABILITY],
    ),
    flaw(
        "unsigned-commands",
        "A replica votes for commands without verifying that clients have signed them.",
        "Castro and Liskov 1999, section 4.2, left out",
        &[p::VALIDITY, LINEARIZABILITY],
    ),
    flaw(
        "rotates-every-view",
        "Every view has another leader. One silent leader of four takes the certificate of every fourth view \
         with it, and never are three views in a row certified.",
        "Giridharan et al., BeeGees: Stayin' Alive in Chained BFT, PODC 2023",
        &[PROGRESS],
    ),
    flaw(
        "one-reply",
        "A client believes the first reply, which a Byzantine replica may have made up.",
        "HotStuff section 4.1: f + 1 replies; Castro and Liskov 1999, section 4.1",
        &[LINEARIZABILITY],
    ),
    flaw(
        "last-certificate-wins",
        "A replica takes the certificate that it has heard of last for the highest: a leader proposes behind a \
         block that others have left behind.",
        "HotStuff Algorithm 5, updateQCHigh: `qc'_high.node.height > qc_high.node.height`, left out",
        &[p::HIGH_IS_KEPT, p::LOCK_IS_KNOWN, PROGRESS],
    ),
    flaw(
        "locks-early",
        "A replica locks on a block as soon as it is certified, which nobody else may know: what a quorum tells the \
         next leader it then takes for unsafe.",
        "HotStuff section 4.4: with two phases only, \"livelessness\"; Algorithm 4, update",
        &[p::LOCK_IS_KNOWN, PROGRESS],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_flaw_has_its_name_in_the_configuration() {
        let mut last = None;
        for info in FLAWS {
            let flaw: HotStuffFlaw = serde_json::from_str(&format!("{:?}", info.name)).unwrap();
            assert!(last < Some(flaw), "{} is out of order", info.name);
            assert!(!info.violates.is_empty());
            last = Some(flaw);
        }
        assert_eq!(last.map(|last| last as usize + 1), Some(FLAWS.len()), "a flaw is not listed");
    }
}
