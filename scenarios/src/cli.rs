//! The command line `faultbed`.
//!
//! Results go to standard output, and nothing else does; progress and everything that is wrong go
//! to standard error. What is written to standard output does not depend on how many runs go side
//! by side, nor on the time they take. The exceptions are the CPU time
//! that `seeds-to-find` tells, the seconds in the JSON of `check`, and what a command has done when its
//! time is up.

mod arguments;
mod bisect;
mod check;
mod cpu_clock;
mod crash_points;
pub(crate) mod deadline;
mod explain;
mod failing;
mod in_tests;
mod interrupt;
mod lint;
mod list;
mod output;
mod plan;
mod progress;
mod recorded;
mod refusal;
mod replay;
mod run;
mod seeds;
mod seeds_to_find;
mod select;
pub(crate) mod shell;
mod shrink;
pub(crate) mod wall_clock;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::exit;
use crate::registry::Registry;
use arguments::{Arguments, Command};
pub use in_tests::assert_as_expected;
use output::{Appears, Output};
use refusal::Refusal;

/// The command line, for scenarios that name one of these protocols: the whole of a `main`.
///
/// ```no_run
/// use scenarios::{Registry, faultbed};
///
/// fn main() -> std::process::ExitCode {
///     faultbed(Registry::standard())
/// }
/// ```
///
/// A program of your own adds its protocols with [`Registry::with`], and has all the commands of
/// `faultbed` for them.
#[must_use]
pub fn faultbed(registry: Registry) -> ExitCode {
    let command = match Arguments::try_parse() {
        Ok(arguments) => arguments.command,
        Err(error) => {
            // Whoever does not read the help to its end is free to go away.
            let is_lost = error.print().is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe);
            let code = match (error.use_stderr(), is_lost) {
                (true, _) => exit::USAGE,
                (false, true) => exit::OUTPUT,
                (false, false) => exit::OK,
            };
            return ExitCode::from(if bisect::is_asked_for() { exit::in_bisect(code) } else { code });
        }
    };
    let result = catch_unwind(AssertUnwindSafe(|| carry_out(&registry, &command)));
    let result = result.unwrap_or_else(|_| Err(Refusal::defect("a defect of Faultbed: please report it")));
    let code = result.unwrap_or_else(|refusal| refusal.report());
    ExitCode::from(if command.is_in_bisect() { exit::in_bisect(code) } else { code })
}

fn carry_out(registry: &Registry, command: &Command) -> Result<u8, Refusal> {
    match command {
        Command::Run(arguments) if arguments.print_plan => plan::print_plan(registry, arguments),
        Command::Run(arguments) if arguments.crash_points => crash_points::crash_points(registry, arguments),
        Command::Run(arguments) => run::run(registry, arguments),
        Command::Replay(arguments) => replay::replay(registry, arguments),
        Command::Shrink(arguments) => shrink::shrink_run(registry, arguments),
        Command::Explain(arguments) => explain::explain_run(registry, arguments),
        Command::SeedsToFind(arguments) => seeds_to_find::seeds_to_find(registry, arguments),
        Command::Check(arguments) => check::check(arguments),
        Command::List(arguments) => list::list(registry, arguments),
        Command::Schema(arguments) => schema(registry, arguments.file.output.as_deref()),
        Command::Lint(arguments) => lint::lint(registry, arguments),
    }
}

fn schema(registry: &Registry, file: Option<&Path>) -> Result<u8, Refusal> {
    let mut output = Output::to(file, [].into_iter(), Appears::Whole)?;
    output.write_exactly(&format!("{:#}\n", registry.schema()));
    output.finish()?;
    Ok(exit::OK)
}
