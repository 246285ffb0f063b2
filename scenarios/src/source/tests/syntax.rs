//! What the user reads when the text is not JSON with comments.

use super::super::Source;
use super::check_rendered;

#[track_caller]
fn check(text: &str, expected: &str) {
    let error = Source::new("raft.json", text).parse().unwrap_err();
    check_rendered(&error, expected);
}

#[track_caller]
fn check_bytes(bytes: &[u8], expected: &str) {
    let error = Source::from_bytes("raft.json", bytes.to_vec()).unwrap_err();
    check_rendered(&error, expected);
}

#[test]
fn there_is_no_value() {
    check(
        "",
        r#"
error: the file is empty
 --> raft.json:1:1
  |
1 |
  | ^ expected a value, such as `{ }`
"#,
    );
    check(
        " \n\n",
        r#"
error: the file is empty
 --> raft.json:1:1
  |
1 |  
  | ^ expected a value, such as `{ }`
"#,
    );
    check(
        "// later\n",
        r#"
error: the file contains nothing but comments
 --> raft.json:1:1
  |
1 | // later
  | ^ expected a value, such as `{ }`
"#,
    );
}

#[test]
fn bytes_are_not_text() {
    check_bytes(
        b"{\n  \"name\": \"r\xffft\"\n}",
        r#"
error: the file is not UTF-8 text
 --> raft.json:2:13
  |
2 |   "name": "r�ft"
  |             ^ the byte 0xff is not valid here
  |
  = help: save the file as UTF-8
"#,
    );
    check_bytes(
        b"\xef\xbb\xbf{\xc3",
        r#"
error: the file is not UTF-8 text
 --> raft.json:1:2
  |
1 | {�
  |  ^ the byte 0xc3 is not valid here
  |
  = help: save the file as UTF-8
"#,
    );
    check(
        "\u{0}\u{1}\u{2}ELF",
        r#"
error: unexpected `\u{0}`
 --> raft.json:1:1
  |
1 | ␀␁␂ELF
  | ^
  |
  = help: strings are written in double quotes
"#,
    );
}

#[test]
fn something_is_not_closed() {
    check(
        "{\n  \"name\": \"raft,\n  \"nodes\": 5\n}\n",
        r#"
error: unterminated string
 --> raft.json:2:11
  |
2 |   "name": "raft,
  |           ^^^^^^ no closing `"` on this line
"#,
    );
    check(
        "{\"name\": \"raft",
        r#"
error: unterminated string
 --> raft.json:1:10
  |
1 | {"name": "raft
  |          ^^^^^ no closing `"` on this line
"#,
    );
    check(
        "{\n  \"flaws\": [1, 2\n",
        r#"
error: this array is never closed
 --> raft.json:2:12
  |
2 |   "flaws": [1, 2
  |            ^ opened here
  |
  = help: the text ends before the `]` which matches this `[`
"#,
    );
    check(
        "{\n  \"nodes\": 5\n",
        r#"
error: this object is never closed
 --> raft.json:1:1
  |
1 | {
  | ^ opened here
  |
  = help: the text ends before the `}` which matches this `{`
"#,
    );
    check(
        "{} /* the end",
        r#"
error: this comment is never closed
 --> raft.json:1:4
  |
1 | {} /* the end
  |    ^^^^^^^^^^
  |
  = help: it ends with `*/`
"#,
    );
    check(
        "{\n  \"nodes\":\n",
        r#"
error: expected a value after `:`
 --> raft.json:2:11
  |
2 |   "nodes":
  |           ^
"#,
    );
}

#[test]
fn something_is_too_much() {
    check(
        "{\"nodes\": 5}\n{\"nodes\": 6}\n",
        r#"
error: unexpected text after the end of the value
 --> raft.json:2:1
  |
2 | {"nodes": 6}
  | ^
  |
  = help: only comments may follow
"#,
    );
    check(
        "[1, 2}]",
        r#"
error: unexpected `}`
 --> raft.json:1:6
  |
1 | [1, 2}]
  |      ^
  |
  = help: expected a value
"#,
    );
    check(
        "[1,, 2]",
        r#"
error: unexpected `,`
 --> raft.json:1:4
  |
1 | [1,, 2]
  |    ^
  |
  = help: expected a value
"#,
    );
    check(
        "{5: 1}",
        r#"
error: a key must be in double quotes
 --> raft.json:1:2
  |
1 | {5: 1}
  |  ^
  |
  = help: write it as in `"nodes": 5`
"#,
    );
    check(
        "{,}",
        r#"
error: unexpected `,`
 --> raft.json:1:2
  |
1 | {,}
  |  ^
  |
  = help: expected a key in double quotes or `}`
"#,
    );
}

#[test]
fn json_is_stricter_than_javascript() {
    check(
        "{\n  \"nodes\": 5\n  \"loss\": 0.1\n}",
        r#"
error: expected a comma
 --> raft.json:2:13
  |
2 |   "nodes": 5
  |             ^
  |
  = help: values are separated by `,`
"#,
    );
    check(
        "{nodes: 5}",
        r#"
error: a key must be in double quotes
 --> raft.json:1:2
  |
1 | {nodes: 5}
  |  ^^^^^
  |
  = help: write it as in `"nodes": 5`
"#,
    );
    check(
        "{\"name\": 'raft'}",
        r#"
error: a string must be in double quotes
 --> raft.json:1:10
  |
1 | {"name": 'raft'}
  |          ^
  |
  = help: write `"` in place of `'`
"#,
    );
    check(
        "{\"name\": raft}",
        r#"
error: unexpected `raft`
 --> raft.json:1:10
  |
1 | {"name": raft}
  |          ^^^^
  |
  = help: strings are written in double quotes
"#,
    );
    check(
        "{\"name\" \"raft\"}",
        r#"
error: expected `:` after the key
 --> raft.json:1:9
  |
1 | {"name" "raft"}
  |         ^^^^^^
"#,
    );
    check(
        "[0x1F]",
        r#"
error: hexadecimal numbers are not allowed
 --> raft.json:1:2
  |
1 | [0x1F]
  |  ^
  |
  = help: write the number in decimal
"#,
    );
    check(
        "[+1]",
        r#"
error: a number cannot start with `+`
 --> raft.json:1:2
  |
1 | [+1]
  |  ^
  |
  = help: leave out the `+`
"#,
    );
    check(
        "[.5]",
        r#"
error: a decimal point needs a digit on both sides
 --> raft.json:1:2
  |
1 | [.5]
  |  ^
  |
  = help: write it as in `0.5`
"#,
    );
    check(
        "[5.]",
        r#"
error: a decimal point needs a digit on both sides
 --> raft.json:1:2
  |
1 | [5.]
  |  ^^
  |
  = help: write it as in `0.5`
"#,
    );
    check(
        "[-Infinity]",
        r#"
error: a number must be finite
 --> raft.json:1:2
  |
1 | [-Infinity]
  |  ^^^^^^^^^
"#,
    );
    check(
        "[1e]",
        r#"
error: expected a digit
 --> raft.json:1:4
  |
1 | [1e]
  |    ^
"#,
    );
    check(
        "[007]",
        r#"
error: `007` is not a number
 --> raft.json:1:2
  |
1 | [007]
  |  ^^^
  |
  = help: leave out the leading zeros
"#,
    );
    check(
        r#"["C:\data"]"#,
        r#"
error: invalid escape in a string
 --> raft.json:1:5
  |
1 | ["C:\data"]
  |     ^^
  |
  = help: a backslash itself is written `\\`
"#,
    );
    check(
        r#"["C:\users"]"#,
        r#"
error: invalid escape in a string
 --> raft.json:1:5
  |
1 | ["C:\users"]
  |     ^^^
  |
  = help: a backslash itself is written `\\`
"#,
    );
    check(
        r#"["\ud800"]"#,
        r#"
error: this escape is half of a character
 --> raft.json:1:3
  |
1 | ["\ud800"]
  |   ^^^^^^^
  |
  = help: it takes two of them, as in `\ud83d\ude00`
"#,
    );
    check(
        "[\"a\tb\"]",
        r#"
error: the control character U+0009 is not allowed in a string
 --> raft.json:1:4
  |
1 | ["a    b"]
  |    ^^^^
  |
  = help: write it as `\u0009`
"#,
    );
    check(
        "{\u{a0}\"nodes\": 5}",
        r#"
error: the character U+00A0 is not allowed here
 --> raft.json:1:2
  |
1 | { "nodes": 5}
  |  ^
  |
  = help: it looks like a space; write a plain one
"#,
    );
}

#[test]
fn a_number_runs_into_letters() {
    check(
        "{\n  \"for\": 5s\n}",
        r#"
error: `5s` is not a number
 --> raft.json:2:10
  |
2 |   "for": 5s
  |          ^^
  |
  = help: a duration such as `5s` is a string, in double quotes
"#,
    );
    check(
        "[-1.5ms, 2]",
        r#"
error: `-1.5ms` is not a number
 --> raft.json:1:2
  |
1 | [-1.5ms, 2]
  |  ^^^^^^
  |
  = help: a duration such as `5s` is a string, in double quotes
"#,
    );
    check(
        "--5",
        r#"
error: `--5` is not a number
 --> raft.json:1:1
  |
1 | --5
  | ^^^
  |
  = help: a duration such as `5s` is a string, in double quotes
"#,
    );
}

#[test]
fn a_number_is_beyond_all_types() {
    check(
        "[1, 1e400]",
        r#"
error: this number is too large
 --> raft.json:1:5
  |
1 | [1, 1e400]
  |     ^^^^^
"#,
    );
}

#[test]
fn a_key_is_given_twice() {
    check(
        "{\n  \"nodes\": 5,\n  \"loss\": 0.1,\n  \"nod\\u0065s\": 6\n}",
        r#"
error: the key `nodes` is given twice
 --> raft.json:4:3
  |
2 |   "nodes": 5,
  |   ------- first given here
3 |   "loss": 0.1,
4 |   "nod\u0065s": 6
  |   ^^^^^^^^^^^^ given again here
"#,
    );
}

#[test]
fn the_earliest_mistake_is_reported() {
    // The unfinished string is the cause, the words after it a consequence.
    check(
        "{\"a\": \"b,\n\"c\": \"d\"}",
        r#"
error: unterminated string
 --> raft.json:1:7
  |
1 | {"a": "b,
  |       ^^^ no closing `"` on this line
"#,
    );
    check(
        "{a: 1,\n\"b\": \"\t\"}",
        r#"
error: a key must be in double quotes
 --> raft.json:1:2
  |
1 | {a: 1,
  |  ^
  |
  = help: write it as in `"nodes": 5`
"#,
    );
}

#[test]
fn nesting_is_limited() {
    assert!(Source::new("", "[".repeat(128) + &"]".repeat(128)).parse().is_ok());
    assert!(Source::new("", "[],".repeat(1000)).parse().is_err());
    check(
        &"[".repeat(100_000),
        r#"
error: nested too deeply: at most 128 levels are allowed
 --> raft.json:1:129
  |
1 | ...[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[...
  |                                                           ^ this is level 129
"#,
    );
    check(
        &"{\"a\":\n".repeat(100_000),
        r#"
error: nested too deeply: at most 128 levels are allowed
   --> raft.json:129:1
    |
129 | {"a":
    | ^ this is level 129
"#,
    );
}
