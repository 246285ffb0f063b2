//! Mistakes that one can make when one puts the crate to use. Each one is a deviation in a single place of the adapter:
//! the crate itself is never touched.

use crate::names as p;

sim_core::flaws! {
    /// A known mistake, by its name in scenario files.
    pub enum Flaw {
        /// The generation is not durable: a node that restarts has an identity that it had before.
        GenerationInMemory {
            name: "generation-in-memory",
            source: "foca, Identity: there must not be multiple members sharing the same identity; misread",
            violates: &[p::GENERATIONS_GROW, p::MEMBERS_RUN],
        },
        /// A node sends under its new identity before that is durable.
        GenerationUnsynced {
            name: "generation-unsynced",
            source: "foca, Identity::renew, misread: it returns before anything can be made durable",
            violates: &[p::GENERATIONS_GROW],
        },
        /// It is remembered for a moment alone that a member is down: gossip from before brings it back.
        ForgetsDown {
            name: "forgets-down",
            source: "foca, Config::remove_down_after: should be higher than it takes to tell all; misread",
            violates: &[p::DOWN_IS_TERMINAL],
        },
        /// Who is down is not told: its messages are ignored, and it does not know why.
        NeverNotifiesDown {
            name: "never-notifies-down",
            source: "foca, Config::notify_down_members, left out",
            violates: &[p::MEMBERS_RUN],
        },
        /// A node asks the contacts as long as it knows no other: two groups that have come about apart stay apart.
        AsksWhileAlone {
            name: "asks-while-alone",
            source: "the first version of this adapter",
            violates: &[p::MEMBERS_RUN],
        },
    }
}
