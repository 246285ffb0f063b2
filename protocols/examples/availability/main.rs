//! Prints how available each way to replicate is, by how many nodes have failed: the table and the plot in the README
//! of the scenarios of primary–backup replication, which a test holds to it.
//!
//! ```text
//! cargo run --release -p faultbed-protocols --example availability
//! ```

#[path = "../../tests/availability/curves.rs"]
mod curves;

use curves::{ASKING, MODES, Mode, SEEDS, WITHIN, curve, line};

/// With what probability a node is down, and how much must be answered, for the smallest number of nodes.
const DOWN: f64 = 0.01;
const TARGET: f64 = 0.999;

/// How wide a point of the plot is.
const WIDTH: usize = 8;

/// A mode with so many nodes, and what was measured of it as they fail in the first of its ways.
struct Measured {
    mode: &'static Mode,
    nodes: u32,
    curve: Vec<f64>,
}

#[expect(clippy::print_stdout, reason = "it is a program")]
fn main() {
    println!(
        "Operations that clients ask for in the {ASKING} after the last failure, and that complete within {WITHIN}: their \
         share,\nby how many nodes have failed. {SEEDS} runs for each point. The last column is what theory allows.\n"
    );
    println!("| mode | n | failing | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | may fail |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mut all = Vec::new();
    for mode in MODES {
        for nodes in mode.sizes.iter().copied() {
            for (place, failing) in mode.failing.iter().enumerate() {
                let curve = curve(mode, nodes, *failing);
                println!("{}", line(mode, nodes, *failing, &curve));
                if place == 0 {
                    all.push(Measured { mode, nodes, curve });
                }
            }
        }
    }
    println!("\nThe largest groups:\n\n```text\n{}```", plot(&all));
    println!(
        "\nThe smallest number of nodes with which {TARGET} of the operations complete, where each node is down with"
    );
    println!("probability {DOWN}, whatever the others are:\n\n| mode | n | availability |\n|---|---|---|");
    for mode in MODES {
        let of_mode = all.iter().filter(|measured| measured.mode.name == mode.name);
        let enough = of_mode.map(|measured| (measured.nodes, availability(measured, &all)));
        let smallest = enough.filter(|(_, availability)| *availability >= TARGET).min_by_key(|(nodes, _)| *nodes);
        let (nodes, availability) = smallest.map_or(("none".to_owned(), String::new()), |(nodes, availability)| {
            (nodes.to_string(), format!("{availability:.5}"))
        });
        println!("| {} | {nodes} | {availability} |", mode.name);
    }
}

/// Bars, one for each number of failed nodes.
fn plot(all: &[Measured]) -> String {
    let widest = all.iter().map(|measured| measured.mode.name.chars().count()).max().unwrap_or(0);
    let largest = |measured: &&Measured| measured.mode.sizes.last() == Some(&measured.nodes);
    let cell = |share: &f64| {
        let full = (share * WIDTH as f64).round() as usize;
        format!("{}{}", "#".repeat(full), ".".repeat(WIDTH - full))
    };
    let failed: Vec<String> = (0..=7).map(|failed| format!("{failed:<WIDTH$}")).collect();
    let mut text = format!("{:<widest$} n  {}\n", "failed", failed.join(" ")).replace("  \n", "\n");
    for Measured { mode, nodes, curve } in all.iter().filter(largest) {
        let cells: Vec<String> = curve.iter().map(cell).collect();
        text += &format!("{:<widest$} {nodes}  {}\n", mode.name, cells.join(" "));
    }
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The sum, over how many nodes are down, of how probable that is and how much is answered then. Where a view service
/// is made of nodes that fail as well, it has to be there too.
fn availability(measured: &Measured, all: &[Measured]) -> f64 {
    let nodes = measured.nodes;
    let points = (0..=nodes).zip(&measured.curve);
    let own: f64 = points.map(|(failed, share)| probability(nodes, failed) * share).sum();
    let service = measured.mode.view_service.and_then(|name| all.iter().find(|other| other.mode.name == name));
    own * service.map_or(1.0, |service| availability(service, all))
}

/// That exactly so many of the nodes are down.
fn probability(nodes: u32, failed: u32) -> f64 {
    let ways: f64 = (0..failed).map(|place| f64::from(nodes - place) / f64::from(place + 1)).product();
    let each = |probability: f64, count: u32| (0..count).map(|_| probability).product::<f64>();
    ways * each(DOWN, failed) * each(1.0 - DOWN, nodes - failed)
}
