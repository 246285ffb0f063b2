//! What is read, what is refused and where, and that nothing makes the readers panic.

use std::io::{BufReader, Cursor as Bytes, Read};

use sim_core::consistency::models::ModelKind::{self, CasRegister, Kv, Lock, Queue, Register, Set};
use sim_core::consistency::models::{Action, Reply};
use sim_core::consistency::{Budget, Level};

use super::edn::Cursor;
use super::text::Text;
use super::{Format, ObjectModel, Reading, Recorded, Unreadable, parse_value, read};
use crate::source::Diagnostic;

const C01_OK: &str = include_str!("../../tests/histories/c01-ok.txt");
const ETCD_002: &str = include_str!("../../tests/histories/etcd_002.log");
const PRETTY: &str = include_str!("../../tests/histories/pretty.edn");
const QUEUE: &str = include_str!("../../tests/histories/queue.jsonl");

/// The samples, and what they are about.
const SAMPLES: [(&str, ModelKind); 5] =
    [(C01_OK, Kv), (ETCD_002, CasRegister), (PRETTY, CasRegister), (QUEUE, Queue), (JEPSEN_LOG, CasRegister)];

fn try_read(text: &[u8], format: Option<Format>, model: ModelKind, independent: bool) -> Result<Recorded, Diagnostic> {
    let reader = Box::new(Bytes::new(text.to_vec()));
    read(
        "history".to_owned(),
        reader,
        Reading { format, model: ObjectModel::Kind(model), independent, failed_cas_differs: false },
    )
    .map_err(|error| match error {
        Unreadable::Mistake(mistake) | Unreadable::NoHistory(mistake) => *mistake,
        Unreadable::Io(error) => panic!("bytes can be read: {error}"),
    })
}

/// What is read of a text, one line an operation; or what is wrong with it.
fn show(text: &str, model: ModelKind) -> String {
    match try_read(text.as_bytes(), None, model, false) {
        Ok(recorded) => recorded.history.to_string(),
        Err(mistake) => mistake.render(false),
    }
}

/// Compares titles and what is read of their texts with what it was.
fn check_all(name: &str, rows: &[(&str, ModelKind, &str)]) {
    let all: String =
        rows.iter().map(|(title, model, text)| format!("## {title}\n{}\n\n", show(text, *model))).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, all));
}

#[test]
fn every_format_says_the_same() {
    let edn = "{:process 0, :type :invoke, :f :write, :value 5}\n\
               {:process 1, :type :invoke, :f :cas, :value [5 6]}\n\
               {:process 0, :type :ok, :f :write, :value 5}\n\
               {:process 1, :type :info, :f :cas, :value [5 6], :error :timeout}\n\
               {:process 2, :type :invoke, :f :read, :value nil}\n\
               {:process 2, :type :ok, :f :read, :value 5}\n";
    let columns = "0\t:invoke\t:write\t5\n\
                   1 :invoke :cas [5 6]\n\
                   INFO  jepsen.util - 0\t:ok\t:write\t5\n\
                   2023-01-01 00:00:00,000{GMT}\tINFO\t[jepsen worker 1] jepsen.util: 1\t:info\t:cas\t:timed-out (what, #<ever>)\n\
                   2\t:invoke\t:read\tnil\n\
                   2\t:ok\t:read\t5\n";
    let json = r#"{"client":0,"type":"invoke","op":"write","value":5}
{"client":1,"type":"invoke","op":"cas","value":[5,6]}
{"client":0,"type":"ok"}
{"client":1,"type":"info","time_ns":17}
{"client":2,"type":"invoke","op":"read"}
{"client":2,"type":"ok","value":5}
"#;
    let expected = show(edn, CasRegister);
    assert!(expected.starts_with("#0  client 0  session 0  line 1 .. line 3  write 5  "), "{expected}");
    assert_eq!(show(columns, CasRegister), expected);
    assert_eq!(show(json, CasRegister), expected);
    let maps: String = edn.lines().map(|map| format!("INFO  jepsen.util - {map}\n")).collect();
    assert_eq!(show(&maps, CasRegister), expected);
    let array = format!("[{}]", json.trim_end().replace('\n', ",\n"));
    assert_eq!(show(&array, CasRegister), expected);
    let jepsen = "\
[{\"index\":0,\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":5,\"time\":1.5},
{\"process\":1,\"type\":\"invoke\",\"f\":\"cas\",\"value\":[5,6]},
{\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"value\":5},
{\"process\":1,\"type\":\"info\",\"f\":\"cas\",\"value\":[5,6],\"error\":[\"timeout\"]},
{\"process\":2,\"type\":\"invoke\",\"f\":\"read\",\"value\":null},
{\"process\":2,\"type\":\"ok\",\"f\":\"read\",\"value\":5}, {\"process\":\"nemesis\",\"type\":\"info\",\"f\":\"kill\"}]";
    assert_eq!(show(&jepsen.replace(", {", ",\n{"), CasRegister), expected);
}

#[test]
fn json_may_span_lines() {
    let pretty = "[\n  {\n    \"client\": 0,\n    \"type\": \"invoke\",\n    \"op\": \"write\",\n    \"value\": \"}]\\\"\"\n  },\n  \
                  {\n    \"client\": 0,\n    \"type\": \"ok\"\n  }\n]\n";
    let expected = "#0  client 0  session 0  line 2 .. line 8  write \"}]\\\"\"  -> done\n";
    assert_eq!(show(pretty, Register), expected);
    let without_array = &pretty[1..pretty.len() - 2].replace("  },", "  }");
    assert_eq!(show(without_array, Register), expected);
    assert_eq!(show("[\n]", Register), "");
}

#[test]
fn every_digit_of_a_number_counts() {
    let both = |written: &str, read: &str| {
        let json = format!(
            "{{\"client\":0,\"type\":\"invoke\",\"op\":\"write\",\"value\":{written}}}\n\
             {{\"client\":0,\"type\":\"ok\"}}\n{{\"client\":0,\"type\":\"invoke\",\"op\":\"read\"}}\n\
             {{\"client\":0,\"type\":\"ok\",\"value\":{read}}}\n"
        );
        let recorded = try_read(json.as_bytes(), None, Register, false).expect("it is a history");
        let told = recorded.history.iter().nth(1).and_then(|(_, read)| read.reply().cloned());
        let written = recorded.history.iter().next().map(|(_, write)| write.op.action.clone());
        match (written, told) {
            (Some(Action::Write(written)), Some(Reply::Value(read))) => written == read,
            other => panic!("{other:?}"),
        }
    };
    for (one, other) in [
        ("99999999999999999999", "99999999999999999998"),
        ("18446744073709551616", "18446744073709551617"),
        ("-9223372036854775809", "-9223372036854775810"),
        ("[99999999999999999999]", "[99999999999999999998]"),
        ("{\"a\":99999999999999999999}", "{\"a\":99999999999999999998}"),
        ("0.1", "0.10000000000000000001"),
    ] {
        assert!(both(one, one) && !both(one, other), "{one}");
    }
    assert!(both("1.50", "15e-1") && both("1e20", "100000000000000000000"));
}

/// What the lines are that tell of events, and that all others are passed over.
const JEPSEN_LOG: &str = include_str!("../../tests/histories/jepsen.log");

#[test]
fn a_whole_log_is_read() {
    let recorded = show(JEPSEN_LOG, CasRegister);
    insta::assert_snapshot!(recorded);
    // What was printed before the log began.
    let captured = format!("$ lein run test --time-limit 5\nWARNING: update already refers to something\n{JEPSEN_LOG}");
    assert_eq!(show(&captured, CasRegister).lines().count(), recorded.lines().count());
}

#[test]
fn clients_may_have_names() {
    let edn = "{:process \"a\", :type :invoke, :f :write, :value 1}\n{:process 4294967295, :type :invoke, :f :read}\n\
               {:process \"a\", :type :ok, :f :write, :value 1}\n{:process 4294967295, :type :ok, :f :read, :value 1}";
    let expected = "#0  client          \"a\"  session 0  line 1 .. line 3  write 1  -> done\n\
                    #1  client \"4294967295\"  session 0  line 2 .. line 4  read     -> 1\n";
    assert_eq!(show(edn, Register), expected);
    let columns = "n1-a :invoke :read nil\n7 :invoke :read nil\nn1-a :ok :read nil\n";
    let expected = "#0  client \"n1-a\"  session 0  line 1 .. line 3  read  -> nil\n\
                    #1  client      7  session 0  line 2 ..      ?  read  -> unknown\n";
    assert_eq!(show(columns, Register), expected);
    let twice = "{\"client\":\"a\",\"type\":\"invoke\",\"op\":\"read\"}\n".repeat(2);
    assert!(show(&twice, Register).contains("client \"a\" still waits for `read`, which it asked in line 1"));
}

#[test]
fn what_is_no_history_at_all_is_known_by_its_beginning() {
    let is_none = |text: &str| {
        let reader = Box::new(Bytes::new(text.as_bytes().to_vec()));
        let how =
            Reading { format: None, model: ObjectModel::Kind(Register), independent: false, failed_cas_differs: false };
        matches!(read("history".to_owned(), reader, how), Err(Unreadable::NoHistory(_)))
    };
    for text in [
        "how it was run",
        "{:valid? true, :count 5}",
        "[[1 2]]",
        "{\"name\": \"x\", \"type\": \"module\"}",
        "{\n  \"name\": \"x\"\n}\n",
        "[{\"ph\": \"X\"}]",
        "2025-01-20 12:08:02,011 INFO  [main] etcd: listening\n",
    ] {
        assert!(is_none(text), "{text}");
    }
    // A damaged history is none of these.
    for text in [
        "{:process 0, :value 5}",
        "{:process 0, :type :invoke, :f :read}\n{:valid? true}",
        "{\"client\": 0}",
        "{\"type\": \"ok\"}",
        "{\"client\":0,\"type\":\"invoke\",\"op\":\"read\"}\n{\"name\":\"x\"}",
        "[{\"client\":0",
        "0\t:invoke\t:read\tnil\n<html>",
    ] {
        assert!(!is_none(text) && try_read(text.as_bytes(), None, Register, false).is_err(), "{text}");
    }
}

#[test]
fn what_edn_is_read() {
    let write = |value: &str| format!("{{:process 0 :type :invoke :f :write :value {value}}}");
    let values = [
        "nil",
        "true",
        "-17",
        "+3N",
        "1.50M",
        "22/7",
        "123456789012345678901234567890",
        ":timed-out",
        r#""a \"b\"\n\u00e9""#,
        r"\a",
        r"\newline",
        "[1 (2 3) #{3 1 2}]",
        "{:b 1, :a 2}",
        r#"#inst "2026-01-01""#,
        "#_ 4 #_ #_ [5] 6 7",
        "; not this\n 8",
    ];
    let all: Vec<String> = values
        .iter()
        .map(|value| {
            let shown = show(&write(value), Register);
            format!("{value}  ->  {}\n", shown.split_once("write ").map_or(&*shown, |(_, said)| said.trim_end()))
        })
        .collect();
    insta::assert_snapshot!(all.concat());
}

#[test]
fn what_is_no_event_is_passed_over() {
    let edn = "; a comment\n\n#jepsen.history.Op{:index 0, :process :nemesis, :type :info, :f :start, :value symbol}\n\
               #_ {:process 0}\n{:process 7, :type :invoke, :f :read, :time 17, :error [:x {:y #{}}]}";
    assert_eq!(show(edn, Register), "#0  client 7  session 0  line 5 .. ?  read  -> unknown\n");
    let log = "INFO  jepsen.core - Running test: etcd\n\n\
               INFO  jepsen.util - :nemesis\t:info\t:start\tnil\nINFO  jepsen.util - 7\t:invoke\t:read\tnil\n";
    assert_eq!(show(log, Register), "#0  client 7  session 0  line 4 .. ?  read  -> unknown\n");
}

#[test]
fn independent_values_bear_their_keys() {
    let text =
        "{:process 0 :type :invoke :f :cas :value [\"x\" [1 2]]} {:process 0 :type :ok :f :cas :value [\"x\" [1 2]]}";
    let recorded = try_read(text.as_bytes(), None, CasRegister, true).expect("it is a history");
    assert_eq!(recorded.history.to_string(), "#0  client 0  session 0  line 1 .. line 1  cas \"x\" 1 2  -> yes\n");
    let mistake = try_read(b"{:process 0 :type :invoke :f :read :value nil}", None, CasRegister, true);
    assert_eq!(mistake.map(drop).expect_err("there is no key").line_column(), (1, 43));
}

#[test]
fn a_holder_without_a_name_is_its_client() {
    let text = r#"{"client":3,"type":"invoke","op":"acquire"}
{"client":3,"type":"ok","value":false}
{"client":3,"session":1,"type":"invoke","op":"release","value":"me"}
{"client":3,"session":1,"type":"ok"}
"#;
    let expected = "#0  client 3  session 0  line 1 .. line 2  acquire 3     -> no\n\
                    #1  client 3  session 1  line 3 .. line 4  release \"me\"  -> done\n";
    assert_eq!(show(text, Lock), expected);
}

#[test]
fn mistakes_in_edn() {
    const WRITE: &str = "{:process 0, :type :invoke, :f :write, :value 3}\n";
    let after_write = |event: &str| format!("{WRITE}{event}\n");
    let rows = [
        ("nothing", String::new()),
        ("blanks", "\n  \n".to_owned()),
        ("nothing known", "timestamp,op,value\n".to_owned()),
        ("no map", after_write("[1 2]")),
        ("no event", after_write("{}")),
        ("no process", "{:type :invoke, :f :read}".to_owned()),
        ("no type", after_write("{:process 0}")),
        ("an unknown type", after_write("{:process 0, :type :okay, :f :write}")),
        ("a type that is no keyword", after_write("{:process 0, :type \"ok\", :f :write}")),
        ("an unknown function", "{:process 0, :type :invoke, :f :raed}".to_owned()),
        ("no function", "{:process 0, :type :invoke}".to_owned()),
        ("a process that is none", after_write("{:process -1, :type :ok}")),
        ("a key given twice", after_write("{:process 0, :process 1, :type :ok}")),
        ("a key without a value", after_write("{:process 0, :type}")),
        ("a symbol for a value", "{:process 0, :type :invoke, :f :write, :value ni}".to_owned()),
        ("a second operation", after_write("{:process 0, :type :invoke, :f :read}")),
        ("an end of nothing", after_write("{:process 1, :type :ok, :f :read, :value 3}")),
        ("an end of something else", after_write("{:process 0, :type :ok, :f :read, :value 3}")),
        ("another value", after_write("{:process 0, :type :ok, :f :write, :value 4}")),
        ("another key", after_write("{:process 0, :type :ok, :f :write, :key 1, :value 3}")),
        ("no answer", "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :read}".to_owned()),
        ("half of a pair", "{:process 0, :type :invoke, :f :cas, :value [1]}".to_owned()),
        ("a line cut off", "{:process 0, :type :invoke, :f :wri\n{:process 1, :type :invoke, :f :read}".to_owned()),
        ("a string cut off", "{:process 0, :type :invoke, :f :write, :value \"ab\n{:process 1}".to_owned()),
        ("the end cut off", after_write("{:process 0, :type")),
        ("a vector cut off", format!("[{WRITE}")),
        ("more after the vector", format!("[{WRITE}]\n{WRITE}")),
        ("a bracket too many", format!("{WRITE}}}")),
        ("no EDN", after_write("{:process 0, :type 1x}")),
        ("no escape", after_write(r#"{:process 0, :value "\q"}"#)),
        ("no tag", after_write("#<Object> {}")),
        ("a deep nest", "[".repeat(1000)),
    ];
    let rows: Vec<_> = rows.iter().map(|(title, text)| (*title, CasRegister, text.as_str())).collect();
    check_all("mistakes_in_edn", &rows);
}

#[test]
fn mistakes_in_log_lines() {
    check_all(
        "mistakes_in_log_lines",
        &[
            ("an unknown type", Register, "INFO  jepsen.util - 0\t:invke\t:read\tnil"),
            ("a damaged logger", Register, "0\t:invoke\t:read\tnil\nINFO  jepsn.util - 0\t:ok\t:read\tnil"),
            ("a damaged value", Register, "0\t:invoke\t:read\tnil\n0\t:ok\t:read\t[1 2"),
            ("a value cut off", Register, "0\t:invoke\t:read\tnil\n0\t:ok\t:read\t"),
            ("columns cut off", Register, "0\t:invoke\t:read\tnil\n0"),
            ("another file", Register, "0\t:invoke\t:read\tnil\n<html>"),
            ("no process", Register, "INFO  jepsen.util - :invoke\t:read\tnil"),
            ("a map", Register, "INFO  jepsen.util - {:process 0, :type :invoke, :f :raed}"),
            ("a map cut off", Register, "INFO  jepsen.util - {:process 0, :type :invoke,\nINFO  jepsen.util - 1"),
        ],
    );
}

#[test]
fn mistakes_in_json_lines() {
    const READ: &str = "{\"client\":0,\"type\":\"invoke\",\"op\":\"read\"}\n";
    let after_read = |line: &str| format!("{READ}{line}\n");
    let rows = [
        ("an unknown key", Register, after_read(r#"{"client":0,"typ":"ok"}"#)),
        ("a missing key", Register, after_read(r#"{"type":"ok"}"#)),
        ("an unknown type", Register, after_read(r#"{"client":0,"type":"okay"}"#)),
        ("a client that is none", Register, after_read(r#"{"client":[0],"type":"ok"}"#)),
        ("a client that is too large", Register, after_read(r#"{"client":4294967296,"type":"ok"}"#)),
        ("a client twice", Register, after_read(r#"{"client":0,"process":0,"type":"ok"}"#)),
        ("an operation twice", Register, after_read(r#"{"client":0,"op":"read","f":"read","type":"ok"}"#)),
        ("no answer", Register, after_read(r#"{"client":0,"type":"ok"}"#)),
        (
            "an answer where there is none",
            Register,
            r#"{"client":0,"type":"invoke","op":"write","value":1}
{"client":0,"type":"ok","value":1}"#
                .to_owned(),
        ),
        ("no list", Set, after_read(r#"{"client":0,"type":"ok","value":1}"#)),
        ("a line cut off", Register, after_read(r#"{"client":0,"ty"#)),
        ("more than JSON", Register, after_read(r#"{"client":0,"type":"ok","value":1,}"#)),
        ("two objects in a line", Register, after_read(r#"{"client":0,"type":"ok","value":1}{}"#)),
    ];
    let rows: Vec<_> = rows.iter().map(|(title, model, text)| (*title, *model, text.as_str())).collect();
    check_all("mistakes_in_json_lines", &rows);
}

#[test]
fn mistakes_in_json_over_several_lines() {
    const READ: &str = "[\n{\"client\":0,\"type\":\"invoke\",\"op\":\"read\"}";
    let after_read = |rest: &str| format!("{READ}{rest}");
    let rows = [
        ("the end cut off", after_read(",\n")),
        ("no comma", after_read("\n{}]")),
        ("a comma too many", after_read(",\n]")),
        ("no object", after_read(",\n5]")),
        ("an object cut off", after_read(",\n{\"client\":\n0,\n")),
        ("a string cut off", after_read(",\n{\"client\":\n\"a,\n}]")),
        ("more after the array", after_read("]\n[")),
        ("an unknown key", after_read(",\n{\"client\":0,\n \"typ\":\"ok\"}]")),
        ("a key given twice", after_read(",\n{\"client\":0,\n \"client\":\"ok\"}]")),
        ("no answer", after_read(",\n{\"client\":0,\n \"type\":\"ok\",\n\"key\":7}]")),
        ("more than JSON", after_read(",\n{\"client\":0,\n \"type\":\"ok\",}]")),
    ];
    let rows: Vec<_> = rows.iter().map(|(title, text)| (*title, Register, text.as_str())).collect();
    check_all("mistakes_in_json_over_several_lines", &rows);
}

#[test]
fn bytes_that_are_no_text_are_shown_in_their_line() {
    let mut bytes = C01_OK.lines().next().expect("it has lines").as_bytes().to_vec();
    bytes.extend(b"\n{:process \xff}");
    let mistake = try_read(&bytes, None, Kv, false).map(drop).expect_err("this is no text");
    assert_eq!(mistake.line_column(), (2, 11));
}

#[test]
fn initial_values_are_read_as_edn() {
    assert_eq!(parse_value("0"), Ok(0.into()));
    assert_eq!(parse_value("\"\""), Ok("".into()));
    assert!(parse_value("").is_err() && parse_value("x").is_err() && parse_value("1 2").is_err());
}

/// Reads and, what can be read, judges; every mistake must lie in the text.
#[track_caller]
fn survives(text: &[u8], model: ModelKind) -> Result<(), usize> {
    match try_read(text, None, model, false) {
        Ok(recorded) => {
            let budget = Budget { steps: 200, bytes: 1 << 16 };
            // What does not fit the model is a mistake too, which the command shows.
            let _ = model.check(&recorded.history, &model.default_initial(), Level::Linearizable, budget);
            Ok(())
        }
        Err(mistake) => {
            let lines = String::from_utf8_lossy(text).lines().count().max(1);
            let (line, column) = mistake.line_column();
            assert!(line <= lines && column >= 1, "{mistake}");
            assert!(!mistake.render(false).is_empty());
            Err(line)
        }
    }
}

/// What comes of the sample, cut off at each of some places: the text, and the line at fault.
fn cut_off(sample: &'static str, model: ModelKind) -> impl Iterator<Item = (&'static str, Result<(), usize>)> {
    let cuts = (1..sample.len()).step_by(7);
    cuts.map(move |cut| (&sample[..cut], survives(&sample.as_bytes()[..cut], model)))
}

#[test]
fn a_line_that_is_cut_off_is_refused_at_its_place() {
    for (sample, model) in [(C01_OK, Kv), (QUEUE, Queue)] {
        assert_eq!(survives(sample.as_bytes(), model), Ok(()));
        for (text, result) in cut_off(sample, model) {
            let is_whole = sample.lines().any(|line| text.lines().last() == Some(line));
            let expected = if is_whole { Ok(()) } else { Err(text.lines().count()) };
            assert_eq!(result, expected, "{text}");
        }
    }
}

#[test]
fn a_vector_that_is_cut_off_is_refused() {
    assert_eq!(survives(PRETTY.as_bytes(), CasRegister), Ok(()));
    let mut of_vector = cut_off(PRETTY, CasRegister).filter(|(text, _)| text.contains("\n["));
    assert!(of_vector.all(|(_, result)| result.is_err()));
}

#[test]
fn columns_that_are_cut_off_are_refused_at_their_place_if_it_shows() {
    assert_eq!(survives(ETCD_002.as_bytes(), CasRegister), Ok(()));
    // What is cut off before its message is a line that anybody may have written.
    let is_event = |text: &str| text.lines().last().is_some_and(|line| line.contains("jepsen.util - "));
    let (of_events, others): (Vec<_>, Vec<_>) = cut_off(ETCD_002, CasRegister).partition(|(text, _)| is_event(text));
    assert!(others.iter().all(|(text, result)| result.is_ok() || text.lines().count() == 1));
    let refused = of_events.iter().filter(|(text, result)| *result == Err(text.lines().count())).count();
    let accepted = of_events.iter().filter(|(_, result)| result.is_ok()).count();
    assert_eq!(refused + accepted, of_events.len());
    assert!(refused > accepted, "{refused} and {accepted}");
}

#[test]
fn no_damage_to_a_sample_makes_a_reader_panic() {
    const BYTES: &[u8] = b"{}[]()\"\\#:;,0-nx \n\t\r\0\x7f\xff";
    for (sample, model) in SAMPLES {
        let lines: Vec<&str> = sample.lines().take(30).collect();
        let sample = lines.join("\n").into_bytes();
        for place in 0..sample.len() {
            // All pairs of a place and a byte would take minutes.
            let byte = BYTES[(place * 7 + place / BYTES.len()) % BYTES.len()];
            let mut replaced = sample.clone();
            replaced[place] = byte;
            let _ = survives(&replaced, model);
            let mut inserted = sample.clone();
            inserted.insert(place, byte);
            let _ = survives(&inserted, model);
        }
        for line in 0..lines.len() {
            let without = [&lines[..line], &lines[line + 1..]].concat().join("\n");
            let _ = survives(without.as_bytes(), model);
            let doubled = [&lines[..=line], &lines[line..]].concat().join("\n");
            let _ = survives(doubled.as_bytes(), model);
        }
    }
}

/// A text of many lines that does not stand in memory.
struct Lines {
    left: u32,
    line: &'static [u8],
    rest: &'static [u8],
}

impl Lines {
    fn new(count: u32, line: &'static str) -> Self {
        Self { left: count, line: line.as_bytes(), rest: b"" }
    }
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.is_empty() && self.left > 0 {
            self.left -= 1;
            self.rest = self.line;
        }
        self.rest.read(buffer)
    }
}

#[test]
fn a_long_file_is_forgotten_as_it_is_read() {
    let line = "  {:process 0, :type :invoke,\n :f :read}\n";
    let reader = Box::new(BufReader::new(Lines::new(100_000, line)));
    let mut text = Text::new("history".to_owned(), reader).expect("it can be read");
    let mut cursor = Cursor::new(&mut text);
    let mut forms = 0;
    while cursor.next_form().expect("it is EDN").is_some() {
        forms += 1;
        assert!(cursor.text().lines().len() <= 2 * line.len());
    }
    assert_eq!((forms, cursor.text().first_line()), (100_000, 200_000));
}
