//! What a scenario can say of the store.

use std::collections::BTreeSet;

use parts::bounds::{check_counts, check_spans};
use parts::stickiness::Stickiness;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::SessionGuarantee;
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig, Switch};

use super::flaws::CausalFlaw;

/// The configuration of every node and client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CausalConfig {
    /// How many nodes a data centre has: each has one partition of the keys. There are as many data centres as
    /// there are times so many nodes; the number of nodes must be a multiple.
    pub partitions: u32,
    /// What sessions ask for. All four together are causal consistency.
    pub guarantees: BTreeSet<SessionGuarantee>,
    /// Which of the versions that a session has seen or made a client hands over.
    pub dependencies: Dependencies,
    /// Whether a client stays in one data centre or goes from one to the next.
    pub sessions: Stickiness,
    /// How long a node waits for an answer of another before it says or asks again.
    pub retry_interval: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<CausalFlaw>,
}

/// Which of the versions that a session has seen or made a client hands over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dependencies {
    /// Those on which none of the others depends, as far as the client knows: the last put, and what was read since.
    /// A put stands for what came before it where it depends on all that: with both `monotonic-writes` and
    /// `writes-follow-reads`. Otherwise the same as all.
    Nearest,
    /// All.
    All,
}

impl CausalConfig {
    /// Whether sessions ask for this guarantee.
    pub(super) fn asks_for(&self, guarantee: SessionGuarantee) -> bool {
        self.guarantees.contains(&guarantee)
    }

    /// Whether they get it, asked for or not: who stays in one data centre finds there what it has seen and made.
    pub(super) fn gives(&self, guarantee: SessionGuarantee) -> bool {
        use SessionGuarantee::{MonotonicReads, ReadYourWrites};
        let is_by_staying = matches!(guarantee, ReadYourWrites | MonotonicReads);
        self.asks_for(guarantee) || is_by_staying && self.sessions == Stickiness::Sticky
    }
}

impl Default for CausalConfig {
    fn default() -> Self {
        Self {
            partitions: 2,
            guarantees: SessionGuarantee::ALL.into(),
            dependencies: Dependencies::Nearest,
            sessions: Stickiness::Sticky,
            retry_interval: Duration::from_millis(50),
            flaws: Flaws::default(),
        }
    }
}

impl ProtocolConfig for CausalConfig {
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "partitions", values: &["2", "3"] },
        Switch { key: "dependencies", values: &[r#""nearest""#, r#""all""#] },
        Switch { key: "sessions", values: &[r#""sticky""#, r#""roaming""#] },
        Switch {
            key: "guarantees",
            values: &[
                r#"["read-your-writes", "monotonic-reads", "monotonic-writes", "writes-follow-reads"]"#,
                r#"["read-your-writes", "monotonic-reads", "monotonic-writes", "writes-follow-reads"]"#,
                r#"["monotonic-writes", "writes-follow-reads"]"#,
                r#"["read-your-writes", "monotonic-writes", "writes-follow-reads"]"#,
                r#"["monotonic-reads", "monotonic-writes", "writes-follow-reads"]"#,
                r#"["read-your-writes"]"#,
                r#"["monotonic-reads"]"#,
                r#"["monotonic-writes"]"#,
                r#"["writes-follow-reads"]"#,
            ],
        },
    ];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: String| Err(ConfigError::new(key, message));
        match self {
            Self { partitions: 0, .. } => wrong("partitions", "there must be at least one partition".to_owned()),
            Self { partitions, .. } if !nodes.is_multiple_of(*partitions) => wrong(
                "partitions",
                format!("a data centre has {partitions} nodes, and {nodes} nodes are no multiple of that"),
            ),
            Self { retry_interval, .. } if retry_interval.is_zero() => {
                wrong("retry_interval", "nodes that do nothing but ask again get nothing done".to_owned())
            }
            Self { partitions, retry_interval, .. } => {
                check_counts(&[("partitions", u64::from(*partitions))])?;
                check_spans(&[("retry_interval", *retry_interval)])
            }
        }
    }

    fn model(&self) -> FaultModel {
        let assumptions = vec![Assumption::DurableDisks, Assumption::IntactMessages];
        FaultModel::of(assumptions.clone()).live(assumptions)
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::refused_key;

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(refused_key::<CausalConfig>(6, |_| {}), None);
        assert_eq!(refused_key::<CausalConfig>(5, |_| {}), Some("partitions"));
        assert_eq!(refused_key::<CausalConfig>(6, |config| config.partitions = 0), Some("partitions"));
        assert_eq!(
            refused_key::<CausalConfig>(6, |config| config.retry_interval = Duration::ZERO),
            Some("retry_interval")
        );
    }
}
