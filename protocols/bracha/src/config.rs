//! What can be set about a node.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, NodeId, ProtocolConfig};

use super::flaws::BrachaFlaw;
use parts::bounds::{check_counts, check_spans};

/// The configuration of all nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BrachaConfig {
    /// How many nodes may be Byzantine, at least 1. There must be more than three times as many.
    pub f: u32,
    /// How many broadcasts each node makes.
    pub broadcasts: u32,
    /// How long a node waits between two of them.
    pub interval: Duration,
    /// How long a node waits for acknowledgements before it repeats itself. To a node that answers
    /// nothing it speaks less and less often, in the end every eighth time.
    pub resend_after: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<BrachaFlaw>,
}

impl Default for BrachaConfig {
    fn default() -> Self {
        Self {
            f: 1,
            broadcasts: 1,
            interval: Duration::from_millis(100),
            resend_after: Duration::from_millis(100),
            flaws: Flaws::default(),
        }
    }
}

impl BrachaConfig {
    /// Who takes part, in ascending order.
    pub(crate) fn participants<'n>(&self, nodes: &'n [NodeId]) -> &'n [NodeId] {
        let enough = 3 * self.f as usize;
        if self.flaws.has(BrachaFlaw::TooFew) { &nodes[..enough.min(nodes.len())] } else { nodes }
    }
}

impl ProtocolConfig for BrachaConfig {
    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        check_counts(&[("broadcasts", self.broadcasts.into())])?;
        check_spans(&[("interval", self.interval), ("resend_after", self.resend_after)])?;
        let refuse = |key, message: String| Err(ConfigError::new(key, message));
        let f = u64::from(self.f);
        if f == 0 {
            refuse("f", "without Byzantine nodes a message to each would do: at least 1".to_owned())
        } else if u64::from(nodes) <= 3 * f {
            refuse("nodes", format!("to survive {f} Byzantine nodes takes more than {} in all", 3 * f))
        } else if self.broadcasts == 0 {
            refuse("broadcasts", "at least one broadcast must be made".to_owned())
        } else if self.interval.is_zero() {
            refuse("interval", "must be above zero".to_owned())
        } else if self.resend_after.is_zero() {
            refuse("resend_after", "must be above zero".to_owned())
        } else {
            Ok(())
        }
    }

    /// Nodes may crash and links lose messages, as long as what is durable stays.
    fn model(&self) -> FaultModel {
        let assumptions = vec![
            Assumption::DurableDisks,
            Assumption::ByzantineAtMost(self.f),
            Assumption::NoPhantomWrites,
            Assumption::IntactMessages,
        ];
        FaultModel::of(assumptions.clone()).live(assumptions)
    }

    /// How long it may take, once links are well again, until all have said what they have to say:
    /// twice as long as anybody rests, for what they hear may give them more to say.
    fn settles_within(&self) -> Duration {
        self.resend_after * 16
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::refused_key;

    use super::*;

    fn check(nodes: u32, change: impl FnOnce(&mut BrachaConfig), expected: Option<&'static str>) {
        assert_eq!(refused_key(nodes, change), expected);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        check(4, |_| (), None);
        check(3, |_| (), Some("nodes"));
        check(7, |c| c.f = 2, None);
        check(6, |c| c.f = 2, Some("nodes"));
        check(4, |c| c.f = u32::MAX, Some("nodes"));
        check(4, |c| c.f = 0, Some("f"));
        check(4, |c| c.broadcasts = 0, Some("broadcasts"));
        check(4, |c| c.interval = Duration::ZERO, Some("interval"));
        check(4, |c| c.resend_after = Duration::ZERO, Some("resend_after"));
    }
}
