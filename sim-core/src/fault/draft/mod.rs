//! Builders for faults, in the words of the field, one modifier at a time.
//!
//! A constructor of [`Fault`](super::Fault) makes a [`Draft`] of its kind. Modifiers refine it, in any
//! order. A modifier that makes no sense for the kind does not compile. A
//! [`Simulation`](crate::Simulation::fault) accepts a draft as a fault.

mod byzantine;
mod course;
mod cuts;
mod disks;
mod links;
mod processes;
mod scripts;

use std::marker::PhantomData;

pub use byzantine::{Adversary, Lie, Twin};
pub use course::{Flapping, HitsEach, Instant, Lasting, Repeated};
pub use cuts::{Cut, Cutting, Partition, Swizzle};
pub use disks::{CorruptRecord, DiskTrouble, FailingSync, FullDisk, ReadError};
pub use links::{Filtered, Links, Omission};
pub use processes::{Crash, Join, LateTimers, Operate, Restart, Restarting, Trouble, Upgrade, WallClocks};
pub use scripts::{Deliver, End, Fire};

use super::{Fault, FaultKind};
use crate::time::Time;

/// A fault of kind `K` under construction. By default it starts with the run and lasts until the heal or
/// the end of the run.
///
/// ```
/// use sim_core::{Fault, Milestone, ms, secs};
///
/// let dies = Fault::crash("leader").power_loss().at(secs(1)).restart_after(ms(300));
/// let is_cut_off = Fault::isolate("leader").after(Milestone::event("Elected", 2)).lasting(secs(3));
/// let plan: [Fault; 2] = [dies.into(), is_cut_off.into()];
/// assert_eq!(plan.map(|fault| fault.kind.name()), ["power_loss", "partition"]);
/// ```
///
/// A pause ends by itself and restarts nobody; a crash is over at once:
///
/// ```compile_fail
/// # use sim_core::{Fault, ms};
/// let _ = Fault::pause("n0").restart_after(ms(300));
/// ```
///
/// ```compile_fail
/// # use sim_core::{Fault, ms};
/// let _ = Fault::crash("n0").lasting(ms(300));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Draft<K> {
    fault: Fault,
    kind: PhantomData<K>,
}

impl<K> Draft<K> {
    /// The type that is asked for must be that of the kind.
    fn new(kind: FaultKind) -> Self {
        Self::of(Fault::at(Time::ZERO, kind))
    }

    fn of(fault: Fault) -> Self {
        Self { fault, kind: PhantomData }
    }
}

impl<K> From<Draft<K>> for Fault {
    fn from(draft: Draft<K>) -> Self {
        draft.fault
    }
}

/// Changes one field of the draft's kind.
macro_rules! set {
    ($draft:expr, $kind:ident.$field:ident = $value:expr) => {{
        let (mut draft, value) = ($draft, $value);
        let crate::fault::FaultKind::$kind { $field, .. } = &mut draft.fault.kind else {
            unreachable!("the type of a draft tells its kind")
        };
        *$field = value;
        draft
    }};
}
use set;

#[cfg(test)]
mod tests;
