//! `faultbed check` of transactions, against isolation levels.

use std::collections::BTreeMap;

use reports::{JudgedIsolation, isolation_block, isolation_line, isolation_total, strongest_block, strongest_line};
use sim_core::consistency::Undecided;
use sim_core::consistency::isolation::{IsolationCheck, IsolationLevel, Verdict};

use super::super::arguments::{CheckArguments, ResultFormat};
use super::super::output::Output;
use super::super::progress::Progress;
use super::super::refusal::Refusal;
use super::{Input, asked, is_short, output, within_budget, without_what_follows};
use crate::check::{Knows, RecordedTransactions, TransactionModel, read_transactions};
use crate::exit;

pub(super) fn check(input: &Input, model: TransactionModel, arguments: &CheckArguments) -> Result<u8, Refusal> {
    refuse_what_is_for_objects(model, arguments)?;
    let asked = asked(arguments, IsolationLevel::ALL, IsolationLevel::name)?;
    let output = output(arguments)?;
    let (progress, recorded) =
        input.read(arguments, |name, reader| read_transactions(name, reader, input.format, model))?;
    if recorded.history.is_empty() {
        return Err(input.nothing("transactions"));
    }
    let asked = asked.unwrap_or_else(|| vec![told(IsolationLevel::StrictSerializable, recorded.knows)]);
    let verdicts = judge(&recorded, &asked, arguments, &progress);
    drop(progress);
    let judged = |level: &IsolationLevel| JudgedIsolation { level: *level, verdict: verdicts[level].clone() };
    let judged: Vec<JudgedIsolation> = asked.iter().map(judged).collect();
    let strongest = arguments.strongest.then_some(&verdicts);
    report(output, &input.name, arguments, &judged, strongest, &recorded)?;
    Ok(exit::worst(judged.iter().map(exit_code)))
}

fn refuse_what_is_for_objects(model: TransactionModel, arguments: &CheckArguments) -> Result<(), Refusal> {
    if arguments.independent {
        let why = "is for objects: the steps of transactions name their keys themselves";
        return Err(Refusal::usage(format!("--independent {why}")));
    }
    if arguments.initial.is_some() {
        let why = match model {
            TransactionModel::ListAppend => "every list begins empty",
            TransactionModel::RwRegister => "every register begins with nil, which is read before the first write",
        };
        return Err(Refusal::usage(format!("--initial is for objects: in a {model} {why}")));
    }
    Ok(())
}

/// Holds the history against each level that is `asked` for, or all of them to tell the strongest, the
/// strongest first. What keeps a level keeps those that follow from it in the same order.
fn judge(
    recorded: &RecordedTransactions,
    asked: &[IsolationLevel],
    arguments: &CheckArguments,
    progress: &Progress,
) -> BTreeMap<IsolationLevel, Verdict> {
    let check = IsolationCheck::new(&recorded.history);
    let mut judged: BTreeMap<IsolationLevel, Verdict> = BTreeMap::new();
    for &level in IsolationLevel::ALL.iter().filter(|level| arguments.strongest || asked.contains(level)) {
        progress.name(level.name());
        let kept = judged.iter().find(|(strong, verdict)| verdict.is_satisfied() && strong.implies(level));
        let verdict = match kept {
            Some((_, verdict)) => verdict.clone(),
            None => {
                let told = told(level, recorded.knows);
                let is_short = |verdict: &Verdict| matches!(verdict, Verdict::Unknown(why) if is_short(why));
                match within_budget(arguments, |budget| check.check(told, budget), is_short) {
                    Verdict::Satisfied(_) if told != level => Verdict::Unknown(missing(level, told, recorded.knows)),
                    verdict => verdict,
                }
            }
        };
        judged.insert(level, verdict);
    }
    judged
}

/// The level itself, or the strongest that follows from it and needs no more than is known.
fn told(level: IsolationLevel, knows: Knows) -> IsolationLevel {
    use IsolationLevel::*;
    let weaker = match level {
        StrictSerializable if !knows.real_time => StrongSessionSerializable,
        StrongSnapshotIsolation if !knows.real_time => StrongSessionSnapshotIsolation,
        StrongSessionSerializable if !knows.sessions => Serializable,
        StrongSessionSnapshotIsolation if !knows.sessions => SnapshotIsolation,
        ParallelSnapshotIsolation | Prefix | Causal if !knows.sessions => ReadAtomic,
        _ => return level,
    };
    told(weaker, knows)
}

/// Why a level cannot be told, although `kept` is kept.
fn missing(level: IsolationLevel, kept: IsolationLevel, knows: Knows) -> Undecided {
    let what = match knows.sessions {
        true => "no transaction has an invocation, so that real time tells nothing",
        false => "no transaction has a process, so that neither real time nor sessions tell anything",
    };
    Undecided::Unclear { what: format!("{kept}, and {level} cannot be told: {what}") }
}

fn report(
    mut output: Output,
    name: &str,
    arguments: &CheckArguments,
    judged: &[JudgedIsolation],
    all: Option<&BTreeMap<IsolationLevel, Verdict>>,
    recorded: &RecordedTransactions,
) -> Result<(), Refusal> {
    let RecordedTransactions { history, places, .. } = recorded;
    let strongest = |is: fn(&Verdict) -> bool| {
        let levels = all.into_iter().flatten().filter(|(_, verdict)| is(verdict)).map(|(level, _)| *level);
        let strongest = without_what_follows(levels, IsolationLevel::implies);
        strongest.map(IsolationLevel::name).collect::<Vec<_>>()
    };
    let (kept, unknown) =
        (strongest(Verdict::is_satisfied), strongest(|verdict| matches!(verdict, Verdict::Unknown(_))));
    match arguments.format.format {
        ResultFormat::Human => {
            output.write(&isolation_block(judged, history, places));
            if all.is_some() {
                output.write(&strongest_block(&kept, &unknown));
            }
            output.write(&format!("{}\n", isolation_total(judged, history)));
        }
        ResultFormat::Json => {
            for judged in judged {
                let line = isolation_line(name, arguments.model.name(), judged, history, places);
                output.write_exactly(&format!("{line}\n"));
            }
            if all.is_some() {
                let line = strongest_line(name, arguments.model.name(), &kept, &unknown);
                output.write_exactly(&format!("{line}\n"));
            }
        }
    }
    Ok(output.finish()?)
}

fn exit_code(judged: &JudgedIsolation) -> u8 {
    match judged.verdict {
        Verdict::Satisfied(_) => exit::OK,
        Verdict::Violated(_) => exit::VIOLATED,
        Verdict::Unknown(_) => exit::INCONCLUSIVE,
    }
}
