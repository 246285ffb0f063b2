//! Which links and which messages a fault is about, and what is wrong with them.

use super::{FaultFacts, Selector};
use crate::network::Latency;
use crate::random::Probability;
use crate::time::Duration;

/// Which links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Those of these processes, in both directions.
    Of(Selector),
    /// Those from some processes to others.
    Between {
        /// Whose messages.
        from: Selector,
        /// Messages to whom.
        to: Selector,
    },
}

/// Which messages are lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageFilter {
    /// Of which kind, by the name of the variant; by default, of any.
    pub kind: Option<String>,
    /// How many of these.
    pub rate: Probability,
    /// Or exactly these, numbered from 1 in the order in which they are sent while the fault lasts.
    /// Ascending; if there are any, `rate` is ignored.
    pub nth: Vec<u64>,
    /// Only of these rounds, from first to last; by default, of any round or none.
    pub rounds: Option<(u64, u64)>,
}

/// What is wrong with links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkTrouble {
    /// How many messages are lost, on top of what the links lose anyway.
    pub loss: Probability,
    /// How many arrive twice.
    pub duplicate: Probability,
    /// How much longer they take.
    pub delay: Option<Latency>,
    /// Which come once more, much later.
    pub replays: Option<Replays>,
    /// Whether they are held back until the fault ends. A FIFO link also holds back what is sent after
    /// them.
    pub hold: bool,
    /// How much gets through.
    pub bandwidth: Option<Bandwidth>,
    /// How many are corrupted in transit.
    pub corruption: Probability,
    /// Whether a checksum catches that: then they are lost. Otherwise they arrive as something else
    /// that the receiver can read: one of the protocol's
    /// [mutations](crate::SystemUnderTest::MUTATIONS). A message that has none is lost.
    pub checksum: bool,
}

/// How much gets through a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bandwidth {
    /// Bytes per second, of messages in their canonical form. Above zero.
    pub bytes_per_second: u64,
    /// How many bytes can wait in the queue; the rest is lost. By default, everything waits.
    pub queue: Option<u64>,
}

/// Old messages that arrive once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replays {
    /// How many of all messages.
    pub rate: Probability,
    /// How long after they were sent.
    pub after: Latency,
}

impl LinkTrouble {
    /// Its facts, if only one thing is wrong and that has its own name in reports.
    pub(super) fn facts(&self) -> Option<&'static FaultFacts> {
        let none = Self::default();
        [
            (&FaultFacts::REPLAY, Self { replays: self.replays, ..none }),
            (&FaultFacts::CORRUPTION, Self { corruption: self.corruption, checksum: self.checksum, ..none }),
            (&FaultFacts::BANDWIDTH, Self { bandwidth: self.bandwidth, ..none }),
            (&FaultFacts::WITHHOLD, Self { hold: self.hold, ..none }),
        ]
        .into_iter()
        .find_map(|(facts, only)| (only == *self && only != none).then_some(facts))
    }

    /// Whether nothing gets through while it lasts.
    pub(crate) const fn shuts(&self) -> bool {
        self.loss.is_always() || self.hold || self.corruption.is_always() && self.checksum
    }

    /// Whether messages take longer than usual.
    pub(super) const fn delays(&self) -> bool {
        self.delay.is_some() || self.hold || self.bandwidth.is_some()
    }

    /// Whether messages are lost for good.
    pub(crate) fn loses(&self) -> bool {
        let overflows = self.bandwidth.is_some_and(|bandwidth| bandwidth.queue.is_some());
        !self.loss.is_never() || overflows || !self.corruption.is_never()
    }
}

impl Bandwidth {
    /// How long it takes to put a message of so many bytes on the link.
    pub(crate) const fn time_for(self, bytes: u64) -> Duration {
        let nanos = bytes as u128 * 1_000_000_000 / self.bytes_per_second as u128;
        Duration::from_nanos(if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 })
    }

    /// Whether there is room for a message of so many bytes behind what takes so long.
    pub(crate) fn has_room(self, bytes: u64, backlog: Duration) -> bool {
        let waiting = u128::from(backlog.as_nanos()) * u128::from(self.bytes_per_second) / 1_000_000_000;
        waiting == 0 || self.queue.is_none_or(|queue| waiting + u128::from(bytes) <= u128::from(queue))
    }
}

impl Ends {
    /// All links.
    pub const ALL: Self = Self::Of(Selector::All);
}

impl MessageFilter {
    /// Whether messages of this kind and round are among those of which some are hit.
    pub(crate) fn touches(&self, kind: &str, round: Option<u64>) -> bool {
        let is_of_round = |(first, last)| round.is_some_and(|round| (first..=last).contains(&round));
        self.kind.as_deref().is_none_or(|of| of == kind) && self.rounds.is_none_or(is_of_round)
    }

    /// Whether any message can be hit.
    pub(super) fn hits_any(&self) -> bool {
        !self.rate.is_never() || !self.nth.is_empty()
    }

    /// All messages.
    pub const ALL: Self = Self::rate(Probability::ALWAYS);

    /// A random part of all messages.
    pub const fn rate(rate: Probability) -> Self {
        Self { kind: None, rate, nth: Vec::new(), rounds: None }
    }
}
