//! The command line for the protocols of the tests.

#[path = "mod.rs"]
mod common;

use std::process::ExitCode;

fn main() -> ExitCode {
    scenarios::faultbed(&common::registry())
}
