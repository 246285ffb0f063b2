//! `faultbed check`: histories that were recorded elsewhere.

mod isolation;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use reports::{Judged, judged_block, judged_line, judged_total, strongest_block, strongest_line};
use sim_core::consistency::models::{Datum, ModelKind, Unfit};
use sim_core::consistency::{Answer, Budget, Counterexample, Level, Undecided, strongest};

use super::arguments::{CheckArguments, ResultFormat};
use super::deadline::Deadline;
use super::output::{Appears, Output};
use super::progress::Progress;
use super::refusal::Refusal;
use super::wall_clock::now;
use crate::check::{CheckedModel, Format, Reading, Recorded, Unreadable, read};
use crate::exit;

pub(super) fn check(arguments: &CheckArguments) -> Result<u8, Refusal> {
    let input = Input { name: name(&arguments.file), format: arguments.input };
    match arguments.model {
        CheckedModel::Object(kind) => check_object(&input, kind, arguments),
        CheckedModel::Transactions(model) => isolation::check(&input, model, arguments),
    }
}

/// The file that is checked.
struct Input {
    /// How the user knows it.
    name: String,
    format: Option<Format>,
}

impl Input {
    /// What `read` makes of the file.
    fn read<R>(
        &self,
        arguments: &CheckArguments,
        read: impl FnOnce(String, Box<dyn BufRead>) -> Result<R, Unreadable>,
    ) -> Result<(Progress, R), Refusal> {
        let (progress, reader) = open(&arguments.file).map_err(|error| unreadable(&self.name, &error))?;
        progress.name("reading");
        let recorded = read(self.name.clone(), reader).map_err(|error| match error {
            Unreadable::Mistake(mistake) => Refusal::invalid(vec![*mistake]),
            Unreadable::Io(error) => unreadable(&self.name, &error),
        })?;
        Ok((progress, recorded))
    }

    fn nothing(&self, of_what: &str) -> Refusal {
        Refusal::nothing(format!("there are no {of_what} in {}: nothing was checked", self.name))
    }
}

/// Where what is found goes.
fn output(arguments: &CheckArguments) -> Result<Output, Refusal> {
    Ok(Output::to(arguments.output.output.as_deref(), [arguments.file.as_path()].into_iter(), Appears::Whole)?)
}

fn check_object(input: &Input, model: ModelKind, arguments: &CheckArguments) -> Result<u8, Refusal> {
    check_initial(model, arguments)?;
    let asked = asked(arguments, Level::ALL, Level::name)?.unwrap_or_else(|| vec![Level::Linearizable]);
    let output = output(arguments)?;
    let reading = Reading { format: input.format, model, independent: arguments.independent };
    let (progress, recorded) = input.read(arguments, |name, reader| read(name, reader, reading))?;
    if recorded.history.is_empty() {
        return Err(input.nothing("operations"));
    }
    let answers = judge(&recorded, model, &asked, arguments, &progress).map_err(|unfit| {
        let line = recorded.history.get(unfit.operation).invoked.time_ns;
        Refusal::unreadable(format!("{}:{line}: {unfit}", input.name))
    })?;
    drop(progress);
    let judged: Vec<Judged> =
        asked.iter().map(|level| Judged { level: *level, answer: answers[level].clone() }).collect();
    let strongest = arguments.strongest.then(|| Strongest::of(&answers));
    report(output, &input.name, arguments, &judged, strongest.as_ref(), &recorded)?;
    Ok(exit::worst(judged.iter().map(exit_code)))
}

/// The levels of `all` that the user asks for, in their order; `None` if none is named.
fn asked<L: Copy>(
    arguments: &CheckArguments,
    all: &[L],
    name: fn(L) -> &'static str,
) -> Result<Option<Vec<L>>, Refusal> {
    let asked = &arguments.consistency;
    let names = || all.iter().map(|level| name(*level));
    if let Some(other) = asked.iter().find(|asked| *asked != "all" && !names().any(|name| name == *asked)) {
        let (model, names) = (arguments.model.name(), names().collect::<Vec<_>>().join(", "));
        return Err(Refusal::usage(format!("`{other}` is no level of a {model}; there are {names}")));
    }
    let is_asked = |level: &L| asked.iter().any(|asked| asked == "all" || asked == name(*level));
    Ok((!asked.is_empty()).then(|| all.iter().copied().filter(is_asked).collect()))
}

/// Which levels are the strongest that are kept, or may be.
struct Strongest {
    kept: Vec<&'static str>,
    unknown: Vec<&'static str>,
}

impl Strongest {
    fn of(answers: &BTreeMap<Level, Answer<Counterexample>>) -> Self {
        let kept = strongest(answers).into_iter().map(Level::name).collect();
        let unknown =
            answers.iter().filter(|(_, answer)| matches!(answer, Answer::Unknown(_))).map(|(level, _)| *level);
        Self { kept, unknown: without_what_follows(unknown, Level::implies).map(Level::name).collect() }
    }
}

/// The levels that do not follow from others of them.
fn without_what_follows<L: Copy + PartialEq>(
    levels: impl Iterator<Item = L> + Clone,
    implies: fn(L, L) -> bool,
) -> impl Iterator<Item = L> {
    let all: Vec<L> = levels.collect();
    all.clone().into_iter().filter(move |weak| !all.iter().any(|strong| strong != weak && implies(*strong, *weak)))
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

/// Holds the history against each level that is `asked` for, or all of them to tell the strongest, the
/// strongest first. A level that follows from one that is kept is not looked at again.
fn judge(
    recorded: &Recorded,
    model: ModelKind,
    asked: &[Level],
    arguments: &CheckArguments,
    progress: &Progress,
) -> Result<BTreeMap<Level, Answer<Counterexample>>, Unfit> {
    let initial = arguments.initial.clone().unwrap_or_else(|| initial(model, recorded));
    let mut judged: BTreeMap<Level, Answer<Counterexample>> = BTreeMap::new();
    for &level in Level::ALL.iter().filter(|level| arguments.strongest || asked.contains(level)) {
        progress.name(level.name());
        let is_kept = judged.iter().any(|(strong, answer)| answer.is_satisfied() && strong.implies(level));
        let answer = match is_kept {
            true => Answer::Satisfied,
            false => {
                let ask = |budget| model.check(&recorded.history, &initial, level, budget);
                within_budget(arguments, ask, |answer| matches!(answer, Ok(Answer::Unknown(why)) if is_short(why)))?
            }
        };
        judged.insert(level, answer);
    }
    Ok(judged)
}

/// All that an answer may cost.
fn budget(arguments: &CheckArguments) -> Budget {
    let bytes = arguments.memory.saturating_mul(1 << 20);
    Budget { steps: arguments.budget.unwrap_or(STEPS), bytes }
}

/// Steps without `--budget`: a person waits that long.
const STEPS: u64 = 100_000_000;

/// Steps of the first try with `--timeout`, and how many times as many each further one has.
const FIRST_STEPS: u64 = 1_000_000;
const GROWTH: u32 = 4;

/// Asks with all steps that there are, or, if there is a time limit, with more and more of them: an
/// answer other than "unknown" is the same whatever the steps.
fn within_budget<T>(arguments: &CheckArguments, ask: impl Fn(Budget) -> T, is_short: impl Fn(&T) -> bool) -> T {
    let Some(timeout) = arguments.timeout else { return ask(budget(arguments)) };
    let (bytes, most) = (budget(arguments).bytes, arguments.budget.unwrap_or(u64::MAX));
    let deadline = Deadline::after(Some(timeout));
    let mut steps = FIRST_STEPS.min(most);
    loop {
        let begun = now();
        let answer = ask(Budget { steps, bytes });
        if !is_short(&answer) || steps == most || !deadline.leaves(begun.elapsed() * GROWTH) {
            return answer;
        }
        steps = steps.saturating_mul(GROWTH.into()).min(most);
    }
}

/// Whether more steps would help.
const fn is_short(why: &Undecided) -> bool {
    matches!(why, Undecided::OutOfSteps { .. })
}

/// A bank begins with a list of numbers.
fn check_initial(model: ModelKind, arguments: &CheckArguments) -> Result<(), Refusal> {
    let are_balances = match &arguments.initial {
        Some(Datum::List(items)) => items.iter().all(|item| matches!(item, Datum::Int(_))),
        Some(_) => false,
        None => true,
    };
    if model == ModelKind::Bank && !are_balances {
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
    strongest: Option<&Strongest>,
    recorded: &Recorded,
) -> Result<(), Refusal> {
    match arguments.format.format {
        ResultFormat::Human => {
            output.write(&judged_block(judged));
            if let Some(Strongest { kept, unknown }) = strongest {
                output.write(&strongest_block(kept, unknown));
            }
            output.write(&format!("{}\n", judged_total(judged, recorded.history.outcomes())));
        }
        ResultFormat::Json => {
            for judged in judged {
                let line = judged_line(name, arguments.model.name(), judged, &recorded.history);
                output.write_exactly(&format!("{line}\n"));
            }
            if let Some(Strongest { kept, unknown }) = strongest {
                let line = strongest_line(name, arguments.model.name(), kept, unknown);
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
