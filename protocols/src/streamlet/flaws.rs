//! Ways to get Streamlet wrong. Each one is a deviation in a single place of the code, found by
//! searching for its name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{FlawInfo, PROGRESS};

use super::properties::{CONSISTENCY, ONE_VOTE, UNIQUE_NOTARIZATION};

/// A known bug, by its name in scenario files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StreamletFlaw {
    /// A node votes by epoch number, not by chain length.
    BuggyStreamlet,
    /// Two adjacent blocks with consecutive epochs make the first of them final.
    FinalizesTwo,
    /// Three adjacent blocks make the second of them final, whatever their epochs are.
    IgnoresEpochs,
    /// A node votes for every proposal of an epoch that extends a longest chain.
    VotesTwice,
    /// A node does not write down that it has voted.
    VoteAmnesia,
    /// The votes of `f + 1` nodes notarize a block.
    SmallQuorum,
    /// Nobody looks at signatures.
    TrustsSignatures,
    /// A node does not ask for what it lacks.
    NoCatchUp,
}

const fn flaw(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    violates: &'static [&'static str],
) -> FlawInfo {
    FlawInfo { name, summary, source, violates }
}

/// All flaws, in the order of [`StreamletFlaw`].
pub(super) const FLAWS: &[FlawInfo] = &[
    flaw(
        "buggy-streamlet",
        "A node votes for whatever extends a notarized chain in a new epoch: by round number, not by chain length.",
        "Bano et al., Twins: BFT Systems Made Robust, 2021: `buggy_streamlet.py` of its simulator",
        &[CONSISTENCY],
    ),
    flaw(
        "finalizes-two",
        "Two adjacent blocks with consecutive epochs make the first of them final.",
        "Chan and Shi 2020, section 3: \"three adjacent blocks\"",
        &[CONSISTENCY],
    ),
    flaw(
        "ignores-epochs",
        "Three adjacent blocks make the second of them final, whatever their epochs are.",
        "Chan and Shi 2020, section 3: \"with consecutive epoch numbers\"",
        &[CONSISTENCY],
    ),
    flaw(
        "votes-twice",
        "A node votes for every proposal of an epoch that extends a longest chain, not for the first alone.",
        "Chan and Shi 2020, section 3: \"votes for the first proposal\"; Lemma 1",
        &[ONE_VOTE, UNIQUE_NOTARIZATION, CONSISTENCY],
    ),
    flaw(
        "vote-amnesia",
        "A vote is not durable: after a restart a node votes again in the same epoch.",
        "as akka-raft#56; Chan and Shi 2020, Lemma 1",
        &[ONE_VOTE, UNIQUE_NOTARIZATION, CONSISTENCY],
    ),
    flaw(
        "small-quorum",
        "The votes of f + 1 nodes notarize a block.",
        "Chan and Shi 2020, Lemma 1: two quorums have a correct node in common",
        &[UNIQUE_NOTARIZATION, CONSISTENCY],
    ),
    flaw(
        "trusts-signatures",
        "Nobody looks whether a vote or a proposal bears the signature of the node that it names.",
        "Chan and Shi 2020, section 2: messages are signed",
        &[UNIQUE_NOTARIZATION, CONSISTENCY],
    ),
    flaw(
        "no-catch-up",
        "A node that lacks a part of a chain does not ask for it, and tells nobody of a longer one.",
        "Chan and Shi 2020, section 2: after GST everybody has seen what anybody had",
        &[PROGRESS],
    ),
];
