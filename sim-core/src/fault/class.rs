//! How faults are told apart: to which class a kind belongs, and how much it asks of a protocol.

use serde::{Deserialize, Serialize};

use super::FaultKind;
use FaultClass::{Byzantine, Crash, Network, Omission, Operator, Storage, Timing};
use FaultSeverity::{Critical, Fatal, Major, Minor};

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

/// The class and the severity of each kind, by the name that reports have for it.
const CLASSES: [(&str, FaultClass, FaultSeverity); 44] = [
    ("crash", Crash, Major),
    ("power_loss", Crash, Critical),
    ("reordered_power_loss", Crash, Critical),
    ("wiped_crash", Storage, Fatal),
    ("restart", Operator, Minor),
    ("join", Operator, Minor),
    ("partition", Network, Major),
    ("isolate", Network, Major),
    ("bridge", Network, Major),
    ("majority_ring", Network, Major),
    ("random_links", Network, Major),
    ("swizzle", Network, Major),
    ("one_way", Network, Major),
    ("send_omission", Omission, Major),
    ("receive_omission", Omission, Major),
    ("link_omission", Omission, Major),
    ("links", Network, Minor),
    ("link", Network, Minor),
    ("replay", Network, Minor),
    ("bandwidth", Network, Minor),
    ("corruption", Network, Major),
    ("withhold", Network, Major),
    ("deliver", Timing, Minor),
    ("fire", Timing, Minor),
    ("end", Operator, Minor),
    ("pause", Timing, Minor),
    ("slow", Timing, Minor),
    ("clock_jump", Timing, Major),
    ("drift", Timing, Minor),
    ("late_timers", Timing, Minor),
    ("slow_disk", Storage, Minor),
    ("failing_sync", Storage, Major),
    ("phantom_writes", Storage, Critical),
    ("read_error", Storage, Major),
    ("full_disk", Storage, Major),
    ("corrupt_record", Storage, Fatal),
    ("operate", Operator, Minor),
    ("upgrade", Operator, Minor),
    ("twin", Byzantine, Fatal),
    ("mutate", Byzantine, Fatal),
    ("silence", Byzantine, Fatal),
    ("stall", Byzantine, Fatal),
    ("stale", Byzantine, Fatal),
    ("adversary", Byzantine, Fatal),
];

/// The class of a kind of fault, by the name that files or reports have for it, and how severe it is
/// unless the plan says otherwise. Nothing if there is no such kind.
pub fn fault_class(name: &str) -> Option<(FaultClass, FaultSeverity)> {
    CLASSES.iter().find(|(of, ..)| *of == name).map(|(_, class, severity)| (*class, *severity))
}

impl FaultKind {
    /// Its class and, unless the plan says otherwise, its severity.
    pub fn class(&self) -> (FaultClass, FaultSeverity) {
        fault_class(self.name()).expect("every kind has a class")
    }
}
