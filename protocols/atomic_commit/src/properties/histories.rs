//! What clients were told.

use parts::kv::WriteId;
use sim_core::consistency::isolation::IsolationLevel;
use sim_core::consistency::{Answer, Budget, Counterexample, Step, check_totals, check_transactions};
use sim_core::{Breach, History, Judgement, Property, World};

use crate::bank::{BankOp, BankReply, Ledger, OPENING};
use crate::node::AtomicCommit;

/// Decides whether a history of the bank keeps an isolation level: the
/// [`CHECK_ISOLATION`](sim_core::SystemUnderTest::CHECK_ISOLATION) of whatever commits its transactions. Ledgers are
/// lists that transfers append to, so reads tell the order of all that was posted. And a read of all accounts must tell
/// that the bank has what it began with.
pub(crate) fn check_isolation(
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

/// A transfer is refused only when there is too little in the account that should pay, as it was read.
#[derive(Debug)]
pub struct RefusedOnlyWhenShort;

impl Property<AtomicCommit> for RefusedOnlyWhenShort {
    fn at_end(&mut self, world: &World<'_, AtomicCommit>) -> Judgement {
        let history = world.history();
        let wrong = history.iter().find_map(|(id, operation)| {
            let reply @ BankReply::TooLittle(ledgers) = operation.reply()? else { return None };
            is_covered(&operation.op, ledgers).then(|| format!("{} was answered {reply:?}", history.name(id)))
        });
        wrong.map_or(Judgement::Holds, |what| Judgement::Violated(Breach::new([], what)))
    }
}

/// Whether there is enough in all accounts for what is posted to them.
fn is_covered(op: &BankOp, ledgers: &[Ledger]) -> bool {
    let postings = op.postings();
    postings.iter().zip(ledgers).all(|((_, posting), ledger)| ledger.balance() + posting.amount >= 0)
}

#[cfg(test)]
mod tests {
    use sim_core::History;

    use super::*;
    use crate::bank::Posting;

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
    fn a_transfer_may_empty_an_account() {
        let read = [ledger(&[(0, -40)]), ledger(&[]), ledger(&[])];
        assert!(is_covered(&pays(vec![1, 2], 30), &read));
        assert!(!is_covered(&pays(vec![1, 2], 31), &read));
    }
}
