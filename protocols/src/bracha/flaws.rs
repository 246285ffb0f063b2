//! Ways to get reliable broadcast wrong. Each one is a deviation in a single place of the code,
//! found by searching for its name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::FlawInfo;

use super::properties::{CONSISTENCY, INTEGRITY, TOTALITY, VALIDITY};

/// A known bug, by its name in scenario files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BrachaFlaw {
    /// Only three nodes for each Byzantine one take part, the first ones.
    #[serde(rename = "n-3f")]
    TooFew,
    /// A node is ready when `f + 1` have echoed.
    EchoThreshold,
    /// A node is not made ready by others that are.
    NoAmplification,
    /// A node delivers when `f + 1` are ready.
    #[serde(rename = "delivers-at-f-plus-1")]
    DeliversEarly,
    /// Votes for different payloads of a broadcast are counted together.
    CountsAnyPayload,
    /// Who says the same twice counts twice.
    CountsDuplicates,
    /// Anybody can begin a broadcast under the name of another.
    TrustsOrigin,
    /// What a node hears it acknowledges before it is durable.
    AcksBeforeSync,
    /// A node that restarts acts on what it finds on its disk before that is durable.
    RecoversUnsynced,
}

const fn flaw(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    violates: &'static [&'static str],
) -> FlawInfo {
    FlawInfo { name, summary, source, violates }
}

/// All flaws, in the order of [`BrachaFlaw`].
pub(super) const FLAWS: &[FlawInfo] = &[
    flaw(
        "n-3f",
        "Only three nodes for each Byzantine one take part, the first ones.",
        "Bracha 1987, section 1: n > 3f is needed",
        &[TOTALITY, VALIDITY],
    ),
    flaw(
        "echo-threshold",
        "A node is ready when f + 1 have echoed, so that correct nodes are ready for different payloads.",
        "Bracha 1987, section 3, Lemma 1",
        &[TOTALITY, CONSISTENCY],
    ),
    flaw(
        "no-amplification",
        "A node is made ready by echoes only, never by others that are ready.",
        "Bracha 1987, section 3, Figure 1, steps 1 and 2",
        &[TOTALITY],
    ),
    flaw(
        "delivers-at-f-plus-1",
        "A node delivers when f + 1 are ready, of which only one may be correct.",
        "Bracha 1987, section 3, Figure 1, step 3",
        &[TOTALITY, CONSISTENCY],
    ),
    flaw(
        "counts-any-payload",
        "Echoes and readies of a broadcast are counted together, whatever payload they are for.",
        "Bracha 1987, section 3, Figure 1: \"for some v\"",
        &[INTEGRITY, CONSISTENCY],
    ),
    flaw(
        "counts-duplicates",
        "Echoes and readies are counted and not who sent them: a node that repeats itself is a quorum.",
        "Cachin et al. 2011, Algorithm 3.18: votes are kept by sender",
        &[INTEGRITY, CONSISTENCY, TOTALITY],
    ),
    flaw(
        "trusts-origin",
        "A SEND under the name of another node than its sender begins a broadcast of that node.",
        "Cachin et al. 2011, Algorithm 3.18: the SEND must come from its origin",
        &[INTEGRITY, VALIDITY, TOTALITY],
    ),
    flaw(
        "acks-before-sync",
        "What a node hears it acknowledges before it is durable; after a power loss nobody tells it again.",
        "Cachin et al. 2011, section 2.4.4, fail-recovery: what is stored must be stored before it is acted on",
        &[INTEGRITY, TOTALITY, VALIDITY, CONSISTENCY],
    ),
    flaw(
        "recovers-unsynced",
        "A node that restarts acts on what it finds on its disk, which a crash before the sync has left there and \
         a power loss can still take away.",
        "made in this implementation, and found by its general scenario",
        &[INTEGRITY, VALIDITY, TOTALITY, CONSISTENCY],
    ),
];
