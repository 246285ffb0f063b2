//! The protocols that come with Faultbed, written to be read next to the papers that they come from.
//!
//! Each is a crate of its own: its nodes, its messages, the properties that its authors claim for it,
//! and *flaws*: bugs that were really made by people who implemented it, each one a deviation in a single
//! place that can be switched on by name. A protocol knows the simulator and [`parts`](../parts/index.html),
//! what protocols have in common, and nothing else: no seed, no scenario file.
//!
//! | crate | protocol | source |
//! |---|---|---|
//! | [`abd`] | the ABD register, with one writer or many | Attiya, Bar-Noy and Dolev 1995; Lynch and Shvartsman 1997 |
//! | [`async_kv`] | a replicated key-value service of async functions | Ongaro and Ousterhout 2014 |
//! | [`atomic_commit`] | two-phase and three-phase commit, over a bank | Gray 1978; Mohan, Lindsay and Obermarck 1986; Skeen 1981 |
//! | [`bracha`] | Bracha's reliable broadcast | Bracha 1987 |
//! | [`canary`] | none: it announces the faults that it notices | |
//! | [`causal`] | COPS, a causal store, with session guarantees on demand | Lloyd et al. 2011; Terry et al. 1994 |
//! | [`chain_replication`] | chain replication, with the reads of CRAQ | van Renesse and Schneider 2004; Terrace and Freedman 2009 |
//! | [`crdt`] | conflict-free replicated data types | Shapiro et al. 2011; Almeida et al. 2018 |
//! | [`failure_detectors`] | failure detectors: heartbeats, pings, gossip, φ-accrual, NFD, votes, metrics | Chandra and Toueg 1996; Chen, Toueg and Aguilera 2002; Hayashibara et al. 2004 |
//! | [`fault_tolerant_counter`] | a counter that survives the loss of disks, with replicas that are promoted and demoted | Shapiro et al. 2011; Lamport, Malkhi and Zhou 2009 |
//! | [`hotstuff`] | chained HotStuff | Yin, Malkhi, Reiter, Golan Gueta and Abraham 2019 |
//! | [`lamport_mutex`] | Lamport's mutual exclusion | Lamport 1978 |
//! | [`leased_lock`] | locks that expire, with fencing tokens; Redlock | Kleppmann 2016; the Redis documentation |
//! | [`lww`] | a store in which the last writer wins | RFC 677, 1975; Terry et al. 1994 |
//! | [`oral_messages`] | Oral messages OM(m) | Lamport, Shostak and Pease 1982 |
//! | [`paxos`] | Paxos: the Synod, and Multi-Paxos | Lamport 1998, 2001; Howard, Malkhi and Spiegelman 2016 |
//! | [`pbft`] | PBFT | Castro and Liskov 1999, 2002 |
//! | [`primary_backup`] | primary–backup replication with a view service: one node, or three on Raft | Alsberg and Day 1976; Budhiraja et al. 1993 |
//! | [`quorum_store`] | a key-value store with read and write quorums | Gifford 1979; DeCandia et al. 2007 |
//! | [`raft`] | Raft | Ongaro and Ousterhout 2014; Ongaro's thesis 2014 |
//! | [`replicated_service`] | active and semi-active replication of a service that is not deterministic | Schneider 1990; Barrett et al. 1990 |
//! | [`saga`] | sagas: steps and compensations over services | Garcia-Molina and Salem 1987 |
//! | [`streamlet`] | Streamlet | Chan and Shi 2020 |
//! | [`swim`] | SWIM, with Lifeguard: who is a member | Das, Gupta and Motivala 2002; Dadgar, Phillips and Currey 2018 |
//! | [`viewstamped_replication`] | Viewstamped Replication Revisited, without disks | Liskov and Cowling 2012; Michael et al. 2017 |
//!
//! They are crates, and not modules of one, because each is compiled together with all of the simulator:
//! so they are compiled side by side, and an edit of one leaves the others alone.

use sim_core::AnySystem;

/// All of them.
// References to statics of other crates: a constant here would compile their code once more.
pub static ALL: &[&&dyn AnySystem] = &[
    &canary::SYSTEM,
    &raft::SYSTEM,
    &paxos::SYSTEM,
    &paxos::SYNOD,
    &lww::SYSTEM,
    &causal::SYSTEM,
    &crdt::SYSTEM,
    &pbft::SYSTEM,
    &hotstuff::SYSTEM,
    &streamlet::SYSTEM,
    &bracha::SYSTEM,
    &oral_messages::SYSTEM,
    &lamport_mutex::SYSTEM,
    &abd::SYSTEM,
    &quorum_store::SYSTEM,
    &saga::SYSTEM,
    &leased_lock::SYSTEM,
    &fault_tolerant_counter::SYSTEM,
    &atomic_commit::SYSTEM,
    &viewstamped_replication::SYSTEM,
    &swim::SYSTEM,
    &primary_backup::SYSTEM,
    &chain_replication::SYSTEM,
    &failure_detectors::SYSTEM,
    &async_kv::SYSTEM,
    &replicated_service::SYSTEM,
];
