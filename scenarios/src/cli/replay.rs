//! `faultbed replay`: one run, event by event.

use reports::{Run, fault_table, run_block, trace_lines, trace_text};
use sim_core::Traced;

use super::arguments::{ReplayArguments, ReplayFormat};
use super::bisect;
use super::output::Output;
use super::recorded::Fitted;
use super::refusal::Refusal;
use super::select;
use crate::load::Scenario;
use crate::registry::Registry;
use crate::run::{exit_code_of_run, run_guarded};

/// A run, and what is printed of it.
struct Replayed {
    run: Run,
    text: String,
    /// Whether the filter hides all of it.
    is_empty: bool,
}

pub(super) fn replay(registry: &Registry, arguments: &ReplayArguments) -> Result<u8, Refusal> {
    check_filter(arguments)?;
    let scenario = select::one_run(registry, &arguments.run);
    let scenario = if arguments.bisect { bisect::read(registry, &arguments.run, scenario) } else { scenario }?;
    check_nodes(&scenario, arguments)?;
    let seed = arguments.run.seed.unwrap_or(scenario.seeds.start);
    if arguments.bisect {
        bisect::check(&scenario)?;
    }
    let fitted = Fitted::new(registry, scenario, &arguments.run)?;
    let case = &fitted.case;
    let mut output = select::output(&arguments.output, [case.name.as_str()])?;
    let replayed = run_guarded(|| carry_out(&fitted, seed, arguments));
    let replayed = replayed.map_err(|defect| Refusal::defect_of(case, seed, &defect))?;
    let Replayed { run, text, is_empty } = replayed;
    if is_empty {
        Output::stderr().write("no event of this run is what --kind, --node and the like ask for\n");
    }
    output.write_exactly(&text);
    if arguments.format == ReplayFormat::Text {
        let table = if arguments.faults { fault_table(&run) } else { String::new() };
        let table = if table.is_empty() { table } else { format!("\n{table}") };
        output.write(&format!("{table}\n{}", run_block(&run)));
    }
    output.finish()?;
    fitted.warn(&run);
    Ok(if arguments.bisect { bisect::judge(&run) } else { exit_code_of_run(&run) })
}

fn carry_out(fitted: &Fitted, seed: u64, arguments: &ReplayArguments) -> Replayed {
    let case = &fitted.case;
    if arguments.format == ReplayFormat::Scenario {
        let recorded = case.prepared.record(seed);
        let text = format!("{:#}\n", recorded.scenario);
        return Replayed { run: fitted.told(case.run(seed, recorded.summary)), text, is_empty: false };
    }
    let Traced { summary, trace, history } = case.prepared.trace(seed);
    let run = fitted.told(case.run(seed, summary));
    let filter = arguments.window.filter();
    let text = match arguments.format {
        ReplayFormat::History => history,
        ReplayFormat::Jsonl => trace_lines(&trace, &filter, &run, arguments.faults),
        _ => trace_text(&trace, &filter),
    };
    Replayed { run, text, is_empty: filter.hides_all(&trace) }
}

/// A window chooses events, and only some formats have events.
fn check_filter(arguments: &ReplayArguments) -> Result<(), Refusal> {
    match arguments.format {
        ReplayFormat::History | ReplayFormat::Scenario if arguments.window.filter().hides() => Err(Refusal::usage(
            "options such as --until and --node choose events: they go with --format text and --format jsonl",
        )),
        _ => Ok(()),
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
