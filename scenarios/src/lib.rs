//! Scenarios: their files, the protocols they can name, and the command line that runs them.

mod check;
mod cli;
mod crash_points;
pub mod exit;
mod explain;
mod file;
pub mod library;
mod load;
mod prepared;
mod refit;
mod registry;
mod run;
mod schema;
mod shrink;
mod simulated;
mod source;
mod variants;

pub use cli::{assert_as_expected, faultbed};
pub use load::{Expectations, Scenario, load};
pub use prepared::{Prepared, Recorded};
pub use registry::Registry;
pub use source::{Diagnostic, Document, Label, Override, Severity, Source, Span};
