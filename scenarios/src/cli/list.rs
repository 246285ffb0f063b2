//! `faultbed list`: what scenarios can name.

use reports::Table;
use serde_json::{Value, json};
use sim_core::{FaultFacts, Guarantee};

use super::arguments::{ListArguments, Listed, ResultFormat};
use super::output::{Appears, Output};
use super::refusal::Refusal;
use super::select;
use crate::exit;
use crate::file::{FaultRow, fault_kinds, nemesis_families};
use crate::registry::Registry;

pub(super) fn list(registry: &Registry, arguments: &ListArguments) -> Result<u8, Refusal> {
    let (columns, rows) = match arguments.what {
        Listed::Protocols => (&["name", "summary"][..], protocols(registry)),
        Listed::Properties => (&["protocol", "name", "summary", "source"][..], properties(registry)),
        Listed::Figures => (&["protocol", "name", "summary", "source"][..], figures(registry)),
        Listed::Flaws => (&["protocol", "name", "summary", "violates", "source"][..], flaws(registry)),
        Listed::Adversaries => (&["protocol", "name", "summary", "source"][..], adversaries(registry)),
        Listed::Guarantees => (&["name", "property", "protocols"][..], guarantees(registry)),
        Listed::Faults => (&["name", "class", "severity", "modifiers", "summary"][..], faults()),
        Listed::Families => (&["name", "summary"][..], families()),
        Listed::Scenarios => (&["name", "protocol", "seeds", "violates", "description"][..], scenarios(registry)?),
    };
    let mut output = Output::to(arguments.output.output.as_deref(), [].into_iter(), Appears::Whole)?;
    match arguments.format.format {
        ResultFormat::Human => output.write(&table(columns, &rows).to_text()),
        ResultFormat::Json => rows.iter().for_each(|row| output.write_exactly(&line(columns, row))),
    }
    output.finish()?;
    Ok(exit::OK)
}

/// A row has a value for each column.
type Row = Vec<Value>;

fn protocols(registry: &Registry) -> Vec<Row> {
    registry.protocols().map(|protocol| vec![json!(protocol.name), json!(protocol.summary)]).collect()
}

fn properties(registry: &Registry) -> Vec<Row> {
    let of_all = registry.protocols().flat_map(|protocol| protocol.properties.iter().map(move |p| (protocol.name, p)));
    of_all.map(|(of, p)| vec![json!(of), json!(p.name), json!(p.summary), json!(p.source)]).collect()
}

fn flaws(registry: &Registry) -> Vec<Row> {
    let of_all = registry.protocols().flat_map(|protocol| protocol.flaws.iter().map(move |flaw| (protocol.name, flaw)));
    of_all
        .map(|(of, flaw)| {
            vec![of.into(), flaw.name.into(), flaw.summary.into(), json!(flaw.violates), flaw.source.into()]
        })
        .collect()
}

/// What `expect.figures` can name.
fn figures(registry: &Registry) -> Vec<Row> {
    let of_all = registry.protocols().flat_map(|protocol| protocol.figures.iter().map(move |f| (protocol.name, f)));
    of_all.map(|(of, f)| vec![json!(of), json!(f.name), json!(f.summary), json!(f.source)]).collect()
}

fn adversaries(registry: &Registry) -> Vec<Row> {
    let of_all = registry.protocols().flat_map(|protocol| protocol.adversaries.iter().map(move |a| (protocol.name, a)));
    of_all.map(|(of, a)| vec![json!(of), json!(a.name), json!(a.summary), json!(a.source)]).collect()
}

/// What `expect.consistency` can name, and whose runs can be checked for it.
fn guarantees(registry: &Registry) -> Vec<Row> {
    let row = |guarantee: &Guarantee| {
        let checked = registry.protocols().filter(|protocol| protocol.guarantees.contains(guarantee));
        let protocols: Vec<&str> = checked.map(|protocol| protocol.name).collect();
        vec![json!(guarantee.name()), json!(guarantee.property()), json!(protocols)]
    };
    Guarantee::ALL.iter().map(row).collect()
}

fn faults() -> Vec<Row> {
    let row = |kind: &FaultRow| {
        let FaultFacts { class, severity, .. } = kind.facts;
        vec![json!(kind.key), json!(class), json!(severity), json!(kind.modifiers()), json!(kind.summary())]
    };
    fault_kinds().map(row).collect()
}

/// What a nemesis can draw.
fn families() -> Vec<Row> {
    nemesis_families().into_iter().map(|(key, summary)| vec![json!(key), json!(summary)]).collect()
}

fn scenarios(registry: &Registry) -> Result<Vec<Row>, Refusal> {
    let scenarios = select::scenarios(registry, &[], &[])?;
    let row = |scenario: &crate::load::Scenario| {
        vec![
            json!(scenario.name),
            json!(scenario.protocol),
            json!(scenario.seeds.end - scenario.seeds.start),
            json!(scenario.expect.violates),
            json!(scenario.description),
        ]
    };
    Ok(scenarios.iter().map(row).collect())
}

fn table(columns: &[&'static str], rows: &[Row]) -> Table {
    let mut table = Table::new(columns);
    for row in rows {
        table.row(row.iter().map(cell).collect::<Vec<_>>());
    }
    table
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn line(columns: &[&'static str], row: &Row) -> String {
    let object: serde_json::Map<String, Value> =
        columns.iter().map(|&column| column.to_owned()).zip(row.iter().cloned()).collect();
    format!("{}\n", Value::Object(object))
}
