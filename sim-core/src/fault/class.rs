//! How faults are told apart: by name, by class, by how much they ask of a protocol, and by their course.

use serde::{Deserialize, Serialize};

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

/// What is true of all faults that have one name in reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultFacts {
    /// The name.
    pub name: &'static str,
    /// The class.
    pub class: FaultClass,
    /// The severity, unless the plan says otherwise.
    pub severity: FaultSeverity,
    /// Whether they are instant, and so have no duration.
    pub is_instant: bool,
    /// Whether they hit nodes individually, and so can hit one after the other.
    pub hits_each: bool,
    /// Whether they can come and go, or happen again.
    pub can_repeat: bool,
    /// Whether they may take nodes down.
    pub(crate) takes_down: bool,
    /// Whether messages or steps take longer than usual.
    pub(super) takes_time: bool,
    /// Whether only clocks go wrong.
    pub(crate) only_of_clocks: bool,
}

impl FaultFacts {
    /// Faults that last for a while.
    pub(super) const fn lasting(name: &'static str, class: FaultClass, severity: FaultSeverity) -> Self {
        Self {
            name,
            class,
            severity,
            is_instant: false,
            hits_each: true,
            can_repeat: true,
            takes_down: false,
            takes_time: false,
            only_of_clocks: false,
        }
    }

    /// Faults that are over at once.
    pub(super) const fn instant(name: &'static str, class: FaultClass, severity: FaultSeverity) -> Self {
        Self { is_instant: true, ..Self::lasting(name, class, severity) }
    }

    /// Faults that cut links.
    pub(super) const fn cut(name: &'static str) -> Self {
        Self::lasting(name, FaultClass::Network, FaultSeverity::Major).hits_all_at_once().takes_time()
    }

    pub(super) const fn hits_all_at_once(self) -> Self {
        Self { hits_each: false, ..self }
    }

    pub(super) const fn only_once(self) -> Self {
        Self { can_repeat: false, ..self }
    }

    pub(super) const fn takes_down(self) -> Self {
        Self { takes_down: true, ..self }
    }

    pub(super) const fn takes_time(self) -> Self {
        Self { takes_time: true, ..self }
    }

    pub(super) const fn only_of_clocks(self) -> Self {
        Self { only_of_clocks: true, ..self }
    }
}
