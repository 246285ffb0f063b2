//! What generals tell each other, what they wait for, and what they announce.

use serde::Serialize;
use sim_core::{Kinds, NodeId};

/// What a commander can order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Order {
    /// What is done when no order was heard, or no majority.
    #[default]
    Retreat,
    /// Attack.
    Attack,
    /// Stay where you are.
    Hold,
}

impl Order {
    /// All orders.
    pub const ALL: [Self; 3] = [Self::Retreat, Self::Attack, Self::Hold];

    /// Those that are not this one.
    pub fn others(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |order| *order != self)
    }
}

/// The messages of OM(m).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// The commander's order.
    Command(Statement),
    /// What a lieutenant has heard from another general.
    Relay(Statement),
}

impl Message {
    /// A statement that its sender sends: a command if it is his own, a relay otherwise.
    pub fn of(statement: Statement) -> Self {
        if statement.path.len() == 1 { Self::Command(statement) } else { Self::Relay(statement) }
    }

    /// What it says.
    pub const fn statement(&self) -> &Statement {
        match self {
            Self::Command(statement) | Self::Relay(statement) => statement,
        }
    }
}

/// "The last of the path told me that the one before him told him … that the commander ordered
/// this."
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// The round in which it is sent, counted from 0 through all orders.
    pub round: u64,
    /// Through whose hands it went: the commander first, the sender last.
    pub path: Vec<NodeId>,
    /// What was ordered.
    pub order: Order,
}

/// The one timer of a general.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// A round begins.
    Round,
}

/// What a general announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// As the commander, he orders this.
    Ordered {
        /// Which order it is, counted from 0.
        number: u32,
        /// What he orders.
        order: Order,
    },
    /// As a lieutenant, he obeys this.
    Obeyed {
        /// Which order it is.
        number: u32,
        /// What he does.
        order: Order,
    },
}
