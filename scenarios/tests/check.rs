//! `faultbed check` as its users see it: what it prints, and how it ends.

use std::io::Write as _;
use std::path::{Path, PathBuf};

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
    let some = "- --model register --consistency read-your-writes,pram --format json";
    insta::assert_snapshot!("json", told(some, BACKWARDS, 1));
}

#[test]
fn every_end_has_its_exit_code() {
    check_code("c01-ok.txt", "", 2, "--model");
    check_code("c01-ok.txt --model map", "", 2, "possible values: register, cas-register, kv");
    check_code("c01-ok.txt --model kv --consistency strict", "", 2, "read-your-writes");
    check_code("c01-ok.txt --model kv --initial x", "", 2, "texts stand in quotes");
    check_code("c01-ok.txt --model kv --initial=", "", 2, "a value is missing");
    check_code("no-such-file --model kv", "", 3, "cannot read no-such-file");
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
    check_code("- --model bank --initial 10", history, 2, "10 is no balance: a bank begins with a list of balances");
    let large = "- --model bank --initial [10,-2,99999999999999999999]";
    check_code(large, history, 2, "\"99999999999999999999\" is no balance");
    let of_jepsen = history.replace("[0,1,10]", "{\"from\":0,\"to\":1,\"amount\":10}");
    check_code("- --model bank --initial [10,20]", &of_jepsen, 0, "PASS");
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
    timeless(&stdout(&check(arguments).write_stdin(input).assert().code(code)))
}

/// The same JSON without how long it took.
fn timeless(json: &str) -> String {
    let without = |part: &str| match part.strip_prefix("\"seconds\":") {
        Some(rest) => {
            format!("\"seconds\":…{}", rest.trim_start_matches(|c: char| c.is_ascii_digit() || ".e-".contains(c)))
        }
        None => part.to_owned(),
    };
    json.split(',').map(without).collect::<Vec<_>>().join(",")
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

/// A folder of its own for a test, with these files in it.
fn folder(name: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check").join(name);
    // It may be left over from another run.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for (path, bytes) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

/// What `faultbed check` says inside of a folder: on standard output, and on standard error.
#[track_caller]
fn told_inside(folder: &Path, arguments: &str, code: i32) -> (String, String) {
    let assert = check(arguments).current_dir(folder).assert().code(code);
    let errors = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    (stdout(&assert), errors)
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A write and a read of one client.
fn read_after_write(read: u32) -> String {
    format!(
        "{{:process 0, :type :invoke, :f :write, :value 1}}\n{{:process 0, :type :ok, :f :write, :value 1}}\n\
         {{:process 0, :type :invoke, :f :read}}\n{{:process 0, :type :ok, :f :read, :value {read}}}\n"
    )
}

#[test]
fn files_and_folders_are_judged_one_by_one() {
    let (good, bad) = (read_after_write(1), read_after_write(2));
    let folder = folder(
        "several",
        &[
            ("store/b/history.edn", bad.as_bytes()),
            ("store/a/history.edn.gz", &gzipped(good.as_bytes())),
            ("store/a/README.txt", b"how it was run"),
            ("store/a/timeline.html", b"<html>"),
            ("store/c/damaged.edn", b"{:process 0, :type :invke}"),
            ("alone.txt", good.as_bytes()),
        ],
    );
    let (text, errors) = told_inside(&folder, "alone.txt store --model register", 3);
    insta::assert_snapshot!("several", text);
    assert!(errors.contains("store/c/damaged.edn:1:20") && !errors.contains("README"), "{errors}");
    let (json, _) = told_inside(&folder, "alone.txt store --model register --format json", 3);
    insta::assert_snapshot!("several json", timeless(&json));
    let (text, errors) = told_inside(&folder, "alone.txt store/a store/b --model register", 1);
    assert!(text.contains("Summary 4 files: 2 satisfied, 1 violated, 1 skipped"), "{text}");
    assert_eq!(errors, "");
    let (text, _) =
        told_inside(&folder, "alone.txt store/a/history.edn.gz --model register --level all --strongest", 0);
    assert!(text.contains("strongest: linearizable; 2 operations"), "{text}");
}

#[test]
fn a_file_that_is_named_has_to_be_a_history() {
    let folder = folder("named", &[("a/README.txt", b"how it was run"), ("b.edn", read_after_write(1).as_bytes())]);
    let (text, errors) = told_inside(&folder, "a/README.txt b.edn --model register", 3);
    assert!(text.contains("INVALID a/README.txt  line 1: this is no history in any known format"), "{text}");
    assert!(errors.contains("a/README.txt:1:1"), "{errors}");
    // A folder without a single history was not put to the test.
    let (text, _) = told_inside(&folder, "a --model register", 6);
    assert!(text.contains("SKIPPED a/README.txt") && text.contains("Summary 1 file: 1 skipped"), "{text}");
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_judged() {
    let whole = gzipped(&read_after_write(1).into_bytes().repeat(50));
    let mut altered = whole.clone();
    let middle = altered.len() / 2;
    altered[middle..middle + 8].fill(0xff);
    let folder = folder(
        "unreadable",
        &[
            ("a-cut-off.edn.gz", &whole[..whole.len() / 2]),
            ("b-altered.edn.gz", &altered),
            ("c-binary.log", &[0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe]),
            ("d-empty.edn", b""),
            ("e-nothing.edn", b"[]"),
            ("f-good.edn", read_after_write(1).as_bytes()),
        ],
    );
    std::fs::create_dir(folder.join("nothing-in-it")).unwrap();
    let (text, errors) = told_inside(&folder, ". nothing-in-it no-such-file --model register", 3);
    insta::assert_snapshot!("unreadable", text.replace("(os error 2)", "").replace("./", ""));
    assert!(errors.contains("cannot read ./a-cut-off.edn.gz: its gzip data ends too early"), "{errors}");
    assert!(errors.contains("there are no histories in nothing-in-it"), "{errors}");
    told_inside(&folder, "nothing-in-it --model register", 6);
    let (_, errors) = told_inside(&folder, "a-cut-off.edn.gz --model register", 3);
    assert!(errors.contains("cannot read a-cut-off.edn.gz: its gzip data ends too early"), "{errors}");
}

#[cfg(unix)]
#[test]
fn links_in_a_folder_lead_to_files_and_never_round_in_circles() {
    use std::os::unix::fs::symlink;
    let history = read_after_write(1);
    let files = ["store/run/history.edn", "elsewhere.edn"].map(|name| (name, history.as_bytes()));
    let folder = folder("links", &files);
    symlink("..", folder.join("store/run/round")).unwrap();
    symlink("../elsewhere.edn", folder.join("store/link.edn")).unwrap();
    // The same history under another name.
    symlink("run/history.edn", folder.join("store/same.edn")).unwrap();
    let (text, errors) = told_inside(&folder, "store --model register", 0);
    assert!(text.contains("Summary 2 files: 2 satisfied"), "{text}");
    assert_eq!(errors, "note: store/run/round is a link to a folder, and is not followed\n");
    symlink("nowhere", folder.join("store/broken.edn")).unwrap();
    let (text, _) = told_inside(&folder, "store --model register", 3);
    assert!(text.contains("INVALID store/broken.edn") && text.contains("1 invalid"), "{text}");
    // What the user names may be a link.
    let (text, _) = told_inside(&folder, "store/run/round/run --model register", 0);
    assert!(text.contains("Summary 1 file: 1 satisfied"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_error_while_reading_is_told() {
    let (_, errors) = told_inside(Path::new("/"), "/proc/self/mem --model register", 3);
    assert!(errors.contains("cannot read /proc/self/mem: "), "{errors}");
}

#[test]
fn compressed_histories_come_from_anywhere() {
    // Of two parts, as if two files had been put together.
    let all = read_after_write(1);
    let (one, other) = all.split_at(60);
    let parts = [gzipped(one.as_bytes()), gzipped(other.as_bytes())].concat();
    let assert = check("- --model register").write_stdin(parts).assert().code(0);
    assert!(stdout(&assert).contains("2 operations: 2 ok"));
}

#[test]
fn damage_of_compressed_data_is_told_before_what_comes_of_it() {
    let mut bytes = gzipped(format!("no history\n{}", read_after_write(1).repeat(1000)).as_bytes());
    let crc = bytes.len() - 8;
    bytes[crc] ^= 1;
    let folder = folder("damaged", &[("a.txt", &bytes)]);
    let (_, errors) = told_inside(&folder, "a.txt --model register", 3);
    assert!(errors.contains("cannot read a.txt: its gzip data is damaged"), "{errors}");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_is_passed_over() {
    let folder = folder("pipe", &[("a.edn", read_after_write(1).as_bytes())]);
    assert!(std::process::Command::new("mkfifo").arg(folder.join("b.edn")).status().unwrap().success());
    let (text, errors) = told_inside(&folder, ". --model register", 0);
    assert!(text.contains("Summary 1 file: 1 satisfied"), "{text}");
    assert_eq!(errors, "note: ./b.edn is no regular file, and is not read\n");
}

/// Of three files the first is judged, and the second has no end.
#[cfg(unix)]
#[test]
fn what_is_known_when_a_signal_comes_is_told() {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_faultbed"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories"))
        .args(["check", "queue.jsonl", "-", "queue-bad.jsonl", "--model", "queue", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let (mut told, mut output) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
    output.read_line(&mut told).unwrap();
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    output.read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(7));
    let verdicts = told.lines().filter_map(|line| line.split_once(r#""verdict":""#)?.1.split('"').next());
    assert_eq!(verdicts.collect::<Vec<_>>(), ["satisfied", "interrupted", "interrupted"], "{told}");
    let summary = told.lines().last().unwrap();
    assert!(summary.contains(r#""exit_code":7,"files":3"#) && summary.contains(r#""interrupted":2"#), "{summary}");
}

#[test]
fn what_is_named_twice_is_judged_once() {
    check_code("c01-ok.txt ./c01-ok.txt --model kv", "", 0, "Summary 1 file: 1 satisfied");
    check_code("- - --model register", &read_after_write(1), 0, "Summary 1 file: 1 satisfied");
}

#[test]
fn a_history_without_answers_shows_nothing() {
    let asked = "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :info, :f :read}\n";
    check_code("- --model register", asked, 6, "no operation in standard input has an answer: nothing was checked");
    let begun = "{:process 0, :type :invoke, :f :txn, :value [[:append 5 1]]}\n";
    check_code("- --model list-append", begun, 6, "no transaction in standard input has an answer");
}

#[test]
fn sums_of_more_than_64_bits_are_not_forgotten() {
    let most = i64::MAX;
    let add = format!(r#"{{"client":0,"type":"invoke","op":"add","value":{most}}}\n{{"client":0,"type":"ok"}}\n"#);
    let add = add.replace("\\n", "\n");
    let read = "{\"client\":0,\"type\":\"invoke\",\"op\":\"read\"}\n{\"client\":0,\"type\":\"ok\",\"value\":-2}\n";
    check_code("- --model counter", &[&*add, &*add, read].concat(), 1, "FAIL linearizable  violated");
}

#[test]
fn a_failed_compare_and_swap_tells_what_it_is_said_to() {
    let history = "{:process 0, :type :invoke, :f :write, :value 1}
{:process 0, :type :ok, :f :write, :value 1}
{:process 0, :type :invoke, :f :cas, :value [1 2]}
{:process 0, :type :fail, :f :cas, :value [1 2]}
{:process 0, :type :invoke, :f :read}
{:process 0, :type :ok, :f :read, :value 1}
";
    check_code("- --model cas-register", history, 0, "3 operations: 2 ok, 1 failed");
    check_code("- --model cas-register --failed-cas-differs", history, 1, "cas 1 2 -> no");
    let differs = history.replace("[1 2]", "[7 2]");
    check_code("- --model kv --failed-cas-differs", &differs, 0, "3 operations: 3 ok");
    check_code("- --model queue --failed-cas-differs", "", 2, "for models with compare-and-swap");
    check_code("- --model list-append --failed-cas-differs", "", 2, "for objects");
}

/// The events of clients who ask one after the other: each line has the client, what it asks and what it is told.
fn one_after_the_other(rows: &[(u32, &str, &str)]) -> String {
    let events = |(client, asked, told): &(u32, &str, &str)| {
        format!("{{:process {client}, :type :invoke, {asked}}}\n{{:process {client}, {told}}}\n")
    };
    rows.iter().map(events).collect()
}

#[test]
fn anybody_can_release_a_mutex() {
    let (acquire, release, ok) = (":f :acquire", ":f :release", ":type :ok");
    let by_another = one_after_the_other(&[(0, acquire, ok), (1, release, ok), (2, acquire, ok)]);
    check_code("- --model mutex", &by_another, 0, "PASS");
    check_code("- --model lock", &by_another, 1, "state then: held by 0");
    let twice = one_after_the_other(&[(0, acquire, ok), (1, acquire, ok)]);
    check_code("- --model mutex", &twice, 1, "state then: held\n");
    check_code("- --model mutex", &one_after_the_other(&[(0, release, ok)]), 1, "state then: free\n");
    let refused = one_after_the_other(&[(0, acquire, ok), (1, acquire, ":type :fail")]);
    check_code("- --model mutex", &refused, 0, "PASS");
    check_code("- --model mutex", "{:process 0, :type :invoke, :f :lock}", 3, "no function `lock` of a mutex");
}

#[test]
fn a_drain_takes_each_of_its_elements() {
    let enqueues = [(0, ":f :enqueue, :value 1", ":type :ok"), (0, ":f :enqueue, :value 2", ":type :ok")];
    let drain = |told: &str| one_after_the_other(&enqueues) + &one_after_the_other(&[(1, ":f :drain", told)]);
    check_code("- --model queue", &drain(":type :ok, :value [1 2]"), 0, "4 operations: 4 ok");
    check_code("- --model queue", &drain(":type :ok, :value []"), 0, "2 operations: 2 ok");
    check_code("- --model queue", &drain(":type :ok, :value [1 3]"), 1, "dequeue -> 3");
    check_code("- --model queue", &drain(":type :ok, :value [1 2 2]"), 1, "[line 5, line 6]");
    check_code("- --model queue", &drain(":type :fail"), 0, "3 operations: 2 ok, 1 failed");
    check_code("- --model queue", &drain(":type :ok, :value 1"), 3, "the answer to `drain` is a list");
    check_code("- --model queue", &drain(":type :info"), 3, "nobody knows how many elements it took");
    check_code("- --model queue", "{:process 0, :type :invoke, :f :drain}", 3, "line 1 begins a drain");
    check_code("- --model stack", "{:process 0, :type :invoke, :f :drain}", 3, "no function `drain` of a stack");
    // An operation that goes on while it drains is left as it is.
    let around = format!(
        "{{:process 7, :type :invoke, :f :enqueue, :value 3}}\n{}{{:process 7, :type :ok, :f :enqueue, :value 3}}\n",
        drain(":type :ok, :value [3 1 2]")
    );
    check_code("- --model queue", &around, 0, "6 operations: 6 ok");
}

#[test]
fn the_only_object_has_no_key() {
    for arguments in ["--model register", "--model register --level sequential", "--model set"] {
        let history = match arguments.ends_with("set") {
            true => one_after_the_other(&[(0, ":f :contains, :value 5", ":type :ok, :value true")]),
            false => read_after_write(2),
        };
        for format in ["human", "json"] {
            let text = told(&format!("- {arguments} --format {format}"), &history, 1);
            assert!(!text.contains("key nil") && !text.contains("nil: ") && !text.contains("\"key\":"), "{text}");
        }
    }
    let element = one_after_the_other(&[(0, ":f :contains, :value 5", ":type :ok, :value true")]);
    check_code("- --model set", &element, 1, "not linearizable for key 5");
}

#[test]
fn a_witness_has_fields() {
    insta::assert_snapshot!("witness", told("c01-bad.txt --model kv --format json", "", 1));
    // Two clients see the writes of two others in opposite orders.
    let opposite = r#"{"client":"a","type":"invoke","op":"enqueue","value":1}
{"client":"a","type":"ok"}
{"client":"b","type":"invoke","op":"dequeue"}
{"client":"b","type":"ok","value":2}
"#;
    let json = told("- --model queue --level sequential --format json", opposite, 1);
    insta::assert_snapshot!("witness of sessions", json);
}

#[test]
fn what_a_search_spent_is_told() {
    let value = |json: &str, key: &str| {
        let rest = json.rsplit_once(&format!("\"{key}\":")).unwrap().1;
        rest.split([',', '}']).next().unwrap().to_owned()
    };
    let searched = told("etcd_002.log --model cas-register --format json", "", 0);
    assert!(value(&searched, "steps").parse::<u64>().unwrap() > 0, "{searched}");
    let few = told("etcd_002.log --model cas-register --format json --budget 1", "", 4);
    assert!(value(&few, "steps").parse::<u64>().unwrap() < value(&searched, "steps").parse().unwrap(), "{few}");
    // Levels of sessions are told without a search, and isolation levels without counting bytes.
    let of_sessions = told("- --model register --level monotonic-reads --format json", BACKWARDS, 0);
    assert_eq!(value(&of_sessions, "steps"), "null", "{of_sessions}");
    let of_transactions = told("write-skew.edn --model list-append --format json", "", 1);
    assert!(value(&of_transactions, "steps").parse::<u64>().is_ok(), "{of_transactions}");
    assert_eq!(value(&of_transactions, "memory_bytes"), "null", "{of_transactions}");
}
