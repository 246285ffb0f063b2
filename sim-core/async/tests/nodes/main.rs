//! Async functions as nodes of a run.

mod foreign;
mod life;
mod streams;
mod traps;
