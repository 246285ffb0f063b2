//! `faultbed check`: histories that were recorded elsewhere.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use reports::{Judged, judged_block, judged_line, judged_total};
use sim_core::consistency::models::{Datum, ModelKind, Unfit};
use sim_core::consistency::{Answer, Budget, Level, Undecided};

use super::arguments::{CheckArguments, ResultFormat};
use super::deadline::Deadline;
use super::output::Output;
use super::progress::Progress;
use super::refusal::Refusal;
use super::wall_clock::now;
use crate::check::{Reading, Recorded, Unreadable, read};
use crate::exit;

pub(super) fn check(arguments: &CheckArguments) -> Result<u8, Refusal> {
    check_initial(arguments)?;
    let output = Output::to(arguments.output.output.as_deref(), [arguments.file.as_path()].into_iter())?;
    let name = name(&arguments.file);
    let (progress, reader) = open(&arguments.file).map_err(|error| unreadable(&name, &error))?;
    let CheckArguments { input, model, independent, .. } = *arguments;
    let reading = Reading { format: input, model, independent };
    progress.name("reading");
    let recorded = read(name.clone(), reader, reading).map_err(|error| match error {
        Unreadable::Mistake(mistake) => Refusal::invalid(vec![*mistake]),
        Unreadable::Io(error) => unreadable(&name, &error),
    })?;
    if recorded.history.is_empty() {
        return Err(Refusal::nothing(format!("there are no operations in {name}: nothing was checked")));
    }
    let judged = judge(&recorded, arguments, &progress).map_err(|unfit| {
        let line = recorded.history.get(unfit.operation).invoked.time_ns;
        Refusal::unreadable(format!("{name}:{line}: {unfit}"))
    })?;
    drop(progress);
    report(output, &name, arguments, &judged, &recorded)?;
    Ok(exit::worst(judged.iter().map(exit_code)))
}

/// How the user knows the file.
fn name(file: &Path) -> String {
    if is_stdin(file) { "standard input".to_owned() } else { file.display().to_string() }
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

fn unreadable(name: &str, error: &io::Error) -> Refusal {
    Refusal::unreadable(format!("cannot read {name}: {error}"))
}

/// The bytes of the file, and a bar that shows how many of them are read.
fn open(file: &Path) -> io::Result<(Progress, Box<dyn BufRead>)> {
    if is_stdin(file) {
        return Ok((Progress::of_bytes(0), Box::new(io::stdin().lock())));
    }
    let file = File::open(file)?;
    let progress = Progress::of_bytes(file.metadata()?.len());
    let reader = BufReader::new(progress.counts(file));
    Ok((progress, Box::new(reader)))
}

/// Holds the history against each level, the strongest first. A level that follows from one that is
/// kept is not looked at again.
fn judge(recorded: &Recorded, arguments: &CheckArguments, progress: &Progress) -> Result<Vec<Judged>, Unfit> {
    let initial = arguments.initial.clone().unwrap_or_else(|| initial(arguments.model, recorded));
    let is_asked = |level: &Level| arguments.consistency.iter().any(|levels| levels.0.contains(level));
    let mut judged: Vec<Judged> = Vec::new();
    for &level in Level::ALL.iter().filter(|level| is_asked(level)) {
        progress.name(level.name());
        let is_kept = judged.iter().any(|strong| strong.answer.is_satisfied() && strong.level.implies(level));
        let answer = match is_kept {
            true => Answer::Satisfied,
            false => {
                within_budget(arguments, |budget| arguments.model.check(&recorded.history, &initial, level, budget))?
            }
        };
        judged.push(Judged { level, answer });
    }
    Ok(judged)
}

/// Steps without `--budget`: a person waits that long.
const STEPS: u64 = 100_000_000;

/// Steps of the first try with `--timeout`, and how many times as many each further one has.
const FIRST_STEPS: u64 = 1_000_000;
const GROWTH: u32 = 4;

/// Asks with all steps that there are, or, if there is a time limit, with more and more of them: an
/// answer other than "unknown" is the same whatever the steps.
fn within_budget<T>(
    arguments: &CheckArguments,
    ask: impl Fn(Budget) -> Result<Answer<T>, Unfit>,
) -> Result<Answer<T>, Unfit> {
    let bytes = arguments.memory.saturating_mul(1 << 20);
    let Some(timeout) = arguments.timeout else {
        return ask(Budget { steps: arguments.budget.unwrap_or(STEPS), bytes });
    };
    let most = arguments.budget.unwrap_or(u64::MAX);
    let deadline = Deadline::after(Some(timeout));
    let mut steps = FIRST_STEPS.min(most);
    loop {
        let begun = now();
        let answer = ask(Budget { steps, bytes })?;
        let is_short = matches!(answer, Answer::Unknown(Undecided::OutOfSteps { .. }));
        if !is_short || steps == most || !deadline.leaves(begun.elapsed() * GROWTH) {
            return Ok(answer);
        }
        steps = steps.saturating_mul(GROWTH.into()).min(most);
    }
}

/// A bank begins with a list of numbers.
fn check_initial(arguments: &CheckArguments) -> Result<(), Refusal> {
    let are_balances = match &arguments.initial {
        Some(Datum::List(items)) => items.iter().all(|item| matches!(item, Datum::Int(_))),
        Some(_) => false,
        None => true,
    };
    if arguments.model == ModelKind::Bank && !are_balances {
        return Err(Refusal::usage("a bank begins with a list of balances, such as --initial '[10 20]'"));
    }
    Ok(())
}

/// What registers and keys hold at the start, if nobody says it. Maps differ in what they call an
/// absent key; one from which nil is read calls it so.
fn initial(model: ModelKind, recorded: &Recorded) -> Datum {
    if recorded.reads_nil { Datum::Nil } else { model.default_initial() }
}

fn report(
    mut output: Output,
    name: &str,
    arguments: &CheckArguments,
    judged: &[Judged],
    recorded: &Recorded,
) -> Result<(), Refusal> {
    match arguments.format.format {
        ResultFormat::Human => {
            output.write(&judged_block(judged));
            output.write(&format!("{}\n", judged_total(judged, recorded.history.outcomes())));
        }
        ResultFormat::Json => {
            for judged in judged {
                let line = judged_line(name, arguments.model.name(), judged, &recorded.history);
                output.write_exactly(&format!("{line}\n"));
            }
        }
    }
    Ok(output.finish()?)
}

fn exit_code(judged: &Judged) -> u8 {
    match judged.answer {
        Answer::Satisfied => exit::OK,
        Answer::Violated(_) => exit::VIOLATED,
        Answer::Unknown(_) => exit::INCONCLUSIVE,
    }
}
