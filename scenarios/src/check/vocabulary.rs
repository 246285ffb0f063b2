//! What the functions of each model are called, and what goes with them.

use sim_core::consistency::models::{Action, Datum, ModelKind, Op, RegisterStep, Reply, Verb};

use super::ObjectModel;
use super::event::{Complaint, Dialect, Field};
use super::steps::{Act, Step, check_repetition, steps};
use crate::source::{help_with_name, quoted};

/// Something that can be asked of an object.
#[derive(Debug)]
pub(super) struct Function {
    name: &'static str,
    verb: Verb,
    answer: Answer,
}

/// What a client may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// That it is done.
    Done,
    /// A value.
    Value,
    /// A number.
    Number,
    /// Several values.
    List,
    /// The balances of all accounts.
    Balances,
    /// The steps of a transaction, with what was read.
    Steps,
    /// Yes or no.
    Flag,
    /// A value, or that there is none.
    ValueOrEmpty,
    /// That it is done, or whether it had an effect.
    DoneOrFlag,
    /// That it is done, or a number that came of it.
    DoneOrNumber,
}

const fn function(name: &'static str, verb: Verb, answer: Answer) -> Function {
    Function { name, verb, answer }
}

const REGISTER: &[Function] = &[
    function("read", Verb::Read, Answer::Value),
    function("write", Verb::Write, Answer::Done),
    function("get", Verb::Read, Answer::Value),
    function("put", Verb::Write, Answer::Done),
];
const CAS_REGISTER: &[Function] = &[
    function("read", Verb::Read, Answer::Value),
    function("write", Verb::Write, Answer::Done),
    function("cas", Verb::Cas, Answer::DoneOrFlag),
    function("get", Verb::Read, Answer::Value),
    function("put", Verb::Write, Answer::Done),
];
const KV: &[Function] = &[
    function("get", Verb::Read, Answer::Value),
    function("put", Verb::Write, Answer::Done),
    function("append", Verb::Append, Answer::Done),
    function("cas", Verb::Cas, Answer::DoneOrFlag),
    function("read", Verb::Read, Answer::Value),
    function("write", Verb::Write, Answer::Done),
];
const COUNTER: &[Function] =
    &[function("read", Verb::Read, Answer::Number), function("add", Verb::Add, Answer::DoneOrNumber)];
const SET: &[Function] = &[
    function("add", Verb::Insert, Answer::DoneOrFlag),
    function("insert", Verb::Insert, Answer::DoneOrFlag),
    function("remove", Verb::Remove, Answer::DoneOrFlag),
    function("contains", Verb::Contains, Answer::Flag),
    function("read", Verb::Read, Answer::List),
];
const QUEUE: &[Function] =
    &[function("enqueue", Verb::Enqueue, Answer::Done), function("dequeue", Verb::Dequeue, Answer::ValueOrEmpty)];
/// What takes elements out of a queue until there are no more: as many dequeues as there are elements.
pub(super) const DRAIN: &str = "drain";
const STACK: &[Function] =
    &[function("push", Verb::Push, Answer::Done), function("pop", Verb::Pop, Answer::ValueOrEmpty)];
const LOG: &[Function] = &[
    function("append", Verb::Append, Answer::DoneOrNumber),
    function("read", Verb::Read, Answer::List),
    function("read-at", Verb::ReadAt, Answer::ValueOrEmpty),
];
const LOCK: &[Function] =
    &[function("acquire", Verb::Acquire, Answer::DoneOrFlag), function("release", Verb::Release, Answer::DoneOrFlag)];
const BANK: &[Function] =
    &[function("transfer", Verb::Transfer, Answer::DoneOrFlag), function("read", Verb::Read, Answer::Balances)];
const MULTI_REGISTER: &[Function] = &[function("txn", Verb::Transact, Answer::Steps)];

const fn functions(model: ModelKind) -> &'static [Function] {
    match model {
        ModelKind::Register => REGISTER,
        ModelKind::CasRegister => CAS_REGISTER,
        ModelKind::Kv => KV,
        ModelKind::Counter => COUNTER,
        ModelKind::Set => SET,
        ModelKind::Queue => QUEUE,
        ModelKind::Stack => STACK,
        ModelKind::Log => LOG,
        ModelKind::Lock => LOCK,
        ModelKind::Bank => BANK,
        ModelKind::MultiRegister => MULTI_REGISTER,
    }
}

impl Function {
    /// The function of this name.
    pub(super) fn named(model: ObjectModel, name: &str) -> Result<&'static Self, Complaint> {
        let known = functions(model.kind());
        known.iter().find(|function| function.name == name).ok_or_else(|| {
            let drain = (model.kind() == ModelKind::Queue).then_some(DRAIN);
            let names: Vec<&str> = known.iter().map(|function| function.name).chain(drain).collect();
            let message = format!("there is no function {} of a {}", quoted(name), model.name());
            Complaint::new(Field::Function, message).with_help(help_with_name("function", name, &names))
        })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it makes no sense without a value.
    pub(super) const fn needs_value(&self) -> bool {
        !matches!(self.verb, Verb::Read | Verb::Dequeue | Verb::Pop | Verb::Acquire | Verb::Release)
    }

    /// Whether it is a compare-and-swap.
    pub(super) fn is_cas(&self) -> bool {
        self.verb == Verb::Cas
    }

    /// What `client` asks, with this value.
    pub(super) fn op(&self, client: u32, key: Datum, value: Datum) -> Result<Op, Complaint> {
        let number = |value: &Datum| match value {
            Datum::Int(number) => Some(*number),
            _ => None,
        };
        // A holder without a name is known by its client.
        let holder = |value: Datum| if value == Datum::Nil { Datum::from(i64::from(client)) } else { value };
        let action = match self.verb {
            Verb::Read => Some(Action::Read),
            Verb::Write => Some(Action::Write(value)),
            Verb::Cas => match &value {
                Datum::List(items) if let [expected, new] = &**items => {
                    Some(Action::cas(expected.clone(), new.clone()))
                }
                _ => None,
            },
            Verb::Append => Some(Action::Append(value)),
            Verb::ReadAt => number(&value).map(Action::ReadAt),
            Verb::Add => number(&value).map(Action::Add),
            Verb::Insert => Some(Action::Insert(value)),
            Verb::Remove => Some(Action::Remove(value)),
            Verb::Contains => Some(Action::Contains(value)),
            Verb::Enqueue => Some(Action::Enqueue(value)),
            Verb::Dequeue => Some(Action::Dequeue),
            Verb::Push => Some(Action::Push(value)),
            Verb::Pop => Some(Action::Pop),
            Verb::Acquire => Some(Action::Acquire(holder(value))),
            Verb::Release => Some(Action::Release(holder(value))),
            Verb::Transfer => transfer(&value),
            Verb::Transact => return Ok(Op { key, action: transaction(&value)? }),
        };
        let action = action.ok_or_else(|| {
            let expected = match self.verb {
                Verb::Cas => "a pair, the old value and the new",
                Verb::Transfer => {
                    "three whole numbers from 0 to 4294967295: two accounts, and how much the first pays the second"
                }
                _ => "a whole number",
            };
            Complaint::new(Field::Value, format!("the value of {} is {expected}", quoted(self.name)))
        })?;
        Ok(Op { key, action })
    }

    /// What the client was told, if the operation ended well and its end bears this value.
    pub(super) fn reply(&self, op: &Op, value: Option<Datum>, dialect: Dialect) -> Result<Reply, Complaint> {
        if let Action::Transact(asked) = &op.action {
            return told_of_steps(asked, value.as_ref());
        }
        if dialect == Dialect::Jepsen && !self.is_question() {
            return self.check_repetition(op, value);
        }
        let is_told = |answers: &[Answer]| answers.contains(&self.answer);
        match value {
            None if is_told(&[Answer::Done, Answer::DoneOrFlag, Answer::DoneOrNumber]) => Ok(Reply::Done),
            Some(Datum::Nil) if is_told(&[Answer::ValueOrEmpty]) => Ok(Reply::Empty),
            Some(value) if is_told(&[Answer::Value, Answer::ValueOrEmpty]) => Ok(Reply::Value(value)),
            Some(Datum::Flag(flag)) if is_told(&[Answer::Flag, Answer::DoneOrFlag]) => Ok(Reply::Flag(flag)),
            Some(value @ Datum::Int(_)) if is_told(&[Answer::Number, Answer::DoneOrNumber]) => Ok(Reply::Value(value)),
            Some(value @ Datum::List(_)) if is_told(&[Answer::List]) => Ok(Reply::Value(value)),
            Some(value @ Datum::List(_)) if is_told(&[Answer::Balances]) => Ok(Reply::Value(balances(value))),
            _ => {
                let message = format!("the answer to {} is {}", quoted(self.name), self.answer.expected());
                Err(Complaint::new(Field::Value, message))
            }
        }
        .map(|reply| self.with_flag(reply))
    }

    /// Jepsen repeats the value of what is no question; another one shows that the history is
    /// damaged.
    fn check_repetition(&self, op: &Op, value: Option<Datum>) -> Result<Reply, Complaint> {
        let asked = match &op.action {
            Action::Write(asked)
            | Action::Append(asked)
            | Action::Insert(asked)
            | Action::Remove(asked)
            | Action::Enqueue(asked)
            | Action::Push(asked) => Some(asked.clone()),
            Action::Cas(values) => Some([values.0.clone(), values.1.clone()].into_iter().collect()),
            Action::Add(number) => Some(Datum::from(*number)),
            // It may be written in two ways.
            Action::Transfer { .. } if value.as_ref().and_then(transfer).as_ref() == Some(&op.action) => None,
            Action::Transfer { from, to, amount } => {
                Some([*from, *to, *amount].into_iter().map(|number| Datum::from(i64::from(number))).collect())
            }
            _ => None,
        };
        match (value, asked) {
            (Some(said), Some(asked)) if said != Datum::Nil && said != asked => {
                let message = format!("{} ends with another value than it began with: {asked:?}", quoted(self.name));
                Err(Complaint::new(Field::Value, message))
            }
            _ => Ok(self.with_flag(Reply::Done)),
        }
    }

    /// A compare-and-swap that is done has swapped.
    fn with_flag(&self, reply: Reply) -> Reply {
        if self.verb == Verb::Cas && reply == Reply::Done { Reply::Flag(true) } else { reply }
    }

    const fn is_question(&self) -> bool {
        matches!(self.verb, Verb::Read | Verb::ReadAt | Verb::Contains | Verb::Dequeue | Verb::Pop)
    }
}

/// From, to and how much; or the map that Jepsen has, whose keys stand in order.
fn transfer(value: &Datum) -> Option<Action> {
    let Datum::List(items) = value else { return None };
    let number = |item: &Datum| if let Datum::Int(number) = item { u32::try_from(*number).ok() } else { None };
    let named = |item: &Datum, name: &str| match item {
        Datum::List(entry) => match &**entry {
            // In JSON the keys of Jepsen's map are no keywords.
            [Datum::Text(key), value] if key.strip_prefix(':').unwrap_or(key) == name => number(value),
            _ => None,
        },
        _ => None,
    };
    let [first, second, third] = &**items else { return None };
    let (from, to, amount) = match number(first) {
        Some(from) => (from, number(second)?, number(third)?),
        None => (named(second, "from")?, named(third, "to")?, named(first, "amount")?),
    };
    Some(Action::Transfer { from, to, amount })
}

/// The balances of a bank that is read as a map, from each account to what it holds, which Jepsen
/// has; anything else as it is.
fn balances(value: Datum) -> Datum {
    let Datum::List(items) = &value else { return value };
    let numbered = items.iter().zip(0_i64..).map(|(item, account)| match item {
        Datum::List(entry) => match &**entry {
            [Datum::Int(number), balance] if *number == account => Some(balance.clone()),
            _ => None,
        },
        _ => None,
    });
    numbered.collect::<Option<Vec<Datum>>>().map_or_else(|| value.clone(), Datum::from_iter)
}

fn transaction(value: &Datum) -> Result<Action, Complaint> {
    let steps = steps(value, &REGISTER_ACTS)?;
    let step = |step: &Step<'_>| {
        let write = (step.act == Act::Write).then(|| step.value.clone());
        RegisterStep { register: step.key.clone(), write }
    };
    Ok(Action::Transact(steps.iter().map(step).collect()))
}

/// What a client was told of a transaction that it had `asked` for.
fn told_of_steps(asked: &[RegisterStep], value: Option<&Datum>) -> Result<Reply, Complaint> {
    let missing = || Complaint::new(Field::Value, "the steps of the transaction are missing");
    let told = steps(value.ok_or_else(missing)?, &REGISTER_ACTS)?;
    let asked = asked.iter().map(|RegisterStep { register, write }| match write {
        Some(value) => Step { act: Act::Write, key: register, value },
        None => Step { act: Act::Read, key: register, value: &Datum::Nil },
    });
    check_repetition(&asked.collect::<Vec<_>>(), &told)?;
    Ok(Reply::Value(told.iter().map(|step| step.value.clone()).collect()))
}

/// What steps of transactions over registers do.
const REGISTER_ACTS: [Act; 2] = [Act::Read, Act::Write];

impl Answer {
    const fn expected(self) -> &'static str {
        match self {
            Self::Done => "none: it has no value",
            Self::Value => "a value, which is missing",
            Self::Number => "a whole number",
            Self::List => "a list of values",
            Self::Balances => "a list of balances, or a map from all accounts to them",
            Self::Steps => "the steps of the transaction",
            Self::Flag => "true or false",
            Self::ValueOrEmpty => "a value, or nil if there is none",
            Self::DoneOrFlag => "true or false, or none",
            Self::DoneOrNumber => "a whole number, or none",
        }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::History;

    use super::*;

    /// A value that each function takes.
    fn argument(function: &Function) -> Datum {
        match function.verb {
            Verb::Cas => [Datum::from(1), Datum::from(2)].into_iter().collect(),
            Verb::Append => Datum::from("a"),
            Verb::Transfer => [1, 2, 3].into_iter().map(Datum::from).collect(),
            Verb::Transact => read_step(Datum::Nil),
            _ => Datum::from(1),
        }
    }

    /// A transaction that reads this.
    fn read_step(value: Datum) -> Datum {
        let step: Datum = [Datum::from("r"), Datum::from("x"), value].into_iter().collect();
        [step].into_iter().collect()
    }

    /// Something that each function may be answered.
    fn answer(function: &Function) -> Option<Datum> {
        match function.answer {
            Answer::Done | Answer::DoneOrFlag | Answer::DoneOrNumber => None,
            Answer::Value | Answer::Number | Answer::ValueOrEmpty => Some(Datum::from(1)),
            Answer::List | Answer::Balances => Some([Datum::from(1)].into_iter().collect()),
            Answer::Steps => Some(read_step(Datum::from(7))),
            Answer::Flag => Some(Datum::from(true)),
        }
    }

    #[test]
    fn every_model_knows_all_that_its_functions_say() {
        for &model in ModelKind::ALL {
            for function in functions(model) {
                let mut history = History::of_lines();
                let op = function.op(0, Datum::Nil, argument(function)).expect("it is the right value");
                let reply = function.reply(&op, answer(function), Dialect::Faultbed).expect("it is the right answer");
                let id = history.invoke(0, 0, op, 1);
                history.ok(id, reply, 2);
                assert_eq!(model.check_fit(&history), Ok(()), "{model} {}", function.name);
            }
        }
    }
}
