//! The command line with one protocol more.
//!
//! ```sh
//! cargo run --release --example omnipaxos -- run scenarios/examples/omnipaxos
//! ```

use std::process::ExitCode;

use faultbed_omnipaxos::OmniPaxosNode;
use scenarios::Registry;

fn main() -> ExitCode {
    scenarios::faultbed(Registry::standard().with::<OmniPaxosNode>())
}
