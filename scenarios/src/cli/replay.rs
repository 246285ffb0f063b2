//! `faultbed replay`: one run, event by event.

use reports::{Run, TraceForm, TraceTeller, fault_table, run_block};

use super::arguments::{ReplayArguments, ReplayFormat};
use super::bisect;
use super::output::Output;
use super::progress::Progress;
use super::recorded::Fitted;
use super::refusal::Refusal;
use super::select;
use crate::load::Scenario;
use crate::registry::Registry;
use crate::run::{exit_code_of_run, run_guarded};

pub(super) fn replay(registry: &Registry, arguments: &ReplayArguments) -> Result<u8, Refusal> {
    check_filter(arguments)?;
    let scenario = select::one_run(registry, &arguments.run);
    let scenario = if arguments.bisect { bisect::read(registry, &arguments.run, scenario) } else { scenario }?;
    check_nodes(&scenario, arguments)?;
    let seed = arguments.run.seed.unwrap_or(scenario.seeds.start);
    if arguments.bisect {
        bisect::check(&scenario)?;
    }
    let progress = Progress::of_events();
    progress.name(&scenario.name);
    let fitted = Fitted::new(registry, scenario, &arguments.run)?;
    let case = &fitted.case;
    let mut output = select::output(&arguments.output, [case.name.as_str()])?;
    let run = run_guarded(|| carry_out(&fitted, seed, arguments, &mut output, &progress));
    drop(progress);
    let run = run.map_err(|defect| Refusal::defect_of(case, seed, &defect))?;
    if arguments.format == ReplayFormat::Text {
        let table = if arguments.faults { fault_table(&run) } else { String::new() };
        let table = if table.is_empty() { table } else { format!("\n{table}") };
        output.write(&format!("{table}\n{}", run_block(&run)));
    }
    output.finish()?;
    fitted.warn(&run);
    Ok(if arguments.bisect { bisect::judge(&run) } else { exit_code_of_run(&run) })
}

/// Runs the seed, and writes what is asked for of the run.
fn carry_out(fitted: &Fitted, seed: u64, arguments: &ReplayArguments, output: &mut Output, progress: &Progress) -> Run {
    let prepared = fitted.case.prepared.as_ref();
    let (summary, text) = match arguments.format {
        ReplayFormat::Text => return tell_events(fitted, seed, TraceForm::Text, arguments, output, progress),
        ReplayFormat::Jsonl => return tell_events(fitted, seed, TraceForm::Lines, arguments, output, progress),
        ReplayFormat::History => prepared.history(seed),
        ReplayFormat::Scenario => {
            let recorded = prepared.record(seed);
            (recorded.summary, format!("{:#}\n", recorded.scenario))
        }
    };
    output.write_exactly(&text);
    fitted.told(fitted.case.run(seed, summary))
}

/// How many bytes of events are written at once.
const AT_ONCE: usize = 1 << 16;

/// Writes events while they happen: a long run has more of them than memory holds.
fn tell_events(
    fitted: &Fitted,
    seed: u64,
    form: TraceForm,
    arguments: &ReplayArguments,
    output: &mut Output,
    progress: &Progress,
) -> Run {
    let case = &fitted.case;
    let mut teller = TraceTeller::new(arguments.window.filter(), form);
    let mut text = teller.header();
    let summary = case.prepared.run_telling(seed, &mut |event| {
        teller.event(event, &mut text);
        progress.step();
        if text.len() >= AT_ONCE {
            progress.aside(|| output.write_exactly(&text));
            text.clear();
        }
    });
    let run = fitted.told(case.run(seed, summary));
    text += &teller.end(&run, arguments.faults);
    progress.aside(|| {
        let mut errors = Output::stderr();
        if teller.is_empty() {
            errors.write("the run has no event that --node, --kind, --key, --operation, --from and --until leave\n");
        }
        for node in teller.unseen() {
            errors.write(&format!("nothing happens to {node} in this run\n"));
        }
        output.write_exactly(&text);
    });
    run
}

/// A window chooses events, and only some formats have events.
fn check_filter(arguments: &ReplayArguments) -> Result<(), Refusal> {
    match arguments.format {
        ReplayFormat::History | ReplayFormat::Scenario if arguments.window.filter().hides() => Err(Refusal::usage(
            "options such as --until and --node choose events: they go with --format text and --format jsonl",
        )),
        ReplayFormat::History | ReplayFormat::Scenario if arguments.faults => {
            Err(Refusal::usage("--faults goes with --format text and --format jsonl"))
        }
        _ => arguments.window.check(),
    }
}

fn check_nodes(scenario: &Scenario, arguments: &ReplayArguments) -> Result<(), Refusal> {
    let exists = |node: &sim_core::NodeId| node.is_client() || node.index() < scenario.nodes;
    match arguments.window.nodes.iter().find(|node| !exists(node)) {
        Some(node) => {
            let last = scenario.nodes - 1;
            Err(Refusal::usage(format!("there is no node {node} in {}: nodes are n0 to n{last}", scenario.name)))
        }
        None => Ok(()),
    }
}
