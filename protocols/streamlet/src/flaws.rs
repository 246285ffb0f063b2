//! Ways to get Streamlet wrong. Each one is a deviation in a single place of the code, found by
//! searching for its name.

use sim_core::PROGRESS;

use super::names::{CONSISTENCY, ONE_VOTE, UNIQUE_NOTARIZATION};

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum StreamletFlaw {
        /// A node votes for whatever extends a notarized chain in a new epoch: by round number, not by
        /// chain length.
        BuggyStreamlet {
            name: "buggy-streamlet",
            source: "Bano et al., Twins: BFT Systems Made Robust, 2021: `buggy_streamlet.py` of its simulator",
            violates: &[CONSISTENCY],
        },
        /// Two adjacent blocks with consecutive epochs make the first of them final.
        FinalizesTwo {
            name: "finalizes-two",
            source: "Chan and Shi 2020, section 3: \"three adjacent blocks\"",
            violates: &[CONSISTENCY],
        },
        /// Three adjacent blocks make the second of them final, whatever their epochs are.
        IgnoresEpochs {
            name: "ignores-epochs",
            source: "Chan and Shi 2020, section 3: \"with consecutive epoch numbers\"",
            violates: &[CONSISTENCY],
        },
        /// A node votes for every proposal of an epoch that extends a longest chain, not for the first
        /// alone.
        VotesTwice {
            name: "votes-twice",
            source: "Chan and Shi 2020, section 3: \"votes for the first proposal\"; Lemma 1",
            violates: &[ONE_VOTE, UNIQUE_NOTARIZATION, CONSISTENCY],
        },
        /// A vote is not durable: after a restart a node votes again in the same epoch.
        VoteAmnesia {
            name: "vote-amnesia",
            source: "as akka-raft#56; Chan and Shi 2020, Lemma 1",
            violates: &[ONE_VOTE, UNIQUE_NOTARIZATION, CONSISTENCY],
        },
        /// The votes of f + 1 nodes notarize a block.
        SmallQuorum {
            name: "small-quorum",
            source: "Chan and Shi 2020, Lemma 1: two quorums have a correct node in common",
            violates: &[UNIQUE_NOTARIZATION, CONSISTENCY],
        },
        /// Nobody looks whether a vote or a proposal bears the signature of the node that it names.
        TrustsSignatures {
            name: "trusts-signatures",
            source: "Chan and Shi 2020, section 2: messages are signed",
            violates: &[UNIQUE_NOTARIZATION, CONSISTENCY],
        },
        /// A node that lacks a part of a chain does not ask for it, and tells nobody of a longer one.
        NoCatchUp {
            name: "no-catch-up",
            source: "Chan and Shi 2020, section 2: after GST everybody has seen what anybody had",
            violates: &[PROGRESS],
        },
    }
}
