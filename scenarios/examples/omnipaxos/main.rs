//! Somebody else's protocol under Faultbed: the published crate `omnipaxos`, as it is, through its
//! public interface alone.
//!
//! OmniPaxos (Ng, Haridi and Carbone, EuroSys 2023) is a replicated log. Here it replicates the
//! key-value map of Faultbed's own protocols. The crate is sans-io: it is handed messages and
//! ticks, writes through a trait, and leaves its messages in a buffer. All that this example adds
//! is the adapter between that and [`Protocol`](sim_core::Protocol), and what must hold.
//!
//! ```sh
//! cargo run --release -p scenarios --example omnipaxos -- run scenarios/examples/omnipaxos
//! ```

mod command;
mod config;
mod flaws;
mod names;
mod node;
mod properties;
mod storage;
mod system;

use std::process::ExitCode;

use scenarios::Registry;

use node::OmniPaxosNode;

fn main() -> ExitCode {
    scenarios::faultbed(Registry::standard().with::<OmniPaxosNode>())
}
