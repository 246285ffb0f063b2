//! How many must agree: one vocabulary for all protocols.
//!
//! *n* is how many nodes there are, *f* how many of them may fail, by crashes or as Byzantine ones,
//! whichever the protocol is about. The usual thresholds are methods of a [`Group`]:
//!
//! | threshold | how many | what it is for |
//! |---|---|---|
//! | [`majority`](Group::majority) | ⌊n / 2⌋ + 1 | any two share a node |
//! | [`one_correct`](Group::one_correct) | f + 1 | not all of them are faulty |
//! | [`correct_majority`](Group::correct_majority) | 2f + 1 | most of them are correct |
//! | [`byzantine_quorum`](Group::byzantine_quorum) | ⌈(n + f + 1) / 2⌉ | any two share a correct node |
//! | [`available`](Group::available) | n - f | as many as answer for certain |
//! | [`two_thirds`](Group::two_thirds) | ⌈2n / 3⌉ | a Byzantine quorum for the largest f below n / 3 |
//!
//! Where it matters *who* the nodes are and not only how many (weights, grids, memberships that change
//! jointly), a [`Quorum`] says which sets are enough, and [`Quorums`] which of them read and which write.

mod group;
mod sets;

pub use group::{Group, reached_by};
pub use sets::{Quorum, Quorums};
