//! A store that is always available: every replica answers at once, tells the others later, and
//! the write with the highest stamp wins.
//!
//! **Sources.** P. Johnson and R. Thomas, *The Maintenance of Duplicate Databases*, RFC 677, 1975
//! (last writer wins); A. Demers et al., *Epidemic Algorithms for Replicated Database Maintenance*,
//! PODC 1987 (anti-entropy); D. Terry et al., *Session Guarantees for Weakly Consistent Replicated
//! Data*, PDIS 1994 (session tokens); M. Ahamad et al., *Causal Memory*, 1995 (causal delivery).
//!
//! **The algorithm.** A replica that is asked to write stamps the write, makes it durable, applies
//! it, answers, and broadcasts it as an *update*. Now and then it tells each other replica which
//! updates it has, and is sent those that it lacks. An update that arrives is applied once what it
//! depends on has been: all that its replica had then (`"delivery": "causal"`), all that its replica
//! had written (`fifo`), or nothing (`unordered`). Stamps are Lamport's clock, or the wall clock. A
//! client stays with one replica or goes from one to the next, and may carry a *token*: the updates
//! that its session has seen or made. A replica answers it once it has them.
//!
//! | delivery | sessions | histories are |
//! |---|---|---|
//! | causal | sticky, or with tokens | causally convergent |
//! | fifo | sticky | PRAM |
//! | unordered | with tokens | read-your-writes, with monotonic reads |
//! | any | roaming, without tokens | eventually consistent |
//!
//! A replica survives disks and links that papers do not speak of. A failed sync may leave records that
//! can be read and are never written (Rebello et al., *Can Applications Recover from fsync Failures?*, ATC
//! 2020): it stops, and when it boots writes all that it reads once more. A record that cannot be read
//! may be read at the next boot, so it stops, too. What links corrupt its own checksums catch.
//!
//! What replicas tell in their replies (a write's dot and stamp, the updates visible to a read) makes
//! the session guarantees decidable as they are stated. Updates are announced as messages of an
//! application, so the guarantees of delivery can be judged too.
//!
//! **Departures.** No update is ever forgotten, and a replica's name is a new one after each boot, so
//! that a dot is never given twice.

mod config;
mod flaws;
mod history;
mod message;
mod node;
mod session;
mod system;
mod updates;

pub use config::{LwwConfig, OrderOfDelivery, Stamps};
pub use flaws::LwwFlaw;
pub use history::{LwwOp, LwwReply};
pub use message::{Body, Message};
pub use node::{Event, Lww, Record, Timer};
pub use updates::Update;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<Lww>();
