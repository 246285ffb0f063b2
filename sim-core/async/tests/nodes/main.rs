//! Async functions as nodes of a run.

mod cancelling;
mod connections;
mod disks;
mod foreign;
mod life;
mod streams;
mod tokio_io;
mod traps;
