//! Lies of the engine: a sweep that passes in spite of one has not tested what the lie is about.

/// One way in which the engine breaks its own promises, without telling anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sabotage {
    /// Syncs report that they are done, and make nothing durable.
    NoSync,
    /// Every crash also takes some records from the end of the disk that had been synced.
    LoseSynced,
    /// A node that was paused goes on with the memory of one that has never run.
    KeepMemoryNever,
    /// Links that keep the order of messages do not.
    ReorderFifo,
}

impl Sabotage {
    /// All of them, by name.
    pub const ALL: [(&'static str, Self); 4] = [
        ("no-sync", Self::NoSync),
        ("lose-synced", Self::LoseSynced),
        ("keep-memory-never", Self::KeepMemoryNever),
        ("reorder-fifo", Self::ReorderFifo),
    ];

    /// What a sweep has not tested that passes in spite of it.
    pub const fn not_tested(self) -> &'static str {
        match self {
            Self::NoSync => "every sync was a no-op, and nothing was noticed: this sweep has not tested durability",
            Self::LoseSynced => {
                "crashes took records that had been synced, and nothing was noticed: this sweep has not tested durability"
            }
            Self::KeepMemoryNever => {
                "pauses wiped the memory of nodes, and nothing was noticed: this sweep has not tested what nodes must \
                 remember while they are up"
            }
            Self::ReorderFifo => {
                "FIFO links delivered out of order, and nothing was noticed: this sweep has not tested the order of \
                 messages"
            }
        }
    }
}

/// The most records that a crash takes under [`Sabotage::LoseSynced`].
pub(crate) const MOST_LOST: u64 = 4;
