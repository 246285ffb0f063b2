//! Eventual consistency: what replicas promise each other.
//!
//! - [`Convergence`]: once the network has healed and nobody updates any more, all replicas are
//!   alike within a bound;
//! - [`StrongConvergence`]: replicas that have the same updates are alike, at every step (Shapiro,
//!   Preguiça, Baquero and Zawirski, "Conflict-free replicated data types", SSS 2011);
//! - [`check_durability`]: no update that was acknowledged is lost.
//!
//! A replica's state is known by its digest, an update by its name. The first two are told what
//! happens as it happens; each such call costs little, whatever the number of updates.

mod convergence;
mod durability;
mod strong;
#[cfg(test)]
mod tests;

pub use convergence::{Convergence, Divergence};
pub use durability::{LostUpdate, check_durability};
pub use strong::{StrongConvergence, Unlike};
