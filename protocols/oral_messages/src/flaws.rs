//! Ways to get OM(m) wrong. Each one is a deviation in a single place of the code, found by
//! searching for its name.

use super::names::{IC1, IC2, TERMINATION};

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum OralMessagesFlaw {
        /// Only three generals for each traitor take part, the first ones.
        TooFew {
            name: "n-3m",
            source: "Lamport et al. 1982, section 2: no solution with fewer than 3m + 1 generals",
            violates: &[IC2, IC1],
        },
        /// The last round of relays is left out: OM(m - 1) against m traitors.
        SkipsLastRound {
            name: "skips-last-round",
            source: "Lamport et al. 1982, section 3, step (2); Fischer and Lynch 1982: m + 1 rounds are needed",
            violates: &[IC1],
        },
        /// Where there is no majority, a lieutenant uses what he heard at first hand instead of
        /// RETREAT.
        NoDefault {
            name: "no-default",
            source: "Lamport et al. 1982, section 3: the function majority",
            violates: &[IC1],
        },
        /// A lieutenant who misses a statement waits for it instead of taking it for RETREAT.
        WaitsForMissing {
            name: "waits-for-missing",
            source: "Lamport et al. 1982, section 2, assumption A3, and section 3, step (3)",
            violates: &[TERMINATION],
        },
        /// A statement that comes after its round still counts, though others were told that it was
        /// missing.
        AcceptsLate {
            name: "accepts-late",
            source: "Lamport et al. 1982, section 2, assumption A3, and section 6",
            violates: &[IC1],
        },
        /// Nobody looks whether a statement comes from the last general of its path.
        TrustsPath {
            name: "trusts-path",
            source: "Lamport et al. 1982, section 2, assumption A2",
            violates: &[IC2, IC1],
        },
    }
}
