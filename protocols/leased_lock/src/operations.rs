//! What clients ask and are told.

use parts::bounds::check_counts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{ConfigError, Duration, Kinds, OperationKind, SimRng, Workload};

/// What a client asks: one critical section, under the lock of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum LockOp {
    /// Reads the account, thinks, and writes it anew.
    Add {
        /// The account, and its lock.
        account: u32,
        /// What is added to it.
        amount: u32,
        /// How long passes between the read and the write, by the holder's clock.
        work: Duration,
    },
    /// Reads the account.
    Read {
        /// The account, and its lock.
        account: u32,
    },
}

impl LockOp {
    /// Whether it is a read or a write, for who looks for progress.
    pub const fn kind(&self) -> OperationKind {
        match self {
            Self::Add { .. } => OperationKind::Write,
            Self::Read { .. } => OperationKind::Read,
        }
    }

    /// The account that it is about, which bears the number of its lock.
    pub const fn account(&self) -> u32 {
        match self {
            Self::Add { account, .. } | Self::Read { account } => *account,
        }
    }
}

/// What a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum LockReply {
    /// What the account has: after an addition, with what was added.
    Value(i64),
}

/// What clients ask: additions and reads, by chance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LockWorkload {
    /// How many accounts there are, each with a lock of its own. At least 1.
    pub accounts: u32,
    /// How many operations in a hundred are reads.
    pub reads_percent: u32,
    /// What is added at most, from 1 on.
    pub amount: u32,
    /// For how many milliseconds an addition works at most between its read and its write.
    pub work_ms: u32,
}

impl Default for LockWorkload {
    fn default() -> Self {
        Self { accounts: 2, reads_percent: 20, amount: 100, work_ms: 120 }
    }
}

impl Workload for LockWorkload {
    type Op = LockOp;

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        match self {
            Self { accounts: 0, .. } => wrong("accounts", "a lock must guard something"),
            Self { reads_percent: 101.., .. } => wrong("reads_percent", "must be from 0 to 100"),
            Self { amount: 0, .. } => wrong("amount", "adding nothing changes nothing"),
            Self { accounts, amount, work_ms, .. } => check_counts(&[
                ("accounts", u64::from(*accounts)),
                ("amount", u64::from(*amount)),
                ("work_ms", u64::from(*work_ms)),
            ]),
        }
    }

    fn operation(&self, _: u32, _: u32, rng: &mut SimRng) -> LockOp {
        let account = rng.below(u64::from(self.accounts)) as u32;
        if rng.below(100) < u64::from(self.reads_percent) {
            return LockOp::Read { account };
        }
        let amount = rng.between(1, u64::from(self.amount)) as u32;
        let work = Duration::from_nanos(rng.between(0, Duration::from_millis(u64::from(self.work_ms)).as_nanos()));
        LockOp::Add { account, amount, work }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut LockWorkload)| {
            let mut workload = LockWorkload::default();
            change(&mut workload);
            workload.validate().err().map(|error| error.key)
        };
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|workload| workload.accounts = 0), Some("accounts"));
        assert_eq!(refused(|workload| workload.accounts = 1_000_001), Some("accounts"));
        assert_eq!(refused(|workload| workload.reads_percent = 101), Some("reads_percent"));
        assert_eq!(refused(|workload| workload.amount = 0), Some("amount"));
        assert_eq!(refused(|workload| workload.work_ms = 1_000_001), Some("work_ms"));
    }
}
