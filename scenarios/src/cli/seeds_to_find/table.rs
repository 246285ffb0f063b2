//! What is printed of a scenario: a Markdown table with a row for each flaw, and what is not in it.

use std::collections::BTreeMap;
use std::time::Duration;

use reports::{Finds, PerFind, Table, counted};

use super::count::{Control, Count, STRIDE};
use super::{Shrunk, Subject};
use crate::cli::arguments::SeedsToFindArguments;

/// All of it. `shrunk` has what is left of a run for each flaw, or nothing if none is made small.
pub(super) fn text(
    subject: &Subject,
    arguments: &SeedsToFindArguments,
    counts: &[Vec<Count>],
    shrunk: &[Option<Shrunk>],
    control: &Control,
) -> String {
    let mut header = vec!["flaw", "found", "seeds", "CPU s"];
    if arguments.shrink {
        header.extend(["items", "shrink s"]);
    }
    header.push("property");
    let mut table = Table::new(header);
    let mut dismissed = String::new();
    let counted = subject.flaws.iter().zip(counts).enumerate();
    // What was not begun before a signal came has no row.
    for (number, (flawed, counts)) in counted.filter(|(_, (_, counts))| !counts.is_empty()) {
        let mut row = found_cells(&flawed.flaw, counts);
        row.extend(shrunk.get(number).into_iter().flat_map(|shrunk| shrunk_cells(shrunk.as_ref())));
        row.push(properties(counts));
        table.row(row);
        dismissed += &dismissal(&flawed.flaw, counts.iter().flat_map(|count| &count.dismissed));
    }
    let (heading, passes) = (heading(&subject.control.name, arguments), control_line(control));
    format!("{heading}\n{}\n{passes}{dismissed}", table.to_markdown())
}

fn heading(scenario: &str, arguments: &SeedsToFindArguments) -> String {
    let SeedsToFindArguments { bases, cap, shrink, shrink_time, .. } = arguments;
    let times = counted(*bases, "time");
    let mut heading = format!(
        "Seeds until `{scenario}` shows a flaw, counted {times} from seeds {STRIDE} apart, up to {cap} each.\n\
         Seeds and CPU seconds are what a find takes on average, with 95 % intervals.\n"
    );
    if *shrink {
        heading += &format!(
            "Items are the faults, operations and deviations that are left of the first find when it is shrunk, \
             for {shrink_time} by the wall clock at most (`+`: not to the end), in so many CPU seconds.\n"
        );
    }
    heading
}

/// The flaw, how often it was found, and what that takes.
fn found_cells(flaw: &str, counts: &[Count]) -> Vec<String> {
    let found = counts.iter().filter(|count| count.found.is_some()).count();
    let finds = Finds { count: found as u64, ended_all: found == counts.len() };
    let seeds = PerFind::seeds(finds, counts.iter().map(|count| count.seeds).sum());
    let cpu: Option<Duration> = counts.iter().map(|count| count.cpu).sum();
    let seconds = cpu.map(|cpu| PerFind::seconds(finds, cpu.as_secs_f64()).to_string());
    let seconds = seconds.unwrap_or_else(no_clock);
    vec![format!("`{flaw}`"), format!("{found} of {}", counts.len()), seeds.to_string(), seconds]
}

/// How much is left of a run, and how long it took; of nothing if the flaw was not found.
fn shrunk_cells(shrunk: Option<&Shrunk>) -> [String; 2] {
    let Some(Shrunk { items, is_minimal, cpu }) = shrunk else { return [(); 2].map(|()| "-".to_owned()) };
    let seconds = cpu.map_or_else(no_clock, |cpu| format!("{:.1}", cpu.as_secs_f64()));
    [format!("{items}{}", if *is_minimal { "" } else { "+" }), seconds]
}

/// Said where CPU time cannot be measured.
fn no_clock() -> String {
    "no clock".to_owned()
}

/// What was violated, the most frequent first.
fn properties(counts: &[Count]) -> String {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for found in counts.iter().filter_map(|count| count.found.as_ref()) {
        *times.entry(&found.property).or_default() += 1;
    }
    let mut times: Vec<_> = times.into_iter().collect();
    times.sort_by_key(|&(property, times)| (std::cmp::Reverse(times), property));
    let shown: Vec<String> = match times[..] {
        [] => vec!["-".to_owned()],
        [(only, _)] => vec![only.to_owned()],
        _ => times.into_iter().map(|(property, times)| format!("{property} ({times})")).collect(),
    };
    shown.join(", ")
}

/// What became of the runs without a flaw.
fn control_line(control: &Control) -> String {
    let Control { runs, passed, wrong, .. } = control;
    let told = wrong
        .first()
        .map(|(property, seed)| format!(", and {} must not fail and do: first {property} at {seed:#x}", wrong.len()));
    format!("With no flaw, {passed} of {runs} seeds pass{}.\n", told.unwrap_or_default())
}

/// A line for the seeds that show nothing of a flaw; nothing if there are none.
fn dismissal<'s>(flaw: &str, seeds: impl Iterator<Item = &'s u64>) -> String {
    let seeds: Vec<String> = seeds.map(|seed| format!("{seed:#x}")).collect();
    match seeds.len() {
        0 => String::new(),
        _ => format!("\nNot counted for `{flaw}`, since they fail without it as well: {}\n", seeds.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::count::Found;
    use super::*;
    use crate::exit;

    /// Counts of so many seeds, a second each, with the property if it was found.
    fn counts(of: &[(u64, Option<&str>)]) -> Vec<Count> {
        let count = |&(seeds, property): &(u64, Option<&str>)| Count {
            found: property.map(|property| Found { seed: seeds - 1, property: property.to_owned() }),
            seeds,
            cpu: Some(Duration::from_secs(seeds)),
            dismissed: Vec::new(),
        };
        of.iter().map(count).collect()
    }

    #[track_caller]
    fn check(of: &[(u64, Option<&str>)], expected: [&str; 4]) {
        let counts = counts(of);
        let mut cells = found_cells("x", &counts);
        cells.push(properties(&counts));
        assert_eq!(cells[1..], expected);
    }

    /// The intervals are those of the unit tests of `PerFind`.
    #[test]
    fn all_seeds_count_even_of_searches_without_a_find() {
        check(&[(3, Some("A")), (1, Some("A")), (6, Some("A"))], ["3 of 3", "3.3 (1.7–15)", "3.3 (1.4–16)", "A"]);
        let mixed = [(3, Some("B")), (100, None), (9, Some("A")), (8, Some("A"))];
        check(&mixed, ["3 of 4", "40 (14–193)", "40 (14–194)", "A (2), B (1)"]);
        check(&[(100, None), (100, None)], ["0 of 2", "> 55", "> 54", "-"]);
    }

    #[test]
    fn where_no_clock_tells_there_are_no_seconds() {
        let mut counts = counts(&[(3, Some("A")), (1, Some("A"))]);
        counts[1].cpu = None;
        assert_eq!(found_cells("x", &counts)[3], "no clock");
        let shrunk = Shrunk { items: 7, is_minimal: true, cpu: None };
        assert_eq!(shrunk_cells(Some(&shrunk)), ["7", "no clock"]);
    }

    #[test]
    fn what_is_not_shrunk_to_the_end_says_so() {
        let cells = |is_minimal| {
            shrunk_cells(Some(&Shrunk { items: 117, is_minimal, cpu: Some(Duration::from_millis(19_960)) }))
        };
        assert_eq!(
            (cells(true), cells(false)),
            (["117", "20.0"].map(str::to_owned), ["117+", "20.0"].map(str::to_owned))
        );
        assert_eq!(shrunk_cells(None), ["-", "-"]);
    }

    #[test]
    fn seeds_that_fail_without_the_flaw_are_told() {
        let dismissed = dismissal("x", [6, 26].iter());
        assert_eq!(dismissed, "\nNot counted for `x`, since they fail without it as well: 0x6, 0x1a\n");
        assert_eq!(dismissal("x", [].iter()), "");
        let control = |wrong| Control { runs: 9, passed: 7, wrong, code: exit::OK };
        assert_eq!(control_line(&control(Vec::new())), "With no flaw, 7 of 9 seeds pass.\n");
        let wrong = vec![("A".to_owned(), 3), ("B".to_owned(), 26)];
        let told = "With no flaw, 7 of 9 seeds pass, and 2 must not fail and do: first A at 0x3.\n";
        assert_eq!(control_line(&control(wrong)), told);
    }
}
