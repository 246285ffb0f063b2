//! Mistakes that one can make when one puts the crate to use. Each one is a deviation in a single
//! place of the adapter: the crate itself is never touched.

use sim_core::{LINEARIZABILITY, NO_PANIC, PROGRESS};

use crate::names as p;

sim_core::flaws! {
    /// A known mistake, by its name in scenario files.
    pub enum Flaw {
        /// The promise is not durable: a restarted server promises and accepts in rounds that are over.
        PromiseAmnesia {
            name: "promise-amnesia",
            source: "OmniPaxos (EuroSys 2023), fail-recovery, left out",
            violates: &[p::PROMISE_NEVER_DECREASES],
        },
        /// A restarted server keeps what it knew to be decided and drops the entries it had only accepted.
        ForgetsAccepted {
            name: "forgets-accepted",
            source: "OmniPaxos (EuroSys 2023), fail-recovery, left out",
            violates: &[p::UNIFORM_AGREEMENT, p::INTEGRITY, LINEARIZABILITY, NO_PANIC, PROGRESS],
        },
        /// A server sends its messages before its writes are durable; a power loss undoes what it said.
        AnswersBeforeSync {
            name: "answers-before-sync",
            source: "omnipaxos 0.2.4, Storage, misread",
            violates: &[p::INTEGRITY, p::PROMISE_NEVER_DECREASES, p::UNIFORM_AGREEMENT, LINEARIZABILITY],
        },
        /// Entries name the client and the number of the request, but not the session it is counted in.
        ForgetsSession {
            name: "forgets-session",
            source: "Ongaro's thesis 6.3, misread",
            violates: &[p::VALIDITY, LINEARIZABILITY],
        },
        /// An operation that a client retries is applied once for each try.
        NoDedup {
            name: "no-dedup",
            source: "Ongaro's thesis 6.3, left out",
            violates: &[LINEARIZABILITY],
        },
    }
}
