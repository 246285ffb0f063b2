//! Conflict-free replicated data types: replicas that never wait for each other, and agree by their mathematics.
//!
//! **Sources.** M. Shapiro, N. Preguiça, C. Baquero and M. Zawirski, *A Comprehensive Study of Convergent and
//! Commutative Replicated Data Types*, INRIA RR-7506, 2011 (the types, state-based and operation-based);
//! P. Almeida, A. Shoker and C. Baquero, *Delta State Replicated Data Types*, JPDC 111, 2018 (deltas, the causal
//! types); H.-G. Roh et al. 2011 (the sequence).

mod flaws;
mod names;
pub mod specification;
pub mod types;

pub use flaws::CrdtFlaw;
