//! The steps of transactions as histories have them: `[[:append 5 1] [:r 5 nil]]`, and in JSON
//! `[["append", 5, 1], ["r", 5, null]]`.

use sim_core::consistency::models::Datum;

use super::event::{Complaint, Field};
use crate::source::{help_with_name, quoted};

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Reads.
    Read,
    /// Writes a register.
    Write,
    /// Appends to a list.
    Append,
}

/// A step of a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'d> {
    pub(super) act: Act,
    pub(super) key: &'d Datum,
    /// What is written or was read; nil if that is not known.
    pub(super) value: &'d Datum,
}

impl Act {
    const fn names(self) -> [&'static str; 2] {
        match self {
            Self::Read => ["r", "read"],
            Self::Write => ["w", "write"],
            Self::Append => ["append", "append"],
        }
    }
}

/// The steps that a value lists, each of which does one of the `known` acts.
pub(super) fn steps<'d>(value: &'d Datum, known: &[Act]) -> Result<Vec<Step<'d>>, Complaint> {
    let Datum::List(items) = value else {
        let message = "a transaction is a list of steps, each `[ACT KEY VALUE]`";
        return Err(Complaint::new(Field::Value, message));
    };
    items.iter().map(|item| step(item, known)).collect()
}

fn step<'d>(item: &'d Datum, known: &[Act]) -> Result<Step<'d>, Complaint> {
    let (name, key, value) = match item {
        Datum::List(parts) => match &**parts {
            [Datum::Text(name), key, value] => (name, key, value),
            [Datum::Text(name), key] => (name, key, &Datum::Nil),
            _ => return Err(no_step(item)),
        },
        _ => return Err(no_step(item)),
    };
    // Keywords are texts that begin with a colon.
    let name = name.strip_prefix(':').unwrap_or(name);
    let act = known.iter().find(|act| act.names().contains(&name)).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|act| act.names()[0]).collect();
        let message = format!("there is no step {} in a transaction of this model", quoted(name));
        Complaint::new(Field::Value, message).with_help(help_with_name("step", name, &names))
    })?;
    Ok(Step { act: *act, key, value })
}

fn no_step(item: &Datum) -> Complaint {
    let message = format!("{item:?} is no step of a transaction: a step is `[ACT KEY VALUE]`");
    Complaint::new(Field::Value, message)
}

/// Refuses a transaction that ends with other steps than it began with. What is read is known only at
/// the end.
pub(super) fn check_repetition(asked: &[Step<'_>], told: &[Step<'_>]) -> Result<(), Complaint> {
    let is_same = |asked: &Step<'_>, told: &Step<'_>| {
        let is_read = asked.act == Act::Read;
        asked.act == told.act && asked.key == told.key && (is_read || asked.value == told.value)
    };
    if asked.len() == told.len() && asked.iter().zip(told).all(|(asked, told)| is_same(asked, told)) {
        return Ok(());
    }
    Err(Complaint::new(Field::Value, "the transaction ends with other steps than it began with"))
}
