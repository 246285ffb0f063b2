//! `faultbed lint`: scenario files, checked and not run.

use reports::counted;

use super::arguments::LintArguments;
use super::output::Output;
use super::refusal::Refusal;
use super::select::{self, Loaded};
use crate::exit;
use crate::registry::Registry;

pub(super) fn lint(registry: &Registry, arguments: &LintArguments) -> Result<u8, Refusal> {
    let found = select::find(registry, &arguments.scenarios)?;
    let files = found.files();
    let Loaded { scenarios, refusal } = select::load_all(registry, found, &arguments.overrides.all())?;
    let mut errors = Output::stderr();
    let warnings = scenarios.iter().flat_map(|scenario| &scenario.warnings);
    let warned = warnings.map(|warning| errors.write(&format!("{}\n\n", warning.render(true)))).count();
    let code = refusal.as_ref().map_or(exit::OK, Refusal::report);
    let mistakes = refusal.as_ref().map_or(0, Refusal::len);
    let mut output = Output::stdout();
    output.write(&format!(
        "{}, {}, {}\n",
        counted(files as u64, "scenario"),
        counted(mistakes as u64, "error"),
        counted(warned as u64, "warning"),
    ));
    output.finish()?;
    Ok(code)
}
