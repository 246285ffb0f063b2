//! Lamport's mutual exclusion: processes that share one resource, and no server that grants it.
//!
//! **Source.** L. Lamport, *Time, Clocks, and the Ordering of Events in a Distributed System*,
//! CACM 21(7), 1978: logical clocks are from the section *Logical Clocks*, the algorithm and the
//! conditions (I), (II) and (III) from *Ordering the Events Totally*.
//!
//! **The algorithm.** Every message bears the logical time at which it was sent, and a clock that
//! falls behind a message is set past it (`clock`). Requests are ordered by their times and, where
//! these are equal, by their processes (`message`). Each process keeps a queue of requests, and five
//! rules say what it does (`node`):
//! 1. To request the resource, it sends its request to all others and puts it on its own queue.
//! 2. Who receives a request puts it on its queue and acknowledges it.
//! 3. To release the resource, a process removes its request from its queue and sends a release to
//!    all others.
//! 4. Who receives a release removes the request of its sender from its queue.
//! 5. A process has the resource once its request comes before all others on its queue, and it has
//!    received from each other process a message with a later time.
//!
//! Links keep the order of messages. So who has heard something later from everybody has all earlier
//! requests on its queue, and all go by the same order.
//!
//! **What it takes for granted.** Every message arrives, between each two processes in the order in
//! which they were sent, and no process fails: if one does, the others wait for it for ever. Nothing
//! is assumed of how long anything takes. The algorithm does not survive that messages are lost:
//! without a request two may have the resource, and without acknowledgements or releases all may wait
//! for ever. What arrives twice, with nothing of the same sender in between, does no harm.
//!
//! **Departures.**
//! - Nobody has the resource at the beginning. In the paper one process does.
//! - A process asks so many times, and is done.

mod clock;
mod config;
mod flaws;
mod message;
mod names;
mod node;
pub mod properties;
mod system;

pub use clock::{LogicalClock, LogicalTime};
pub use config::LamportMutexConfig;
pub use flaws::LamportMutexFlaw;
pub use message::{Event, Message, Request, Timer};
pub use node::LamportMutex;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<LamportMutex>();
