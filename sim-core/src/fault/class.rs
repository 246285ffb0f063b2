//! How faults are told apart: to which class a kind belongs, and how much it asks of a protocol.

use serde::{Deserialize, Serialize};

use super::{CrashSeverity, FailedWrites, FaultKind};

/// What goes wrong, in the words of the field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultClass {
    /// A process stops.
    #[default]
    Crash,
    /// Messages of some processes are lost.
    Omission,
    /// Steps, clocks or timers are not in time.
    Timing,
    /// Links do not do what they should.
    Network,
    /// Disks do not keep or give back what was written.
    Storage,
    /// Processes do not follow the protocol.
    Byzantine,
    /// People act on the system, or on the script.
    Operator,
}

/// How much a fault asks of a protocol.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FaultSeverity {
    /// It costs time.
    #[default]
    Minor,
    /// A node or a link does not work for a while.
    Major,
    /// What was not durable yet is lost, or the order in which it was written.
    Critical,
    /// What was durable is lost, or a node lies.
    Fatal,
}

impl FaultClass {
    /// Its name, as files and reports have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Omission => "omission",
            Self::Timing => "timing",
            Self::Network => "network",
            Self::Storage => "storage",
            Self::Byzantine => "byzantine",
            Self::Operator => "operator",
        }
    }
}

impl FaultSeverity {
    /// Its name, as files and reports have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
            Self::Fatal => "fatal",
        }
    }
}

impl FaultKind {
    /// Its class and, unless the plan says otherwise, its severity.
    pub const fn class(&self) -> (FaultClass, FaultSeverity) {
        use FaultClass::{Byzantine, Crash, Network, Omission, Operator, Storage, Timing};
        use FaultSeverity::{Critical, Fatal, Major, Minor};
        match self {
            Self::Crash { wiped: true, .. } | Self::CorruptRecord { .. } => (Storage, Fatal),
            Self::Crash { severity: CrashSeverity::Process, .. } => (Crash, Major),
            Self::Crash { .. } => (Crash, Critical),
            Self::Partition { .. }
            | Self::Bridge { .. }
            | Self::MajorityRing { .. }
            | Self::RandomLinks { .. }
            | Self::Swizzle { .. }
            | Self::OneWay { .. } => (Network, Major),
            Self::Links { trouble, .. } if trouble.hold || !trouble.corruption.is_never() => (Network, Major),
            Self::Links { .. } => (Network, Minor),
            Self::Omission { .. } => (Omission, Major),
            Self::Pause { .. }
            | Self::Slow { .. }
            | Self::Drift { .. }
            | Self::LateTimers { .. }
            | Self::Fire { .. }
            | Self::Deliver { .. } => (Timing, Minor),
            Self::ClockJump { .. } => (Timing, Major),
            Self::SlowDisk { .. } => (Storage, Minor),
            Self::FailingSync { writes: FailedWrites::Phantom, .. } => (Storage, Critical),
            Self::FailingSync { .. } | Self::ReadError { .. } | Self::FullDisk { .. } => (Storage, Major),
            Self::Restart { .. }
            | Self::Join { .. }
            | Self::Operator { .. }
            | Self::Upgrade { .. }
            | Self::End { .. } => (Operator, Minor),
            Self::Twin { .. } | Self::Lie { .. } | Self::Adversary { .. } => (Byzantine, Fatal),
        }
    }
}
