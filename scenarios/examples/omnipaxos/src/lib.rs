//! Somebody else's protocol under Faultbed: the published crate `omnipaxos`, as it is, through its
//! public interface alone.
//!
//! OmniPaxos (Ng, Haridi and Carbone, EuroSys 2023) is a replicated log. Here it replicates the
//! key-value map of Faultbed's own protocols. The crate is sans-io: it is handed messages and
//! ticks, writes through a trait, and leaves its messages in a buffer. All that is added here is the
//! adapter between that and [`Protocol`](sim_core::Protocol), and what must hold.

mod command;
mod config;
mod flaws;
mod names;
mod node;
mod properties;
mod storage;
mod system;

pub use config::Config;
pub use flaws::Flaw;
pub use node::OmniPaxosNode;
