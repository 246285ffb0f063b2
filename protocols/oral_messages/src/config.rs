//! What can be set about a general, and what follows from it about rounds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, NodeId, ProtocolConfig};

use super::flaws::OralMessagesFlaw;
use parts::bounds::{LONGEST, check_counts, check_spans};

/// The configuration of all generals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OralMessagesConfig {
    /// How many traitors there may be: the `m` of OM(m), at least 1. There must be more than three
    /// times as many nodes.
    pub m: u32,
    /// How many orders are given, one after the other. Each time the next node commands.
    pub orders: u32,
    /// How long a round takes. Above `delay_bound`.
    pub round: Duration,
    /// How long a message takes at most. What is left of a round is for clocks that go apart.
    pub delay_bound: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<OralMessagesFlaw>,
}

impl Default for OralMessagesConfig {
    fn default() -> Self {
        Self {
            m: 1,
            orders: 1,
            round: Duration::from_millis(20),
            delay_bound: Duration::from_millis(10),
            flaws: Flaws::default(),
        }
    }
}

const MILLION: u64 = 1_000_000;

impl OralMessagesConfig {
    /// Who takes part, in ascending order.
    pub(crate) fn participants<'n>(&self, nodes: &'n [NodeId]) -> &'n [NodeId] {
        let enough = 3 * self.m as usize;
        if self.flaws.has(OralMessagesFlaw::TooFew) { &nodes[..enough.min(nodes.len())] } else { nodes }
    }

    /// How many rounds one order takes.
    pub(crate) fn rounds(&self) -> u64 {
        let all = u64::from(self.m) + 1;
        if self.flaws.has(OralMessagesFlaw::SkipsLastRound) { all - 1 } else { all }
    }

    /// How many rounds there are in all.
    pub(crate) fn all_rounds(&self) -> u64 {
        u64::from(self.orders) * self.rounds()
    }

    /// How much clocks may gain or lose, in parts per million, for no message to miss its round:
    /// one clock as fast and another as slow as that are what is left of a round apart when the
    /// last round begins.
    pub(crate) fn clock_rate(&self) -> u32 {
        let apart = self.round.as_nanos().saturating_sub(self.delay_bound.as_nanos()) / 2;
        let through = self.round.as_nanos() * (self.all_rounds() + 1);
        u32::try_from(u128::from(apart) * u128::from(MILLION) / u128::from(through)).unwrap_or(u32::MAX)
    }

    /// Whether so many rounds, and the time before the first, are more than anything may last.
    fn takes_too_long(&self, rounds: u64) -> bool {
        u128::from(self.round.as_nanos()) * (u128::from(rounds) + 1) > u128::from(LONGEST.as_nanos())
    }
}

impl ProtocolConfig for OralMessagesConfig {
    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        check_counts(&[("orders", self.orders.into())])?;
        check_spans(&[("round", self.round), ("delay_bound", self.delay_bound)])?;
        let refuse = |key, message: String| Err(ConfigError::new(key, message));
        let m = self.m;
        if m == 0 {
            refuse("m", "there is nothing to agree on without traitors: at least 1".to_owned())
        } else if nodes / 3 < m || nodes - 3 * m < 1 {
            refuse("nodes", format!("OM({m}) takes more than {} nodes, three for each traitor", 3 * u64::from(m)))
        } else if self.orders == 0 {
            refuse("orders", "at least one order must be given".to_owned())
        } else if self.round <= self.delay_bound {
            refuse("round", format!("a round must take longer than a message, which may take {}", self.delay_bound))
        } else if self.takes_too_long(self.rounds()) {
            refuse("round", format!("the {} rounds of one order would take more than a day", self.rounds()))
        } else if self.takes_too_long(self.all_rounds()) {
            refuse("orders", format!("{} rounds in all would take more than a day", self.all_rounds()))
        } else {
            Ok(())
        }
    }

    /// A general that crashes, or that is cut off, is as good as a traitor, and whoever is slow
    /// misses rounds.
    fn model(&self) -> FaultModel {
        let assumptions = vec![
            Assumption::Synchronous { within: self.delay_bound },
            Assumption::ClockRate { ppm: self.clock_rate() },
            Assumption::DownAtMost(0),
            Assumption::ByzantineAtMost(self.m),
        ];
        FaultModel::of(assumptions.clone()).live(assumptions)
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::refused_key;

    use super::*;

    fn check(nodes: u32, change: impl FnOnce(&mut OralMessagesConfig), expected: Option<&'static str>) {
        assert_eq!(refused_key(nodes, change), expected);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        check(4, |_| (), None);
        check(3, |_| (), Some("nodes"));
        check(7, |c| c.m = 2, None);
        check(6, |c| c.m = 2, Some("nodes"));
        check(4, |c| c.m = u32::MAX, Some("nodes"));
        check(4, |c| c.m = 0, Some("m"));
        check(4, |c| c.orders = 0, Some("orders"));
        check(4, |c| c.round = c.delay_bound, Some("round"));
    }

    #[test]
    fn the_longer_it_takes_the_better_the_clocks_must_be() {
        let once = OralMessagesConfig::default();
        assert_eq!(once.clock_rate(), 83_333, "5 ms in 60");
        assert_eq!(OralMessagesConfig { orders: 12, ..once }.clock_rate(), 10_000);
    }
}
