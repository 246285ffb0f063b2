//! Async functions as nodes of a run.

mod disks;
mod foreign;
mod life;
mod streams;
mod traps;
