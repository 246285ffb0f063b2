//! Processes that stop, boot, pause or keep the wrong time.

use super::{Draft, FailingSync, FullDisk, ReadError, set};
use crate::fault::{CrashMoment, CrashSeverity, Fault, FaultKind, Selector};
use crate::network::Latency;
use crate::time::Duration;

/// See [`Fault::crash`].
#[derive(Clone, Debug)]
pub enum Crash {}

/// See [`Fault::restart`].
#[derive(Clone, Debug)]
pub enum Restart {}

/// See [`Fault::join`].
#[derive(Clone, Debug)]
pub enum Join {}

/// See [`Fault::upgrade`].
#[derive(Clone, Debug)]
pub enum Upgrade {}

/// See [`Fault::pause`], [`Fault::slow`] and [`Fault::drift`].
#[derive(Clone, Debug)]
pub enum Trouble {}

/// See [`Fault::clock_jump`].
#[derive(Clone, Debug)]
pub enum WallClocks {}

/// See [`Fault::late_timers`].
#[derive(Clone, Debug)]
pub enum LateTimers {}

/// See [`Fault::operate`].
#[derive(Clone, Debug)]
pub enum Operate {}

/// Kinds that may take nodes down, which then boot again.
pub trait Restarting {}

impl Restarting for Crash {}
impl Restarting for FailingSync {}
impl Restarting for ReadError {}
impl Restarting for FullDisk {}

impl<K: Restarting> Draft<K> {
    /// The nodes it takes down boot again after this time; by default, with the heal.
    pub fn restart_after(mut self, down: Duration) -> Self {
        let restart_after = self.fault.kind.restart_after_mut().expect("the type of a draft tells its kind");
        *restart_after = Some(down);
        self
    }
}

impl Fault {
    /// The targets stop between two steps and lose their memory; their disks keep everything written. They
    /// stay down until the heal.
    ///
    /// ```
    /// use sim_core::{Fault, ms, secs};
    ///
    /// let dies = Fault::crash("leader").power_loss().at(secs(1)).restart_after(ms(300));
    /// # let _ = dies;
    /// ```
    pub fn crash(targets: impl Into<Selector>) -> Draft<Crash> {
        Draft::new(FaultKind::Crash {
            targets: targets.into(),
            severity: CrashSeverity::Process,
            moment: CrashMoment::AtOnce,
            restart_after: None,
            wiped: false,
            lost: None,
        })
    }

    /// Those targets that are down boot.
    pub fn restart(targets: impl Into<Selector>) -> Draft<Restart> {
        Draft::new(FaultKind::Restart { targets: targets.into() })
    }

    /// A node boots for the first time: until then it does not exist.
    pub fn join(node: impl Into<Selector>) -> Draft<Join> {
        Draft::new(FaultKind::Join { targets: node.into() })
    }

    /// The targets stop, and boot after `restart_after` with another
    /// [configuration](crate::Simulation::configuration), which they keep.
    pub fn upgrade(
        targets: impl Into<Selector>,
        configuration: impl Into<String>,
        restart_after: Duration,
    ) -> Draft<Upgrade> {
        let (targets, configuration) = (targets.into(), configuration.into());
        Draft::new(FaultKind::Upgrade { targets, configuration, restart_after })
    }

    /// The targets stand still, and do not notice.
    pub fn pause(targets: impl Into<Selector>) -> Draft<Trouble> {
        Draft::new(FaultKind::Pause { targets: targets.into() })
    }

    /// Each step of the targets takes this long before they can begin the next.
    pub fn slow(targets: impl Into<Selector>, step_takes: Duration) -> Draft<Trouble> {
        Draft::new(FaultKind::Slow { targets: targets.into(), step_takes })
    }

    /// The wall clocks of the targets jump forward; when the fault ends, they jump back.
    pub fn clock_jump(targets: impl Into<Selector>, by: Duration) -> Draft<WallClocks> {
        Draft::new(FaultKind::ClockJump { targets: targets.into(), by, backward: false })
    }

    /// The clocks of the targets gain this much, in parts per million; if negative, they lose. Above
    /// -1,000,000.
    pub fn drift(targets: impl Into<Selector>, ppm: i32) -> Draft<Trouble> {
        Draft::new(FaultKind::Drift { targets: targets.into(), ppm })
    }

    /// Timers that the targets arm fire this late.
    pub fn late_timers(targets: impl Into<Selector>, by: Latency) -> Draft<LateTimers> {
        Draft::new(FaultKind::late_timers(targets.into(), by))
    }

    /// An operator asks the targets for one of the protocol's [`ACTIONS`](crate::Protocol::ACTIONS).
    ///
    /// ```
    /// use sim_core::{Fault, secs};
    ///
    /// let grows = Fault::operate("leader", "add_server").nodes(["n4"]).at(secs(1));
    /// # let _ = grows;
    /// ```
    pub fn operate(targets: impl Into<Selector>, action: impl Into<String>) -> Draft<Operate> {
        Draft::new(FaultKind::Operator { targets: targets.into(), action: action.into(), nodes: Vec::new() })
    }
}

impl Draft<Crash> {
    /// The power fails: only a prefix of the unsynced writes is kept.
    pub fn power_loss(self) -> Self {
        set!(self, Crash.severity = CrashSeverity::PowerLoss)
    }

    /// The power fails, and any part of the unsynced writes is kept: disks have reordered their writes.
    pub fn reordering_power_loss(self) -> Self {
        set!(self, Crash.severity = CrashSeverity::ReorderingPowerLoss)
    }

    /// Happens in the middle of each target's next step that has effects: the last few effects are not
    /// carried out.
    pub fn mid_step(self) -> Self {
        set!(self, Crash.moment = CrashMoment::MidStep)
    }

    /// The targets come back with empty disks. This cannot be combined with a power loss.
    pub fn wiped(self) -> Self {
        set!(self, Crash.wiped = true)
    }
}

impl Draft<WallClocks> {
    /// The clocks jump back instead of forward.
    pub fn backward(self) -> Self {
        set!(self, ClockJump.backward = true)
    }
}

impl Draft<LateTimers> {
    /// Only timers of this kind, named by the variant, are late.
    pub fn timer(self, kind: impl Into<String>) -> Self {
        set!(self, LateTimers.timer = Some(kind.into()))
    }
}

impl Draft<Operate> {
    /// Sets the nodes that the action is about: the server to add, the next leader.
    pub fn nodes(self, nodes: impl IntoIterator<Item = impl Into<Selector>>) -> Self {
        set!(self, Operator.nodes = nodes.into_iter().map(Into::into).collect())
    }
}
