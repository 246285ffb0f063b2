//! The replicated state machine: the key-value map, and what its clients were last told.

use serde::Serialize;

use super::configuration::Configuration;
use super::log::LogPosition;
use crate::kv::{KvReply, KvState};
use crate::sessions::Sessions;

/// What the log is applied to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The map.
    pub map: KvState,
    /// The latest operation of each client.
    pub sessions: Sessions<KvReply>,
}

/// The state after an entry of the log was applied, which makes the log up to there superfluous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The last entry that it includes.
    pub last: LogPosition,
    /// The members as of that entry.
    pub configuration: Configuration,
    /// The state after it.
    pub machine: Machine,
}
