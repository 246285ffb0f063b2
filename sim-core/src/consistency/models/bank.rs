//! A bank: money that moves between accounts, and never comes from nothing.

use std::rc::Rc;

use super::super::SequentialModel;
use super::{Action, Datum, Op, Reply, may_tell_or_acknowledge};

/// One bank a key. A transfer is refused if an account does not exist, if the one that pays has too little,
/// or if the other would hold more than a number of 64 bits. So the sum of all balances never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    balances: Rc<[i64]>,
}

impl Bank {
    /// Banks that begin with these balances, a list of numbers: one account each. Anything else is
    /// a bank without accounts.
    pub fn new(initial: &Datum) -> Self {
        Self { balances: balances(initial).unwrap_or_default() }
    }
}

impl SequentialModel for Bank {
    type Op = Op;
    type Reply = Reply;
    /// The balance of each account.
    type State = Rc<[i64]>;
    type Key = Datum;

    fn initial(&self) -> Rc<[i64]> {
        Rc::clone(&self.balances)
    }

    fn apply(&self, state: &Rc<[i64]>, op: &Op, reply: Option<&Reply>) -> Option<Rc<[i64]>> {
        match op.action {
            Action::Read => may_list(reply, state).then(|| Rc::clone(state)),
            Action::Transfer { from, to, amount } => match moved(state, from, to, amount) {
                Some(next) => may_tell_or_acknowledge(reply, &Reply::Flag(true)).then_some(next),
                None => reply.is_none_or(|reply| *reply == Reply::Flag(false)).then(|| Rc::clone(state)),
            },
            _ => None,
        }
    }

    fn key(&self, op: &Op) -> Option<Datum> {
        Some(op.key.clone())
    }

    fn is_read(&self, op: &Op, reply: Option<&Reply>) -> bool {
        op.action == Action::Read || reply == Some(&Reply::Flag(false))
    }

    fn heap_bytes(&self, state: &Rc<[i64]>) -> u64 {
        size_of_val(&**state) as u64
    }
}

/// The balances after a transfer; `None` if it is refused.
fn moved(balances: &[i64], from: u32, to: u32, amount: u32) -> Option<Rc<[i64]>> {
    let (from, to, amount) = (from as usize, to as usize, i64::from(amount));
    let has_enough = *balances.get(from)? >= amount;
    balances.get(to).filter(|_| has_enough)?;
    let mut next = balances.to_vec();
    next[from] -= amount;
    next[to] = next[to].checked_add(amount)?;
    Some(next.into())
}

/// The numbers of a list of numbers.
fn balances(list: &Datum) -> Option<Rc<[i64]>> {
    let Datum::List(items) = list else { return None };
    let number = |item: &Datum| if let Datum::Int(number) = item { Some(*number) } else { None };
    items.iter().map(number).collect()
}

fn may_list(reply: Option<&Reply>, state: &Rc<[i64]>) -> bool {
    match reply {
        None => true,
        Some(Reply::Value(told)) => balances(told).as_ref() == Some(state),
        Some(_) => false,
    }
}
