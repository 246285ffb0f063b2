//! `faultbed check` of transactions, against isolation levels.

use std::collections::BTreeMap;

use reports::{Cost, HistoryOf, JudgedHistory, JudgedIsolation, Strongest, isolation_finding, transaction_outcomes};
use sim_core::consistency::Undecided;
use sim_core::consistency::isolation::{IsolationCheck, IsolationLevel, Verdict};

use super::super::arguments::CheckArguments;
use super::super::refusal::Refusal;
use super::input::{Input, Unjudged};
use super::{costed, is_short, within_budget, without_what_follows};
use crate::check::{Knows, RecordedTransactions, TransactionModel, read_transactions};

/// With what each of them cost.
type Verdicts = BTreeMap<IsolationLevel, (Verdict, Cost)>;

pub(super) fn judge(
    input: &Input<'_>,
    model: TransactionModel,
    asked: Option<&[IsolationLevel]>,
    arguments: &CheckArguments,
) -> Result<JudgedHistory, Unjudged> {
    let recorded = input.read(|name, reader| read_transactions(name, reader, input.format, model))?;
    if recorded.history.is_empty() {
        return Err(Unjudged::empty(format!("there are no transactions in {}: nothing was checked", input.name)));
    }
    let strongest_told = [told(IsolationLevel::StrictSerializable, recorded.knows)];
    let asked = asked.unwrap_or(&strongest_told);
    let (of, counts) = (HistoryOf::Transactions, transaction_outcomes(&recorded.history));
    if counts.ok == 0 {
        return Err(Unjudged::empty(format!("no transaction in {} has an answer: nothing was checked", input.name)));
    }
    input.known.begin(of, counts, asked.iter().map(|level| level.name()));
    let verdicts = verdicts(&recorded, asked, arguments, input);
    let judged = input.known.taken().expect("it has begun");
    Ok(JudgedHistory { strongest: arguments.strongest.then(|| strongest_of(&verdicts)), ..judged })
}

pub(super) fn refuse_what_is_for_objects(model: TransactionModel, arguments: &CheckArguments) -> Result<(), Refusal> {
    if arguments.independent {
        let why = "is for objects: the steps of transactions name their keys themselves";
        return Err(Refusal::usage(format!("--independent {why}")));
    }
    if arguments.failed_cas_differs {
        return Err(Refusal::usage("--failed-cas-differs is for objects: transactions have no compare-and-swap"));
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
fn verdicts(
    recorded: &RecordedTransactions,
    asked: &[IsolationLevel],
    arguments: &CheckArguments,
    input: &Input<'_>,
) -> Verdicts {
    let check = IsolationCheck::new(&recorded.history);
    let (mut judged, mut told_so_far) = (Verdicts::new(), Vec::new());
    for &level in IsolationLevel::ALL.iter().filter(|level| arguments.strongest || asked.contains(level)) {
        input.tell(level.name());
        let kept = judged.iter().find(|(strong, (verdict, _))| verdict.is_satisfied() && strong.implies(level));
        let judgement = match kept {
            Some((_, (verdict, _))) => (verdict.clone(), Cost::default()),
            None => {
                let told = told(level, recorded.knows);
                let is_short = |verdict: &Verdict| matches!(verdict, Verdict::Unknown(why) if is_short(why));
                let ask = |budget| check.check(told, budget);
                match costed(|| within_budget(arguments, ask, is_short)) {
                    (Verdict::Satisfied(_), cost) if told != level => {
                        (Verdict::Unknown(missing(level, told, recorded.knows)), cost)
                    }
                    judgement => judgement,
                }
            }
        };
        if asked.contains(&level) {
            let (verdict, cost) = judgement.clone();
            let found = JudgedIsolation { level, verdict, cost };
            input.known.found(isolation_finding(&told_so_far, &found, &recorded.history, &recorded.places));
            told_so_far.push(found);
        }
        judged.insert(level, judgement);
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

fn strongest_of(verdicts: &Verdicts) -> Strongest {
    let strongest = |is: fn(&Verdict) -> bool| {
        let levels = verdicts.iter().filter(|(_, (verdict, _))| is(verdict)).map(|(level, _)| *level);
        without_what_follows(levels, IsolationLevel::implies).map(IsolationLevel::name).collect()
    };
    let unknown = strongest(|verdict| matches!(verdict, Verdict::Unknown(_)));
    Strongest { kept: strongest(Verdict::is_satisfied), unknown }
}
