//! Tests of the whole module, on a tree of types like that of a real scenario.

mod forms;
mod overrides;
mod properties;
mod rendering;
mod sample;
mod syntax;
mod types;
mod values;

use serde::de::DeserializeOwned;

use super::{Diagnostic, Source};

/// Parses and reads `text` as a `T`.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, Diagnostic> {
    Source::new("raft.json", text).parse()?.deserialize()
}

#[track_caller]
fn check_rendered(diagnostic: &Diagnostic, expected: &str) {
    assert_eq!(diagnostic.render(false), expected.trim_matches('\n'));
}
