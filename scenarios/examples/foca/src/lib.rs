//! Somebody else's protocol under Faultbed: the published crate `foca`, as it is, through its public interface alone.
//!
//! foca is SWIM with suspicion, rejoining under a new identity, and periodic announcements and gossip. It is sans-io: it
//! is handed data and timers, and hands back what to send, what to wait for, and who has come or gone. All that is added
//! here is the adapter between that and [`Protocol`](sim_core::Protocol), and what must hold.
//!
//! An identity is a node and a *generation*. A node has a new one at each boot, and when it learns that it is held for
//! down. Generations are durable before anybody hears of them.

mod config;
mod flaws;
mod identity;
mod names;
mod node;
mod packet;
mod properties;
mod system;

pub use config::Config;
pub use flaws::Flaw;
pub use identity::Identity;
pub use node::{Event, FocaNode, Timer};
pub use packet::Packet;
