//! Which replica a client asks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a client stays with the replica, or the data centre, that it began with (*sticky availability*: Bailis
/// et al., *Highly Available Transactions*, VLDB 2013).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stickiness {
    /// Always the same first.
    Sticky,
    /// The next one with every operation.
    Roaming,
}
