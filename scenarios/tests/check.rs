//! `faultbed check` as its users see it: what it prints, and how it ends.

use std::path::Path;

use assert_cmd::Command;
use assert_cmd::assert::Assert;

/// `faultbed check` among the samples, with arguments that have spaces only between them.
fn check(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faultbed"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories"));
    command.arg("check").args(arguments.split_whitespace());
    command
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// Checks the exit code, and that what is printed anywhere contains the message.
#[track_caller]
fn check_code(arguments: &str, input: &str, code: i32, message: &str) {
    let assert = check(arguments).write_stdin(input).assert().code(code);
    let all = stdout(&assert) + &String::from_utf8_lossy(&assert.get_output().stderr);
    assert!(all.contains(message), "{arguments}: {all}");
}

#[test]
fn samples_of_other_tools_are_judged_as_they_judge_them() {
    check_code("c01-ok.txt --model kv", "", 0, "PASS linearizable  satisfied");
    check_code("c01-bad.txt --model kv", "", 1, "FAIL linearizable  violated");
    check_code("etcd_002.log --model cas-register", "", 0, "77 operations: 45 ok, 13 failed, 19 unknown");
    check_code("etcd_000.log --model cas-register", "", 1, "FAIL linearizable  violated");
    check_code("pretty.edn --model cas-register", "", 0, "4 operations: 2 ok, 1 failed, 1 unknown");
    check_code("queue.jsonl --model queue", "", 0, "PASS");
    check_code("queue-bad.jsonl --model queue", "", 1, "FAIL");
}

#[test]
fn a_violation_is_shown_by_its_operations() {
    insta::assert_snapshot!("map", stdout(&check("c01-bad.txt --model kv").assert()));
    insta::assert_snapshot!("register", stdout(&check("etcd_000.log --model cas-register").assert()));
    insta::assert_snapshot!("queue", stdout(&check("queue-bad.jsonl --model queue").assert()));
}

/// A client reads the second value, then the first, of a client that wrote them in order.
const BACKWARDS: &str = r#"{"client":0,"type":"invoke","op":"write","value":1}
{"client":0,"type":"ok"}
{"client":0,"type":"invoke","op":"write","value":2}
{"client":0,"type":"ok"}
{"client":1,"type":"invoke","op":"read"}
{"client":1,"type":"ok","value":2}
{"client":1,"type":"invoke","op":"read"}
{"client":1,"type":"ok","value":1}
"#;

#[test]
fn every_level_can_be_asked_for() {
    let all = check("- --model register --consistency all").write_stdin(BACKWARDS).assert().code(1);
    insta::assert_snapshot!("all_levels", stdout(&all));
    let some = check("- --model register --consistency read-your-writes,pram --format json");
    insta::assert_snapshot!("json", stdout(&{ some }.write_stdin(BACKWARDS).assert().code(1)));
}

#[test]
fn every_end_has_its_exit_code() {
    check_code("c01-ok.txt", "", 2, "--model");
    check_code("c01-ok.txt --model map", "", 2, "possible values: register, cas-register, kv");
    check_code("c01-ok.txt --model kv --consistency strict", "", 2, "read-your-writes");
    check_code("c01-ok.txt --model kv --initial x", "", 2, "texts stand in quotes");
    check_code("no-such-file --model kv", "", 3, "cannot read no-such-file");
    check_code(". --model kv", "", 3, "cannot read .");
    check_code("c01-ok.txt --model register", "", 3, "there is no function `append` of a register");
    check_code("c01-ok.txt --model kv --input jsonl", "", 3, "c01-ok.txt:1:2");
    check_code("- --model kv", &"{:process 0, :type :invoke, :f :ge".repeat(2), 3, "standard input:1:");
    check_code("etcd_002.log --model cas-register --budget 1", "", 4, "UNCLEAR linearizable  unknown");
    check_code("- --model kv", "[]", 6, "there are no operations in standard input");
}

#[test]
fn operations_that_do_not_fit_together_are_refused_with_their_line() {
    let appends = r#"{"client":0,"type":"invoke","op":"append","value":"a"}
{"client":1,"type":"invoke","op":"append","value":[1]}
"#;
    check_code("- --model kv", appends, 3, "standard input:2: operation #1 `append [1] -> unknown` is none of a kv");
}

#[test]
fn registers_begin_as_they_are_said_to() {
    let read = |value: &str| {
        format!("{{:process 0, :type :invoke, :f :read}}\n{{:process 0, :type :ok, :f :read, :value {value}}}\n")
    };
    check_code("- --model register", &read("nil"), 0, "PASS");
    check_code("- --model register", &read("0"), 1, "FAIL");
    check_code("- --model register --initial 0", &read("0"), 0, "PASS");
    check_code("- --model kv", &read("nil"), 0, "PASS");
    check_code("- --model kv", &read("\"\""), 0, "PASS");
    check_code("- --model kv --initial \"\"", &read("nil"), 1, "FAIL");
}

#[test]
fn a_bank_begins_with_what_it_is_said_to() {
    let history = r#"{"client":0,"type":"invoke","op":"transfer","value":[0,1,10]}
{"client":0,"type":"ok","value":true}
{"client":0,"type":"invoke","op":"read"}
{"client":0,"type":"ok","value":[0,30]}
"#;
    check_code("- --model bank --initial [10,20]", history, 0, "PASS");
    check_code("- --model bank --initial [10,30]", history, 1, "FAIL");
    check_code("- --model bank --initial 10", history, 2, "a bank begins with a list of balances");
    check_code("- --model bank", &history.replace("[0,1,10]", "[0,1,-10]"), 3, "three whole numbers");
}

#[test]
fn a_long_history_is_judged_and_nothing_is_said_on_the_side() {
    let mut lines = String::new();
    for write in 0..50_000 {
        let client = write % 5;
        lines += &format!("{{:process {client}, :type :invoke, :f :write, :value {write}}}\n");
        lines += &format!("{{:process {client}, :type :ok, :f :write, :value {write}}}\n");
    }
    let assert = check("- --model register --consistency linearizable,causal").write_stdin(lines.clone()).assert();
    let assert = assert.code(0).stderr("");
    assert!(stdout(&assert).contains("50000 operations: 50000 ok"));
    lines.truncate(lines.len() - 10);
    check_code("- --model register", &lines, 3, "standard input:100000:40");
}
