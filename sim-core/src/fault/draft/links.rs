//! Messages that are lost, and links that behave worse than usual.

use std::ops::RangeInclusive;

use super::{Draft, Lie};
use crate::fault::{Bandwidth, Ends, Fault, FaultKind, LinkTrouble, MessageFilter, Replays, Selector};
use crate::network::Latency;
use crate::random::Probability;

/// See [`Fault::omission`], [`Fault::send_omission`], [`Fault::receive_omission`] and
/// [`Fault::link_omission`].
#[derive(Clone, Debug)]
pub enum Omission {}

/// See [`Fault::links`] and [`Fault::link`].
#[derive(Clone, Debug)]
pub enum Links {}

/// Kinds that can be aimed at some messages only.
pub trait Filtered {}

impl Filtered for Omission {}
impl Filtered for Links {}
impl Filtered for Lie {}

impl Fault {
    /// Messages from the targets are lost.
    ///
    /// ```
    /// use sim_core::{Fault, Probability};
    ///
    /// let deaf_to_half_the_votes = Fault::receive_omission("n0").kind("Vote").rate(Probability::ratio(1, 2));
    /// let first_vote = Fault::link_omission("n1", "n0").kind("Vote").nth([1]);
    /// # let _ = (deaf_to_half_the_votes, first_vote);
    /// ```
    pub fn send_omission(from: impl Into<Selector>) -> Draft<Omission> {
        omission(Some(from.into()), None)
    }

    /// Messages to the targets are lost.
    pub fn receive_omission(to: impl Into<Selector>) -> Draft<Omission> {
        omission(None, Some(to.into()))
    }

    /// Messages from `from` to `to` are lost.
    pub fn link_omission(from: impl Into<Selector>, to: impl Into<Selector>) -> Draft<Omission> {
        omission(Some(from.into()), Some(to.into()))
    }

    /// All messages are lost.
    pub fn omission() -> Draft<Omission> {
        omission(None, None)
    }

    /// The targets' links, in both directions, are worse than usual. Modifiers say how.
    ///
    /// ```
    /// use sim_core::{Fault, Latency, Probability, ms};
    ///
    /// let late = Latency::Uniform(ms(20), ms(50));
    /// let bad = Fault::links("all").loss(Probability::ratio(1, 10)).delay(late).at(ms(100)).lasting(ms(200));
    /// # let _ = bad;
    /// ```
    pub fn links(targets: impl Into<Selector>) -> Draft<Links> {
        links(Ends::Of(targets.into()))
    }

    /// The links from `from` to `to` are worse than usual. Modifiers say how.
    pub fn link(from: impl Into<Selector>, to: impl Into<Selector>) -> Draft<Links> {
        links(Ends::Between { from: from.into(), to: to.into() })
    }
}

fn omission(from: Option<Selector>, to: Option<Selector>) -> Draft<Omission> {
    Draft::new(FaultKind::Omission { from, to, messages: MessageFilter::ALL })
}

fn links(ends: Ends) -> Draft<Links> {
    Draft::new(FaultKind::Links { ends, trouble: LinkTrouble::default(), messages: MessageFilter::ALL })
}

impl Draft<Links> {
    /// This share of messages is lost, in addition to what the links lose anyway.
    pub fn loss(self, loss: Probability) -> Self {
        self.trouble(|trouble| trouble.loss = loss)
    }

    /// This share of messages arrives twice.
    pub fn duplicate(self, duplicate: Probability) -> Self {
        self.trouble(|trouble| trouble.duplicate = duplicate)
    }

    /// Messages take this much longer.
    pub fn delay(self, delay: Latency) -> Self {
        self.trouble(|trouble| trouble.delay = Some(delay))
    }

    /// This share of messages arrives again, this long after they were sent.
    pub fn replays(self, rate: Probability, after: Latency) -> Self {
        self.trouble(|trouble| trouble.replays = Some(Replays { rate, after }))
    }

    /// Messages are held back until the fault ends.
    pub fn hold(self) -> Self {
        self.trouble(|trouble| trouble.hold = true)
    }

    /// Limits the bandwidth.
    pub fn bandwidth(self, bandwidth: Bandwidth) -> Self {
        self.trouble(|trouble| trouble.bandwidth = Some(bandwidth))
    }

    /// This share of messages arrives as something else that the receiver can read.
    pub fn corruption(self, corruption: Probability) -> Self {
        self.trouble(|trouble| trouble.corruption = corruption)
    }

    /// A checksum catches corrupted messages, so they are lost.
    pub fn checksum(self) -> Self {
        self.trouble(|trouble| trouble.checksum = true)
    }

    fn trouble(mut self, change: impl FnOnce(&mut LinkTrouble)) -> Self {
        let FaultKind::Links { trouble, .. } = &mut self.fault.kind else {
            unreachable!("the type of a draft tells its kind")
        };
        change(trouble);
        self
    }
}

impl<K: Filtered> Draft<K> {
    /// Only messages of this kind, named by the variant, are affected.
    pub fn kind(self, kind: impl Into<String>) -> Self {
        self.messages(|messages| messages.kind = Some(kind.into()))
    }

    /// Affects a random share of the messages, instead of all.
    pub fn rate(self, rate: Probability) -> Self {
        self.messages(|messages| messages.rate = rate)
    }

    /// Exactly these messages are affected, numbered from 1 in the order in which they are sent while the
    /// fault is active; in ascending order.
    pub fn nth(self, nth: impl IntoIterator<Item = u64>) -> Self {
        self.messages(|messages| messages.nth = nth.into_iter().collect())
    }

    /// Only messages of these rounds are affected.
    pub fn rounds(self, rounds: RangeInclusive<u64>) -> Self {
        self.messages(|messages| messages.rounds = Some(rounds.into_inner()))
    }

    fn messages(mut self, change: impl FnOnce(&mut MessageFilter)) -> Self {
        let (FaultKind::Omission { messages, .. }
        | FaultKind::Links { messages, .. }
        | FaultKind::Lie { messages, .. }) = &mut self.fault.kind
        else {
            unreachable!("the type of a draft tells its kind")
        };
        change(messages);
        self
    }
}
