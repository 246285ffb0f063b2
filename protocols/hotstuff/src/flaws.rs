//! Bugs that people really make when they implement HotStuff. Each one is a deviation in a single
//! place of the code, found by searching for its name.

use sim_core::{LINEARIZABILITY, PROGRESS};

use super::names as p;

/// What can go wrong once two conflicting blocks are certified, or a committed one is left behind.
const AGREEMENT_AND_MORE: &[&str] = &[p::CERTIFIED_EXTENDS_COMMITTED, p::AGREEMENT, LINEARIZABILITY, PROGRESS];

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum HotStuffFlaw {
        /// A replica commits after two phases, but locks as if there were three: what one has committed the
        /// others are not locked on.
        TwoChainCommit {
            name: "two-chain-commit",
            source: "HotStuff section 4.4 and Algorithm 6 of its full version, mixed up with Algorithm 4",
            violates: AGREEMENT_AND_MORE,
        },
        /// A replica votes for a proposal although it has voted in this view.
        VoteTwice {
            name: "vote-twice",
            source: "HotStuff Algorithm 4, `b_new.height > vheight`, left out",
            violates: &[p::ONE_VOTE_A_VIEW],
        },
        /// A replica never moves its lock.
        LockNotUpdated {
            name: "lock-not-updated",
            source: "HotStuff Algorithm 4, `b_lock <- b'`, left out",
            violates: &[p::LOCK_IS_KEPT],
        },
        /// A replica takes a proposal that conflicts with its lock without comparing the views of the two
        /// certificates.
        StaleJustify {
            name: "stale-justify",
            source: "HotStuff Algorithm 4, `b_new.justify.node.height > b_lock.height`, left out",
            violates: &[p::SAFE_VOTES, p::CERTIFIED_EXTENDS_COMMITTED, p::AGREEMENT, LINEARIZABILITY, PROGRESS],
        },
        /// The lock and the highest certificate are not durable: after a restart a replica follows any
        /// leader.
        LockAmnesia {
            name: "lock-amnesia",
            source: "HotStuff section 4.2 keeps both; nothing there says that they must survive a crash",
            violates: &[p::LOCK_IS_KEPT, p::HIGH_IS_KEPT, p::LOCK_IS_KNOWN],
        },
        /// A leader counts a vote that arrives twice as two.
        CountsDuplicates {
            name: "counts-duplicates",
            source: "HotStuff Algorithm 4, onReceiveVote: \"avoid duplicates\", left out",
            violates: &[
                p::ONE_CERTIFICATE_A_VIEW,
                p::LOCK_IS_KNOWN,
                p::CERTIFIED_EXTENDS_COMMITTED,
                p::AGREEMENT,
                LINEARIZABILITY,
                PROGRESS,
            ],
        },
        /// An operation that a client retries is applied once for each try.
        NoDedup {
            name: "no-dedup",
            source: "Castro and Liskov 1999, section 4.1, left out",
            violates: &[p::EXACTLY_ONCE, LINEARIZABILITY],
        },
        /// A replica votes for commands without verifying that clients have signed them.
        UnsignedCommands {
            name: "unsigned-commands",
            source: "Castro and Liskov 1999, section 4.2, left out",
            violates: &[p::VALIDITY, LINEARIZABILITY],
        },
        /// Every view has another leader. One silent leader of four takes the certificate of every fourth
        /// view with it, and never are three views in a row certified.
        RotatesEveryView {
            name: "rotates-every-view",
            source: "Giridharan et al., BeeGees: Stayin' Alive in Chained BFT, PODC 2023",
            violates: &[PROGRESS],
        },
        /// A client believes the first reply, which a Byzantine replica may have made up.
        OneReply {
            name: "one-reply",
            source: "HotStuff section 4.1: f + 1 replies; Castro and Liskov 1999, section 4.1",
            violates: &[LINEARIZABILITY],
        },
        /// A replica takes the certificate that it has heard of last for the highest: a leader proposes
        /// behind a block that others have left behind.
        LastCertificateWins {
            name: "last-certificate-wins",
            source: "HotStuff Algorithm 5, updateQCHigh: `qc'_high.node.height > qc_high.node.height`, left out",
            violates: &[p::HIGH_IS_KEPT, p::LOCK_IS_KNOWN, PROGRESS],
        },
        /// A replica locks on a block as soon as it is certified, which nobody else may know: what a quorum
        /// tells the next leader it then takes for unsafe.
        LocksEarly {
            name: "locks-early",
            source: "HotStuff section 4.4: with two phases only, \"livelessness\"; Algorithm 4, update",
            violates: &[p::LOCK_IS_KNOWN, PROGRESS],
        },
    }
}
