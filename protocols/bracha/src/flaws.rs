//! Ways to get reliable broadcast wrong. Each one is a deviation in a single place of the code,
//! found by searching for its name.

use super::names::{CONSISTENCY, INTEGRITY, TOTALITY, VALIDITY};

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum BrachaFlaw {
        /// Only three nodes for each Byzantine one take part, the first ones.
        TooFew {
            name: "n-3f",
            source: "Bracha 1987, section 1: n > 3f is needed",
            violates: &[TOTALITY, VALIDITY],
        },
        /// A node is ready when f + 1 have echoed, so that correct nodes are ready for different payloads.
        EchoThreshold {
            name: "echo-threshold",
            source: "Bracha 1987, section 3, Lemma 1",
            violates: &[TOTALITY, CONSISTENCY],
        },
        /// A node is made ready by echoes only, never by others that are ready.
        NoAmplification {
            name: "no-amplification",
            source: "Bracha 1987, section 3, Figure 1, steps 1 and 2",
            violates: &[TOTALITY],
        },
        /// A node delivers when f + 1 are ready, of which only one may be correct.
        DeliversEarly {
            name: "delivers-at-f-plus-1",
            source: "Bracha 1987, section 3, Figure 1, step 3",
            violates: &[TOTALITY, CONSISTENCY],
        },
        /// Echoes and readies of a broadcast are counted together, whatever payload they are for.
        CountsAnyPayload {
            name: "counts-any-payload",
            source: "Bracha 1987, section 3, Figure 1: \"for some v\"",
            violates: &[INTEGRITY, CONSISTENCY],
        },
        /// Echoes and readies are counted and not who sent them: a node that repeats itself is a quorum.
        CountsDuplicates {
            name: "counts-duplicates",
            source: "Cachin et al. 2011, Algorithm 3.18: votes are kept by sender",
            violates: &[INTEGRITY, CONSISTENCY, TOTALITY],
        },
        /// A SEND under the name of another node than its sender begins a broadcast of that node.
        TrustsOrigin {
            name: "trusts-origin",
            source: "Cachin et al. 2011, Algorithm 3.18: the SEND must come from its origin",
            violates: &[INTEGRITY, VALIDITY, TOTALITY],
        },
        /// What a node hears it acknowledges before it is durable; after a power loss nobody tells it
        /// again.
        AcksBeforeSync {
            name: "acks-before-sync",
            source: "Cachin et al. 2011, section 2.4.4, fail-recovery: what is stored must be stored before it is acted on",
            violates: &[INTEGRITY, TOTALITY, VALIDITY, CONSISTENCY],
        },
        /// A node that restarts acts on what it finds on its disk, which a crash before the sync has left
        /// there and a power loss can still take away.
        RecoversUnsynced {
            name: "recovers-unsynced",
            source: "made in this implementation, and found by its general scenario",
            violates: &[INTEGRITY, VALIDITY, TOTALITY, CONSISTENCY],
        },
    }
}
