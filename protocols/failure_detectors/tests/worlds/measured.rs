//! What the documentation says was measured.

use crate::trade_off::{SEEDS, line, settings};

/// Every fifth line is measured again.
#[test]
fn the_table_of_the_documentation_is_what_is_measured() {
    let table = include_str!("../../src/trade_off.md");
    assert!(table.contains(&format!("{SEEDS} runs of 30 s")));
    let all = settings();
    assert_eq!(table.lines().filter(|line| line.starts_with("| `")).count(), all.len());
    for measured in all.iter().step_by(5).map(line) {
        assert!(table.contains(&measured), "src/trade_off.md should have\n{measured}");
    }
}
