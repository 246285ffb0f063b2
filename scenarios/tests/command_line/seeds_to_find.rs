//! Tables of how soon flaws are found.

use crate::{faultbed, stdout, text};

#[test]
fn seeds_to_find_prints_a_table() {
    let table = stdout("seeds-to-find --in nemesis.json --bases 5 --cap 50 --control 50");
    insta::assert_snapshot!(without_columns(&table, &["CPU s"]));
    let row = cells(&table).find(|cells| cells[0] == "`no-sync`").unwrap();
    let (mean, interval) = row[3].split_once(" (").expect(row[3]);
    let (least, most) = interval.trim_end_matches(')').split_once('–').expect(interval);
    let [least, mean, most] = [least, mean, most].map(|seconds| seconds.parse::<f64>().unwrap());
    assert!(0.0 < least && least < mean && mean < most, "{row:?}");
}

#[test]
fn seeds_to_find_shrinks_the_first_find() {
    // Time enough to shrink it to the end on a busy machine, too.
    let limits = "--bases 2 --cap 50 --control 50 --shrink --shrink-time 5m";
    let table = stdout(&format!("seeds-to-find no-sync --in nemesis.json {limits}"));
    insta::assert_snapshot!(without_columns(&table, &["CPU s", "items", "shrink s"]));
    let shrunk = cells(&table).find(|cells| cells[0] == "`no-sync`").unwrap();
    let (items, seconds) = (shrunk[4].parse::<u64>().unwrap(), shrunk[5].parse::<f64>().unwrap());
    assert!((1..=10).contains(&items) && seconds >= 0.0, "{shrunk:?}");
    let stopped = stdout("seeds-to-find no-sync --in nemesis.json --bases 1 --control 0 --shrink --shrink-time 0s");
    let stopped = cells(&stopped).find(|cells| cells[0] == "`no-sync`").unwrap();
    assert!(stopped[4].ends_with('+'), "{stopped:?}");
}

/// Too few to find much: each protocol has its table all the same.
#[test]
fn seeds_to_find_takes_each_general_scenario() {
    let scenarios = |flaws: &str| -> Vec<String> {
        let arguments = format!("seeds-to-find {flaws} --bases 1 --cap 1 --control 1");
        let output = faultbed().args(arguments.split_whitespace()).output().unwrap();
        let tables = text(&output.stdout);
        let headings = tables.lines().filter_map(|line| line.strip_prefix("Seeds until `")?.split_once('`'));
        headings.map(|(scenario, _)| scenario.to_owned()).collect()
    };
    let all = scenarios("");
    assert!(all.is_sorted() && all.iter().all(|name| name.ends_with("/general")), "{all:?}");
    assert_eq!(all.len(), scenarios::Registry::standard().protocols().filter(|of| !of.flaws.is_empty()).count());
    assert_eq!(scenarios("vote-amnesia"), ["raft/general", "streamlet/general"]);
}

/// The cells of the rows of Markdown tables.
fn cells(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = text.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    rows.map(|row| row.split('|').map(str::trim).collect())
}

/// Text in which a table lacks the columns of these titles, and is not aligned any more.
fn without_columns(text: &str, titles: &[&str]) -> String {
    let header = cells(text).next().unwrap();
    let kept = |column: &usize| !titles.contains(&header[*column]);
    let mut rows = cells(text).map(|row| {
        let cells =
            (0..row.len()).filter(kept).map(|column| if row[column].starts_with("--") { "-" } else { row[column] });
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    });
    let line = |line: &str| if line.starts_with('|') { rows.next().unwrap() } else { line.to_owned() };
    text.lines().map(line).map(|line| line + "\n").collect()
}
