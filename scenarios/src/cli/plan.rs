//! `faultbed run --print-plan`: the faults that a nemesis draws for a seed, as a scenario.

use super::arguments::RunArguments;
use super::refusal::Refusal;
use super::select;
use crate::exit;
use crate::registry::Registry;

pub(super) fn print_plan(registry: &Registry, arguments: &RunArguments) -> Result<u8, Refusal> {
    let (Some(seed), [scenario]) = (arguments.seed, &arguments.scenarios[..]) else {
        return Err(Refusal::usage("--print-plan takes one scenario and its --seed"));
    };
    let scenario = select::scenario(registry, scenario, &arguments.overrides.all())?;
    let mut output = select::output(&arguments.output, [scenario.name.as_str()])?;
    output.write_exactly(&format!("{:#}\n", scenario.prepared.plan(seed)));
    output.finish()?;
    Ok(exit::OK)
}
