//! Nodes that do not follow the protocol.

use super::{Draft, set};
use crate::byzantine::Misconduct;
use crate::fault::{Fault, FaultKind, MessageFilter, Selector};
use crate::network::Latency;

/// See [`Fault::twin`].
#[derive(Clone, Debug)]
pub enum Twin {}

/// See [`Fault::lie`].
#[derive(Clone, Debug)]
pub enum Lie {}

/// See [`Fault::adversary`].
#[derive(Clone, Debug)]
pub enum Adversary {}

impl Fault {
    /// A second process runs under a node's identity: `n1'` beside `n1`.
    pub fn twin(node: impl Into<Selector>) -> Draft<Twin> {
        Draft::new(FaultKind::Twin { targets: node.into() })
    }

    /// The targets do this, toward everyone, instead of sending what they should.
    ///
    /// ```
    /// use sim_core::{Fault, secs};
    ///
    /// let equivocates = Fault::mutate("n2").toward(["n0"]).kind("Prepare").at(secs(1));
    /// # let _ = equivocates;
    /// ```
    pub fn lie(targets: impl Into<Selector>, misconduct: Misconduct) -> Draft<Lie> {
        let (targets, messages) = (targets.into(), MessageFilter::ALL);
        Draft::new(FaultKind::Lie { targets, to: Vec::new(), messages, misconduct })
    }

    /// The targets send other messages instead of their own: those that the protocol says a traitor could
    /// send.
    pub fn mutate(targets: impl Into<Selector>) -> Draft<Lie> {
        Self::lie(targets, Misconduct::Mutate)
    }

    /// The targets send nothing.
    pub fn silence(targets: impl Into<Selector>) -> Draft<Lie> {
        Self::lie(targets, Misconduct::Silence)
    }

    /// The targets send their messages this much later.
    pub fn stall(targets: impl Into<Selector>, by: Latency) -> Draft<Lie> {
        Self::lie(targets, Misconduct::Stall(by))
    }

    /// The targets send earlier messages instead.
    pub fn stale(targets: impl Into<Selector>) -> Draft<Lie> {
        Self::lie(targets, Misconduct::Stale)
    }

    /// One of the protocol's scripts acts for all targets together.
    ///
    /// ```
    /// use sim_core::Fault;
    ///
    /// let colludes = Fault::adversary("equivocating-primary", ["n1", "n2"]);
    /// # let _ = colludes;
    /// ```
    pub fn adversary(
        name: impl Into<String>,
        targets: impl IntoIterator<Item = impl Into<Selector>>,
    ) -> Draft<Adversary> {
        let targets = targets.into_iter().map(Into::into).collect();
        Draft::new(FaultKind::Adversary { name: name.into(), targets })
    }
}

impl Draft<Lie> {
    /// Only these are lied to.
    pub fn toward(self, to: impl IntoIterator<Item = impl Into<Selector>>) -> Self {
        set!(self, Lie.to = to.into_iter().map(Into::into).collect())
    }
}
