//! What clients ask and are told.

use parts::bounds::check_counts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{ConfigError, Flaws, Kinds, SimRng, Workload};

use super::flaws::SagaFlaw;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum SagaOp {
    /// One pays, and others are paid an equal share each; what cannot be divided goes to the first of them.
    Transfer {
        /// The account of the payer.
        from: u32,
        /// The accounts of the payees.
        to: Vec<u32>,
        /// What is paid.
        amount: u32,
    },
}

/// What a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum SagaReply {
    /// All is done.
    Completed,
    /// Nothing is left of it.
    Compensated,
    /// A compensation is refused: somebody has to look into it.
    NeedsOperator,
}

/// A transaction of a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Which account it changes.
    pub account: u32,
    /// By how much. It is a withdrawal if that is below zero.
    pub change: i64,
}

/// The steps of a transfer: the withdrawal, and a deposit for each payee.
pub(super) fn steps(op: &SagaOp, flaws: Flaws<SagaFlaw>) -> Vec<Step> {
    let SagaOp::Transfer { from, to, amount } = op;
    let (amount, payees) = (i64::from(*amount), to.len() as i64);
    let share = amount / payees.max(1);
    let rest = if flaws.has(SagaFlaw::RoundsEachShare) { 0 } else { amount - share * payees };
    let deposits = to.iter().zip(std::iter::once(rest).chain(std::iter::repeat(0)));
    let deposits = deposits.map(|(account, rest)| Step { account: *account, change: share + rest });
    let withdrawal = std::iter::once(Step { account: *from, change: -amount });
    if flaws.has(SagaFlaw::DepositsFirst) {
        deposits.chain(withdrawal).collect()
    } else {
        withdrawal.chain(deposits).collect()
    }
}

/// What clients ask: transfers between accounts drawn by chance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SagaWorkload {
    /// How many accounts there are. They belong to the services in turn. At least 2.
    pub accounts: u32,
    /// What is paid at most, from 1 on.
    pub amount: u32,
    /// How many are paid at most, from 1 on. At least 1, and fewer than there are accounts.
    pub payees: u32,
}

impl Default for SagaWorkload {
    fn default() -> Self {
        Self { accounts: 6, amount: 80, payees: 3 }
    }
}

impl Workload for SagaWorkload {
    type Op = SagaOp;

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        match self {
            Self { accounts: 0..=1, .. } => wrong("accounts", "a transfer is between two accounts"),
            Self { amount: 0, .. } => wrong("amount", "must be at least 1"),
            Self { payees: 0, .. } => wrong("payees", "somebody must be paid"),
            Self { payees, accounts, .. } if payees >= accounts => {
                wrong("payees", "must be fewer than there are accounts")
            }
            Self { accounts, amount, .. } => {
                check_counts(&[("accounts", u64::from(*accounts)), ("amount", u64::from(*amount))])
            }
        }
    }

    fn operation(&self, _: u32, _: u32, rng: &mut SimRng) -> SagaOp {
        let mut drawn = Vec::new();
        let parties = 2 + rng.below(u64::from(self.payees)) as usize;
        while drawn.len() < parties {
            let account = rng.below(u64::from(self.accounts)) as u32;
            if !drawn.contains(&account) {
                drawn.push(account);
            }
        }
        let from = drawn.remove(0);
        SagaOp::Transfer { from, to: drawn, amount: 1 + rng.below(u64::from(self.amount)) as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut SagaWorkload)| {
            let mut workload = SagaWorkload::default();
            change(&mut workload);
            workload.validate().err().map(|error| error.key)
        };
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|workload| workload.accounts = 1), Some("accounts"));
        assert_eq!(refused(|workload| workload.amount = 0), Some("amount"));
        assert_eq!(refused(|workload| workload.payees = 0), Some("payees"));
        assert_eq!(refused(|workload| workload.payees = 6), Some("payees"));
    }

    #[test]
    fn shares_come_to_what_is_paid() {
        let transfer = SagaOp::Transfer { from: 4, to: vec![1, 2, 3], amount: 11 };
        let changes = |flaws| steps(&transfer, flaws).iter().map(|step| step.change).collect::<Vec<_>>();
        assert_eq!(changes(Flaws::default()), [-11, 5, 3, 3]);
        assert_eq!(changes([SagaFlaw::RoundsEachShare].into_iter().collect()), [-11, 3, 3, 3]);
        assert_eq!(steps(&transfer, Flaws::default())[0].account, 4);
    }
}
