//! The verbs of scripts: actions that happen now.

use super::{Draft, set};
use crate::fault::{Fault, FaultKind, Selector};

/// See [`Fault::deliver`].
#[derive(Clone, Debug)]
pub enum Deliver {}

/// See [`Fault::fire`].
#[derive(Clone, Debug)]
pub enum Fire {}

/// See [`Fault::end`].
#[derive(Clone, Debug)]
pub enum End {}

impl Fault {
    /// A message that is in flight or held back arrives now: of those that match, the one sent first. If
    /// there is none, the fault waits until one is sent.
    ///
    /// ```
    /// use sim_core::{Fault, ms};
    ///
    /// let script = [
    ///     Fault::from(Fault::links("all").hold().labelled("withheld")),
    ///     Fault::deliver("n0", "n1").kind("RequestVote").at(ms(10)).into(),
    ///     Fault::end("withheld").then_after(ms(5)).into(),
    /// ];
    /// # let _ = script;
    /// ```
    pub fn deliver(from: impl Into<Selector>, to: impl Into<Selector>) -> Draft<Deliver> {
        Draft::new(FaultKind::Deliver { from: from.into(), to: to.into(), kind: None })
    }

    /// An armed timer of the targets, named by its variant, fires now. If none is armed, the fault waits
    /// until one is.
    pub fn fire(targets: impl Into<Selector>, timer: impl Into<String>) -> Draft<Fire> {
        Draft::new(FaultKind::Fire { targets: targets.into(), timer: timer.into() })
    }

    /// The faults with this label end.
    pub fn end(label: impl Into<String>) -> Draft<End> {
        Draft::new(FaultKind::End { label: label.into() })
    }
}

impl Draft<Deliver> {
    /// A message of this kind, named by the variant.
    pub fn kind(self, kind: impl Into<String>) -> Self {
        set!(self, Deliver.kind = Some(kind.into()))
    }
}
