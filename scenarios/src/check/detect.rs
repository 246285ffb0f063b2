//! What a history is written in.

use super::Unreadable;
use super::jepsen::is_of_log;
use super::text::Text;

/// What a history is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// EDN maps, one after the other or in a vector: Jepsen's history.edn, Porcupine's key-value logs
    #[value(alias = "porcupine")]
    Edn,
    /// The jepsen.log or the history.txt of Jepsen: client, type, function and value in columns, or maps
    /// after the name of the logger
    JepsenLog,
    /// JSON objects, in an array or one after the other
    Json,
    /// JSON, an object a line
    Jsonl,
}

/// How many lines at the beginning of a file may be other than those of a log.
const LINES_BEFORE_LOG: usize = 1000;

/// Tells the format by what the file begins with, up to which the text is read.
pub(super) fn detect(text: &mut Text) -> Result<Format, Unreadable> {
    while text.lines().trim().is_empty() {
        if !text.advance()? {
            return Err(text.mistake(0..0, "there is nothing in the file but blanks").into());
        }
    }
    // A bracket may stand in a line of its own.
    while is_bare(text.lines()) && text.grow()? {}
    let mut characters = text.lines().chars().filter(|character| !character.is_whitespace());
    Ok(match [characters.next(), characters.next(), characters.next()] {
        [Some('{'), Some('"'), _] => {
            let first = text.lines().lines().next().unwrap_or("").trim_end();
            if first.ends_with(['{', ',']) { Format::Json } else { Format::Jsonl }
        }
        [Some('['), Some('{'), Some('"')] => Format::Json,
        [Some('{' | '[' | '(' | ';' | '#'), ..] => Format::Edn,
        _ => return find_log(text),
    })
}

/// Whether there is nothing in the lines but at most two brackets.
fn is_bare(lines: &str) -> bool {
    let mut characters = lines.chars().filter(|character| !character.is_whitespace());
    let is_bracket = |character: Option<char>| character.is_none_or(|character| "[{".contains(character));
    is_bracket(characters.next()) && is_bracket(characters.next()) && characters.next().is_none()
}

/// Reads up to the first line of a log, which may have something before it, such as the command that
/// wrote it.
fn find_log(text: &mut Text) -> Result<Format, Unreadable> {
    let line = text.lines();
    let start = line.len() - line.trim_start().len();
    let refusal = text.mistake(start..line.trim_end().len(), "this is no history in any known format");
    for _ in 0..LINES_BEFORE_LOG {
        if is_of_log(text.lines()) {
            return Ok(Format::JepsenLog);
        }
        if !text.advance()? {
            break;
        }
    }
    let refusal = refusal
        .with_help("it is no EDN: expected maps, `{:process 0, :type :invoke, …}`")
        .with_help("it is no JSON: expected objects, `{\"client\": 0, \"type\": \"invoke\", …}`")
        .with_help(format!(
            "it is no log of Jepsen: no line of the first {LINES_BEFORE_LOG} is one of its logger, or has the columns \
             process, type and function, `0  :invoke  :read`"
        ))
        .with_help("`--input` names the format");
    Err(Unreadable::NoHistory(Box::new(refusal)))
}
