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

/// What those cost that do not follow from others.
type Costs = BTreeMap<Level, Cost>;

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
    let (answers, costs) = answers(&recorded, model.kind(), asked, arguments, input).map_err(|unfit| {
        let line = recorded.history.get(unfit.operation).invoked.time_ns;
        Unjudged::in_line(&input.name, line, unfit.to_string())
    })?;
    let finding = |level: &Level| {
        let cost = costs.get(level).copied().unwrap_or_default();
        Judged { level: *level, answer: answers[level].clone(), cost }.finding(&recorded.history)
    };
    Ok(JudgedHistory {
        of: HistoryOf::Operations,
        counts: recorded.history.outcomes(),
        findings: asked.iter().map(finding).collect(),
        strongest: arguments.strongest.then(|| strongest_of(&answers)),
    })
}

/// Holds the history against each level that is `asked` for, or all of them to tell the strongest, the
/// strongest first. A level that follows from one that is kept is not looked at again.
fn answers(
    recorded: &Recorded,
    model: ModelKind,
    asked: &[Level],
    arguments: &CheckArguments,
    input: &Input<'_>,
) -> Result<(Answers, Costs), Unfit> {
    let initial = arguments.initial.clone().unwrap_or_else(|| initial(model, recorded));
    let (mut judged, mut costs) = (Answers::new(), Costs::new());
    for &level in Level::ALL.iter().filter(|level| arguments.strongest || asked.contains(level)) {
        input.tell(level.name());
        let is_kept = judged.iter().any(|(strong, answer)| answer.is_satisfied() && strong.implies(level));
        let answer = match is_kept {
            true => Answer::Satisfied,
            false => {
                let ask = |budget| model.check(&recorded.history, &initial, level, budget);
                let is_short = |answer: &Result<_, _>| matches!(answer, Ok(Answer::Unknown(why)) if is_short(why));
                let (answer, cost) = costed(|| within_budget(arguments, ask, is_short));
                costs.insert(level, cost);
                answer?
            }
        };
        judged.insert(level, answer);
    }
    Ok((judged, costs))
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
    let are_balances = match &arguments.initial {
        Some(Datum::List(items)) => items.iter().all(|item| matches!(item, Datum::Int(_))),
        Some(_) => false,
        None => true,
    };
    if model.kind() == ModelKind::Bank && !are_balances {
        return Err(Refusal::usage("a bank begins with a list of balances, such as --initial '[10 20]'"));
    }
    Ok(())
}

/// What registers and keys hold at the start, if nobody says it. Maps differ in what they call an
/// absent key; one from which nil is read calls it so.
fn initial(model: ModelKind, recorded: &Recorded) -> Datum {
    if recorded.reads_nil { Datum::Nil } else { model.default_initial() }
}
