//! One object, of any kind.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Serialize;
use sim_core::consistency::models::{Action, Datum, ModelKind, Reply};

/// An object that can be asked. What it answers is what its sequential model permits.
///
/// ```
/// use parts::objects::{Action, ModelKind, Object, Reply};
///
/// let mut queue = Object::new(ModelKind::Queue);
/// assert_eq!(queue.apply(&Action::Enqueue("a".into())), Some(Reply::Done));
/// assert_eq!(queue.apply(&Action::Dequeue), Some(Reply::Value("a".into())));
/// assert_eq!(queue.apply(&Action::Dequeue), Some(Reply::Empty));
/// assert_eq!(queue.apply(&Action::Pop), None, "it is no stack");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Object {
    kind: ModelKind,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
enum State {
    /// Of a register or a key of a map.
    Value(Datum),
    /// Of a counter.
    Number(i64),
    /// Of a set.
    Elements(BTreeSet<Datum>),
    /// Of a queue from its front, of a stack from its bottom, of a log from its start.
    Sequence(VecDeque<Datum>),
    /// Of a lock.
    Holder(Option<Datum>),
    /// Of a bank, one each account.
    Balances(Vec<i64>),
    /// Of several registers, what those hold that were written.
    Registers(#[serde(serialize_with = "super::as_pairs")] BTreeMap<Datum, Datum>),
}

impl Object {
    /// The object as it is at the start: see [`ModelKind::default_initial`].
    #[must_use]
    pub fn new(kind: ModelKind) -> Self {
        let state = match kind {
            ModelKind::Register | ModelKind::CasRegister | ModelKind::Kv => State::Value(kind.default_initial()),
            ModelKind::Counter => State::Number(0),
            ModelKind::Set => State::Elements(BTreeSet::new()),
            ModelKind::Queue | ModelKind::Stack | ModelKind::Log => State::Sequence(VecDeque::new()),
            ModelKind::Lock => State::Holder(None),
            ModelKind::Bank => State::Balances(super::first_balances()),
            ModelKind::MultiRegister => State::Registers(BTreeMap::new()),
        };
        Self { kind, state }
    }

    /// What is asked for is done, and this is the answer. `None`, and nothing is done, if such an object cannot be
    /// asked for that: a stack for its front, a text to append a list, a counter for a sum of more than 64 bits.
    pub fn apply(&mut self, action: &Action) -> Option<Reply> {
        if !self.kind.has(action) {
            return None;
        }
        match &mut self.state {
            State::Value(value) => on_value(value, action),
            State::Number(number) => on_number(number, action),
            State::Elements(elements) => on_elements(elements, action),
            State::Sequence(sequence) => on_sequence(sequence, action),
            State::Holder(holder) => on_holder(holder, action),
            State::Balances(balances) => on_balances(balances, action),
            State::Registers(registers) => on_registers(registers, action),
        }
    }
}

fn on_value(value: &mut Datum, action: &Action) -> Option<Reply> {
    Some(match action {
        Action::Read => Reply::Value(value.clone()),
        Action::Write(new) => {
            *value = new.clone();
            Reply::Done
        }
        Action::Append(more) => {
            *value = appended(value, more)?;
            Reply::Done
        }
        Action::Cas(values) => {
            let is_swapped = *value == values.0;
            if is_swapped {
                *value = values.1.clone();
            }
            Reply::Flag(is_swapped)
        }
        _ => return None,
    })
}

/// A text with a text at its end, or a list with a list. To nothing, either can be appended.
fn appended(value: &Datum, more: &Datum) -> Option<Datum> {
    match (value, more) {
        (Datum::Nil, _) => Some(more.clone()),
        (Datum::Text(text), _) if text.is_empty() => Some(more.clone()),
        (Datum::List(items), _) if items.is_empty() => Some(more.clone()),
        (Datum::Text(text), Datum::Text(more)) => Some(Datum::Text(format!("{text}{more}").into())),
        (Datum::List(items), Datum::List(more)) => Some(items.iter().chain(&**more).cloned().collect()),
        _ => None,
    }
}

fn on_number(number: &mut i64, action: &Action) -> Option<Reply> {
    match action {
        Action::Read => {}
        Action::Add(more) => *number = number.checked_add(*more)?,
        _ => return None,
    }
    Some(Reply::Value(Datum::Int(*number)))
}

fn on_elements(elements: &mut BTreeSet<Datum>, action: &Action) -> Option<Reply> {
    Some(match action {
        Action::Read => Reply::Value(elements.iter().cloned().collect()),
        Action::Contains(element) => Reply::Flag(elements.contains(element)),
        Action::Insert(element) => Reply::Flag(elements.insert(element.clone())),
        Action::Remove(element) => Reply::Flag(elements.remove(element)),
        _ => return None,
    })
}

fn on_sequence(sequence: &mut VecDeque<Datum>, action: &Action) -> Option<Reply> {
    let value_or_empty = |found: Option<Datum>| found.map_or(Reply::Empty, Reply::Value);
    Some(match action {
        Action::Read => Reply::Value(sequence.iter().cloned().collect()),
        Action::ReadAt(index) => {
            let index = usize::try_from(*index).ok();
            value_or_empty(index.and_then(|index| sequence.get(index)).cloned())
        }
        Action::Append(entry) => {
            sequence.push_back(entry.clone());
            Reply::Value(Datum::Int(sequence.len() as i64 - 1))
        }
        Action::Enqueue(element) | Action::Push(element) => {
            sequence.push_back(element.clone());
            Reply::Done
        }
        Action::Dequeue => value_or_empty(sequence.pop_front()),
        Action::Pop => value_or_empty(sequence.pop_back()),
        _ => return None,
    })
}

fn on_holder(holder: &mut Option<Datum>, action: &Action) -> Option<Reply> {
    let (is_granted, next) = match action {
        Action::Acquire(client) => (holder.is_none(), Some(client.clone())),
        Action::Release(client) => (holder.as_ref() == Some(client), None),
        _ => return None,
    };
    if is_granted {
        *holder = next;
    }
    Some(Reply::Flag(is_granted))
}

fn on_balances(balances: &mut [i64], action: &Action) -> Option<Reply> {
    Some(match *action {
        Action::Read => Reply::Value(balances.iter().copied().map(Datum::from).collect()),
        Action::Transfer { from, to, amount } => {
            let (from, to, amount) = (from as usize, to as usize, i64::from(amount));
            let has_enough = balances.get(from).is_some_and(|balance| *balance >= amount);
            let is_possible = has_enough && balances.get(to).is_some_and(|held| held.checked_add(amount).is_some());
            if is_possible {
                balances[from] -= amount;
                balances[to] += amount;
            }
            Reply::Flag(is_possible)
        }
        _ => return None,
    })
}

fn on_registers(registers: &mut BTreeMap<Datum, Datum>, action: &Action) -> Option<Reply> {
    let Action::Transact(steps) = action else { return None };
    let told = steps.iter().map(|step| {
        if let Some(value) = &step.write {
            registers.insert(step.register.clone(), value.clone());
        }
        registers.get(&step.register).cloned().unwrap_or_default()
    });
    Some(Reply::Value(told.collect()))
}
