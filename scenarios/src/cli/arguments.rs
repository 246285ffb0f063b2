//! What can be written on the command line.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use reports::{TraceFilter, TraceMoment};
use sim_core::consistency::Level;
use sim_core::consistency::isolation::IsolationLevel;
use sim_core::consistency::models::Datum;
use sim_core::{Duration, NodeId, Sabotage};

use super::deadline::WallTime;
use super::refusal::Refusal;
use super::seeds::{Seeds, Shard, seed};
use crate::check::{self, CheckedModel};

const EXIT_CODES: &str = "\
Exit codes:
   0  everything ended as expected
   1  a property was violated, or an expected violation did not come
   2  wrong usage
   3  a scenario or a history is invalid
   4  a run or a history could not be judged
   5  the same seed gave two different runs
   6  something was not tested: a goal, a fault, a recording, a scenario in time (`shrink` and
      `explain` whose time is over end with 0, and with what they have)
   7  SIGINT or SIGTERM ended it before all was run; a second one ends it at once
  74  results were lost, as on a full disk; a reader that goes away is no error
  70  a defect of Faultbed itself";

/// A deterministic simulation testbed for fault-tolerant distributed protocols
#[derive(Debug, Parser)]
#[command(name = "faultbed", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run scenarios over many seeds
    Run(RunArguments),
    /// Show one run, event by event
    ///
    /// A run that was written down, by `shrink` or with `--format scenario`, may no longer fit its protocol.
    /// Then its deviations are looked for under other names: by what messages say, and by numbers that are
    /// a few less or more. It is told what made it fit, and `--format scenario` writes the repaired run.
    Replay(ReplayArguments),
    /// Make a failing run small
    ///
    /// Removes faults, operations, nodes and deviations from calm for as long as the run violates the
    /// same property in the same way, and prints what is left as a scenario that `run` takes. What it
    /// prints does not depend on how many runs go side by side.
    Shrink(ShrinkArguments),
    /// Say why a run fails
    ///
    /// Tells what led to the violation; which faults, operations and deviations it takes; two events
    /// whose order decides; and how probable the violation is from each step on, when what was asked up
    /// to that step stands and the rest is drawn anew. A shrunk run is explained best.
    Explain(ExplainArguments),
    /// Count how many seeds it takes to find each known flaw of a protocol
    ///
    /// Runs a scenario with each flaw switched on in turn, and counts seeds until the first violation.
    /// Does so several times from seeds far apart, and prints a Markdown table: how many seeds and how
    /// much CPU time a find takes on average, with exact 95 % intervals. Seeds count even if none of them
    /// showed the flaw. Below is the control: no flaw, and every run must pass.
    SeedsToFind(SeedsToFindArguments),
    /// Judge histories of operations that were recorded elsewhere
    ///
    /// Reads what clients asked and were told, and says which levels of consistency it keeps. The
    /// order of the events in a file is the order in which they happened. An operation without an
    /// end, or whose end is `info`, may have taken effect or not; one that ends with `fail` has not.
    /// `nil` that was read is a value like any other: that there was nothing.
    ///
    /// Of several files, each is judged on its own, and what is wrong with one does not keep the others
    /// from being judged. The exit code is that of the worst.
    #[command(after_long_help = VOCABULARY)]
    Check(CheckArguments),
    /// List what scenarios can name
    List(ListArguments),
    /// Print the JSON Schema of scenario files
    Schema(SchemaArguments),
    /// Check scenario files without running them
    Lint(LintArguments),
}

#[derive(Args, Debug)]
pub(super) struct RunArguments {
    /// Scenarios: names or folders of the library, files, directories [default: the whole library]
    #[arg(value_name = "SCENARIO", value_parser = name())]
    pub(super) scenarios: Vec<String>,
    /// Run the seeds from 0 up to N, or from A up to but not including B, instead of the
    /// scenario's own range; or, with random:N, so many from a base that is drawn afresh and told
    #[arg(long, value_name = "N|A..B|random:N")]
    pub(super) seeds: Option<Seeds>,
    /// Run this seed only
    #[arg(long, value_name = "SEED", conflicts_with = "seeds", value_parser = seed)]
    pub(super) seed: Option<u64>,
    /// Run nothing: print the scenario with the faults that its nemesis draws for --seed written out
    #[arg(long, requires = "seed", conflicts_with_all = ["shard", "fail_fast", "max_time", "check_determinism", "faults", "strongest", "service", "format"])]
    pub(super) print_plan: bool,
    #[command(flatten)]
    pub(super) overrides: Overrides,
    #[command(flatten)]
    pub(super) jobs: Jobs,
    /// Run the K-th of N parts of the seeds
    #[arg(long, value_name = "K/N")]
    pub(super) shard: Option<Shard>,
    /// Stop at the first run that does not end as expected
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Give up after this time, such as 90s or 10m. It is shared out among the scenarios, and what was
    /// found until then counts
    #[arg(long, value_name = "TIME")]
    pub(super) max_time: Option<WallTime>,
    /// Try every place of one run where a node can crash: between any two effects of its steps, with
    /// each prefix of its unsynced writes kept, each set one or two writes away from one, and all of them
    /// in the cache; and after each, every such place in the recovery. The run is that of --seed, or of
    /// the first seed of the scenario
    #[arg(long, conflicts_with_all = ["seeds", "print_plan", "shard", "faults", "strongest", "service", "check_determinism", "once"])]
    pub(super) crash_points: bool,
    /// Runs with crashes at most, from 1 to 1000000. If there are more, those that are tried are spread evenly: first those
    /// with one crash, then those with two
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "crash_points", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(super) max_crashes: u64,
    /// How long after each crash its node boots again
    #[arg(long, value_name = "TIME", default_value = "1s", requires = "crash_points", value_parser = virtual_time)]
    pub(super) restart_after: Duration,
    /// Print what the faults of each kind did, and in how many of the seeds; in JSON, all that is known
    /// of runs that passed as well
    #[arg(long)]
    pub(super) faults: bool,
    /// Tell the strongest levels of consistency that each run kept, and all runs of a scenario
    /// together. Takes another run of every seed
    #[arg(long)]
    pub(super) strongest: bool,
    /// Tell what clients got: how many of their operations were answered, in all and while faults
    /// lasted, and how many reads were stale or showed a conflict. Takes another run of every seed
    #[arg(long)]
    pub(super) service: bool,
    /// Run every seed twice and compare, not only the first of each scenario and about one in a
    /// hundred, at most 32
    #[arg(long)]
    pub(super) check_determinism: bool,
    /// Run no seed twice: for the process that another one compares itself with
    #[arg(long, hide = true, conflicts_with = "check_determinism")]
    pub(super) once: bool,
    #[command(flatten)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) output: OutputFile,
}

/// One seed of one scenario.
#[derive(Args, Debug)]
pub(super) struct OneRun {
    /// A name of the library, or a file
    #[arg(value_parser = name())]
    pub(super) scenario: String,
    /// The seed [default: the first of the scenario]
    #[arg(long, value_name = "SEED", value_parser = seed)]
    pub(super) seed: Option<u64>,
    /// Add a fault after those of this seed, in JSON as scenario files have it. `run --crash-points` tells
    /// the faults that a run fails with
    #[arg(long = "add-fault", value_name = "FAULT")]
    pub(super) added: Vec<String>,
    #[command(flatten)]
    pub(super) overrides: Overrides,
}

#[derive(Args, Debug)]
pub(super) struct ReplayArguments {
    #[command(flatten)]
    pub(super) run: OneRun,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: ReplayFormat,
    /// Print what each fault of the run did, below its events
    #[arg(long)]
    pub(super) faults: bool,
    /// End as `git bisect run` wants it: 1 if the recorded violation is there, 0 if the recording fits and
    /// nothing is violated, 125 if neither can be said of this commit, 128 if the command is wrong
    #[arg(long)]
    pub(super) bisect: bool,
    #[command(flatten)]
    pub(super) window: Window,
    #[command(flatten)]
    pub(super) output: OutputFile,
}

#[derive(Args, Debug)]
pub(super) struct ShrinkArguments {
    #[command(flatten)]
    pub(super) run: OneRun,
    #[command(flatten)]
    pub(super) jobs: Jobs,
    /// Stop after so many runs, with what is left by then. Those that look for a shorter run of the same
    /// scenario are not counted
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    pub(super) max_runs: u64,
    /// Stop when these runs have taken so many steps in all: as the number of runs, and unlike a time, it gives the
    /// same file on every machine
    #[arg(long, value_name = "N", default_value_t = 100_000_000)]
    pub(super) max_steps: u64,
    /// Stop after this time, such as 90s or 10m, with what is left by then
    #[arg(long, value_name = "TIME")]
    pub(super) max_time: Option<WallTime>,
    #[command(flatten)]
    pub(super) output: OutputFile,
}

#[derive(Args, Debug)]
pub(super) struct ExplainArguments {
    #[command(flatten)]
    pub(super) run: OneRun,
    #[command(flatten)]
    pub(super) jobs: Jobs,
    /// Runs drawn anew for each point of a curve, from 100 to 100000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(100..=100_000))]
    pub(super) samples: u64,
    /// Stop after this time, such as 90s or 10m, with what is known by then
    #[arg(long, value_name = "TIME")]
    pub(super) max_time: Option<WallTime>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: ExplainFormat,
    #[command(flatten)]
    pub(super) output: OutputFile,
}

/// Which events to show. What is hidden is counted.
#[derive(Args, Debug)]
#[command(next_help_heading = "Which events to show (each can be given several times but --from, --until and --last)")]
pub(super) struct Window {
    /// None before this step, such as 1701, or time, such as 8.27s
    #[arg(long, value_name = "MOMENT")]
    from: Option<TraceMoment>,
    /// None after this step or time
    #[arg(long, value_name = "MOMENT")]
    until: Option<TraceMoment>,
    /// The last N of those that the other options let through
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// What concerns this node or client, such as n2 or c0
    #[arg(long = "node", value_name = "NODE")]
    pub(super) nodes: Vec<NodeId>,
    /// Messages, timers, records and events of this name, or what JSON names so, such as Crash
    #[arg(long = "kind", value_name = "NAME")]
    kinds: Vec<String>,
    /// What names this key
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
    /// What belongs to this operation, such as c1.0.16, or to a session, such as c1.0
    #[arg(long = "operation", value_name = "OPERATION", value_parser = operation())]
    operations: Vec<String>,
}

impl Command {
    /// Whether `git bisect run` looks at the exit code.
    pub(super) const fn is_in_bisect(&self) -> bool {
        matches!(self, Self::Replay(ReplayArguments { bisect: true, .. }))
    }
}

impl Window {
    /// Whether any event can be between its ends.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let is_empty = match (self.from, self.until) {
            (Some(TraceMoment::Step(from)), Some(TraceMoment::Step(until))) => from > until,
            (Some(TraceMoment::Time(from)), Some(TraceMoment::Time(until))) => from > until,
            _ => false,
        };
        if is_empty { Err(Refusal::usage("--from lies behind --until: no event is between them")) } else { Ok(()) }
    }

    pub(super) fn filter(&self) -> TraceFilter {
        let Self { from, until, last, nodes, kinds, keys, operations } = self;
        TraceFilter {
            from: *from,
            until: *until,
            last: *last,
            nodes: nodes.clone(),
            kinds: kinds.clone(),
            keys: keys.clone(),
            operations: operations.clone(),
        }
    }
}

#[derive(Args, Debug)]
pub(super) struct SeedsToFindArguments {
    /// The flaws [default: all that are known]
    #[arg(value_name = "FLAW")]
    pub(super) flaws: Vec<String>,
    /// The scenario [default: the general scenario of each protocol, with a table for each]
    #[arg(long = "in", value_name = "SCENARIO", value_parser = name())]
    pub(super) scenario: Option<String>,
    /// How many times to count, each time from another seed
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(super) bases: u64,
    /// Give up after so many seeds
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(super) cap: u64,
    /// How many seeds to run with no flaw
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub(super) control: u64,
    /// Shrink the first run that shows each flaw, and tell how many faults, operations and deviations are
    /// left, and how much CPU time that took
    #[arg(long)]
    pub(super) shrink: bool,
    /// Stop shrinking a run after this time, such as 90s or 10m, with what is left by then
    #[arg(long, value_name = "TIME", default_value = "20s", requires = "shrink")]
    pub(super) shrink_time: WallTime,
    #[command(flatten)]
    pub(super) overrides: Overrides,
    #[command(flatten)]
    pub(super) jobs: Jobs,
    #[command(flatten)]
    pub(super) output: OutputFile,
}

/// What `faultbed check` reads.
const VOCABULARY: &str = "\
What operations are called, with what they are given and answered:
  register        read -> VALUE, write VALUE; or get and put
  cas-register    the same, and cas [OLD NEW]
  kv              get -> VALUE, put VALUE, append TEXT, cas [OLD NEW]; or read and write
  counter         add NUMBER, read -> NUMBER
  set             add VALUE, remove VALUE, contains VALUE -> true, read -> LIST
  queue           enqueue VALUE, dequeue -> VALUE or nil, drain -> LIST: each of its elements is a
                  dequeue that took effect at some time of the drain
  stack           push VALUE, pop -> VALUE or nil
  log             append VALUE, read -> LIST, read-at INDEX -> VALUE or nil
  lock            acquire HOLDER, release HOLDER: only who holds it can release it, and a holder
                  without a name is the client
  mutex           acquire, release: a lock that anybody can release
  bank            transfer [FROM TO AMOUNT], read -> LIST
  multi-register  txn [[r KEY nil] [w KEY VALUE]] -> the same with what was read
  list-append     txn [[r KEY nil] [append KEY VALUE]] -> the same
  rw-register     txn [[r KEY nil] [w KEY VALUE]] -> the same

In EDN, in logs, and in JSON with Jepsen's names (process, f), an operation that is no question is
answered by a repetition of what it was given. In other JSON (client, op) it is answered by nothing,
or by true or false if it may have had no effect.";

#[derive(Args, Clone, Debug)]
pub(super) struct CheckArguments {
    /// The histories: files, folders, or `-` for standard input. In a folder, and in those below it, a
    /// history is a file that ends in .edn, .json, .jsonl, .log, .ndjson or .txt, or in one of these and
    /// .gz, and looks like one
    #[arg(value_name = "FILE|FOLDER", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// What the operations are about. Operations of different keys are about different objects.
    /// list-append and rw-register are transactions as Elle has them
    #[arg(long, value_parser = models())]
    pub(super) model: CheckedModel,
    /// Levels to hold it against, separated by commas, or `all`: consistency levels, from linearizable
    /// (or strong) to writes-follow-reads; of list-append and rw-register isolation levels, from
    /// strict-serializable to read-committed [default: linearizable; of transactions the strongest
    /// level that the file can tell, strict-serializable if it has invocations]
    #[arg(long, visible_alias = "level", value_name = "LEVEL", value_delimiter = ',', value_parser = levels())]
    pub(super) consistency: Vec<String>,
    /// Tell the strongest of all levels that it keeps, too
    #[arg(long)]
    pub(super) strongest: bool,
    /// What the files are written in [default: told from what each begins with]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(super) input: Option<check::Format>,
    /// Values are pairs [KEY VALUE], as jepsen.independent has them
    #[arg(long)]
    pub(super) independent: bool,
    /// A compare-and-swap that ends with `fail` tells that the value was another than the expected one.
    /// Without, it tells nothing: it may have failed for any reason
    #[arg(long)]
    pub(super) failed_cas_differs: bool,
    /// What registers and keys hold at the start, such as 0, nil or '"text"', or the balances of a
    /// bank, such as '[10 20]' [default: nil; for kv the empty text, unless nil is read; for a bank
    /// five accounts of 100 each]
    #[arg(long, value_name = "VALUE", value_parser = check::parse_value)]
    pub(super) initial: Option<Datum>,
    /// Give up on a level after so many steps of search; ten million take a second or two [default:
    /// 100 million, or no limit with --timeout]
    #[arg(long, value_name = "STEPS")]
    pub(super) budget: Option<u64>,
    /// Give up on a level that needs more memory than so many MiB, beyond the history itself
    #[arg(long, value_name = "MIB", default_value_t = 512)]
    pub(super) memory: u64,
    /// Give up on a level before this time is over, such as 90s or 10m: the search begins with few
    /// steps, and is begun again with four times as many as long as that is likely to end in time
    #[arg(long, value_name = "TIME")]
    pub(super) timeout: Option<WallTime>,
    #[command(flatten)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) output: OutputFile,
}

/// The names of all levels, of either kind.
fn levels() -> PossibleValuesParser {
    let names = Level::ALL.iter().map(|level| level.name());
    let isolation = IsolationLevel::ALL.iter().map(|level| level.name());
    PossibleValuesParser::new([Level::STRONG].into_iter().chain(names).chain(isolation).chain(["all"]))
}

fn models() -> impl TypedValueParser<Value = CheckedModel> {
    let known = |name: &str| CheckedModel::all().find(|model| model.name() == name);
    PossibleValuesParser::new(CheckedModel::all().map(CheckedModel::name)).try_map(move |name| known(&name).ok_or(name))
}

#[derive(Args, Debug)]
pub(super) struct ListArguments {
    /// Of what
    #[arg(value_enum)]
    pub(super) what: Listed,
    #[command(flatten)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) output: OutputFile,
}

#[derive(Args, Debug)]
pub(super) struct SchemaArguments {
    #[command(flatten)]
    pub(super) file: OutputFile,
}

#[derive(Args, Debug)]
pub(super) struct LintArguments {
    /// Scenarios: names or folders of the library, files, directories [default: the whole library]
    #[arg(value_name = "SCENARIO", value_parser = name())]
    pub(super) scenarios: Vec<String>,
    #[command(flatten)]
    pub(super) overrides: Overrides,
}

#[derive(Args, Debug)]
pub(super) struct Overrides {
    /// Replace a key of the scenario, as in --set nodes=3 or --set 'protocol.flaws=["figure-8"]'
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Let the engine break a promise, to see whether the sweep notices: short for
    /// --set 'sabotage="…"'
    #[arg(long, value_name = "LIE", value_parser = sabotages())]
    sabotage: Option<String>,
}

/// What a command that shows a run again can name: text. What is not is told by as much of it as is.
fn name() -> impl TypedValueParser<Value = String> {
    let text = |name: OsString| name.into_string().map_err(|name| format!("`{}` is not UTF-8", name.display()));
    OsStringValueParser::new().try_map(text)
}

/// The name of an operation, of a session or of a client.
fn operation() -> impl TypedValueParser<Value = String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = move |name: &str| {
        let parts: Vec<&str> = name.strip_prefix('c').unwrap_or_default().split('.').collect();
        parts.len() <= 3 && parts.into_iter().all(is_number)
    };
    let expected = "expected the name of an operation, such as c1.0.16, or c1.0 for all of a session";
    StringValueParser::new().try_map(move |name| if is_name(&name) { Ok(name) } else { Err(expected) })
}

/// A span of the run's own time.
fn virtual_time(text: &str) -> Result<Duration, String> {
    text.parse().map_err(|error: sim_core::DurationError| error.to_string())
}

fn sabotages() -> PossibleValuesParser {
    PossibleValuesParser::new(Sabotage::ALL.map(|(name, _)| name))
}

impl Overrides {
    /// Replaces these keys.
    pub(super) const fn of(set: Vec<String>) -> Self {
        Self { set, sabotage: None }
    }

    /// All keys that are replaced.
    pub(super) fn all(&self) -> Vec<String> {
        let sabotage = self.sabotage.iter().map(|name| format!("sabotage=\"{name}\""));
        self.set.iter().cloned().chain(sabotage).collect()
    }
}

#[derive(Args, Debug, Default)]
pub(super) struct Jobs {
    /// How many runs go side by side [default: one a core]. It has no effect on results
    #[arg(long, short, value_name = "N", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Format {
    /// Text, or JSON with an object a line
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: ResultFormat,
}

#[derive(Args, Clone, Debug)]
pub(super) struct OutputFile {
    /// Write to this file instead of standard output
    #[arg(long = "output", short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ResultFormat {
    #[default]
    Human,
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ReplayFormat {
    /// A line an event, and how the run ended
    #[default]
    Text,
    /// JSON, an object an event, the last line being that of `run --format json`
    Jsonl,
    /// What the clients asked and were told, a line an operation
    History,
    /// The run as a scenario of its own, in which nothing is left to the seed
    Scenario,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ExplainFormat {
    /// For people
    #[default]
    Text,
    /// All of it, as one line of JSON
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Listed {
    Protocols,
    Properties,
    Figures,
    Flaws,
    Adversaries,
    Guarantees,
    Faults,
    Families,
    Scenarios,
}

/// Each takes a thread and the memory of a run: more than there are cores gain nothing.
const MOST_JOBS: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");

fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    let jobs: Option<NonZeroUsize> = text.parse().ok();
    jobs.filter(|jobs| *jobs <= MOST_JOBS).ok_or_else(|| format!("expected a number from 1 to {MOST_JOBS}"))
}

impl Jobs {
    pub(super) fn count(&self) -> NonZeroUsize {
        self.jobs.unwrap_or_else(|| sim_core::available_jobs().min(MOST_JOBS))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }
}
