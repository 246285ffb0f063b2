//! Ways to get mutual exclusion wrong. Each one is a deviation in a single place of the code, found
//! by searching for its name.

use super::names::{CLOCK_CONDITION, EVERY_REQUEST_IS_GRANTED, MUTUAL_EXCLUSION, ORDER_OF_REQUESTS};

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum LamportMutexFlaw {
        /// Whoever is first on its own queue has the resource, whatever it has heard of the others.
        EntersAtHead {
            name: "enters-at-head",
            source: "Lamport 1978, rule 5 (ii), left out",
            violates: &[MUTUAL_EXCLUSION, ORDER_OF_REQUESTS],
        },
        /// Of two requests with one time each process takes its own for the first.
        TiesUnbroken {
            name: "ties-unbroken",
            source: "Lamport 1978, the relation ⇒: an arbitrary total ordering of the processes breaks ties",
            violates: &[MUTUAL_EXCLUSION, ORDER_OF_REQUESTS],
        },
        /// Any message counts as an answer to a request, also one that was sent before the request came.
        AnyMessageCounts {
            name: "any-message-counts",
            source: "Lamport 1978, rule 5 (ii): \"timestamped later\"",
            violates: &[MUTUAL_EXCLUSION, ORDER_OF_REQUESTS],
        },
        /// A release is taken for the word of all: who is first on its queue then need not hear of the others.
        ReleaseSuffices {
            name: "release-suffices",
            source: "Lamport 1978, rule 5 (ii): a message \"from every other process\"",
            violates: &[MUTUAL_EXCLUSION, ORDER_OF_REQUESTS],
        },
        /// Clocks go on with each event, and are not set past the messages that are received.
        ClockNotAdvanced {
            name: "clock-not-advanced",
            source: "Lamport 1978, implementation rule IR2 (b), left out",
            violates: &[CLOCK_CONDITION, ORDER_OF_REQUESTS, EVERY_REQUEST_IS_GRANTED],
        },
        /// A process that has asked for the resource itself leaves it to its release to answer others, as in
        /// Ricart and Agrawala's algorithm, but whoever came first.
        DefersAcknowledgements {
            name: "defers-acknowledgements",
            source: "Ricart and Agrawala 1981, section 2: only who comes first may defer its reply",
            violates: &[EVERY_REQUEST_IS_GRANTED],
        },
        /// A process whose clock is past a request does not acknowledge it, whether it has told the other so
        /// or not.
        OmitsAcknowledgements {
            name: "omits-acknowledgements",
            source: "Lamport 1978, footnote to rule 2: unless it has *sent* the other a message with a later time",
            violates: &[EVERY_REQUEST_IS_GRANTED],
        },
        /// A release is sent to those alone whose requests are on the queue.
        ReleasesToWaiting {
            name: "releases-to-waiting",
            source: "Lamport 1978, rule 3: a release is sent to every other process",
            violates: &[EVERY_REQUEST_IS_GRANTED],
        },
    }
}
