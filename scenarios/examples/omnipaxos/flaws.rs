//! Mistakes that one can make when one puts the crate to use. Each one is a deviation in a single
//! place of the adapter: the crate itself is never touched.

use protocols::kv::KvModel;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::Linearizability;
use sim_core::{FlawInfo, NO_PANIC, PROGRESS};

use crate::properties as p;

/// A known mistake, by its name in scenario files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Flaw {
    /// The promise is not written to the disk.
    PromiseAmnesia,
    /// Recovery keeps only entries that were known to be decided.
    ForgetsAccepted,
    /// Messages are sent before what they say is durable.
    AnswersBeforeSync,
    /// Entries do not say in which session of the client they were asked for.
    ForgetsSession,
    /// A retried operation is applied again.
    NoDedup,
}

const LINEARIZABILITY: &str = Linearizability::<KvModel>::NAME;

/// All flaws, in the order of [`Flaw`].
pub(crate) const FLAWS: &[FlawInfo] = &[
    FlawInfo {
        name: "promise-amnesia",
        summary: "The promise is not durable: a restarted server promises and accepts in rounds that are over.",
        source: "OmniPaxos (EuroSys 2023), fail-recovery, left out",
        violates: &[p::PROMISE_NEVER_DECREASES],
    },
    FlawInfo {
        name: "forgets-accepted",
        summary: "A restarted server keeps what it knew to be decided and drops the entries it had only accepted.",
        source: "OmniPaxos (EuroSys 2023), fail-recovery, left out",
        violates: &[p::UNIFORM_AGREEMENT, p::INTEGRITY, LINEARIZABILITY, NO_PANIC, PROGRESS],
    },
    FlawInfo {
        name: "answers-before-sync",
        summary: "A server sends its messages before its writes are durable; a power loss undoes what it said.",
        source: "omnipaxos 0.2.4, Storage, misread",
        violates: &[p::INTEGRITY, p::PROMISE_NEVER_DECREASES, p::UNIFORM_AGREEMENT, LINEARIZABILITY],
    },
    FlawInfo {
        name: "forgets-session",
        summary: "Entries name the client and the number of the request, but not the session it is counted in.",
        source: "Ongaro's thesis 6.3, misread",
        violates: &[p::VALIDITY, LINEARIZABILITY],
    },
    FlawInfo {
        name: "no-dedup",
        summary: "An operation that a client retries is applied once for each try.",
        source: "Ongaro's thesis 6.3, left out",
        violates: &[LINEARIZABILITY],
    },
];
