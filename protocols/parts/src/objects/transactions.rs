//! Operations on registers and on banks as transactions.

use sim_core::History;
use sim_core::consistency::isolation::IsolationLevel;
use sim_core::consistency::models::{Action, Datum, ModelKind, Reply};
use sim_core::consistency::{
    Answer, Budget, Counterexample, Step, check_isolation_by_order, check_totals, check_transactions,
};

use super::{ObjectOp, check, first_balances, kind_of};

/// Decides whether a history of objects keeps an isolation level: the
/// [`CHECK_ISOLATION`](sim_core::SystemUnderTest::CHECK_ISOLATION) of whatever replicates them. Nothing if they
/// are of a kind without transactions.
///
/// Transactions on several registers are judged by who read from whom. A transfer between accounts of a bank
/// tells only whether it was possible, and two transfers may leave the same balance. So a bank is judged by
/// orders of whole operations, which show that a level is kept, and at the levels of serializability that it is
/// not, and by totals: at parallel snapshot isolation and above, all balances together are always the same.
/// What neither shows is unknown.
pub fn check_isolation(
    level: IsolationLevel,
    history: &History<ObjectOp, Reply>,
    budget: Budget,
) -> Option<Answer<Counterexample>> {
    let by_order =
        || check_isolation_by_order(level, |order| check(order, history, budget).unwrap_or(Answer::Satisfied));
    match kind_of(history) {
        Ok(None) => Some(Answer::Satisfied),
        Ok(Some(ModelKind::MultiRegister)) => Some(match check_transactions(history, steps, level, budget) {
            Answer::Unknown(_) => by_order(),
            answer => answer,
        }),
        Ok(Some(ModelKind::Bank)) => {
            let first = first_balances().iter().sum();
            let wrong = check_totals(history, total, first, level);
            Some(wrong.map_or_else(by_order, Answer::Violated))
        }
        Ok(Some(_)) => None,
        Err(why) => Some(Answer::Unknown(why)),
    }
}

/// Which register of which object.
type Register = (Datum, Datum);

/// The steps of a transaction on several registers, as far as its reply tells.
fn steps(op: &ObjectOp, reply: Option<&Reply>) -> Vec<Step<Register, Datum>> {
    let Action::Transact(steps) = &op.action else { return Vec::new() };
    let told = match reply {
        Some(Reply::Value(Datum::List(told))) => &told[..],
        _ => &[],
    };
    let steps = steps.iter().enumerate().filter_map(|(place, step)| {
        let key = (op.key.clone(), step.register.clone());
        match (&step.write, told.get(place)) {
            (Some(value), _) => Some(Step::Write { key, value: value.clone() }),
            (None, Some(Datum::Nil)) => Some(Step::ReadRegister { key, value: None }),
            (None, Some(value)) => Some(Step::ReadRegister { key, value: Some(value.clone()) }),
            (None, None) => None,
        }
    });
    steps.collect()
}

/// What a read of all accounts tells that they hold together.
fn total(op: &ObjectOp, reply: &Reply) -> Option<i64> {
    let (Action::Read, Reply::Value(Datum::List(balances))) = (&op.action, reply) else { return None };
    let balance = |balance: &Datum| if let Datum::Int(balance) = balance { Some(*balance) } else { None };
    balances.iter().try_fold(0_i64, |total, next| Some(total.wrapping_add(balance(next)?)))
}
