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

/// What [`check`] prints for this input, which ends so.
fn told(arguments: &str, input: &str, code: i32) -> String {
    stdout(&check(arguments).write_stdin(input).assert().code(code))
}

#[test]
fn transactions_are_held_against_isolation_levels() {
    insta::assert_snapshot!("isolation", told("write-skew.edn --model list-append --level all --strongest", "", 1));
    let json = "write-skew.edn --model list-append --level serializable,prefix --strongest --format json";
    insta::assert_snapshot!("isolation json", told(json, "", 1));
    check_code("write-skew.edn --model list-append --level snapshot-isolation", "", 0, "PASS snapshot-isolation");
    check_code("write-skew.edn --model list-append", "", 1, "FAIL strict-serializable");
    check_code("write-skew.edn --model list-append --level causal", "", 2, "there are strict-serializable");
    check_code("write-skew.edn --model list-append --level sequential", "", 2, "no level of a list-append");
    check_code("c01-ok.txt --model kv --level prefix", "", 2, "`prefix` is no level of a kv");
    check_code("write-skew.edn --model list-append --independent", "", 2, "--independent is for objects");
    check_code("write-skew.edn --model rw-register --initial 0", "", 2, "--initial is for objects");
    check_code("- --model list-append", "[]", 6, "there are no transactions in standard input");
}

/// A transaction returns before another is called that does not see it.
const STALE: &str = r#"{"client":0,"type":"invoke","op":"txn","value":[["w","x",1],["w","y",1]]}
{"client":0,"type":"ok","value":[["w","x",1],["w","y",1]]}
{"client":1,"session":3,"type":"invoke","op":"txn","value":[["r","x",null]]}
{"client":1,"session":3,"type":"ok","value":[["r","x",null]]}
"#;

#[test]
fn a_stale_read_breaks_real_time_and_nothing_else() {
    insta::assert_snapshot!("stale", told("- --model rw-register --strongest", STALE, 1));
    check_code("- --model rw-register --level strong-session-serializable", STALE, 0, "PASS");
    let same_client = STALE.replace(r#""client":1,"session":3"#, r#""client":0"#);
    check_code("- --model rw-register --level strong-session-serializable", &same_client, 1, "process");
    let other_session = STALE.replace(r#""client":1"#, r#""client":0"#);
    check_code("- --model rw-register --level strong-session-serializable", &other_session, 0, "PASS");
    // As operations over a set of registers it is not linearizable, but sequential.
    check_code("- --model multi-register --strongest", STALE, 1, "Strongest sequential");
}

#[test]
fn transactions_that_only_end_tell_nothing_of_real_time() {
    let ends = "{:type :ok, :value [[:append :x 1]], :process 0}\n{:type :ok, :value [[:r :x nil]], :process 1}\n";
    check_code("- --model list-append", ends, 0, "PASS strong-session-serializable");
    check_code("- --model list-append --level strict-serializable", ends, 4, "real time tells nothing");
    let same = ends.replace(":process 1", ":process 0");
    check_code("- --model list-append --level strict-serializable", &same, 1, "not strong-session-serializable");
    let bare = ends.replace(", :process 0", "").replace(", :process 1", "");
    check_code("- --model list-append", &bare, 0, "PASS serializable");
    check_code("- --model list-append --level prefix", &bare, 4, "read-atomic, and prefix cannot be told");
    let failed = bare.replacen(":ok", ":fail", 1);
    check_code("- --model list-append", &failed, 0, "2 transactions: 1 ok, 1 failed");
}

#[test]
fn mistakes_in_transactions_are_shown() {
    let refused = |text: &str, message: &str| check_code("- --model list-append", text, 3, message);
    let begun = "{:process 0, :type :invoke, :f :txn, :value [[:append 5 1] [:r 5 nil]]}\n";
    refused("{:type :ok, :value [[:w 5 1]]}", "there is no step `w`");
    refused("{:type :ok, :value [[:append 5 nil]]}", "nil is no value of 5: expected a whole number");
    refused("{:type :ok, :value [[:r 5 7]]}", "expected a list of whole numbers, or nil");
    refused("{:type :ok, :value [[5 7]]}", "[5, 7] is no step of a transaction");
    refused("{:type :ok, :value 5}", "a transaction is a list of steps");
    refused("{:type :ok}", "the steps of the transaction are missing");
    refused("{:type :ok, :f :read, :value []}", "there is no function `read` of a list-append");
    refused("{:type :invoke, :f :txn, :value []}", "`:process` is missing: it tells which invocation");
    refused("{:type :ok, :value []}\n{:type :ok, :value [], :process 0}", "either all have it, or none");
    refused("{:type :ok, :value [], :process 0}\n{:type :ok, :value []}", "and the first event has it");
    refused("{:type :ok, :value []}\n{:type :invoke, :value []}", "the first event has no invocation");
    refused(&begun.repeat(2), "client 0 still waits for the transaction that it began in line 1");
    let end = |value: &str| format!("{begun}{{:process 0, :type :ok, :f :txn, :value {value}}}");
    refused(&end("[[:append 5 2] [:r 5 [2]]]"), "other steps than it began with");
    refused(&end("[[:append 5 1]]"), "other steps than it began with");
    refused(&(begun.to_owned() + "{:process 1, :type :ok, :value []}"), "client 1 has begun no transaction");
    let twice = end("[[:append 5 1] [:r 5 [1]]]").replace('}', "}\n");
    check_code("- --model list-append", &twice.repeat(2), 4, "1 was written twice to 5");
}

#[test]
fn a_bank_of_jepsen_is_read() {
    let history = "{:process 0, :type :invoke, :f :transfer, :value {:from 0, :to 1, :amount 10}}
{:process 0, :type :ok, :f :transfer, :value {:from 0, :to 1, :amount 10}}
{:process 0, :type :invoke, :f :read}
{:process 0, :type :ok, :f :read, :value {0 0, 1 30}}
";
    check_code("- --model bank --initial [10,20]", history, 0, "PASS");
    check_code("- --model bank --initial [10,30]", history, 1, "FAIL");
    check_code(
        "- --model bank",
        &history.replace("10}}\n{:process 0, :type :invoke, :f :r", "11}}\n{:process 0, :type :invoke, :f :r"),
        3,
        "ends with another value",
    );
}
