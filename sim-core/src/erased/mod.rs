//! Protocols whose types are forgotten: what reads scenario files, runs them and reports needs no code
//! of its own for each.
//!
//! Whoever names a protocol here, as [`erased`] does, has all of the simulator compiled for it, once;
//! whoever is handed an [`AnySystem`] compiles nothing more.

mod simulation;
mod system;

pub use simulation::{AnyRecording, AnySimulation, Traced};
pub use system::{AnyConfig, AnyOperations, AnySystem, AnyWorkload, Recipe, SystemInfo, erased};
