//! The same run in every build: a program of its own, because it is also built and run with optimisation.

#[path = "../simulator/common.rs"]
#[expect(dead_code, reason = "most of it is for the other tests of the simulator")]
mod common;
mod determinism;
mod pinned;
