//! c
pub(crate) mod deadline;
pub(crate) mod output;
pub(crate) mod progress;
pub(crate) mod seeds;
pub(crate) mod shell;
