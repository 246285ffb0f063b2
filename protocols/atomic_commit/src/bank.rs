//! The bank: what clients ask of it, and what its accounts hold.

use std::fmt;

use parts::bounds::check_counts;
use parts::kv::WriteId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::isolation::IsolationLevel;
use sim_core::consistency::{Answer, Budget, Counterexample, Step, check_totals, check_transactions};
use sim_core::{ConfigError, History, Kinds, OperationKind, SimRng, Workload};

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

/// Decides whether a history of the bank keeps an isolation level: the
/// [`CHECK_ISOLATION`](sim_core::SystemUnderTest::CHECK_ISOLATION) of whatever commits its transactions. Ledgers are
/// lists that transfers append to, so reads tell the order of all that was posted. And a read of all accounts must tell
/// that the bank has what it began with.
pub(super) fn check_isolation(
    level: IsolationLevel,
    history: &History<BankOp, BankReply>,
    budget: Budget,
) -> Answer<Counterexample> {
    let answer = check_transactions(history, steps, level, budget);
    if answer.is_violated() {
        return answer;
    }
    // `total` is about an audit of the same bank each time: a workload has one number of accounts.
    check_totals(history, total, 0, level).map_or(answer, Answer::Violated)
}

/// What a transaction did, as far as its reply tells.
fn steps(op: &BankOp, reply: Option<&BankReply>) -> Vec<Step<u32, WriteId>> {
    let ledgers = reply.map(BankReply::ledgers).unwrap_or_default();
    let values = |ledger: &Ledger| ledger.0.iter().map(|posting| posting.transfer).collect();
    let reads = op.accounts().into_iter().zip(ledgers);
    let reads = reads.map(|(key, ledger)| Step::ReadList { key, values: values(ledger) });
    let postings = if matches!(reply, Some(BankReply::TooLittle(_))) { Vec::new() } else { op.postings() };
    let writes = postings.into_iter().map(|(key, posting)| Step::Append { key, value: posting.transfer });
    reads.chain(writes).collect()
}

/// By how much all accounts together differ from what they began with, as an audit tells.
fn total(op: &BankOp, reply: &BankReply) -> Option<i64> {
    let change = |ledger: &Ledger| ledger.balance() - OPENING;
    matches!(op, BankOp::Audit { .. }).then(|| reply.ledgers().iter().map(change).sum())
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

    fn transfer(index: u32) -> WriteId {
        WriteId { client: 0, index }
    }

    fn ledger(postings: &[(u32, i64)]) -> Ledger {
        Ledger(postings.iter().map(|(index, amount)| Posting { transfer: transfer(*index), amount: *amount }).collect())
    }

    /// What becomes of a history of these transactions, one after the other.
    fn check(told: Vec<(BankOp, BankReply)>) -> Answer<Counterexample> {
        let mut history = History::new();
        for (index, (op, reply)) in (0..).zip(told) {
            let id = history.invoke(0, index, op, index);
            history.ok(id, reply, index);
        }
        check_isolation(IsolationLevel::StrictSerializable, &history, Budget::default())
    }

    fn pays(to: Vec<u32>, amount: u32) -> BankOp {
        BankOp::Transfer { from: 0, to, amount, transfer: transfer(0) }
    }

    const AUDIT: BankOp = BankOp::Audit { accounts: 3 };

    #[test]
    fn a_transfer_pays_as_much_as_others_get() {
        let postings = pays(vec![1, 2], 30).postings();
        assert_eq!(format!("{postings:?}"), "[(0, c0#0:-60), (1, c0#0:+30), (2, c0#0:+30)]");
        assert_eq!(ledger(&[(0, -60), (1, 5)]).balance(), OPENING - 55);
    }

    #[test]
    fn an_audit_sees_all_of_a_transfer_or_nothing() {
        let paid = || (pays(vec![1], 30), BankReply::Done(vec![ledger(&[]), ledger(&[])]));
        let audit = |ledgers| check(vec![paid(), (AUDIT, BankReply::Done(ledgers))]);
        let (paying, paid_to) = (ledger(&[(0, -30)]), ledger(&[(0, 30)]));
        assert_eq!(audit(vec![paying.clone(), paid_to, ledger(&[])]), Answer::Satisfied);
        assert!(audit(vec![paying, ledger(&[]), ledger(&[])]).is_violated());
        assert!(audit(vec![ledger(&[]), ledger(&[]), ledger(&[])]).is_violated(), "it was complete before");
    }

    /// The order of transfers alone does not tell: each account has all of them.
    #[test]
    fn money_that_is_made_of_nothing_is_a_wrong_total() {
        let paid = (pays(vec![1], 30), BankReply::Done(vec![ledger(&[]), ledger(&[])]));
        let wrong = vec![ledger(&[(0, -30)]), ledger(&[(0, 31)]), ledger(&[])];
        let answer = check(vec![paid, (AUDIT, BankReply::Done(wrong))]);
        let Answer::Violated(wrong) = answer else { panic!("{answer:?}") };
        assert!(wrong.to_string().contains("this read of them tells 1"), "{wrong}");
    }

    #[test]
    fn what_is_refused_posts_nothing() {
        let refused = (pays(vec![1], 300), BankReply::TooLittle(vec![ledger(&[]), ledger(&[])]));
        let nothing = || vec![ledger(&[]), ledger(&[]), ledger(&[])];
        assert_eq!(check(vec![refused, (AUDIT, BankReply::Done(nothing()))]), Answer::Satisfied);
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
