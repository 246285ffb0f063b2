//! What a question is called, as far as it is put into words.

use std::fmt;

use crate::process::NodeId;

/// The name of a question. Most names are never needed in words: a run asks thousands of questions, of which
/// few are answered by deviations, and all are found by numbers.
#[derive(Debug)]
pub(crate) enum Question {
    /// In words, for what is rarely asked.
    Words(String),
    /// About the message that is being sent.
    Sent(Rest),
    /// About a message that has been sent, by its sender and its ordinal among all that it has sent.
    Message { from: u32, ordinal: u64, rest: Rest },
    /// About a timer, by its process and the number of its arming there, from 1 on.
    Timer { process: u32, arm: u64, rest: Rest },
    /// About what a process numbers under this name: `n2 sync#3`.
    Numbered { who: NodeId, what: &'static str, ordinal: u64, rest: Rest },
}

/// What stands in a name after the ordinal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing: what is numbered is the question itself.
    None,
    /// What is asked: `delay`.
    Of(&'static str),
    /// What is asked of what a fault does: `loss by fault 3`.
    ByFault(&'static str, u32),
    /// Whether an event is next after it was passed over so many times: `order+0`. Of a message, it may be about
    /// a copy: `copy order+0`.
    Order { copy: &'static str, passed: u8 },
}

impl Rest {
    /// Whether it reads so.
    pub(super) fn reads(self, text: &str) -> bool {
        let Some(text) = text.strip_prefix(' ') else { return text.is_empty() && self == Self::None };
        match self {
            Self::None => false,
            Self::Of(what) => text == what,
            Self::ByFault(what, fault) => {
                let digits = text.strip_prefix(what).and_then(|text| text.strip_prefix(BY_FAULT));
                digits.is_some_and(|digits| is_written(digits, fault.into()))
            }
            Self::Order { copy, passed } => {
                let event = if copy.is_empty() {
                    Some(text)
                } else {
                    text.strip_prefix(copy).and_then(|text| text.strip_prefix(' '))
                };
                let digits = event.and_then(|text| text.strip_prefix(ORDER));
                digits.is_some_and(|digits| is_written(digits, passed.into()))
            }
        }
    }
}

const BY_FAULT: &str = " by fault ";
const ORDER: &str = "order+";

/// Whether a number is written so: with neither sign nor superfluous zeros.
fn is_written(digits: &str, number: u64) -> bool {
    digits.parse() == Ok(number) && (digits == "0" || !digits.starts_with(['0', '+']))
}

impl fmt::Display for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Of(what) => write!(f, " {what}"),
            Self::ByFault(what, fault) => write!(f, " {what}{BY_FAULT}{fault}"),
            Self::Order { copy: "", passed } => write!(f, " {ORDER}{passed}"),
            Self::Order { copy, passed } => write!(f, " {copy} {ORDER}{passed}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_reads_is_how_it_is_written() {
        let rests = [
            (Rest::None, ""),
            (Rest::Of("delay"), " delay"),
            (Rest::ByFault("loss", 12), " loss by fault 12"),
            (Rest::Order { copy: "", passed: 0 }, " order+0"),
            (Rest::Order { copy: "copy", passed: 10 }, " copy order+10"),
        ];
        for (rest, text) in rests {
            assert_eq!(rest.to_string(), text);
            for (_, other) in rests {
                assert_eq!(rest.reads(other), text == other, "{text}, {other}");
            }
        }
        for wrong in [" order+", " order+00", " order++0", " order+1", "order+0", " order+0 "] {
            assert!(!Rest::Order { copy: "", passed: 0 }.reads(wrong), "{wrong}");
        }
    }
}
