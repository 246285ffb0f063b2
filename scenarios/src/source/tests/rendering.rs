//! Places which are hard to show.

use super::super::{Diagnostic, Label, Source};
use super::check_rendered;

#[track_caller]
fn check(text: &str, range: std::ops::Range<usize>, expected: &str) {
    let label = Label::new(Source::new("raft.json", text), range, "here");
    check_rendered(&Diagnostic::new("no good", label), expected);
}

#[track_caller]
fn check_position(text: &str, offset: usize, expected: (usize, usize)) {
    assert_eq!(Source::new("raft.json", text).line_column(offset), expected);
}

#[test]
fn ranges_at_the_edges() {
    check(
        "",
        0..0,
        r#"
error: no good
 --> raft.json:1:1
  |
1 |
  | ^ here
"#,
    );
    check(
        "",
        5..9,
        r#"
error: no good
 --> raft.json:1:1
  |
1 |
  | ^ here
"#,
    );
    check(
        "{}",
        2..2,
        r#"
error: no good
 --> raft.json:1:3
  |
1 | {}
  |   ^ here
"#,
    );
    check(
        "{}\n\n",
        4..4,
        r#"
error: no good
 --> raft.json:1:3
  |
1 | {}
  |   ^ here
"#,
    );
    check(
        "{}\r\n",
        1..4,
        r#"
error: no good
 --> raft.json:1:2
  |
1 | {}
  |  ^ here
"#,
    );
}

#[test]
fn columns_count_characters() {
    check(
        "\t\t\"a\": 1",
        2..5,
        r#"
error: no good
 --> raft.json:1:3
  |
1 |         "a": 1
  |         ^^^ here
"#,
    );
    check(
        "\"選挙\": \"é\"",
        10..14,
        r#"
error: no good
 --> raft.json:1:7
  |
1 | "選挙": "é"
  |         ^^^ here
"#,
    );
    check(
        "\"選挙\"",
        2..3,
        r#"
error: no good
 --> raft.json:1:2
  |
1 | "選挙"
  |  ^^ here
"#,
    );
    check(
        "[\r\n  1,\r\n  2\r\n]",
        5..6,
        r#"
error: no good
 --> raft.json:2:3
  |
2 |   1,
  |   ^ here
"#,
    );
}

#[test]
fn long_texts_are_cut() {
    let before = format!("[{}\"here\", {}]", "1, ".repeat(200), "2, ".repeat(200));
    check(
        &before,
        601..607,
        r#"
error: no good
 --> raft.json:1:602
  |
1 | ..., 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, "here", 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, ...
  |                                                               ^^^^^^ here
"#,
    );
    check(
        "{\n  \"a\": 1\n}",
        0..12,
        r#"
error: no good
 --> raft.json:1:1
  |
1 | {
  | ^ here
"#,
    );
}

#[test]
fn places_in_two_sources() {
    let file = Label::new(Source::new("raft.json", "[1,\n 2]"), 5..6, "limited here");
    let change = Label::new(Source::new("--set nodes=…", "nodes=5"), 6..7, "set here");
    let diagnostic = Diagnostic::new("too many nodes", change)
        .with_secondary(file)
        .with_help("use fewer")
        .with_help("or raise the limit");
    check_rendered(
        &diagnostic,
        r#"
error: too many nodes
 --> --set nodes=…:1:7
  |
1 | nodes=5
  |       ^ set here
  |
 ::: raft.json:2:2
  |
2 |  2]
  |  - limited here
  |
  = help: use fewer
  = help: or raise the limit
"#,
    );
    assert_eq!(diagnostic.to_string(), "--set nodes=…:1:7: too many nodes");
}

#[test]
fn color_is_an_option() {
    let label = Label::new(Source::new("raft.json", "[1]"), 1..2, "");
    let diagnostic = Diagnostic::new("no good", label);
    assert!(diagnostic.render(true).contains("\u{1b}["));
    assert!(!diagnostic.render(false).contains('\u{1b}'));
}

#[test]
fn positions_count_from_one() {
    check_position("", 0, (1, 1));
    check_position("ab\ncd", 2, (1, 3));
    check_position("ab\ncd", 3, (2, 1));
    check_position("ab\r\ncd", 5, (2, 2));
    check_position("é選x", 5, (1, 3));
    check_position("é選x", 4, (1, 2));
    check_position("ab\n", 99, (2, 1));
}

/// Rendering takes time by the length of what it is given.
#[test]
fn of_a_long_text_only_what_is_shown_is_rendered() {
    let text = format!("{}[\n  1,\n{}", "\n".repeat(1000), "x".repeat(100_000));
    let source = Source::new("raft.json", text);
    let around = |ranges: &[std::ops::Range<usize>]| &source.text()[source.around(ranges.iter().cloned())];
    assert_eq!(around(&[1004..1005, 1000..1001]), "[\n  1,\n");
    assert_eq!(around(&[1007..1008, 1007..1009]).len(), 1002);
}
