//! Scenario files, with protocols that are made for tests: one program, so that these are compiled once.

#[path = "../common/mod.rs"]
mod common;

mod guarantees;
mod malformed;
mod mutations;
mod probes;
mod recording;
mod schema;
mod variants;
