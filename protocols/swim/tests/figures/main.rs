//! The figures of the documentation, held to a rerun of a part of them.

mod figures;

use swim::Targets;

const FIGURES: &str = include_str!("../../figures.md");

/// The numbers of the rows that begin with this number of nodes, in the order of the tables.
fn rows(nodes: u32) -> Vec<Vec<f64>> {
    let rows = FIGURES.lines().filter_map(|line| line.strip_prefix(&format!("| {nodes} | ")));
    let cells = |row: &str| row.trim_end_matches(" |").split(" | ").map(|cell| cell.parse().unwrap()).collect();
    rows.map(cells).collect()
}

#[test]
fn the_first_detection_takes_as_long_as_the_paper_computes() {
    for nodes in [10, 100, 1000] {
        let [random, expected, rounds] = rows(nodes)[0][..] else { panic!("a row for {nodes} nodes") };
        assert!((expected - figures::expected_first_detection(nodes)).abs() < 0.01);
        assert!((random - expected).abs() < 0.1, "{nodes} nodes");
        assert!(rounds < 1.6, "{nodes} nodes");
    }
    let [random, _, rounds] = rows(10)[0][..] else { panic!("a row for 10 nodes") };
    // The deviation of the mean of so many is 0.05.
    for (targets, told) in [(Targets::Random, random), (Targets::RoundRobin, rounds)] {
        let measured = figures::first_detection(targets, 10, 300);
        assert!((measured - told).abs() < 0.2, "{measured} beside {told}");
    }
}

#[test]
fn in_rounds_nobody_waits_longer_than_the_bound_for_a_ping() {
    for (nodes, row) in [(10, 1), (100, 1)] {
        let [longest, bound] = rows(nodes)[row][..] else { panic!("a row for {nodes} nodes") };
        assert!(longest <= bound && bound == f64::from(2 * nodes - 3));
    }
    let measured = figures::longest_gap(10, 100);
    assert!((12..=17).contains(&measured), "{measured}");
}

#[test]
fn messages_do_not_depend_on_the_number_of_nodes() {
    for (nodes, row) in [(10, 2), (100, 2), (1000, 1)] {
        let told = rows(nodes)[row][0];
        let measured = figures::messages(nodes, 30);
        assert!((measured - told).abs() < 0.2, "{nodes} nodes: {measured} beside {told}");
        assert!((1.8..2.4).contains(&told));
    }
}

/// What the program prints has these lines, whatever the numbers.
#[test]
fn the_text_of_the_figures_is_that_of_the_program() {
    let without_numbers = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(" | ").next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(without_numbers(&figures::tables(1)), without_numbers(FIGURES));
}
