//! What clients ask and are told.

use parts::bounds::check_counts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{ConfigError, Kinds, NodeId, OperationKind, SimRng, Workload};

/// What a client asks of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum SwimOp {
    /// Who is a member?
    Members,
    /// Say this of yourself from now on.
    SetMetadata {
        /// What.
        metadata: u32,
    },
}

impl SwimOp {
    pub(super) const fn kind(&self) -> OperationKind {
        match self {
            Self::Members => OperationKind::Read,
            Self::SetMetadata { .. } => OperationKind::Write,
        }
    }
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum SwimReply {
    /// These are, as far as the member knows: those that are suspected too.
    Members(Vec<NodeId>),
    /// It says so.
    Done,
}

/// What clients ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SwimWorkload {
    /// How many operations in a hundred change metadata. The others ask who is a member.
    pub updates_percent: u32,
    /// How many values there are for metadata. At least 1.
    pub values: u32,
}

impl Default for SwimWorkload {
    fn default() -> Self {
        Self { updates_percent: 50, values: 1000 }
    }
}

impl Workload for SwimWorkload {
    type Op = SwimOp;

    fn validate(&self) -> Result<(), ConfigError> {
        match self {
            Self { updates_percent: 101.., .. } => Err(ConfigError::new("updates_percent", "must be from 0 to 100")),
            Self { values: 0, .. } => Err(ConfigError::new("values", "must be at least 1")),
            Self { values, .. } => check_counts(&[("values", u64::from(*values))]),
        }
    }

    fn operation(&self, _: u32, _: u32, rng: &mut SimRng) -> SwimOp {
        if rng.below(100) < u64::from(self.updates_percent) {
            SwimOp::SetMetadata { metadata: rng.below(u64::from(self.values)) as u32 }
        } else {
            SwimOp::Members
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused =
            |updates_percent, values| SwimWorkload { updates_percent, values }.validate().err().map(|error| error.key);
        assert_eq!(refused(100, 1), None);
        assert_eq!(refused(101, 1), Some("updates_percent"));
        assert_eq!(refused(0, 0), Some("values"));
    }
}
