//! `faultbed check` of operations on objects, against consistency levels.

use std::collections::BTreeMap;

use reports::{Cost, HistoryOf, Judged, JudgedHistory, Strongest};
use sim_core::consistency::models::{Action, Datum, ModelKind, Unfit};
use sim_core::consistency::{Answer, Counterexample, Level, strongest};

use super::super::arguments::CheckArguments;
use super::super::refusal::Refusal;
use super::input::{Input, Unjudged};
use super::{costed, is_short, within_budget, without_what_follows};
use crate::check::{ObjectModel, Reading, Recorded, read};

type Answers = BTreeMap<Level, Answer<Counterexample>>;

pub(super) fn judge(
    input: &Input<'_>,
    model: ObjectModel,
    asked: &[Level],
    arguments: &CheckArguments,
) -> Result<JudgedHistory, Unjudged> {
    let CheckArguments { independent, failed_cas_differs, .. } = *arguments;
    let reading = Reading { format: input.format, model, independent, failed_cas_differs };
    let recorded = input.read(|name, reader| read(name, reader, reading))?;
    if recorded.history.is_empty() {
        return Err(Unjudged::empty(format!("there are no operations in {}: nothing was checked", input.name)));
    }
    let (of, counts) = (HistoryOf::Operations, recorded.history.outcomes());
    input.known.begin(of, counts, asked.iter().map(|level| level.name()));
    let answers = answers(&recorded, model.kind(), asked, arguments, input).map_err(|unfit| {
        let line = recorded.history.get(unfit.operation).invoked.time_ns;
        Unjudged::in_line(&input.name, line, unfit.to_string())
    })?;
    if counts.ok == 0 {
        return Err(Unjudged::empty(format!("no operation in {} has an answer: nothing was checked", input.name)));
    }
    let judged = input.known.taken().expect("it has begun");
    Ok(JudgedHistory { strongest: arguments.strongest.then(|| strongest_of(&answers)), ..judged })
}

/// Holds the history against each level that is `asked` for, or all of them to tell the strongest, the
/// strongest first. A level that follows from one that is kept is not looked at again.
fn answers(
    recorded: &Recorded,
    model: ModelKind,
    asked: &[Level],
    arguments: &CheckArguments,
    input: &Input<'_>,
) -> Result<Answers, Unfit> {
    let initial = arguments.initial.clone().unwrap_or_else(|| initial(model, recorded));
    let mut judged = Answers::new();
    for &level in Level::ALL.iter().filter(|level| arguments.strongest || asked.contains(level)) {
        input.tell(level.name());
        let is_kept = judged.iter().any(|(strong, answer)| answer.is_satisfied() && strong.implies(level));
        let (answer, cost) = match is_kept {
            true => (Answer::Satisfied, Cost::default()),
            false => {
                let ask = |budget| model.check(&recorded.history, &initial, level, budget);
                let is_short = |answer: &Result<_, _>| matches!(answer, Ok(Answer::Unknown(why)) if is_short(why));
                let (answer, cost) = costed(|| within_budget(arguments, ask, is_short));
                (answer?, cost)
            }
        };
        input.known.found(Judged { level, answer: answer.clone(), cost }.finding(&recorded.history));
        judged.insert(level, answer);
    }
    Ok(judged)
}

fn strongest_of(answers: &Answers) -> Strongest {
    let kept = strongest(answers).into_iter().map(Level::name).collect();
    let unknown = answers.iter().filter(|(_, answer)| matches!(answer, Answer::Unknown(_))).map(|(level, _)| *level);
    Strongest { kept, unknown: without_what_follows(unknown, Level::implies).map(Level::name).collect() }
}

/// Refuses options that make no sense for the model.
pub(super) fn check_options(model: ObjectModel, arguments: &CheckArguments) -> Result<(), Refusal> {
    if arguments.failed_cas_differs && !model.kind().has(&Action::cas(0, 1)) {
        let models = "is for models with compare-and-swap: cas-register and kv";
        return Err(Refusal::usage(format!("--failed-cas-differs {models}")));
    }
    // A bank begins with a list of numbers.
    let wrong = match &arguments.initial {
        _ if model.kind() != ModelKind::Bank => None,
        Some(Datum::List(items)) => items.iter().find(|item| !matches!(item, Datum::Int(_))),
        other => other.as_ref(),
    };
    wrong.map_or(Ok(()), |wrong| {
        let expected = "a bank begins with a list of balances, such as --initial '[10 20]', each a number of 64 bits";
        Err(Refusal::usage(format!("{wrong:?} is no balance: {expected}")))
    })
}

/// What registers and keys hold at the start, if nobody says it. Maps differ in what they call an
/// absent key; one from which nil is read calls it so.
fn initial(model: ModelKind, recorded: &Recorded) -> Datum {
    if recorded.reads_nil { Datum::Nil } else { model.default_initial() }
}
