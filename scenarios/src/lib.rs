//! To come.

mod cli;
pub mod exit;
mod prepared;
mod run;

pub use prepared::{Prepared, Recorded, Traced};
