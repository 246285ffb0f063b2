//! Clocks that tell what can have influenced what.
//!
//! | type | what it names | source |
//! |---|---|---|
//! | [`Dot`] | one event, by its process and its number there | Almeida et al. 2014 |
//! | [`VectorClock`] | an event and all before it: of each process, all up to some number | Fidge 1988, Mattern 1989 |
//! | [`CausalContext`] | any set of events: a vector clock, and some beyond it | Almeida, Shoker and Baquero 2018 |
//! | [`DottedVersionVector`] | one event, and all that its author had seen | Preguiça et al. 2012 |
//! | [`HybridTime`] | a time close to that of wall clocks, and after all that was seen | Kulkarni et al. 2014 |
//!
//! [`Early`] is where updates wait for those that they depend on. A [`Stamp`] puts all events in one order that
//! agrees with causality, and does not tell which of them are concurrent.
//!
//! Two clocks are ordered or [concurrent](Causality::Concurrent), and that is all they say: the order is
//! that of *happened before* (Lamport 1978), in both directions.
//!
//! **Nothing is pruned.** Stores have dropped the oldest entries of long clocks (Amazon's Dynamo, SOSP
//! 2007, section 4.4; Riak's `small_vclock`). A clock without an entry says that nothing of that process
//! was seen: what comes after something then looks concurrent with it, or before it. So no function here
//! takes an entry away.
//!
//! # Example
//!
//! ```
//! use parts::clocks::{Causality, VectorClock};
//!
//! let (mut first, mut second) = (VectorClock::default(), VectorClock::default());
//! first.increment(1);
//! second.increment(2);
//! assert_eq!(first.compare(&second), Causality::Concurrent);
//! // A message of the first arrives at the second.
//! second.merge(&first);
//! second.increment(2);
//! assert!(first < second);
//! ```

mod causal_context;
mod dot;
mod dotted_version_vector;
mod early;
mod hybrid_time;
mod stamp;
mod vector_clock;

pub use causal_context::CausalContext;
pub use dot::Dot;
pub use dotted_version_vector::{DottedVersionVector, Past, Siblings};
pub use early::Early;
pub use hybrid_time::HybridTime;
pub use stamp::Stamp;
pub use vector_clock::{Causality, VectorClock};
