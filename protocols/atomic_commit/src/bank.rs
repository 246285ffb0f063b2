//! The bank: what clients ask of it, and what its accounts hold.

use std::fmt;

use parts::bounds::check_counts;
use parts::kv::WriteId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{ConfigError, Kinds, OperationKind, SimRng, Workload};

/// What is in each account at first.
pub const OPENING: i64 = 100;

/// One entry of a ledger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Posting {
    /// The transfer that it is part of.
    pub transfer: WriteId,
    /// What it adds to the account; negative, if it takes something away.
    pub amount: i64,
}

impl fmt::Debug for Posting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:{:+}", self.transfer, self.amount)
    }
}

/// All that was posted to an account, in order. So whoever reads an account sees all transfers that made it what it
/// is, and one that is lost, half done, or done twice shows.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Ledger(pub Vec<Posting>);

impl Ledger {
    /// What is in the account.
    pub fn balance(&self) -> i64 {
        OPENING + self.0.iter().map(|posting| posting.amount).sum::<i64>()
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}", self.balance(), self.0)
    }
}

/// What a client asks of the bank. Each operation is one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum BankOp {
    /// Pays from one account to others, if there is enough in it.
    Transfer {
        /// The account that is paid from.
        from: u32,
        /// The accounts that are paid to: different ones.
        to: Vec<u32>,
        /// What each of them gets.
        amount: u32,
        /// Names the transfer.
        transfer: WriteId,
    },
    /// Reads all accounts.
    Audit {
        /// How many there are.
        accounts: u32,
    },
}

impl BankOp {
    /// The accounts that it reads, in the order in which the reply tells of them.
    pub fn accounts(&self) -> Vec<u32> {
        match self {
            Self::Transfer { from, to, .. } => std::iter::once(*from).chain(to.iter().copied()).collect(),
            Self::Audit { accounts } => (0..*accounts).collect(),
        }
    }

    /// What it posts to which accounts, if there is enough in them.
    pub fn postings(&self) -> Vec<(u32, Posting)> {
        let Self::Transfer { from, to, amount, transfer } = self else { return Vec::new() };
        let amount = i64::from(*amount);
        let post = |account: u32, amount| (account, Posting { transfer: *transfer, amount });
        let paid = post(*from, -amount * to.len() as i64);
        std::iter::once(paid).chain(to.iter().map(|account| post(*account, amount))).collect()
    }

    /// Whether it is a read or a write, for who looks for progress.
    pub const fn kind(&self) -> OperationKind {
        match self {
            Self::Transfer { .. } => OperationKind::Write,
            Self::Audit { .. } => OperationKind::Read,
        }
    }
}

/// What a client is told of a transaction that has committed: what it read of each account, before it posted
/// anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum BankReply {
    /// All of it took effect.
    Done(Vec<Ledger>),
    /// There was not enough in the account that should pay: nothing has changed.
    TooLittle(Vec<Ledger>),
}

impl BankReply {
    /// What was read.
    pub fn ledgers(&self) -> &[Ledger] {
        match self {
            Self::Done(ledgers) | Self::TooLittle(ledgers) => ledgers,
        }
    }
}

/// Which transactions clients ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BankWorkload {
    /// How many accounts there are, at least two: account `a` of `n` nodes is kept by node `a` modulo `n`. The fewer,
    /// the more transactions meet at one.
    pub accounts: u32,
    /// Of 100 transactions, how many read all accounts. The others are transfers.
    pub audits_percent: u32,
}

impl Default for BankWorkload {
    fn default() -> Self {
        Self { accounts: 6, audits_percent: 20 }
    }
}

impl Workload for BankWorkload {
    type Op = BankOp;

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        if self.accounts < 2 {
            return wrong("accounts", "a transfer needs two of them");
        }
        if self.audits_percent > 100 {
            return wrong("audits_percent", "must be at most 100");
        }
        check_counts(&[("accounts", u64::from(self.accounts))])
    }

    /// A transfer goes to one or two others. Now and then it asks for more than there is.
    fn operation(&self, client: u32, index: u32, rng: &mut SimRng) -> BankOp {
        if rng.below(100) < u64::from(self.audits_percent) {
            return BankOp::Audit { accounts: self.accounts };
        }
        let accounts = u64::from(self.accounts);
        let from = rng.below(accounts);
        let first = rng.between(1, accounts - 1);
        let both = accounts > 2 && rng.below(2) == 0;
        let second = both.then(|| (first + rng.between(1, accounts - 2) - 1) % (accounts - 1) + 1);
        let to = [Some(first), second].into_iter().flatten().map(|step| ((from + step) % accounts) as u32).collect();
        let amount = rng.between(1, OPENING as u64 / 2) as u32;
        BankOp::Transfer { from: from as u32, to, amount, transfer: WriteId { client, index } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_pays_as_much_as_others_get() {
        let transfer = WriteId { client: 0, index: 0 };
        let postings = BankOp::Transfer { from: 0, to: vec![1, 2], amount: 30, transfer }.postings();
        assert_eq!(format!("{postings:?}"), "[(0, c0#0:-60), (1, c0#0:+30), (2, c0#0:+30)]");
        assert_eq!(Ledger(postings.iter().map(|(_, posting)| *posting).take(2).collect()).balance(), OPENING - 30);
    }

    #[test]
    fn a_transfer_is_between_different_accounts() {
        for accounts in 2..5 {
            let workload = BankWorkload { accounts, audits_percent: 10 };
            let mut rng = SimRng::new(1, 1);
            for index in 0..200 {
                let mut named = workload.operation(0, index, &mut rng).accounts();
                assert!(named.iter().all(|account| *account < accounts), "{named:?}");
                named.sort_unstable();
                assert!(named.windows(2).all(|pair| pair[0] != pair[1]), "{named:?}");
            }
        }
    }

    #[test]
    fn a_workload_that_makes_no_sense_is_refused() {
        let check = |accounts, audits_percent, key| {
            let workload = BankWorkload { accounts, audits_percent };
            assert_eq!(workload.validate().map_err(|error| error.key), key);
        };
        check(2, 0, Ok(()));
        check(1, 0, Err("accounts"));
        check(2, 101, Err("audits_percent"));
    }
}
