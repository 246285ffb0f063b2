//! Fault-tolerant distributed protocols, written to be read next to the papers that they come
//! from, and run in the simulator.
//!
//! Each protocol is a module of its own: its nodes, its messages, the properties that its authors
//! claim for it, and *flaws*: bugs that were really made by people who implemented it, each one a
//! deviation in a single place that can be switched on by name. A protocol here knows the
//! simulator and nothing else: no seed, no scenario file.
//!
//! | module | protocol | source |
//! |---|---|---|
//! | [`bracha`] | Bracha's reliable broadcast | Bracha 1987 |
//! | [`canary`] | none: it announces the faults that it notices | |
//! | [`hotstuff`] | chained HotStuff | Yin, Malkhi, Reiter, Golan Gueta and Abraham 2019 |
//! | [`lamport_mutex`] | Lamport's mutual exclusion | Lamport 1978 |
//! | [`lww`] | a store in which the last writer wins | RFC 677, 1975; Terry et al. 1994 |
//! | [`oral_messages`] | Oral messages OM(m) | Lamport, Shostak and Pease 1982 |
//! | [`pbft`] | PBFT | Castro and Liskov 1999, 2002 |
//! | [`raft`] | Raft | Ongaro and Ousterhout 2014; Ongaro's thesis 2014 |
//! | [`streamlet`] | Streamlet | Chan and Shi 2020 |
//!
//! What they share: the [`journal`] by which a node remembers what it has promised, how many nodes make a quorum
//! ([`quorums`]), for replicated state machines the key-value map of [`kv`] and the duplicate suppression of
//! [`sessions`], and, where replicas may lie, clients that wait for matching replies ([`matching_client`]).

pub mod bounds;
pub mod bracha;
pub mod canary;
pub mod hotstuff;
pub mod journal;
pub mod kv;
pub mod lamport_mutex;
pub mod lww;
pub mod matching_client;
pub mod oral_messages;
pub mod pbft;
pub mod quorums;
pub mod raft;
pub mod sessions;
pub mod streamlet;

#[cfg(not(test))]
use sim_core::{AnySystem, erased};

/// All protocols. Each is compiled here, with the simulator that runs it, and nowhere else.
// The unit tests run none of them.
#[cfg(not(test))]
pub static ALL: &[&dyn AnySystem] = &[
    erased::<canary::Canary>(),
    erased::<raft::Raft>(),
    erased::<lww::Lww>(),
    erased::<pbft::Pbft>(),
    erased::<hotstuff::HotStuff>(),
    erased::<streamlet::Streamlet>(),
    erased::<bracha::Bracha>(),
    erased::<oral_messages::General>(),
    erased::<lamport_mutex::LamportMutex>(),
];
