//! Failure detectors, as systems of their own: each node judges the others by the signs of life that they give.
//!
//! **Sources.** T. Chandra and S. Toueg, *Unreliable Failure Detectors for Reliable Distributed Systems*, JACM 1996:
//! what a failure detector is, completeness and accuracy, the classes. W. Chen, S. Toueg and M. Aguilera, *On the
//! Quality of Service of Failure Detectors*, IEEE Transactions on Computers 2002: the metrics, and NFD-S and NFD-E. N.
//! Hayashibara, X. Défago, R. Yared and T. Katayama, *The φ Accrual Failure Detector*, SRDS 2004. R. van Renesse, Y.
//! Minsky and M. Hayden, *A Gossip-Style Failure Detection Service*, Middleware 1998. V. Jacobson, *Congestion
//! Avoidance and Control*, SIGCOMM 1988, for timeouts that adapt. A. Das, I. Gupta and A. Motivala, *SWIM*, DSN 2002,
//! for pings by way of others. P. Huang et al., *Gray Failure: The Achilles' Heel of Cloud-Scale Systems*, HotOS 2017.
//!
//! **The algorithm.** Every node gives a sign of life in each interval: a heartbeat to all, an answer to a ping, a
//! counter that it gossips. The detectors themselves are parts that any protocol can embed (`parts::detectors`); which
//! one there is, the configuration names.
//! - *News.* A sign bears the number of the node's boot, which is durable before it is said, and counts up within it.
//!   Only a sign that is newer than all before is news: copies, and messages that were overtaken, say nothing of now.
//! - *Status.* A peer is unknown, alive, suspected or failed. It is suspected when the detector's level reaches 1, and
//!   taken for crashed when that has lasted for `confirm`. A suspicion bears when it began, when it was last looked at,
//!   its deadline, its levels and their confidence. News lets the peer be trusted again: it has *recovered* if it has
//!   booted since, and else the suspicion was a *false positive*.
//! - *When it is asked.* A node judges all peers whose time has come before it does anything else: timers that are late
//!   delay no verdict that somebody asks for. Clients ask for the view of a node: the status of each peer.
//! - *Whom.* After a boot a node monitors all others. Operators have all nodes `stop_monitoring` some, and `monitor`
//!   them again.
//!
//! **What is claimed.** Strong completeness in any case: whoever has crashed is suspected within a bound, because no
//! timeout exceeds `longest`, and no sign is news twice. Eventual strong accuracy (together: ◇P) under partial
//! synchrony and where the settings leave room for it: for heartbeats a timeout above the interval and Δ
//! (`message_delay`), for pings above the interval and 2Δ, for gossip above the time that a counter takes to come
//! around and Δ, for φ and Jacobson's estimator a least deviation that is worth 2Δ, for NFD-E a margin above Δ, and for
//! NFD-S that and clocks that agree. Where they do not, it is not claimed: the detector is complete, and how accurate
//! it is can be measured.
//!
//! **Departures.**
//! - Gossip goes to each other node in turn, and not to one drawn at random, so that there is a bound on what a counter
//!   takes to come around. Counters are not forgotten.
//! - φ has a bound beside its threshold: nobody is waited for longer than `longest`, were the gaps ever so irregular.
//! - Which peers are monitored is not durable.
//! - NFD-E estimates by the beats that are news.
//!
//! # How good they are
//!
//! Who waits longer makes fewer mistakes, and detects a crash later. That is measured, in the metrics of Chen, Toueg
//! and Aguilera. *Theorem 1*, no false negatives and an accuracy of at least 0.95, holds of some settings and not of
//! others:
#![doc = include_str!("trade_off.md")]

mod config;
mod figures;
mod flaws;
mod judge;
mod message;
mod names;
mod node;
pub mod properties;
mod system;

pub use config::{DetectorConfig, DetectorKind, Limits, Weights};
pub use flaws::DetectorFlaw;
pub use message::{DetectorOp, DetectorWorkload, Echo, Event, Heard, Message, Sign, Timer, View};
pub use node::DetectorNode;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<DetectorNode>();
