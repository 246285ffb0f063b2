//! The names of questions.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::Arc;

use super::slots::{Hashed, hash_of_text};

/// The name of a question, the same after an edit elsewhere:
/// `n0>n1 AppendEntries#3 delay`, `n2 election timeout#1`.
///
/// Two names are equal if they read alike. A question about a message may also be known by what the
/// message says: so it is found again after its ordinal has changed.
#[derive(Clone, Debug)]
pub struct ChoiceName {
    text: Arc<str>,
    content: Option<Content>,
    /// Where its parts are: every replay asks for them.
    cut: Cut,
}

/// Where the parts of a name are, and hashes of them. It is small: a replay reads those of all its deviations.
#[derive(Clone, Copy, Debug)]
struct Cut {
    hash_of_stem: u64,
    hash_of_rest: u64,
    /// 0 if there is none.
    ordinal: u64,
    /// How long the stem is: all of the name if it has no ordinal.
    stem: u32,
    /// Where the rest begins.
    rest: u32,
}

/// What a message says, and how many of its kind said the same on its link before it. It reads
/// `3f2a90c1#0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Content {
    pub(super) gist: u32,
    pub(super) nth: u32,
}

/// A name taken apart: `n0>n1 AppendEntries`, 3 and ` delay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameParts<'n> {
    /// What the ordinal counts.
    pub stem: &'n str,
    /// The ordinal.
    pub ordinal: u64,
    /// What is asked.
    pub rest: &'n str,
}

impl ChoiceName {
    /// The name that reads so.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let NameParts { stem, ordinal, rest } =
            parts_of(&text).unwrap_or(NameParts { stem: &text, ordinal: 0, rest: "" });
        let cut = Cut {
            hash_of_stem: hash_of_text(stem),
            hash_of_rest: hash_of_text(rest),
            ordinal,
            stem: stem.len() as u32,
            rest: (text.len() - rest.len()) as u32,
        };
        Self { text, content: None, cut }
    }

    /// The same name, of a question about a message that says this.
    #[must_use]
    pub fn about(self, content: Option<Content>) -> Self {
        Self { content, ..self }
    }

    /// How it reads.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the message says that it is about, if it is about one and if that has been recorded.
    pub const fn content(&self) -> Option<Content> {
        self.content
    }

    /// The name with what the message says in the place of its ordinal; as it is if that is not known.
    pub fn by_content(&self) -> String {
        match self.parts().zip(self.content) {
            Some((NameParts { stem, rest, .. }, content)) => format!("{stem} {content}{rest}"),
            None => self.text.to_string(),
        }
    }

    /// Its parts around the first ordinal; nothing if there is none.
    pub fn parts(&self) -> Option<NameParts<'_>> {
        let ordinal = self.ordinal()?;
        Some(NameParts { stem: self.stem().text, ordinal, rest: self.rest().text })
    }

    /// What stands before the ordinal: all if there is none.
    #[inline]
    pub(super) fn stem(&self) -> Hashed<'_> {
        Hashed { text: &self.text[..self.cut.stem as usize], hash: self.cut.hash_of_stem }
    }

    /// The ordinal, if there is one.
    #[inline]
    pub(super) const fn ordinal(&self) -> Option<u64> {
        // Between the two there is a sign, at least.
        if self.cut.stem == self.cut.rest { None } else { Some(self.cut.ordinal) }
    }

    /// What stands after the ordinal: nothing if there is none.
    #[inline]
    pub(super) fn rest(&self) -> Hashed<'_> {
        Hashed { text: &self.text[self.cut.rest as usize..], hash: self.cut.hash_of_rest }
    }
}

/// The parts of a name around its first ordinal.
pub(super) fn parts_of(name: &str) -> Option<NameParts<'_>> {
    name.match_indices('#').find_map(|(at, _)| {
        let (stem, after) = (&name[..at], &name[at + 1..]);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (ordinal, rest) = after.split_at(digits);
        let ordinal = ordinal.parse().ok().filter(|_| rest.is_empty() || rest.starts_with(' '))?;
        Some(NameParts { stem, ordinal, rest })
    })
}

impl fmt::Display for NameParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}{}", self.stem, self.ordinal, self.rest)
    }
}

impl fmt::Display for ChoiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for ChoiceName {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ChoiceName {}

impl PartialOrd for ChoiceName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ChoiceName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for ChoiceName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}#{}", self.gist, self.nth)
    }
}

/// Why a text is not what a message says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected eight hexadecimal digits, `#` and a number, such as 3f2a90c1#0")]
pub struct ContentError;

impl FromStr for Content {
    type Err = ContentError;

    fn from_str(text: &str) -> Result<Self, ContentError> {
        let (gist, nth) = text.split_once('#').ok_or(ContentError)?;
        let is_plain = gist.len() == 8 && nth.bytes().all(|byte| byte.is_ascii_digit());
        let read =
            || -> Result<Self, ParseIntError> { Ok(Self { gist: u32::from_str_radix(gist, 16)?, nth: nth.parse()? }) };
        read().ok().filter(|content| is_plain && content.to_string() == text).ok_or(ContentError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_parts() {
        let parts =
            |text: &str| ChoiceName::new(text).parts().map(|p| (p.stem.to_owned(), p.ordinal, p.rest.to_owned()));
        let of = |stem: &str, ordinal, rest: &str| Some((stem.to_owned(), ordinal, rest.to_owned()));
        assert_eq!(parts("n0>n1 Put#3 copy order+0"), of("n0>n1 Put", 3, " copy order+0"));
        assert_eq!(parts("n2 election timeout#12"), of("n2 election timeout", 12, ""));
        assert_eq!(parts("n0 Retry{id=c1#x}#4 order+0"), of("n0 Retry{id=c1#x}", 4, " order+0"));
        assert_eq!(parts("n0 crash#2 write#5 lost"), of("n0 crash", 2, " write#5 lost"));
        assert_eq!(parts("heal seal"), None);
        let text = "n0>n1 Put#3 delay";
        assert_eq!(ChoiceName::new(text).parts().map(|parts| parts.to_string()).as_deref(), Some(text));
    }

    #[test]
    fn what_a_message_says_is_read_as_it_is_written() {
        let content = Content { gist: 0x3f2_a90c, nth: 12 };
        assert_eq!(content.to_string(), "03f2a90c#12");
        assert_eq!("03f2a90c#12".parse(), Ok(content));
        for wrong in ["", "03f2a90c", "3f2a90c#12", "03F2A90C#12", "03f2a90c#+1", "+3f2a90c#1", "03f2a90c#012"] {
            assert_eq!(wrong.parse::<Content>(), Err(ContentError), "{wrong}");
        }
    }

    #[test]
    fn names_are_equal_that_read_alike() {
        let name = ChoiceName::new("n0>n1 Put#3 delay");
        assert_eq!(name.clone().about(Some(Content { gist: 1, nth: 0 })), name);
    }
}
