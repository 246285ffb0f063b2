//! Ways to get OM(m) wrong. Each one is a deviation in a single place of the code, found by
//! searching for its name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::FlawInfo;

use super::properties::{IC1, IC2, TERMINATION};

/// A known bug, by its name in scenario files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OralMessagesFlaw {
    /// Only three generals for each traitor take part, the first ones.
    #[serde(rename = "n-3m")]
    TooFew,
    /// The last round of relays is left out.
    SkipsLastRound,
    /// Where there is no majority, a lieutenant uses what he heard at first hand.
    NoDefault,
    /// A lieutenant who misses a statement waits for it.
    WaitsForMissing,
    /// A statement that comes after its round still counts.
    AcceptsLate,
    /// Nobody looks whether a statement comes from the last general of its path.
    TrustsPath,
}

const fn flaw(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    violates: &'static [&'static str],
) -> FlawInfo {
    FlawInfo { name, summary, source, violates }
}

/// All flaws, in the order of [`OralMessagesFlaw`].
pub(super) const FLAWS: &[FlawInfo] = &[
    flaw(
        "n-3m",
        "Only three generals for each traitor take part, the first ones.",
        "Lamport et al. 1982, section 2: no solution with fewer than 3m + 1 generals",
        &[IC2, IC1],
    ),
    flaw(
        "skips-last-round",
        "The last round of relays is left out: OM(m - 1) against m traitors.",
        "Lamport et al. 1982, section 3, step (2); Fischer and Lynch 1982: m + 1 rounds are needed",
        &[IC1],
    ),
    flaw(
        "no-default",
        "Where there is no majority, a lieutenant uses what he heard at first hand in the place of RETREAT.",
        "Lamport et al. 1982, section 3: the function majority",
        &[IC1],
    ),
    flaw(
        "waits-for-missing",
        "A lieutenant who misses a statement waits for it in the place of taking it for RETREAT.",
        "Lamport et al. 1982, section 2, assumption A3, and section 3, step (3)",
        &[TERMINATION],
    ),
    flaw(
        "accepts-late",
        "A statement that comes after its round still counts, though others were told that it was missing.",
        "Lamport et al. 1982, section 2, assumption A3, and section 6",
        &[IC1],
    ),
    flaw(
        "trusts-path",
        "Nobody looks whether a statement comes from the last general of its path.",
        "Lamport et al. 1982, section 2, assumption A2",
        &[IC2, IC1],
    ),
];
