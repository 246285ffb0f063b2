//! `faultbed check`: histories that were recorded elsewhere.

mod files;
mod gunzip;
mod input;
mod isolation;
mod objects;

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use reports::{
    CheckEnd, CheckTally, CheckedFile, Cost, JudgedHistory, checked_block, checked_line, checked_total,
    checked_total_line,
};
use sim_core::consistency::isolation::IsolationLevel;
use sim_core::consistency::{Budget, Level, Undecided, measured};

use super::arguments::{CheckArguments, ResultFormat};
use super::deadline::Deadline;
use super::interrupt::Interrupt;
use super::output::{Appears, Output};
use super::progress::Progress;
use super::refusal::Refusal;
use super::wall_clock::now;
use crate::check::{CheckedModel, ObjectModel, TransactionModel};
use crate::exit;
use files::{Candidate, Found};
use input::{Input, Known, Unjudged};

pub(super) fn check(arguments: &CheckArguments) -> Result<u8, Refusal> {
    let question = Question::of(arguments)?;
    let found = files::find(&arguments.files);
    let inputs = found.files.iter().map(|candidate| candidate.path.as_path());
    let output = Output::to(arguments.output.output.as_deref(), inputs, Appears::Whole)?;
    let interrupt = Interrupt::catch();
    let progress = Progress::of_bytes(found.files.iter().map(|candidate| input::length(&candidate.path)).sum());
    let job = Arc::new(Job { question, arguments: arguments.clone(), progress });
    match (&*found.files, arguments.format.format) {
        ([only], ResultFormat::Human) if arguments.files.len() == 1 && only.is_named => {
            check_alone(output, &job, only, &interrupt)
        }
        _ => check_each(output, &job, &found, &interrupt),
    }
}

/// What is asked about each history.
enum Question {
    Objects {
        model: ObjectModel,
        levels: Vec<Level>,
    },
    Transactions {
        model: TransactionModel,
        /// `None` for the strongest that the file can tell.
        levels: Option<Vec<IsolationLevel>>,
    },
}

impl Question {
    fn of(arguments: &CheckArguments) -> Result<Self, Refusal> {
        Ok(match arguments.model {
            CheckedModel::Object(model) => {
                objects::check_options(model, arguments)?;
                let levels = asked(arguments, Level::ALL, Level::name)?;
                Self::Objects { model, levels: levels.unwrap_or_else(|| vec![Level::Linearizable]) }
            }
            CheckedModel::Transactions(model) => {
                isolation::refuse_what_is_for_objects(model, arguments)?;
                Self::Transactions { model, levels: asked(arguments, IsolationLevel::ALL, IsolationLevel::name)? }
            }
        })
    }

    fn judge(&self, input: &Input<'_>, arguments: &CheckArguments) -> Result<JudgedHistory, Unjudged> {
        match self {
            Self::Objects { model, levels } => objects::judge(input, *model, levels, arguments),
            Self::Transactions { model, levels } => isolation::judge(input, *model, levels.as_deref(), arguments),
        }
    }
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

/// What is asked about each of the files. A signal ends the program while it may still be in use.
struct Job {
    question: Question,
    arguments: CheckArguments,
    progress: Progress,
}

/// What is known of a file.
enum Judgement {
    Ended(Result<JudgedHistory, Unjudged>),
    /// So much before a signal came; nothing if it had not been read.
    Interrupted(Option<JudgedHistory>),
}

/// How often to look whether a signal has come.
const GLANCE: Duration = Duration::from_millis(50);

/// The stack of the thread that judges: as much as a program has without asking.
const STACK: usize = 8 << 20;

impl Job {
    /// Judges a file in a thread of its own: a search cannot be stopped, and whoever sends a signal does not wait
    /// for it.
    fn judge(self: &Arc<Self>, candidate: &Candidate, place: String, interrupt: &Interrupt) -> Judgement {
        let (sender, ended) = mpsc::channel();
        let known = Arc::new(Known::default());
        let work = {
            let (job, candidate, known) = (Arc::clone(self), candidate.clone(), Arc::clone(&known));
            move || {
                let Self { question, arguments, progress } = &*job;
                let input = Input::new(&candidate, arguments.input, progress, &known, place);
                // Nobody waits for it any more after a signal.
                let _ = sender.send(question.judge(&input, arguments));
            }
        };
        let worker = thread::Builder::new().stack_size(STACK).spawn(work).expect("there is room for a thread");
        loop {
            match ended.recv_timeout(GLANCE) {
                Ok(judged) => return Judgement::Ended(judged),
                Err(RecvTimeoutError::Timeout) if interrupt.came() => return Judgement::Interrupted(known.taken()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let panicked = worker.join().expect_err("who does not answer has panicked");
                    resume_unwind(panicked);
                }
            }
        }
    }
}

/// One file for people: all that there is to say of it.
fn check_alone(
    mut output: Output,
    job: &Arc<Job>,
    candidate: &Candidate,
    interrupt: &Interrupt,
) -> Result<u8, Refusal> {
    let judgement = job.judge(candidate, String::new(), interrupt);
    job.progress.end();
    let (judged, interrupted) = match judgement {
        Judgement::Ended(judged) => (judged, None),
        Judgement::Interrupted(known) => {
            let name = files::name(&candidate.path);
            (known.ok_or_else(|| Unjudged::interrupted(&name)), Some(exit::INTERRUPTED))
        }
    };
    let judged = judged.map_err(|unjudged| unjudged.refusal)?;
    output.write(&judged.block());
    output.finish()?;
    Ok(exit::worst([exit_code(judged.word())].into_iter().chain(interrupted)))
}

/// Any number of files, one after the other. What is wrong with one does not keep the others from being judged.
fn check_each(mut output: Output, job: &Arc<Job>, found: &Found, interrupt: &Interrupt) -> Result<u8, Refusal> {
    let Job { arguments, progress, .. } = &**job;
    let (mut tally, mut codes) = (CheckTally::default(), Vec::new());
    let width = found.files.iter().map(|candidate| files::name(&candidate.path).chars().count()).max().unwrap_or(0);
    // Says whether anybody still listens.
    let mut tell = |file: &str, end: CheckEnd, exit_code: u8| {
        let checked = CheckedFile { file, model: arguments.model.name(), exit_code, end };
        progress.aside(|| match arguments.format.format {
            ResultFormat::Human => output.write(&checked_block(&checked, width)),
            ResultFormat::Json => output.write_exactly(&format!("{}\n", checked_line(&checked))),
        });
        output.flush();
        tally.add(&checked.end);
        codes.push(exit_code);
        output.closed().is_none()
    };
    let refuse = |(end, refusal): (CheckEnd, Option<Refusal>)| {
        // What is passed over in a folder says nothing about the histories there.
        let exit_code = refusal.map_or(exit::OK, |refusal| progress.aside(|| refusal.report()));
        (end, exit_code)
    };
    for (path, why) in &found.passed_over {
        let note = format!("note: {} is {why}\n", path.display());
        progress.aside(|| Output::stderr().write(&note));
    }
    for (path, error) in &found.unreadable {
        let (end, exit_code) = refuse(Unjudged::unreadable(&files::name(path), error).told(true));
        tell(&files::name(path), end, exit_code);
    }
    for folder in &found.empty {
        let (end, exit_code) = refuse(nothing_in(folder).told(true));
        tell(&files::name(folder), end, exit_code);
    }
    for (number, candidate) in (1..).zip(&found.files) {
        let name = files::name(&candidate.path);
        let judgement = match interrupt.came() {
            true => Judgement::Interrupted(None),
            false => job.judge(candidate, format!("{number} of {}, ", found.files.len()), interrupt),
        };
        let (end, exit_code) = match judgement {
            Judgement::Ended(Ok(judged)) => {
                let exit_code = exit_code(judged.word());
                (CheckEnd::Judged(judged), exit_code)
            }
            Judgement::Ended(Err(unjudged)) => refuse(unjudged.told(candidate.is_named)),
            Judgement::Interrupted(Some(known)) => {
                let exit_code = exit::worst([exit_code(known.word()), exit::INTERRUPTED]);
                (CheckEnd::Judged(known), exit_code)
            }
            Judgement::Interrupted(None) => (Unjudged::interrupted(&name).told(true).0, exit::INTERRUPTED),
        };
        if !tell(&name, end, exit_code) {
            break;
        }
    }
    progress.end();
    if tally.judged() == 0 {
        codes.push(exit::NOTHING_TESTED);
    }
    let exit_code = exit::worst(codes);
    match arguments.format.format {
        ResultFormat::Human => output.write(&checked_total(&tally)),
        ResultFormat::Json => output.write_exactly(&format!("{}\n", checked_total_line(&tally, exit_code))),
    }
    output.finish()?;
    Ok(exit_code)
}

fn nothing_in(folder: &Path) -> Unjudged {
    let endings = files::EXTENSIONS.map(|extension| format!(".{extension}")).join(", ");
    Unjudged::empty(format!(
        "there are no histories in {}: files that end in {endings}, or .gz after that",
        folder.display()
    ))
}

fn exit_code(word: &str) -> u8 {
    match word {
        "violated" => exit::VIOLATED,
        "unknown" => exit::INCONCLUSIVE,
        _ => exit::OK,
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

/// What an answer is, and what it took to find out.
fn costed<T>(ask: impl FnOnce() -> T) -> (T, Cost) {
    let begun = now();
    let (answer, spent) = measured(ask);
    (answer, Cost { seconds: begun.elapsed().as_secs_f64(), spent })
}

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
