//! What a history is written in.

use super::Unreadable;
use super::event::Dialect;
use super::jepsen::is_type;
use super::text::Text;

/// What a history is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// EDN maps, one after the other or in a vector: Jepsen's history.edn, Porcupine's key-value logs
    #[value(alias = "porcupine")]
    Edn,
    /// The log or the history.txt of Jepsen: client, type, function and value in columns
    JepsenLog,
    /// JSON, an object a line
    Jsonl,
}

impl Format {
    pub(super) fn dialect(self) -> Dialect {
        match self {
            Self::Edn | Self::JepsenLog => Dialect::Jepsen,
            Self::Jsonl => Dialect::Faultbed,
        }
    }
}

/// Tells the format by the first line that is not blank, up to which the text is read.
pub(super) fn detect(text: &mut Text) -> Result<Format, Unreadable> {
    while text.lines().trim().is_empty() {
        if !text.advance()? {
            return Err(text.mistake(0..0, "there is nothing in the file but blanks").into());
        }
    }
    let line = text.lines().trim();
    let start = text.lines().len() - text.lines().trim_start().len();
    let mut characters = line.chars().filter(|character| !character.is_whitespace());
    let format = match [characters.next(), characters.next(), characters.next()] {
        [Some('{'), Some('"'), _] => Format::Jsonl,
        [Some('['), Some('{'), Some('"')] => {
            let mistake = text.mistake(start..start + 1, "this is JSON, and no JSON lines");
            return Err(mistake.with_help("expected an object a line, with no array around them").into());
        }
        [Some('{' | '[' | '(' | ';' | '#'), ..] => Format::Edn,
        _ if line.split_whitespace().any(is_type) => Format::JepsenLog,
        _ if line.contains("jepsen") => Format::JepsenLog,
        _ => {
            let mistake = text.mistake(start..start + line.len(), "this is no history in any known format");
            return Err(mistake
                .with_help("known are EDN maps `{:process 0, :type :invoke, …}`, Jepsen's log lines and JSON lines")
                .with_help("`--input` names the format")
                .into());
        }
    };
    Ok(format)
}
