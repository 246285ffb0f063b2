//! The command line with one protocol more.
//!
//! ```sh
//! cargo run --release --example foca -- run scenarios/examples/foca
//! ```

use std::process::ExitCode;

use faultbed_foca::FocaNode;
use scenarios::Registry;

fn main() -> ExitCode {
    scenarios::faultbed(Registry::standard().with::<FocaNode>())
}
