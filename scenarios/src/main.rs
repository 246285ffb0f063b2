//! The command line `faultbed`, with the protocols that come with it.

use std::process::ExitCode;

use scenarios::{Registry, faultbed};

fn main() -> ExitCode {
    faultbed(Registry::standard())
}
